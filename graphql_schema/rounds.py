"""What the reader may do now with the city's lists of a level, and why not: what a campaign's `availableActions` shows.

The programme's second table decides (certification/rosters.py), by the same function that decides an act; which items a list names is
the act's own. Here the campaign's rows become what that function takes. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, FromClause, and_, any_, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from certification.model import Roster, RosterKind
from certification.publicity import ListedItem
from certification.reader import parse_stored
from certification.rosters import RoundView, available_roster_actions, has_left
from certification.tables import applications, campaigns, publicity_corrections, roster_items, rosters
from graphql_schema.actions import Availability, decide_reader, show
from graphql_schema.arranged import calendar_of, extended_for, extensions_of_lists, parse_calendar
from graphql_schema.counts import name_now, objected, of_correction, parse_item
from graphql_schema.declare import Build, Parameters
from graphql_schema.session import Session
from tenancy.identity import GrantScope
from tenancy.tables import tenant_grants


def decide_roster_actions(row: Mapping[str, Any], session: Session) -> list[Availability]:
    """The city's actions on the lists of a level with what stands against each; none for a level that the programme lacks.

    `row` has the keys of `ROUND_NEEDS`, as JSON values, and the argument `level`.
    """
    programme, level = parse_stored(row["programme"]), row["level"]
    if session.principal is None or level not in programme.levels:
        return []
    view = RoundView(
        campaign_tenant_id=row["tenant_id"],
        level=level,
        rosters=tuple(_roster(one) for one in row["rosters"] or () if one["level"] == level),
        statuses={status: number for one, status, number in row["statuses"] or () if one == level},
        extended=extended_for(row["extensions"], level),
        calendar=parse_calendar(row["calendar"]),
    )
    publicity = view.find_latest(RosterKind.PUBLICITY)
    if publicity is not None:
        found = (one for one in row["publicised"] or () if UUID(one["roster_id"]) == publicity.id)
        view = replace(view, listed=tuple(_listed(one, programme.zone) for one in found))
    reader = decide_reader(session.principal, view.campaign_tenant_id)
    return [show(found, session) for found in available_roster_actions(programme, view, reader, session.now)]


def _roster(row: Mapping[str, Any]) -> Roster:
    """A list from its row as JSON."""
    values = dict(row)
    for names, parse in (
        (("id", "campaign_id", "previous_id", "author_id"), UUID),
        (("document_date", "opens_on", "closes_on"), date.fromisoformat),
        (("closed_at", "created_at"), datetime.fromisoformat),
    ):
        values |= {name: parse(row[name]) for name in names if row[name] is not None}
    return Roster(**values)


def _listed(row: Mapping[str, Any], zone: ZoneInfo) -> ListedItem:
    status = row["status"]
    return parse_item(row, zone, there=status is not None and not has_left(status))


def overseen(row: FromClause, parameters: Parameters) -> ColumnElement[bool]:
    """Whether an application is of a county that grants the city its oversight now: one of those in reach, by name, as everywhere."""
    granting = (
        select(tenant_grants.c.tenant_id)
        .where(
            tenant_grants.c.tenant_id == any_(parameters.own_tenants),
            tenant_grants.c.grantee_tenant_id == row.c.tenant_id,
            tenant_grants.c.scope == GrantScope.OVERSEE.value,
            tenant_grants.c.valid_from <= parameters.now,
            or_(tenant_grants.c.valid_to.is_(None), tenant_grants.c.valid_to > parameters.now),
        )
        .correlate(row)
    )
    tenant = applications.c.tenant_id
    return and_(tenant == any_(parameters.own_tenants), tenant.in_(granting))


def lists(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The campaign's lists, whole rows."""
    found = rosters.alias("found")
    return (
        select(func.json_agg(func.row_to_json(literal_column("found"))))
        .select_from(found)
        .where(found.c.tenant_id == row.c.tenant_id, found.c.campaign_id == row.c.id)
        .correlate(row)
        .scalar_subquery()
    )


def round_statuses(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """`[[level, status, number], …]` of the applications of the counties that grant the city its oversight now."""
    counted = (
        select(applications.c.level, applications.c.status, func.count().label("n"))
        .where(
            overseen(row, parameters),
            applications.c.campaign_tenant_id == row.c.tenant_id,
            applications.c.campaign_id == row.c.id,
        )
        .group_by(applications.c.level, applications.c.status)
        .correlate(row)
        .subquery("counted")
    )
    line = func.json_build_array(counted.c.level, counted.c.status, counted.c.n)
    return select(func.json_agg(line)).scalar_subquery()


def publicised(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """The items of the campaign's publicities with all that their days rest on, and the application's status while it is in reach."""
    status = (
        select(applications.c.status)
        .where(
            applications.c.tenant_id == roster_items.c.application_tenant_id,
            applications.c.id == roster_items.c.application_id,
            overseen(row, parameters),
        )
        .correlate(row, roster_items)
        .scalar_subquery()
    )
    item = func.json_build_object(
        *("roster_id", roster_items.c.roster_id, "position", roster_items.c.position),
        *("name", name_now(roster_items, parameters), "status", status),
        *("opens_on", rosters.c.opens_on, "closes_on", rosters.c.closes_on),
        *("objected", objected(roster_items, parameters)),
        *(
            "corrected_on",
            of_correction(publicity_corrections.c.corrected_on)(roster_items, parameters),
        ),
    )
    return (
        select(func.json_agg(aggregate_order_by(item, roster_items.c.position)))
        .select_from(roster_items)
        .join(
            rosters,
            and_(rosters.c.tenant_id == roster_items.c.tenant_id, rosters.c.id == roster_items.c.roster_id),
        )
        .where(
            roster_items.c.tenant_id == row.c.tenant_id,
            rosters.c.campaign_id == row.c.id,
            rosters.c.kind == literal_column(f"'{RosterKind.PUBLICITY}'"),
        )
        .correlate(row)
        .scalar_subquery()
    )


ROUND_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    "tenant_id": campaigns.c.tenant_id,
    "programme": campaigns.c.programme,
    "rosters": lists,
    "statuses": round_statuses,
    "publicised": publicised,
    "extensions": extensions_of_lists,
    "calendar": calendar_of("tenant_id"),
}
