"""What the acts of the city on an objection (异议) share: reading it, its officer, its next state."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Integer, bindparam, select

from certification.errors import NotFoundError
from certification.model import Objection, Roster
from certification.programme import Programme
from certification.reader import parse_stored
from certification.reading import entity, get_campaign
from certification.tables import objections, rosters
from tenancy.database import TenantConnection
from tenancy.statements import statement

_TENANT = bindparam("tenant_id", type_=Integer)
_OBJECTION = statement(
    select(objections).where(objections.c.tenant_id == _TENANT, objections.c.id == bindparam("objection"))
)
_ROSTER = statement(
    select(rosters).where(rosters.c.tenant_id == _TENANT, rosters.c.id == bindparam("roster"))
)


@dataclass(frozen=True, slots=True)
class FoundObjection:
    """An objection of the bound city, with the publicity that it is to and the programme."""

    objection: Objection
    roster: Roster
    programme: Programme


async def read_objection(tx: TenantConnection, objection_id: UUID) -> FoundObjection:
    """The bound city's objection. Raises NotFoundError."""
    row = await tx.first(_OBJECTION, objection=objection_id)
    if row is None:
        raise NotFoundError(what="objection", what_zh="异议")
    objection = entity(Objection, row)
    roster = entity(Roster, await tx.one(_ROSTER, roster=objection.roster_id))
    campaign = await get_campaign(tx, tx.tenant_id, roster.campaign_id)
    return FoundObjection(objection, roster, parse_stored(campaign.programme))
