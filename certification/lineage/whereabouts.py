"""Where a certification is now, once units have changed: in its county, or with a community that moved to another (去向).

A certification that came along to another county is changed there. The row left behind is changed only while some unit of its own
county still rests on it, such as the other part of a divided community. Who went on from a community has what that had until then, and
nothing that it came to later.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, or_, select

from certification.lineage.following import pending_unit_changes
from certification.tables import certifications
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import tenants, unit_successions, units

Had: TypeAlias = tuple[UUID, date]
"""What a community had on a day: a certification of that day, the review of a year that began on it."""
Links: TypeAlias = Mapping[UUID, Sequence[tuple[UUID, date]]]
"""Unit → who goes on from it with its history, each since when."""
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
    select(
        unit_successions.c.unit_id, unit_successions.c.successor_unit_id, unit_successions.c.effective_on
    ).where(
        unit_successions.c.tenant_id == _COUNTY,
        unit_successions.c.successor_tenant_id == _COUNTY,
        unit_successions.c.carried,
    )
)
_WENT_AWAY = statement(
    select(
        unit_successions.c.unit_id, unit_successions.c.successor_tenant_id, unit_successions.c.effective_on
    ).where(
        unit_successions.c.tenant_id == _COUNTY,
        unit_successions.c.successor_tenant_id != _COUNTY,
        unit_successions.c.unit_id == any_(_IDS),
    )
)


async def read_heirs(
    tx: TenantConnection, county: int, had: Collection[Had], today: date
) -> Mapping[Had, tuple[UUID, ...]]:
    """For each (community, day): the units alive in the county that have now what it had on that day: itself, and who went on from it later."""
    links = await _read_links(tx, county)
    lines = {one: _descend(one, links) for one in had}
    named = sorted({unit for line in lines.values() for unit in line}, key=str)
    alive = {row["id"] for row in await tx.all(_ALIVE, county=county, ids=named, today=today)}
    return {one: tuple(unit for unit in line if unit in alive) for one, line in lines.items()}


async def _read_links(tx: TenantConnection, county: int) -> Links:
    found: dict[UUID, list[tuple[UUID, date]]] = {}
    for row in await tx.all(_WENT_ON, county=county):
        found.setdefault(row["unit_id"], []).append((row["successor_unit_id"], row["effective_on"]))
    return found


def _descend(had: Had, links: Links) -> Mapping[UUID, date]:
    """The unit and all that go on with what it had on the day, each with the day since when."""
    found = dict([had])
    waiting = list(found)
    for one in waiting:
        for heir, on in links.get(one, ()):
            if found[one] <= on < found.get(heir, date.max):
                found[heir] = on
                waiting.append(heir)
    return found


async def find_moved(
    tx: TenantConnection, county: int, certification: UUID, had: Had, today: date
) -> str | None:
    """The counties to which a certification has gone altogether, by name; None while it is where it was."""
    rows = await tx.all(
        _MADE_ANEW, granted=list(tx.scope.granted), certification=certification, county=county
    )
    if not rows or (await read_heirs(tx, county, [had], today))[had]:
        return None
    names = await tx.all(_NAMES, counties=[row["tenant_id"] for row in rows])
    return "、".join(sorted(row["name"] for row in names))


async def find_gone(tx: TenantConnection, county: int, had: Had, today: date) -> str | None:
    """The counties to which has gone altogether what a community had on a day, by name; None while it is here, or nowhere."""
    if (await read_heirs(tx, county, [had], today))[had]:
        return None
    line = _descend(had, await _read_links(tx, county))
    rows = await tx.all(_WENT_AWAY, county=county, ids=list(line))
    counties = {row["successor_tenant_id"] for row in rows if line[row["unit_id"]] <= row["effective_on"]}
    names = await tx.all(_NAMES, counties=sorted(counties))
    return "、".join(sorted(row["name"] for row in names)) or None


async def find_waiting(tx: TenantConnection, county: int) -> str | None:
    """The county's name while its log has a change of divisions to follow, else None."""
    if all(county not in one.tenants for one in await pending_unit_changes(tx)):
        return None
    return str((await tx.one(_NAMES, counties=[county]))["name"])
