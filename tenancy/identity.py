"""Who acts: roles, the principal of a session, the standing of an actor at the moment of writing.

The rule upheld here: reading trusts the principal (a claim of at most ten minutes); writing reads roles and
grants again, inside the transaction (ADR 0005). A city officer has a role in a county only while the county's
`oversee` grant stands. Which unit a role must be over is the act's to say (certification/life.py).

Passwords and sign-in are in tenancy/sign_in.py, tokens in tenancy/tokens.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, Table, and_, any_, bindparam, cast, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from tenancy.database import Scope, TenantConnection
from tenancy.statements import Statement, statement
from tenancy.tables import role_assignments, tenant_grants, units


class RoleName(StrEnum):
    """What a person may be, within the jurisdiction of one unit."""

    COMMUNITY_CLERK = "community_clerk"
    STREET_OFFICER = "street_officer"
    COUNTY_OFFICER = "county_officer"
    CITY_OFFICER = "city_officer"
    REVIEW_TEAM = "review_team"
    AUDITOR = "auditor"
    TENANT_ADMINISTRATOR = "tenant_administrator"


class GrantScope(StrEnum):
    """What a tenant grants another: to read and act, or to read."""

    OVERSEE = "oversee"
    AUDIT = "audit"


USES: Final = {
    RoleName.CITY_OFFICER: GrantScope.OVERSEE,
    RoleName.REVIEW_TEAM: GrantScope.OVERSEE,
    RoleName.AUDITOR: GrantScope.AUDIT,
}
"""The scope of grant that a role makes use of; the other roles stay within their tenant."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role over a unit and what lies beneath it."""

    name: RoleName
    unit_id: UUID
    unit_kind: str


@dataclass(frozen=True, slots=True)
class Principal:
    """Who signed in, with what could be read at that moment."""

    tenant_id: int
    person_id: UUID
    roles: tuple[Role, ...]
    granted: tuple[int, ...]
    shared: tuple[int, ...]
    demo: bool

    def scope(self) -> Scope:
        """What this principal reads."""
        return Scope(self.tenant_id, self.granted, self.shared)

    def acting_scope(self, tenant_id: int) -> Scope:
        """The scope of a write in a tenant: in another's, the principal's own is readable beside it.

        It opens nothing by itself: `load_standing` decides, and gives no roles without a grant.
        """
        return self.scope() if tenant_id == self.tenant_id else Scope(tenant_id, granted=(self.tenant_id,))


@dataclass(frozen=True, slots=True)
class Standing:
    """What the actor may be, now, in the bound tenant; `oversees` in another's by a grant that stands."""

    person_id: UUID
    home_tenant_id: int
    roles: tuple[Role, ...]
    oversees: bool


def in_force(table: Table) -> ColumnElement[bool]:
    """Valid at the parameter `now`."""
    until = table.c.valid_to
    return and_(table.c.valid_from <= bindparam("now"), or_(until.is_(None), until > bindparam("now")))


ROLES: Final[Statement] = statement(
    select(role_assignments.c.person_id, role_assignments.c.role, role_assignments.c.unit_id, units.c.kind)
    .join(
        units,
        and_(units.c.tenant_id == role_assignments.c.tenant_id, units.c.id == role_assignments.c.unit_id),
    )
    .where(
        role_assignments.c.tenant_id == bindparam("home"),
        role_assignments.c.person_id
        == any_(bindparam("people", type_=ARRAY(role_assignments.c.person_id.type))),
        in_force(role_assignments),
        # A unit that has ended gives nobody a role. No end is recorded ahead but by the real divisions' data, to the day.
        or_(
            units.c.valid_to.is_(None),
            units.c.valid_to > cast(bindparam("now", type_=DateTime(timezone=True)), Date),
        ),
    )
    .order_by(role_assignments.c.role, role_assignments.c.unit_id)
)
GRANTS_TO: Final[Statement] = statement(
    select(tenant_grants.c.tenant_id, tenant_grants.c.scope)
    .where(tenant_grants.c.grantee_tenant_id == bindparam("tenant_id"), in_force(tenant_grants))
    .order_by(tenant_grants.c.tenant_id)
)
GRANTED: Final[Statement] = statement(
    select(tenant_grants.c.scope).where(
        tenant_grants.c.tenant_id == bindparam("tenant_id"),
        tenant_grants.c.grantee_tenant_id == bindparam("home"),
        in_force(tenant_grants),
    )
)


async def load_roles(tx: TenantConnection, home: int, person_id: UUID, now: datetime) -> tuple[Role, ...]:
    """The roles in force of a person of tenant `home`."""
    return (await _load_roles(tx, home, [person_id], now))[person_id]


async def _load_roles(
    tx: TenantConnection, home: int, people: Collection[UUID], now: datetime
) -> Mapping[UUID, tuple[Role, ...]]:
    found: dict[UUID, tuple[Role, ...]] = dict.fromkeys(people, ())
    for row in await tx.all(ROLES, home=home, people=list(found), now=now):
        found[row["person_id"]] += (Role(RoleName(row["role"]), row["unit_id"], row["kind"]),)
    return found


async def load_standing(tx: TenantConnection, principal: Principal, now: datetime) -> Standing:
    """What the principal may be in the bound tenant, read from its tables.

    In another tenant than the principal's: those roles alone that make use of a grant that stands. `oversees`, on which the
    city's acts rest, is of an `oversee` grant; an auditor has no more than the second secret of a draw to give.
    """
    return (await load_standings(tx, (principal,), now))[principal.tenant_id, principal.person_id]


async def load_standings(
    tx: TenantConnection, principals: Sequence[Principal], now: datetime
) -> Mapping[tuple[int, UUID], Standing]:
    """The standing of each, as `load_standing`, by home and person: a statement a home, whatever the number of people."""
    found: dict[tuple[int, UUID], Standing] = {}
    for home in {one.tenant_id for one in principals}:
        people = {one.person_id for one in principals if one.tenant_id == home}
        roles = await _load_roles(tx, home, people, now)
        away = tx.tenant_id != home
        granted = {row["scope"] for row in await tx.all(GRANTED, home=home, now=now)} if away else set()
        for person_id, held in roles.items():
            used = tuple(role for role in held if USES.get(role.name) in granted) if away else held
            oversees = GrantScope.OVERSEE in granted
            found[home, person_id] = Standing(person_id, home, used, oversees=oversees)
    return found
