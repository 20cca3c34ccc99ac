"""The standard as a campaign shows it, figures as a form states them, and what an application comes to (对标评判).

certification/judging.py judges; here its values become what the API shows, in the language that was asked for. Items count as the
opinions on the version in force found them, the later before the earlier, and none from before a return. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, FromClause, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from certification.facts import parse_facts
from certification.figures import parse_figures
from certification.judging import ItemFinding, Judgement, Outcome, judge
from certification.life import find_history
from certification.model import Verdict
from certification.programme import Ground
from certification.reader import parse_stored
from certification.standard import Group, Indicator, Item
from certification.tables import applications, campaigns, form_versions, item_assessments, opinions
from graphql_schema.actions import certified, form_figures, programme, reviewed
from graphql_schema.declare import Build, Parameters
from graphql_schema.session import Session


def decide_standard(row: Mapping[str, Any], session: Session) -> Mapping[str, Any] | None:
    """The standard of a level; None for a level that the programme does not have."""
    found = parse_stored(row["programme"])
    level, edition, zh = row["level"], found.edition, session.locale == "zh-CN"
    if level not in found.levels:
        return None
    return {
        **{name: getattr(edition, name) for name in ("code", "version", "title", "source")},
        "level": level,
        "pass_score": None if edition.scoring is None else edition.scoring.marks[level].value,
        "items": [_item(one, zh) for one in edition.items if level in one.levels],
        "indicators": [_indicator(one, zh) for one in edition.indicators if one.level == level],
    }


def decide_figures(row: Mapping[str, Any], _: Session) -> list[Mapping[str, Any]]:
    """What a form states; nothing where there is none."""
    return [asdict(one) for one in parse_figures(row["figures"])]


def decide_judgement(row: Mapping[str, Any], session: Session) -> Mapping[str, Any] | None:
    """What an application comes to now; None when its campaign is not in reach. `row` has the keys of `NEEDS`."""
    if row["programme"] is None:
        return None
    found = parse_stored(row["programme"])
    history = find_history(found, row["level"], parse_facts(row), session.now)
    items = assessed_items(row["assessed"] or ())
    return show(judge(found, row["level"], items, parse_figures(row["figures"]), history), session)


def assessed_items(given: Any) -> dict[str, ItemFinding]:
    """The findings that stand, from `[[verdict, [[code, verdict, score], …]], …]` of the opinions in order."""
    items: dict[str, ItemFinding] = {}
    for verdict, found in given:
        if verdict == Verdict.RETURN:
            items.clear()
            continue
        items |= {code: ItemFinding(finding, score) for code, finding, score in found or ()}
    return items


def show(judgement: Judgement, session: Session) -> Mapping[str, Any]:
    """A judgement in the reader's language."""
    refusing = {(one.code, one.group) for one in judgement.refusing}
    return {
        **{
            name: getattr(judgement, name)
            for name in ("level", "qualifies", "score", "pass_score", "highest")
        },
        "outcomes": [
            _outcome(one, (one.code, one.group) in refusing, session.locale == "zh-CN")
            for one in judgement.outcomes
        ],
    }


def _outcome(one: Outcome, refuses: bool, zh: bool) -> Mapping[str, Any]:
    return {
        **{name: getattr(one, name) for name in _OUTCOME},
        "refuses": refuses,
        "explanation": one.zh if zh else one.en,
        "remedy": one.change_zh if zh else one.change_en,
    }


_OUTCOME: Final = (
    *(
        "code",
        "item",
        "group",
        "clause",
        "result",
        "numerator",
        "denominator",
        "threshold",
        "per",
        "comparison",
    ),
    *("change", "points", "highest", "veto"),
)


def _item(one: Item, zh: bool) -> Mapping[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("code", "part", "wording", "points", "veto")},
        "label": one.label if zh else one.label_en,
        **_ground(one.ground),
    }


def _indicator(one: Indicator, zh: bool) -> Mapping[str, Any]:
    return {
        **{name: getattr(one, name) for name in _INDICATOR},
        "label": one.label if zh else one.label_en,
        "numerator": one.numerator if zh else one.numerator_en,
        "denominator": one.denominator if zh else one.denominator_en,
        "unit": one.unit if zh else one.unit_en,
        "zero": None if one.zero is None else one.zero.value,
        "zero_reason": None if one.zero is None else one.zero.ground.reason,
        "groups": [_group(group, zh) for group in one.groups],
        "stated": one.is_stated,
        **_ground(one.ground),
    }


_INDICATOR: Final = ("code", "item", "wording", "comparison", "threshold", "per", "source", "points", "veto")


def _group(one: Group, zh: bool) -> Mapping[str, Any]:
    return {"code": one.code, "label": one.label if zh else one.label_en}


def _ground(ground: Ground) -> Mapping[str, Any]:
    return {"clause": ground.clause, "decided": ground.decided, "reason": ground.reason}


def _assessed(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """`[[verdict, [[code, verdict, score], …]], …]` of the opinions on the version in force, in order of time."""
    line = func.json_build_array(
        item_assessments.c.item_code, item_assessments.c.verdict, item_assessments.c.score
    )
    items = (
        select(func.json_agg(line))
        .where(
            item_assessments.c.tenant_id == opinions.c.tenant_id,
            item_assessments.c.opinion_id == opinions.c.id,
        )
        .correlate(opinions)
        .scalar_subquery()
    )
    given = func.json_build_array(opinions.c.verdict, items)
    return (
        select(func.json_agg(aggregate_order_by(given, opinions.c.given_at, opinions.c.id)))
        .where(
            opinions.c.tenant_id == row.c.tenant_id,
            opinions.c.application_id == row.c.id,
            opinions.c.form_version_id == row.c.form_version_id,
        )
        .correlate(row)
        .scalar_subquery()
    )


STANDARD_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {"programme": campaigns.c.programme}
FORM_FIGURES: Final[Mapping[str, Column[Any] | Build]] = {"figures": form_versions.c.figures}
FIGURES_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {"figures": form_figures}
NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    "level": applications.c.level,
    "programme": programme,
    "figures": form_figures,
    "assessed": _assessed,
    "certified": certified,
    "reviewed": reviewed,
}
