"""Figures (量化指标数据): the numbers by which a community stands, as people state or find them.

    {"code": "labour_force_registered", "numerator": 3200, "denominator": 4000}     {"code": "reported_in_time", "holds": true}
    {"code": "zero_employment_households", "count": 0}

The rule upheld here: a figure is whole numbers from 0 to 2**53 - 1, or a plain yes or no, and of the kind that its indicator asks for; a part
is never more than the whole, unless the standard says that it may be; nothing is stated twice. Everything else is refused, never
mended. What figures come to is certification/judging.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Final, NoReturn

from audit.canonical import encode
from certification.errors import FigureRefusedError
from certification.programme import Programme
from certification.standard import HISTORY, YES, Group, Indicator

MOST: Final = 2**53 - 1
"""The greatest integer that every reader of JSON holds exactly."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: a numerator and a denominator, a count, or whether a statement holds; `group` where the indicator has groups."""

    code: str
    group: str | None = None
    numerator: int | None = None
    denominator: int | None = None
    count: int | None = None
    holds: bool | None = None


_VALUES: Final = tuple(one.name for one in fields(Figure))[2:]


def indicators_of(programme: Programme, level: str) -> tuple[Indicator, ...]:
    """The indicators of a level, in the standard's order."""
    return tuple(one for one in programme.indicators if one.level == level)


def find_missing(
    programme: Programme, level: str, figures: Sequence[Figure]
) -> tuple[tuple[Indicator, Group | None], ...]:
    """What people must state for a level and have not, in order."""
    given = {(one.code, one.group) for one in figures}
    return tuple(
        (indicator, group)
        for indicator in indicators_of(programme, level)
        if indicator.is_stated
        for group in indicator.groups or (None,)
        if (indicator.code, group and group.code) not in given
    )


def name_figure(indicator: Indicator, group: Group | None) -> tuple[str, str]:
    """What people call a figure, in Chinese and English."""
    if group is None:
        return indicator.label, indicator.label_en
    return f"{indicator.label}（{group.label}）", f"{indicator.label_en} ({group.label_en})"


def check_figures(programme: Programme, level: str, figures: Sequence[Figure]) -> None:
    """Raise FigureRefusedError unless each figure is one that the level asks for, in whole numbers, and none is given twice."""
    known = {(one.code, group): one for one in indicators_of(programme, level) for group in one.group_codes}
    seen: set[tuple[str, str | None]] = set()
    for one in figures:
        key = (one.code, one.group)
        indicator = known.get(key)
        if indicator is None or indicator.comparison == HISTORY:
            _refuse(one, "本级别不填报此项", "this level states no such figure")
        if key in seen:
            _refuse(one, "重复填报", "it is stated twice")
        seen.add(key)
        _check_one(indicator, one)


def _check_one(indicator: Indicator, figure: Figure) -> None:
    given = {name: getattr(figure, name) for name in _VALUES if getattr(figure, name) is not None}
    if indicator.comparison == YES:
        if list(given) != ["holds"] or type(figure.holds) is not bool:
            _refuse(figure, "应填是或否", "it is a yes or a no")
        return
    asked = ["numerator", "denominator"] if indicator.per else ["count"]
    if list(given) != asked:
        _refuse(figure, f"应填{'分子和分母' if indicator.per else '数目'}", f"it has {' and '.join(asked)}")
    for value in given.values():
        if type(value) is not int or not 0 <= value <= MOST:
            _refuse(figure, "应为不小于 0 的整数，且不过大", "a figure is a whole number from 0 to 2^53 - 1")
    if indicator.per and not indicator.over and given["numerator"] > given["denominator"]:
        _refuse(figure, "分子大于分母", "the numerator is greater than the denominator")


def format_figures(figures: Sequence[Figure]) -> str | None:
    """Figures as a form version stores them: canonical JSON, the same whatever their order; None when there are none."""
    if not figures:
        return None
    ordered = sorted(figures, key=lambda one: (one.code, one.group or ""))
    return encode([dict(_told(one)) for one in ordered]).decode()


def parse_figures(text: str | None) -> tuple[Figure, ...]:
    """What `format_figures` stored."""
    return tuple(Figure(**one) for one in json.loads(text or "[]"))


def _told(figure: Figure) -> Iterator[tuple[str, object]]:
    for one in fields(figure):
        value = getattr(figure, one.name)
        if value is not None:
            yield one.name, value


def _refuse(figure: Figure, zh: str, en: str) -> NoReturn:
    name = figure.code if figure.group is None else f"{figure.code}:{figure.group}"
    raise FigureRefusedError(figure=name[:100], reason_zh=zh, reason_en=en)
