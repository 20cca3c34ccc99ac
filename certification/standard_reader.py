"""Reading a standard: the table that stands in a programme, or in a file of its own that a programme names.

    standard = "henan-trial-2022"      in a delivered programme: certification/standards/henan-trial-2022.toml
    standard = { code = …, items = […], indicators = […] }     in the programme that a campaign stores

Programmes stored before standards were files hold `standard` as a list of items and `indicators` beside it: they are read as they
stand. An indicator is one row of the file for all its levels; `at` says for each the item, the clause, its wording and the threshold.
Raises ProgrammeRefusedError.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from itertools import chain
from typing import Any, Final, TypeVar

from certification.errors import ProgrammeUnreadableError
from certification.grounds import each, parse_ground
from certification.programme import Ground, Setting
from certification.shelf import STANDARDS, Shelf
from certification.standard import (
    AT_LEAST,
    COMPARISONS,
    COUNT,
    FULL,
    HISTORY,
    MEASURED,
    NONE,
    NOT_APPLICABLE,
    NOTHING,
    YES,
    ZERO,
    Group,
    Indicator,
    Item,
    Scoring,
    Standard,
)
from certification.strict import Reader, reading

T = TypeVar("T")

PER: Final = (100, 1000)
RULES: Final = (AT_LEAST, NONE, YES, HISTORY)
"""What indicators stored before standards were files could ask."""
UNNAMED: Final = Ground(
    None, True, "The programme was stored before a standard said what a denominator of zero means."
)


def inline_standard(data: dict[str, Any], shelf: Shelf) -> dict[str, Any]:
    """A programme's TOML values with the standard that it names in the place of the name. Raises ProgrammeRefusedError."""
    name = data.get("standard")
    if not isinstance(name, str):
        return data
    try:
        found = tomllib.loads(shelf.read(STANDARDS, name))
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeUnreadableError(where=f"standards {name}", reason=str(error)) from error
    if found.get("code") != name:
        Reader({}, f"standards {name}").refuse("is not of that code")
    return {**data, "standard": found}


def parse_standard(root: Reader, levels: tuple[str, ...]) -> Standard:
    """The standard of a programme with these levels."""
    if root.holds_list("standard"):
        items = each(root, "standard", lambda row: _stored_item(row, levels))
        return Standard("", 0, "", "", items, each(root, "indicators", lambda row: _stored(row, levels)))
    with reading(root.take("standard", dict), "standard") as row:
        scoring = _scoring(row, levels)
        return Standard(
            code=row.text("code"),
            version=row.natural("version", 1),
            title=row.text("title"),
            source=row.text("source"),
            items=each(row, "items", lambda one: _item(one, levels)),
            indicators=tuple(
                chain.from_iterable(each(row, "indicators", lambda one: _indicators(one, levels)))
            ),
            scoring=scoring,
        )


def _scoring(row: Reader, levels: tuple[str, ...]) -> Scoring | None:
    found = row.find("scoring", dict)
    if found is None:
        return None
    with reading(found, "standard.scoring") as scoring:
        marks = dict(each(scoring, "marks", lambda one: _mark(one, levels)))
        if set(marks) != set(levels):
            scoring.refuse("each level has one mark that passes")
        return Scoring(marks, _choice(scoring, "not_applicable", (FULL, NOTHING)))


def _mark(row: Reader, levels: tuple[str, ...]) -> tuple[str, Setting[int]]:
    return row.one_of("level", levels), Setting(row.natural("score", 1), parse_ground(row))


def _choice(row: Reader, key: str, values: tuple[str, ...]) -> Setting[str]:
    with reading(row.take(key, dict), f"{row.where}.{key}") as found:
        return Setting(found.one_of("value", values), parse_ground(found))


def _points(row: Reader) -> dict[str, Any]:
    points = row.natural("points", 1) if row.holds("points") else None
    return {"points": points, "veto": row.find("veto", bool) or False}


def _item(row: Reader, levels: tuple[str, ...]) -> Item:
    return Item(
        code=row.text("code"),
        part=row.code("part"),
        levels=row.texts("levels", levels, 1),
        wording=row.text("wording"),
        label=row.text("label"),
        label_en=row.text("label_en"),
        ground=parse_ground(row),
        **_points(row),
    )


def _indicators(row: Reader, levels: tuple[str, ...]) -> tuple[Indicator, ...]:
    """A row's indicators: one for each level that it is asked at."""
    comparison = row.one_of("comparison", COMPARISONS)
    per = row.natural("per") if comparison in MEASURED and row.holds("per") else None
    if per is not None and per not in PER:
        row.refuse("per is 100 or 1000")
    counted = comparison in (*MEASURED, NONE)
    groups = each(row, "groups", _group) if row.holds("groups") else ()
    change, change_en = _change(row, "change"), _change(row, "change_en")
    if (change is None) != (change_en is None):
        row.refuse("change and change_en belong together")
    common = {
        "code": row.text("code"),
        "comparison": comparison,
        "per": per,
        "groups": groups,
        "label": row.text("label"),
        "label_en": row.text("label_en"),
        "denominator": row.text("denominator") if per else None,
        "denominator_en": row.text("denominator_en") if per else None,
        "unit": row.text("unit") if counted else "",
        "unit_en": row.text("unit_en") if counted else "",
        "source": row.text("source"),
        "zero": _choice(row, "zero", ZERO) if per else None,
        "over": (row.find("over", bool) or False) if per else False,
        "change": change,
        "change_en": change_en,
        **_points(row),
    }
    names = (row.text("numerator"), row.text("numerator_en")) if counted else (None, None)
    return each(row, "at", lambda one: _at(one, levels, common, names))


def _change(row: Reader, key: str) -> str | None:
    """A text with a place for a number, and for nothing else."""
    text = row.find_text(key)
    if text is not None and (COUNT not in text or set("{}") & set(text.replace(COUNT, ""))):
        row.refuse(f"{key} says {COUNT}, and has no other braces")
    return text


def _at(
    row: Reader, levels: tuple[str, ...], common: Mapping[str, Any], names: tuple[str | None, str | None]
) -> Indicator:
    """What a level asks of an indicator; it may call the numerator by a name of its own."""
    threshold = row.natural("threshold") if common["comparison"] in MEASURED else None
    per = common["per"]
    if threshold is not None and per is not None and threshold > per and not common["over"]:
        row.refuse("a part is never more than the whole")
    own = (row.find_text("numerator"), row.find_text("numerator_en"))
    if (own[0] is None) != (own[1] is None):
        row.refuse("numerator and numerator_en belong together")
    return Indicator(
        **common,
        level=row.one_of("level", levels),
        item=row.find_text("item"),
        threshold=threshold,
        numerator=own[0] or names[0],
        numerator_en=own[1] or names[1],
        wording=row.text("wording"),
        ground=parse_ground(row),
    )


def _group(row: Reader) -> Group:
    return Group(row.text("code"), row.text("label"), row.text("label_en"))


def _stored_item(row: Reader, levels: tuple[str, ...]) -> Item:
    return Item(
        row.text("code"),
        row.code("part"),
        row.texts("levels", levels, 1),
        row.text("wording"),
        parse_ground(row),
    )


def _stored(row: Reader, levels: tuple[str, ...]) -> Indicator:
    """An indicator as programmes held it before: a percentage, and groups by their names."""
    comparison, code = row.one_of("rule", RULES), row.text("code")
    fraction = comparison == AT_LEAST
    numerator = row.text("numerator") if comparison in (AT_LEAST, NONE) else None
    denominator = row.text("denominator") if fraction else None
    groups = row.texts("groups") if row.holds("groups") else ()
    return Indicator(
        code=code,
        level=row.one_of("level", levels),
        item=row.find_text("item"),
        comparison=comparison,
        threshold=row.natural("percent") if fraction else None,
        per=100 if fraction else None,
        numerator=numerator,
        denominator=denominator,
        groups=tuple(Group(name, name, name) for name in groups),
        ground=parse_ground(row),
        label=code,
        label_en=code,
        numerator_en=numerator,
        denominator_en=denominator,
        zero=Setting(NOT_APPLICABLE, UNNAMED) if fraction else None,
    )
