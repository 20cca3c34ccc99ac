"""What acts read of a city's extensions (延期) and calendar (工作日安排): a statement each, naming the tenant.

A county reads both as shared rows, and of the city's log the entries on extensions alone (the policy `cited` on `ledger_entries`).
Decides nothing.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import Integer, Text, Uuid, and_, bindparam, cast, func, or_, select, true

from audit.entry import Cite
from audit.tables import ledger_entries
from certification.calendar import Calendar
from certification.extensions import Confirmed
from certification.life import ApplicationView
from certification.programme import Programme
from certification.tables import calendar_days, calendar_years, extensions
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import tenants

CONFIRMED: Final = "extension.confirmed"
"""The operation that puts an extension in force."""

_CITY: Final = bindparam("city", type_=Integer)
_entry = (
    select(ledger_entries.c.seq, ledger_entries.c.hash)
    .where(
        ledger_entries.c.tenant_id == extensions.c.tenant_id,
        ledger_entries.c.subject_id == extensions.c.id,
        ledger_entries.c.operation == CONFIRMED,
    )
    .order_by(ledger_entries.c.seq)
    .limit(1)
    .lateral("entry")
)
_EXTENSIONS = statement(
    select(
        extensions.c.id,
        extensions.c.stage,
        extensions.c.closes_at,
        tenants.c.origin,
        _entry.c.seq,
        _entry.c.hash,
    )
    .join(tenants, tenants.c.id == extensions.c.tenant_id)
    .join(_entry, true())
    .where(
        extensions.c.tenant_id == _CITY,
        extensions.c.campaign_id == bindparam("campaign"),
        extensions.c.confirmed_at.is_not(None),
        or_(extensions.c.level.is_(None), extensions.c.level == bindparam("level")),
        or_(
            extensions.c.beneficiary_tenant_id.is_(None),
            and_(
                extensions.c.beneficiary_tenant_id == bindparam("county", type_=Integer),
                or_(
                    extensions.c.community_id.is_(None),
                    extensions.c.community_id == bindparam("community", type_=Uuid()),
                ),
            ),
        ),
    )
    .order_by(extensions.c.closes_at, extensions.c.id)
)
_CALENDAR = statement(
    select(
        select(cast(func.json_object_agg(cast(calendar_days.c.day, Text), calendar_days.c.working), Text))
        .where(calendar_days.c.tenant_id == _CITY, calendar_days.c.working.is_not(None))
        .scalar_subquery()
        .label("days"),
        select(func.array_agg(calendar_years.c.year))
        .where(calendar_years.c.tenant_id == _CITY, calendar_years.c.complete)
        .scalar_subquery()
        .label("years"),
    )
)


async def find_extensions(
    tx: TenantConnection, programme: Programme, view: ApplicationView, campaign_id: UUID, now: datetime
) -> tuple[Confirmed, ...]:
    """What extends a window for this application; asks nothing while no window that its status waits for has closed."""
    if not is_late(programme, view, now):
        return ()
    return await read_extensions(
        tx, view.campaign_tenant_id, campaign_id, view.level, (view.tenant_id, view.community_id)
    )


def is_late(programme: Programme, view: ApplicationView, now: datetime) -> bool:
    """Whether a window that the application's status waits for has closed by itself."""
    rows = (row for row in programme.life if row.start == view.status and view.level in row.levels)
    waiting = (row.window or row.after for row in rows)
    return any(window is not None and now >= programme.windows[window].closes_at for window in waiting)


async def read_extensions(
    tx: TenantConnection,
    city: int,
    campaign_id: UUID,
    level: str,
    place: tuple[int | None, UUID | None] = (None, None),
) -> tuple[Confirmed, ...]:
    """The confirmed extensions of a level for a county and its community; without a place, those of the city's own lists."""
    county, community = place
    rows = await tx.all(
        _EXTENSIONS, city=city, campaign=campaign_id, level=level, county=county, community=community
    )
    return tuple(
        Confirmed(row["id"], row["stage"], row["closes_at"], Cite(row["origin"], row["seq"], row["hash"]))
        for row in rows
    )


async def read_calendar(tx: TenantConnection, city: int) -> Calendar:
    """What the city's administrator set."""
    row = await tx.one(_CALENDAR, city=city)
    days = orjson.loads(row["days"] or "{}")
    return Calendar(
        {date.fromisoformat(day): working for day, working in days.items()}, frozenset(row["years"] or ())
    )
