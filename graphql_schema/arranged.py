"""What a city arranged beside its programme, as computed fields need it: confirmed extensions (延期) and the calendar (工作日安排).

Expressions over a row of `applications` or `campaigns`, and the values made of their JSON. The same rows are read for acts by
certification/windows.py; a test holds the two together. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, and_, cast, func, or_, select

from certification.calendar import Calendar
from certification.tables import calendar_days, calendar_years, extensions
from graphql_schema.declare import Build, Parameters

Line = tuple[str | None, str, str]
"""Level or None, stage, time: an extension as JSON."""


def extensions_of_application(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """`[[level, stage, closes_at], …]` of what is confirmed for the application's county and community."""
    return _listed(
        row,
        extensions.c.tenant_id == row.c.campaign_tenant_id,
        extensions.c.campaign_id == row.c.campaign_id,
        or_(
            extensions.c.beneficiary_tenant_id.is_(None),
            and_(
                extensions.c.beneficiary_tenant_id == row.c.tenant_id,
                or_(extensions.c.community_id.is_(None), extensions.c.community_id == row.c.community_id),
            ),
        ),
    )


def extensions_of_lists(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The same of what is confirmed for the campaign as a whole, and so for the city's own lists."""
    return _listed(
        row,
        extensions.c.tenant_id == row.c.tenant_id,
        extensions.c.campaign_id == row.c.id,
        extensions.c.beneficiary_tenant_id.is_(None),
    )


def _listed(row: FromClause, *where: ColumnElement[bool]) -> ColumnElement[Any]:
    line = func.json_build_array(extensions.c.level, extensions.c.stage, extensions.c.closes_at)
    return (
        select(func.json_agg(line))
        .where(*where, extensions.c.confirmed_at.is_not(None))
        .correlate(row)
        .scalar_subquery()
    )


def calendar_of(city: str) -> Build:
    """`[{day: worked}, [year, …]]` as the tenant that the column `city` names set it."""

    def build(row: FromClause, _: Parameters) -> ColumnElement[Any]:
        days = (
            select(func.json_object_agg(cast(calendar_days.c.day, Text), calendar_days.c.working))
            .where(calendar_days.c.tenant_id == row.c[city], calendar_days.c.working.is_not(None))
            .correlate(row)
            .scalar_subquery()
        )
        years = (
            select(func.json_agg(calendar_years.c.year))
            .where(calendar_years.c.tenant_id == row.c[city], calendar_years.c.complete)
            .correlate(row)
            .scalar_subquery()
        )
        return func.json_build_array(days, years)

    return build


def parse_calendar(found: Sequence[Any]) -> Calendar:
    """The calendar from `calendar_of`."""
    days: Mapping[str, bool] = found[0] or {}
    return Calendar(
        {date.fromisoformat(day): worked for day, worked in days.items()}, frozenset(found[1] or ())
    )


def extended_for(found: Sequence[Line] | None, level: str | None) -> Mapping[str, datetime]:
    """Stage → to when it is extended for a level; without a level, for all of them."""
    extended: dict[str, datetime] = {}
    for of, stage, text in found or ():
        if of in (None, level):
            closes_at = datetime.fromisoformat(text)
            extended[stage] = max(closes_at, extended.get(stage, closes_at))
    return extended
