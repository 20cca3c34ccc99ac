"""The divisions as the city sees them before it changes some: the units of the counties concerned, and what stands in the way.

A county has some hundred units, so all of them are read: codes in force, what lies beneath a unit and whether an id was ever given
are then plain questions. Only counties whose grant stands now are read. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, and_, any_, bindparam, literal_column, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from certification.reading import ENDED
from certification.reviews.tables import annual_reviews
from certification.tables import applications
from tenancy.database import TenantConnection
from tenancy.identity import in_force
from tenancy.statements import statement
from tenancy.tables import tenant_grants, tenants, unit_codes, units

FINAL_REVIEWS: Final = ("confirmed", "cancelled")
FINAL_APPLICATIONS: Final = (*ENDED, "certified")
_COUNTIES: Final = bindparam("counties", type_=ARRAY(Integer))
_TENANTS = statement(
    select(tenants.c.id, tenants.c.code, tenants.c.name, tenants.c.unit_id).where(
        tenants.c.id == any_(_COUNTIES),
        tenants.c.level == "county",
    )
)
_GRANTING = statement(
    select(tenant_grants.c.tenant_id).where(
        tenant_grants.c.tenant_id == any_(_COUNTIES),
        tenant_grants.c.grantee_tenant_id == bindparam("tenant_id", type_=Integer),
        tenant_grants.c.scope == "oversee",
        in_force(tenant_grants),
    )
)
_UNITS = statement(
    select(units, unit_codes.c.code, unit_codes.c.valid_from.label("code_from"))
    .outerjoin(
        unit_codes,
        and_(
            unit_codes.c.tenant_id == units.c.tenant_id,
            unit_codes.c.unit_id == units.c.id,
            unit_codes.c.valid_to.is_(None),
        ),
    )
    .where(units.c.tenant_id == any_(_COUNTIES))
    .order_by(units.c.tenant_id, units.c.sort_key, units.c.id, unit_codes.c.valid_from)
)
BUSY: Final = statement(
    union_all(
        select(
            applications.c.tenant_id,
            applications.c.community_id,
            literal_column("'application'").label("what"),
        ).where(
            applications.c.tenant_id == any_(_COUNTIES),
            *(applications.c.status != status for status in FINAL_APPLICATIONS),
        ),
        select(
            annual_reviews.c.tenant_id,
            annual_reviews.c.community_id,
            literal_column("'review'").label("what"),
        ).where(
            annual_reviews.c.tenant_id == any_(_COUNTIES),
            *(annual_reviews.c.status != status for status in FINAL_REVIEWS),
        ),
    )
)


@dataclass(frozen=True, slots=True)
class County:
    """A county that grants its oversight: its number, six-digit code, name, and the unit that it is."""

    id: int
    code: str
    name: str
    unit_id: UUID


@dataclass(frozen=True, slots=True)
class Place:
    """A unit with the code in force, which a closed one has not."""

    tenant_id: int
    id: UUID
    parent_id: UUID | None
    kind: str
    name: str
    valid_from: date
    valid_to: date | None
    code: str
    code_from: date


@dataclass(frozen=True, slots=True)
class Ground:
    """What was read. `busy`: (county, community) → what of it has not ended; `waiting`: counties that have something to follow."""

    city: int
    counties: Mapping[int, County]
    places: Mapping[tuple[int, UUID], Place]
    busy: Mapping[tuple[int, UUID], str]
    waiting: frozenset[int] = field(default_factory=frozenset)

    def find_alive(self, tenant_id: int, unit_id: UUID) -> Place | None:
        """A unit that has not ended, or None."""
        found = self.places.get((tenant_id, unit_id))
        return found if found is not None and found.valid_to is None else None

    def beneath(self, tenant_id: int, unit_id: UUID) -> tuple[Place, ...]:
        """What lies beneath a unit and has not ended, what is above first."""
        found: list[Place] = []
        above = [unit_id]
        while above:
            parents, above = set(above), []
            for one in self.places.values():
                if one.tenant_id == tenant_id and one.valid_to is None and one.parent_id in parents:
                    found.append(one)
                    above.append(one.id)
        return tuple(found)


async def read_ground(
    tx: TenantConnection, counties: Collection[int], waiting: frozenset[int], now: datetime
) -> Ground:
    """The divisions of those counties that grant the bound city their oversight now; the others are as absent as their units."""
    asked = sorted(set(counties) & set(tx.scope.granted))
    granting = [row["tenant_id"] for row in await tx.all(_GRANTING, counties=asked, now=now)]
    found = {
        row["id"]: County(row["id"], row["code"], row["name"], row["unit_id"])
        for row in await tx.all(_TENANTS, counties=granting)
    }
    places = {
        (row["tenant_id"], row["id"]): Place(
            row["tenant_id"],
            row["id"],
            row["parent_id"],
            row["kind"],
            row["name"],
            row["valid_from"],
            row["valid_to"],
            row["code"] or "",
            row["code_from"] or row["valid_from"],
        )
        for row in await tx.all(_UNITS, counties=list(found))
    }
    busy = {
        (row["tenant_id"], row["community_id"]): row["what"]
        for row in await tx.all(BUSY, counties=list(found))
    }
    return Ground(tx.tenant_id, found, places, busy, waiting)
