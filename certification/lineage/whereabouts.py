"""Where a certification is now, once units have changed: in its county, or with a community that moved to another (去向).

A certification that came along to another county is changed there. The row left behind is changed only while some unit of its own
county still rests on it, such as the other part of a divided community.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, or_, select

from certification.lineage.following import pending_unit_changes
from certification.tables import certifications
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import tenants, unit_successions, units

_COUNTY: Final = bindparam("county", type_=Integer)
_IDS: Final = bindparam("ids", type_=ARRAY(Uuid()))
_MADE_ANEW = statement(
    select(certifications.c.tenant_id).where(
        certifications.c.tenant_id == any_(bindparam("granted", type_=ARRAY(Integer))),
        certifications.c.former_id == bindparam("certification"),
        certifications.c.former_tenant_id == _COUNTY,
    )
)
_NAMES = statement(
    select(tenants.c.name).where(tenants.c.id == any_(bindparam("counties", type_=ARRAY(Integer))))
)
_ALIVE = statement(
    select(units.c.id).where(
        units.c.tenant_id == _COUNTY,
        units.c.id == any_(_IDS),
        or_(units.c.valid_to.is_(None), units.c.valid_to > bindparam("today")),
    )
)
_WENT_ON = statement(
    select(unit_successions.c.unit_id, unit_successions.c.successor_unit_id).where(
        unit_successions.c.tenant_id == _COUNTY,
        unit_successions.c.successor_tenant_id == _COUNTY,
        unit_successions.c.carried,
    )
)
_WENT_AWAY = statement(
    select(unit_successions.c.successor_tenant_id).where(
        unit_successions.c.tenant_id == _COUNTY,
        unit_successions.c.successor_tenant_id != _COUNTY,
        unit_successions.c.unit_id == any_(_IDS),
    )
)


async def read_heirs(
    tx: TenantConnection, county: int, communities: Collection[UUID], today: date
) -> Mapping[UUID, tuple[UUID, ...]]:
    """For each community of the county, the units alive there that its certifications are of now: itself, and who goes on from it."""
    next_to = await _read_links(tx, county)
    lines = {one: _descend(one, next_to) for one in communities}
    named = sorted({unit for line in lines.values() for unit in line}, key=str)
    alive = {row["id"] for row in await tx.all(_ALIVE, county=county, ids=named, today=today)}
    return {one: tuple(unit for unit in line if unit in alive) for one, line in lines.items()}


async def _read_links(tx: TenantConnection, county: int) -> Mapping[UUID, Sequence[UUID]]:
    """Who goes on from whom within the county."""
    found: dict[UUID, list[UUID]] = {}
    for row in await tx.all(_WENT_ON, county=county):
        found.setdefault(row["unit_id"], []).append(row["successor_unit_id"])
    return found


def _descend(unit: UUID, next_to: Mapping[UUID, Sequence[UUID]]) -> tuple[UUID, ...]:
    """The unit and all that go on from it, each once."""
    found = [unit]
    for one in found:
        found += [heir for heir in next_to.get(one, ()) if heir not in found]
    return tuple(found)


async def find_moved(
    tx: TenantConnection, county: int, certification: UUID, community: UUID, today: date
) -> str | None:
    """The counties to which a certification has gone altogether, by name; None while it is where it was."""
    rows = await tx.all(
        _MADE_ANEW, granted=list(tx.scope.granted), certification=certification, county=county
    )
    if not rows:
        return None
    if (await read_heirs(tx, county, [community], today))[community]:
        return None
    names = await tx.all(_NAMES, counties=[row["tenant_id"] for row in rows])
    return "、".join(sorted(row["name"] for row in names))


async def find_gone(tx: TenantConnection, county: int, community: UUID, today: date) -> str | None:
    """The counties to which a community has gone altogether with its history, by name; None while somebody here goes on from it."""
    if (await read_heirs(tx, county, [community], today))[community]:
        return None
    line = _descend(community, await _read_links(tx, county))
    rows = await tx.all(_WENT_AWAY, county=county, ids=list(line))
    names = await tx.all(_NAMES, counties=sorted({row["successor_tenant_id"] for row in rows}))
    return "、".join(sorted(row["name"] for row in names)) or None


async def find_waiting(tx: TenantConnection, county: int) -> str | None:
    """The county's name while its log has a change of divisions to follow, else None."""
    if all(county not in one.tenants for one in await pending_unit_changes(tx)):
        return None
    return str((await tx.one(_NAMES, counties=[county]))["name"])
