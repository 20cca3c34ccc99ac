"""How far a publicised item has come, and what may be done with an objection: what their computed fields show.

The domain decides (certification/publicity.py, certification/objections.py); here the row's columns and the session become what its
functions take. Out of the stored programme only the rule that is needed is read, as a list has many items. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, FromClause, Text, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by

from certification.errors import CertificationError
from certification.model import ObjectionStatus
from certification.objections import available_objection_actions
from certification.publicity import OPEN, Count, ListedItem, count_item, pause_of
from certification.reader import parse_objections, parse_publicity
from certification.tables import campaigns, objections, publicity_corrections, rosters
from graphql_schema.actions import Availability, decide_reader, describe
from graphql_schema.arranged import calendar_of, parse_calendar
from graphql_schema.declare import Build, Parameters
from graphql_schema.errors import CodedError
from graphql_schema.session import Session

ZONE: Final = "Asia/Shanghai"
"""The days of a public list are the city's; its programme says the same."""


def decide_count(row: Mapping[str, Any], session: Session) -> Mapping[str, Any] | None:
    """The count of an item, or of a whole list as if nothing held it up; None for a list that is no publicity.

    `row` has the keys of `ITEM_NEEDS` or `LIST_NEEDS`, as JSON values.
    """
    if row["opens_on"] is None or row["rule"] is None:
        return None
    rule, zone = parse_publicity(row["rule"]), ZoneInfo(row["zone"])
    item = parse_item(row, zone)
    try:
        count = count_item(item, rule, zone, session.now, parse_calendar(row["calendar"]))
    except CertificationError as error:
        raise CodedError(error.code, error.zh, error.en) from error
    return show_count(count, rule.working_days.value)


def parse_item(row: Mapping[str, Any], zone: ZoneInfo, *, there: bool = True) -> ListedItem:
    """An item of a publicity; `row` has the keys of `ITEM_NEEDS` or `LIST_NEEDS` that are about its days, as JSON values."""
    objected = row.get("objected") or ()
    pauses = (
        pause_of(status, _moment(accepted), _moment(decided), zone) for status, accepted, decided in objected
    )
    statuses = [status for status, *_ in objected]
    return ListedItem(
        row.get("position", 0),
        row.get("name", ""),
        date.fromisoformat(row.get("corrected_on") or row["opens_on"]),
        tuple(pause for pause in pauses if pause is not None),
        sum(status in OPEN for status in statuses),
        there and ObjectionStatus.UPHELD not in statuses,
        date.fromisoformat(row["closes_on"]),
    )


def show_count(count: Count, days: int) -> Mapping[str, Any]:
    """A count as the API shows it."""
    return {
        "days_counted": count.days,
        "days_left": days - count.days,
        "closes_on": count.closes_on,
        "stopped": count.stopped,
    }


def decide_objection_actions(row: Mapping[str, Any], session: Session) -> list[Availability]:
    """The actions on an objection with what stands against each. `row` has the keys of `OBJECTION_NEEDS`."""
    if session.principal is None or not row["steps"]:
        return []
    reader = decide_reader(session.principal, row["tenant_id"])
    found = available_objection_actions(
        parse_objections(row["steps"]), row["tenant_id"], row["status"], reader
    )
    return [
        Availability(
            one.action,
            one.name,
            one.allowed,
            one.clause,
            None if one.obstacle is None else describe(one.obstacle, session),
        )
        for one in found
    ]


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def of_roster(column: Column[Any]) -> Build:
    """A column of the list that the row is an item of, or an objection to."""

    def build(row: FromClause, _: Parameters) -> ColumnElement[Any]:
        found = select(column).where(rosters.c.tenant_id == row.c.tenant_id, rosters.c.id == row.c.roster_id)
        return found.correlate(row).scalar_subquery()

    return build


def of_programme(*path: str, roster: str = "roster_id") -> Build:
    """A part of the stored programme, as JSON; `roster` is the row's column that names the list, `id` for a list itself."""

    def build(row: FromClause, _: Parameters) -> ColumnElement[Any]:
        listed = rosters.alias("listed")
        found = (
            select(cast(campaigns.c.programme, JSON)[path])
            .select_from(listed)
            .join(
                campaigns,
                (campaigns.c.tenant_id == listed.c.tenant_id) & (campaigns.c.id == listed.c.campaign_id),
            )
            .where(listed.c.tenant_id == row.c.tenant_id, listed.c.id == row.c[roster])
        )
        return found.correlate(row).scalar_subquery()

    return build


def objected(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """`[[status, accepted, decided], …]` of the objections to an item."""
    times = func.json_build_array(objections.c.status, objections.c.accepted_at, objections.c.decided_at)
    return (
        select(func.json_agg(aggregate_order_by(times, objections.c.received_at, objections.c.id)))
        .where(
            objections.c.tenant_id == row.c.tenant_id,
            objections.c.roster_id == row.c.roster_id,
            objections.c.position == row.c.position,
        )
        .correlate(row)
        .scalar_subquery()
    )


def objection_count(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """How many objections there are to an item."""
    return (
        select(func.count())
        .select_from(objections)
        .where(
            objections.c.tenant_id == row.c.tenant_id,
            objections.c.roster_id == row.c.roster_id,
            objections.c.position == row.c.position,
        )
        .correlate(row)
        .scalar_subquery()
    )


def of_correction(column: Column[Any]) -> Build:
    """A column of the latest correction of an item; NULL when there is none."""

    def build(row: FromClause, _: Parameters) -> ColumnElement[Any]:
        corrected = publicity_corrections.c
        return (
            select(column)
            .where(
                corrected.tenant_id == row.c.tenant_id,
                corrected.roster_id == row.c.roster_id,
                corrected.position == row.c.position,
            )
            .order_by(corrected.number.desc())
            .limit(literal_column("1"))
            .correlate(row)
            .scalar_subquery()
        )

    return build


def name_now(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """The community's name as the list reads now, corrections applied."""
    corrected = of_correction(publicity_corrections.c.community_name)(row, parameters)
    return func.coalesce(corrected, row.c.community_name, type_=Text)


LIST_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    "opens_on": rosters.c.opens_on,
    "closes_on": rosters.c.closes_on,
    "rule": of_programme("publicity", roster="id"),
    "zone": of_programme("time_zone", roster="id"),
    "calendar": calendar_of("tenant_id"),
}
ITEM_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    "opens_on": of_roster(rosters.c.opens_on),
    "closes_on": of_roster(rosters.c.closes_on),
    "rule": of_programme("publicity"),
    "zone": of_programme("time_zone"),
    "calendar": calendar_of("tenant_id"),
    "objected": objected,
    "corrected_on": of_correction(publicity_corrections.c.corrected_on),
}
OBJECTION_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    "tenant_id": objections.c.tenant_id,
    "status": objections.c.status,
    "steps": of_programme("objections"),
}
