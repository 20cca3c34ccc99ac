"""When something is due: a campaign's publicity plan and deadlines, and the deadline of what an application waits for.

The planner decides (certification/planner.py), with the city's extensions and calendar; here rows become what it takes, and its refusals
become obstacles. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Column

from certification.errors import CertificationError
from certification.planner import Deadline, latest_plan, plan_deadline, plan_deadlines
from certification.reader import parse_stored
from certification.rosters import waiting_window
from certification.tables import applications, campaigns
from graphql_schema.actions import describe, programme
from graphql_schema.arranged import (
    calendar_of,
    extended_for,
    extensions_of_application,
    extensions_of_lists,
    parse_calendar,
)
from graphql_schema.declare import Build
from graphql_schema.session import Session

CAMPAIGN_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    "programme": campaigns.c.programme,
    "extensions": extensions_of_lists,
    "calendar": calendar_of("tenant_id"),
}
APPLICATION_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    "level": applications.c.level,
    "status": applications.c.status,
    "programme": programme,
    "extensions": extensions_of_application,
    "calendar": calendar_of("campaign_tenant_id"),
}


def decide_publicity(row: Mapping[str, Any], session: Session) -> Mapping[str, Any]:
    """The latest start of a publicity that leaves its report inside the window, or what stands against one."""
    held, extended = parse_stored(row["programme"]), extended_for(row["extensions"], row["level"])
    try:
        if row["level"] is not None:
            held.get_level(row["level"])
        plan = latest_plan(held, parse_calendar(row["calendar"]), extended)
    except CertificationError as obstacle:
        found = describe(obstacle, session)
        return {"opens_on": None, "counted": [], "report_from": None, "obstacle": found}
    return {
        "opens_on": plan.opens_on,
        "counted": plan.counted,
        "report_from": plan.report_from,
        "obstacle": None,
    }


def decide_deadlines(row: Mapping[str, Any], session: Session) -> list[Mapping[str, Any]]:
    """Every deadline of a campaign for a level; none for a level that the programme lacks."""
    held = parse_stored(row["programme"])
    if row["level"] not in held.levels:
        return []
    found = plan_deadlines(
        held,
        session.now,
        parse_calendar(row["calendar"]),
        extended_for(row["extensions"], row["level"]),
    )
    return [_show(one, session) for one in found]


def decide_deadline(row: Mapping[str, Any], session: Session) -> Mapping[str, Any] | None:
    """The deadline of what the application waits for; None when nothing bounds it, or its campaign is not in reach."""
    if row["programme"] is None:
        return None
    found = parse_stored(row["programme"])
    stage = waiting_window(found, row["level"], row["status"])
    if stage is None:
        return None
    extended = extended_for(row["extensions"], row["level"])
    return _show(plan_deadline(found, stage, session.now, parse_calendar(row["calendar"]), extended), session)


def _show(deadline: Deadline, session: Session) -> Mapping[str, Any]:
    shown = {one.name: getattr(deadline, one.name) for one in fields(deadline)}
    return {**shown, "obstacle": deadline.obstacle and describe(deadline.obstacle, session)}
