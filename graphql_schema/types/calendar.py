"""The calendar (工作日安排) that the city's administrator keeps, shared with its counties."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from certification.tables import calendar_days, calendar_years
from graphql_schema.declare import EVERYBODY, Node, column, equals, in_tenant, rows, to_many, to_one
from graphql_schema.permissions import Permission
from graphql_schema.types.tenant import Tenant
from tenancy.tables import tenants


@strawberry.input(description="Which years (年度筛选).")
class CalendarYearFilter:
    """All that is given must hold."""

    year: int | None = equals(calendar_years.c.year, "This year (年份).")
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(
    calendar_days, permission=Permission.READ, reach=EVERYBODY, description="A day that was set (设定的日期)."
)
class CalendarDay:
    """It stands above what is published."""

    day: date = column(calendar_days.c.day, description="The day (日期).")
    working: bool | None = column(
        calendar_days.c.working, description="Whether it is worked; null: as published again (是否工作日)."
    )
    name: str = column(calendar_days.c.name, description="What it is called (名称).")
    set_by: UUID = column(calendar_days.c.set_by, description="Who set it last (设定人代号).")
    set_at: datetime = column(calendar_days.c.set_at, description="When (设定时间).")


@rows(
    calendar_years,
    permission=Permission.READ,
    reach=EVERYBODY,
    description="A year's document and its days (年度安排).",
)
class CalendarYear(Node):
    """What was set of a year, beside what is published."""

    year: int = column(calendar_years.c.year, description="The year (年份).")
    document_number: str = column(
        calendar_years.c.document_number, description="The document set last (文号)."
    )
    title: str = column(calendar_years.c.title, description="Its title (文件名称).")
    complete: bool = column(
        calendar_years.c.complete,
        description="The document arranges the whole year: other weekdays are worked, weekends rest (全年已公布).",
    )
    reason: str = column(calendar_years.c.reason, description="Why it was set last (理由).")
    revision: int = column(calendar_years.c.revision, description="Grows by one with every act (修订号).")
    set_by: UUID = column(calendar_years.c.set_by, description="Who set it last (设定人代号).")
    set_at: datetime = column(calendar_years.c.set_at, description="When (设定时间).")
    tenant: Tenant = to_one({tenants.c.id: calendar_years.c.tenant_id}, description="The city (租户).")
    days: list[CalendarDay] = to_many(
        {calendar_days.c.year: calendar_years.c.year},
        order=(calendar_days.c.day,),
        limit=366,
        description="The days that were set (设定的日期).",
    )
