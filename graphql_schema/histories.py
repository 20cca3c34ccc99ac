"""A community's history and eligibility from the columns of an application or a unit: what the fields `history` and `eligibility` show.

The same fold and the same function that decide an act (certification/history.py, certification/life.py) are asked here. A unit is
seen by everyone in its tenant, its history only by who reaches the community. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Column, ColumnElement, FromClause, any_, select

from audit.entry import Cite
from certification.acts.legacy import ZONE
from certification.facts import facts_of, parse_facts
from certification.history import Break, Facts, History, Year, first_year, fold, settle
from certification.life import (
    ApplicationView,
    find_held_obstacle,
    find_history,
    find_history_obstacle,
    find_obstacle,
)
from certification.lineage.errors import UnitClosedError
from certification.planner import local_day
from certification.programme import Programme
from certification.reader import parse_stored
from certification.tables import applications, campaigns
from graphql_schema.actions import (
    decide_reader,
    describe,
    facts,
    form_certified_on,
    form_reviews,
    programme,
)
from graphql_schema.declare import Build, Parameters
from graphql_schema.permissions import Permission, ReachKind, decide_access
from graphql_schema.session import Session
from tenancy.identity import Principal
from tenancy.tables import tenants, units

PLACES: Final = ("community", "village")


def decide_application_history(row: Mapping[str, Any], session: Session) -> Mapping[str, Any] | None:
    """The history that an application rests on; None for a level that asks for none."""
    if row["programme"] is None:
        return None
    return _show(parse_stored(row["programme"]), _of_application(row), session)


def decide_rests_on_legacy(row: Mapping[str, Any], session: Session) -> bool:
    """Whether what the form says of the past, or before there is one the past itself, rests on paper."""
    if row["form_certified_on"] is not None:
        on = date.fromisoformat(row["form_certified_on"])
        known = settle(_facts(row), local_day(session.now, ZONE))
        legacy = any(one.legacy and one.on == on for one in known.certified)
        return legacy or any(one["legacy"] for one in orjson.loads(row["form_reviews"] or "[]"))
    if row["programme"] is None:
        return False
    history = find_history(parse_stored(row["programme"]), row["level"], _facts(row), session.now)
    return history is not None and history.legacy


def decide_unit_history(row: Mapping[str, Any], session: Session) -> Mapping[str, Any] | None:
    """The history as the first level of the city's latest campaign that asks for one; None out of reach, or for no community.

    `on`: on that day, not today; `known_at`: by what was recorded until that moment.
    """
    if not _is_shown(row, session.principal):
        return None
    found = parse_stored(row["programme"])
    asking = next((level for level, rule in found.levels.items() if rule.requires is not None), None)
    if asking is None:
        return None
    on, known_at = row["on"], row["known_at"]
    if on is None and known_at is None:
        return _show(found, _of_unit(row, asking), session)
    requires = found.levels[asking].requires
    day = local_day(session.now, found.zone) if on is None else date.fromisoformat(on)
    until = None if known_at is None else datetime.fromisoformat(known_at)
    level = asking if requires is None else requires.certified
    return _show_history(found, asking, fold(_facts(row), level, day, found.history, until), session)


def decide_eligibility(row: Mapping[str, Any], session: Session) -> list[Mapping[str, Any]]:
    """Each level of the city's latest campaign: whether the history suffices, and what stands against filing now."""
    if session.principal is None or not _is_shown(row, session.principal):
        return []
    found = parse_stored(row["programme"])
    reader = decide_reader(session.principal, row["tenant_id"])
    answer: list[Mapping[str, Any]] = []
    for level in found.levels:
        view = _of_unit(row, level)
        lacks = find_history_obstacle(found, level, find_history(found, view.level, view.facts, session.now))
        ended, held = (
            _find_ended(row, session),
            find_held_obstacle(found, level, view.facts, session.now),
        )
        against = ended or find_obstacle(found, "file_application", view, reader, session.now)
        shown = ended or held or lacks or against
        answer.append(
            {
                "level": level,
                "eligible": lacks is None and ended is None and held is None,
                "allowed": against is None,
                "obstacle": None if shown is None else describe(shown, session),
            }
        )
    return answer


def _find_ended(row: Mapping[str, Any], session: Session) -> UnitClosedError | None:
    """What stands against everything in the name of a unit that has ended."""
    ended = None if row["valid_to"] is None else date.fromisoformat(row["valid_to"])
    if ended is None or ended > local_day(session.now, ZONE):
        return None
    return UnitClosedError(name=row["name"], day=ended)


def decide_form_proof(row: Mapping[str, Any], _: Session) -> Mapping[str, Any] | None:
    """The entry that a form's day of certification rests on."""
    found: Mapping[str, Any] | None = None if row["by"] is None else orjson.loads(row["by"])
    return found


def decide_form_reviews(row: Mapping[str, Any], _: Session) -> list[Mapping[str, Any]] | None:
    """The annual reviews that a form shows; None where it shows none."""
    found: list[Mapping[str, Any]] | None = None if row["reviews"] is None else orjson.loads(row["reviews"])
    return found


def _show(found: Programme, view: ApplicationView, session: Session) -> Mapping[str, Any] | None:
    history = find_history(found, view.level, view.facts, session.now)
    return None if history is None else _show_history(found, view.level, history, session)


def _show_history(
    found: Programme, level: str, history: History, session: Session
) -> Mapping[str, Any] | None:
    requires = found.levels[level].requires
    if requires is None:
        return None
    certified = history.certified
    lacks = find_history_obstacle(found, level, history)
    return {
        "level": history.level,
        "applying_for": level,
        "certified_on": None if certified is None else certified.on,
        "certified_by": None if certified is None else cited(certified.cite),
        "stands": history.stands,
        "state": None if certified is None else certified.state,
        "years": [shown_year(one) for one in history.years],
        "streak": history.streak,
        "broken_by": shown_break(history.broken_by),
        "first_year": first_year(history, requires.annual_passes),
        "legacy": history.legacy,
        "obstacle": None if lacks is None else describe(lacks, session),
    }


def shown_break(found: Break | None) -> Mapping[str, Any] | None:
    """What broke a streak, as the API shows it."""
    if found is None:
        return None
    cite = None if found.cite is None else cited(found.cite)
    return {"kind": found.kind, "year": found.year, "cite": cite}


def shown_year(one: Year) -> Mapping[str, Any]:
    """A closed cycle as the API shows it."""
    cite = None if one.cite is None else cited(one.cite)
    return {"year": one.year, "first": one.first, "result": one.result, "legacy": one.legacy, "cite": cite}


def cited(cite: Cite) -> Mapping[str, Any]:
    """An entry as the API cites it."""
    return {"origin": cite.origin, "sequence": cite.seq, "hash": cite.hash}


def _of_application(row: Mapping[str, Any]) -> ApplicationView:
    return ApplicationView(
        tenant_id=row["tenant_id"],
        campaign_tenant_id=row["campaign_tenant_id"],
        level=row["level"],
        status=row["status"],
        community_id=UUID(row["community_id"]),
        street_id=UUID(row["street_id"]),
        facts=_facts(row),
    )


def _of_unit(row: Mapping[str, Any], level: str) -> ApplicationView:
    return ApplicationView(
        tenant_id=row["tenant_id"],
        campaign_tenant_id=row["city"],
        level=level,
        status=None,
        community_id=UUID(row["id"]),
        street_id=UUID(row["parent_id"] or row["id"]),
        facts=_facts(row),
    )


def _facts(row: Mapping[str, Any]) -> Facts:
    return parse_facts(UUID(row["community_id"] if "community_id" in row else row["id"]), row["facts"])


def _is_shown(row: Mapping[str, Any], principal: Principal | None) -> bool:
    if principal is None or row["programme"] is None or row["kind"] not in PLACES:
        return False
    access = decide_access(principal.roles)
    if access.units(Permission.READ, ReachKind.WHOLE):
        return True
    streets, places = (access.units(Permission.READ, one) for one in (ReachKind.STREET, ReachKind.COMMUNITY))
    return UUID(row["id"]) in places or (row["parent_id"] is not None and UUID(row["parent_id"]) in streets)


def _city(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    return select(tenants.c.parent_id).where(tenants.c.id == row.c.tenant_id).correlate(row).scalar_subquery()


def _latest_programme(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """The programme of the latest campaign of the unit's city; of a city that shares its own, whatever public lists the same document reads."""
    return (
        select(campaigns.c.programme)
        .where(
            campaigns.c.tenant_id == _city(row, parameters),
            campaigns.c.tenant_id == any_(parameters.shared_tenants),
        )
        .order_by(campaigns.c.opened_at.desc(), campaigns.c.id.desc())
        .limit(1)
        .correlate(row)
        .scalar_subquery()
    )


UNIT_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    **{name: units.c[name] for name in ("tenant_id", "id", "kind", "parent_id", "name", "valid_to")},
    "city": _city,
    "programme": _latest_programme,
    "facts": lambda row, _: facts_of(row.c.tenant_id, row.c.id),
}
HISTORY_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    **{
        name: applications.c[name]
        for name in ("tenant_id", "campaign_tenant_id", "level", "status", "community_id", "street_id")
    },
    "programme": programme,
    "facts": facts,
    "form_certified_on": form_certified_on,
    "form_reviews": form_reviews,
}
