"""Administering a tenant: who may do it, and what a role may be held over.

The rule upheld here: a tenant's people, roles and grants are changed by an administrator of that very tenant, never through a grant.
The notice says nothing of administrators, so all of this is decided [D]:

* `HELD_OVER` says over which kind of unit a role is held. Units of the kind `city` exist in the city's tenant alone, so the city's
  roles do too. The review team (年度复查组) is the city's, because it visits by the city's oversight.
* An administrator may hold other roles beside, and give them to oneself: it stands in the ledger for every auditor to see.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Uuid, any_, bindparam, or_, select

from certification.errors import NotEntitledError, NotFoundError, RoleMisplacedError
from certification.life import Actor
from certification.model import KIND_OF_UNIT_ZH, ROLE_ZH
from certification.planner import local_day
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import people, units

ROLE: Final = "tenant_administrator"
HELD_OVER: Final[Mapping[str, tuple[str, ...]]] = {
    "community_clerk": ("community", "village"),
    "street_officer": ("street",),
    "county_officer": ("county",),
    "city_officer": ("city",),
    "review_team": ("city", "county"),
    "auditor": ("county", "city"),
    ROLE: ("county", "city"),
}
"""Role → the kinds of unit whose jurisdiction it may give."""

_ZONE: Final = "Asia/Shanghai"
_UNITS = statement(
    select(units.c.id, units.c.kind).where(
        units.c.tenant_id == bindparam("tenant_id"),
        units.c.id == any_(bindparam("ids", type_=ARRAY(Uuid()))),
        units.c.valid_from <= bindparam("today"),
        or_(units.c.valid_to.is_(None), units.c.valid_to > bindparam("today")),
    )
)
_PERSON = statement(
    select(people.c.id).where(
        people.c.tenant_id == bindparam("tenant_id"), people.c.id == bindparam("person")
    )
)


def check_administrator(tenant_id: int, action: str, name: str, actor: Actor) -> str:
    """The role of an administrator whose home the tenant is. Raises NotEntitledError."""
    if actor.home_tenant_id != tenant_id or all(role.name != ROLE for role in actor.roles):
        raise NotEntitledError(action=action, name=name, role=ROLE, role_zh=ROLE_ZH[ROLE])
    return ROLE


def check_held_over(role: str, unit_id: UUID, kinds: Mapping[UUID, str]) -> None:
    """Raise NotFoundError for a unit that is not in `kinds`, RoleMisplacedError for one of another kind."""
    kind = kinds.get(unit_id)
    if kind is None:
        raise NotFoundError(what="unit", what_zh="单位")
    if kind not in HELD_OVER[role]:
        raise RoleMisplacedError(
            role=role,
            role_zh=ROLE_ZH[role],
            kind=kind,
            kind_zh=KIND_OF_UNIT_ZH[kind],
            kinds=" or ".join(HELD_OVER[role]),
            kinds_zh="或".join(KIND_OF_UNIT_ZH[one] for one in HELD_OVER[role]),
        )


async def read_kinds(tx: TenantConnection, ids: Collection[UUID], now: datetime) -> Mapping[UUID, str]:
    """The kinds of those units of the bound tenant that exist today; a unit's days are the city's."""
    today = local_day(now, ZoneInfo(_ZONE))
    return {row["id"]: row["kind"] for row in await tx.all(_UNITS, ids=list(ids), today=today)}


async def check_person(tx: TenantConnection, person_id: UUID) -> None:
    """Raise NotFoundError unless the person is of the bound tenant."""
    if await tx.first(_PERSON, person=person_id) is None:
        raise NotFoundError(what="person", what_zh="人员")
