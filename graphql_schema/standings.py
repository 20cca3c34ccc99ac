"""Who may apply for what, as a list shows it: the same fold as an act (certification/history.py), of what a row of `standings` holds.

Which rows, and whether they are eligible, SQL decides (certification/eligible.py); what a row of a page shows is folded here from its facts on
the same day, by the rule that stands beside it. A list of ten rows folds ten histories, whatever the city's size. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

import orjson
from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Text,
    any_,
    cast,
    func,
    literal_column,
    select,
)

from certification.eligible import ELIGIBLE, asks, in_span, is_above, is_there, reason_of, rules_of, today
from certification.errors import AlreadyCertifiedError
from certification.history import (
    HELD,
    UNCERTIFIED,
    History,
    find_reason,
    first_year,
    fold_history,
)
from certification.life import find_holding_lack, find_lack
from certification.reader import Asking, parse_asking
from certification.reviews.tables import standings
from certification.standing import parse_known
from graphql_schema.actions import describe
from graphql_schema.declare import Build, Extension, Need, Parameters
from graphql_schema.histories import cited, shown_break, shown_year
from graphql_schema.permissions import Permission, ReachKind, decide_access
from graphql_schema.session import Session
from tenancy.tables import tenants, units

PLACES: Final = ("community", "village")


def standing_rows(
    row: FromClause, asked: Mapping[str, ColumnElement[Any]], parameters: Parameters
) -> Extension:
    """The rows of the day, each with the rule that asks for its level; of those only whose answer is `eligible`, when that is asked."""
    day = cast(asked["onDay"], Date) if "onDay" in asked else today(parameters.now)
    rules = rules_of(parameters.shared_tenants, asked.get("campaignId"))
    where = [in_span(row, day)]
    if "eligible" in asked:
        met = reason_of(row, rules, day).is_(None) == asked["eligible"]
        where.append(select(literal_column("1")).select_from(rules).where(asks(rules, row), met).exists())
    rule = select(rules.c.rule).where(asks(rules, row)).scalar_subquery()
    above = standings.alias("above")
    held = (
        select(above.c.facts)
        .select_from(rules)
        .join(above, is_above(above, row, rules, day))
        .where(asks(rules, row))
        .correlate(row)
        .scalar_subquery()
    )
    return Extension(where, {"day": day, "rule": rule, "above": held})


def _beside(name: str, type_: Any) -> Build:
    """A column that `standing_rows` put beside the row."""
    return lambda row, _: literal_column(f"{row.name}.{name}", type_)  # type: ignore[attr-defined]


NEEDS: Final[Mapping[str, Need]] = {
    "level": standings.c.level,
    "facts": standings.c.facts,
    "day": _beside("day", Date()),
    "rule": _beside("rule", Text()),
    "above": _beside("above", Text()),
}


@lru_cache(maxsize=64)
def _asking(rule: str) -> Asking:
    return parse_asking(orjson.loads(rule))


@lru_cache(maxsize=1024)
def _fold(level: str, facts: str, day: str, rule: str) -> History:
    known = parse_known(level, facts)
    return fold_history(
        level, known.certified, known.reviewed, date.fromisoformat(day), _asking(rule).history
    )


def _history(row: Mapping[str, Any]) -> History | None:
    return None if row["rule"] is None else _fold(row["level"], row["facts"], row["day"], row["rule"])


def _held(row: Mapping[str, Any], asking: Asking) -> AlreadyCertifiedError | None:
    """What it holds of the level that it would apply for."""
    if row["above"] is None:
        return None
    certified = parse_known(asking.level, row["above"]).certified
    return find_holding_lack(
        asking.history, asking.level, asking.name, certified, date.fromisoformat(row["day"])
    )


def decide_stands(row: Mapping[str, Any], _: Session) -> bool | None:
    """Whether what it holds stands by the rule."""
    history = _history(row)
    return None if history is None else history.stands


def decide_streak(row: Mapping[str, Any], _: Session) -> int | None:
    """The passes in succession."""
    history = _history(row)
    return None if history is None else history.streak


def decide_years(row: Mapping[str, Any], _: Session) -> list[Mapping[str, Any]]:
    """The closed cycles that count."""
    history = _history(row)
    return [] if history is None else [shown_year(one) for one in history.years]


def decide_first_year(row: Mapping[str, Any], _: Session) -> int | None:
    """The first year in which it may apply."""
    history = _history(row)
    return None if history is None else first_year(history, _asking(row["rule"]).requires.annual_passes)


def decide_broken_by(row: Mapping[str, Any], _: Session) -> Any:
    """What broke the streak."""
    history = _history(row)
    return None if history is None else shown_break(history.broken_by)


def decide_certified_by(row: Mapping[str, Any], _: Session) -> Mapping[str, Any] | None:
    """The entry of the certification that counts."""
    history = _history(row)
    return None if history is None or history.certified is None else cited(history.certified.cite)


def decide_eligible_for(row: Mapping[str, Any], _: Session) -> str | None:
    """The level that asks for this one."""
    return None if row["rule"] is None else _asking(row["rule"]).level


def decide_reason(row: Mapping[str, Any], _: Session) -> str | None:
    """In one word whether it is eligible; None where no level asks for this one."""
    history = _history(row)
    if history is None:
        return None
    asking = _asking(row["rule"])
    if _held(row, asking) is not None:
        return HELD
    return find_reason(history, asking.requires.annual_passes, asking.history) or ELIGIBLE


def decide_eligible(row: Mapping[str, Any], session: Session) -> bool | None:
    """Whether its history holds what that level asks for, and it is not certified so already."""
    reason = decide_reason(row, session)
    return None if reason is None else reason == ELIGIBLE


def decide_obstacle(row: Mapping[str, Any], session: Session) -> Mapping[str, Any] | None:
    """What it lacks, with the entries that show it."""
    history = _history(row)
    if history is None:
        return None
    asking = _asking(row["rule"])
    lacks = _held(row, asking) or find_lack(asking.requires, asking.held_name, asking.history, history)
    return None if lacks is None else describe(lacks, session)


def decide_counts(row: Mapping[str, Any], session: Session) -> list[Mapping[str, Any]] | None:
    """How many communities in reach are eligible for a level, and how many are not for which reason; None where one does not see all."""
    principal = session.principal
    if principal is None or not decide_access(principal.roles).units(Permission.READ, ReachKind.WHOLE):
        return None
    found = {reason: number for level, reason, number in row["counted"] or () if level == row["level"]}
    found[UNCERTIFIED] = row["places"] - sum(found.values())
    return [{"reason": reason, "number": found[reason]} for reason in sorted(found) if found[reason]]


def _counted(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """`[[level applied for, reason, number], …]` of the communities in reach that are, or were, certified as what it asks for."""
    rules = rules_of(parameters.shared_tenants, every=True)
    one, day = standings.alias("counted_standing"), today(parameters.now)
    reason = func.coalesce(reason_of(one, rules, day), literal_column(f"'{ELIGIBLE}'", Text))
    counted = (
        select(rules.c.applying_for.label("level"), reason.label("reason"), func.count().label("n"))
        .select_from(one.join(rules, asks(rules, one)))
        .where(
            one.c.tenant_id == any_(parameters.own_tenants),
            rules.c.campaign_id == row.c.id,
            in_span(one, day),
        )
        .group_by(literal_column("1"), literal_column("2"))
        .correlate(row)
        .subquery("counted")
    )
    line = func.json_build_array(counted.c.level, counted.c.reason, counted.c.n)
    return select(func.json_agg(line)).scalar_subquery()


def _places(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """How many communities and villages of the city's counties are in reach and there."""
    counties = select(tenants.c.id).where(tenants.c.parent_id == row.c.tenant_id).correlate(row)
    return (
        select(cast(func.count(), Integer))
        .select_from(units)
        .where(
            units.c.tenant_id == any_(parameters.own_tenants),
            units.c.tenant_id.in_(counties),
            units.c.kind.in_([literal_column(f"'{kind}'", Text) for kind in PLACES]),
            is_there(units, today(parameters.now)),
        )
        .correlate(row)
        .scalar_subquery()
    )


COUNT_NEEDS: Final[Mapping[str, Need]] = {"counted": _counted, "places": _places}
