"""The purposes of a draw (抽取), by name: where what is drawn is read, and how anybody computes the result again from the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select

from audit.tables import ledger_heads
from certification.errors import NotFoundError
from certification.reading import entity
from certification.reviews import assignment, sampling
from certification.reviews.drawing import Conduct, Drawable, Recompute
from certification.reviews.model import Draw, DrawParty, DrawPurpose, DrawStatus
from certification.reviews.tables import draw_parties, draws
from tenancy.database import TenantConnection
from tenancy.statements import statement

RECOMPUTE: Final[Mapping[str, Recompute]] = {
    DrawPurpose.ASSIGNMENT: assignment.recompute,
    DrawPurpose.SPOT_CHECK: sampling.recompute,
}
"""Purpose → its result from (list value, seed, picks), for whoever replays a draw offline."""


@dataclass(frozen=True, slots=True)
class FoundDraw:
    """A draw of the bound tenant with its parties in the order in which they committed, and the name of the tenant's log."""

    draw: Draw
    parties: tuple[DrawParty, ...]
    origin: str

    def find_party(self, party: str) -> DrawParty | None:
        """The party of that name, if it has committed."""
        return next((one for one in self.parties if one.party == party), None)


_DRAW = statement(
    select(draws, ledger_heads.c.origin)
    .join(ledger_heads, ledger_heads.c.tenant_id == draws.c.tenant_id)
    .where(draws.c.tenant_id == bindparam("tenant_id"), draws.c.id == bindparam("draw"))
)
_PARTIES = statement(
    select(draw_parties)
    .where(draw_parties.c.tenant_id == bindparam("tenant_id"), draw_parties.c.draw_id == bindparam("draw"))
    .order_by(draw_parties.c.committed_at, draw_parties.c.party)
)
_OF_SUBJECT = statement(
    select(draws.c.id, draws.c.status)
    .where(draws.c.tenant_id == bindparam("tenant_id"), draws.c.subject_id == bindparam("subject"))
    .order_by(draws.c.opened_at.desc(), draws.c.id)
)
_TAKEN = statement(
    select(draws.c.id).where(draws.c.tenant_id == bindparam("tenant_id"), draws.c.id == bindparam("draw"))
)
_CONDUCT = statement(
    select(
        draw_parties.c.party,
        func.max(draw_parties.c.defaulted_at).label("defaulted_at"),
        func.max(draws.c.settled_at).filter(draws.c.status == DrawStatus.DRAWN).label("drawn_at"),
    )
    .join(draws, and_(draws.c.tenant_id == draw_parties.c.tenant_id, draws.c.id == draw_parties.c.draw_id))
    .where(draw_parties.c.tenant_id == bindparam("tenant_id"))
    .group_by(draw_parties.c.party)
)


async def read_drawable(
    tx: TenantConnection, purpose: str, subject_id: UUID, now: datetime, *, settling: bool = False
) -> Drawable:
    """What is drawn from, of the bound tenant; `settling` with all that a settlement writes. Raises NotFoundError."""
    if purpose == DrawPurpose.ASSIGNMENT:
        return await assignment.read_assignment(tx, subject_id)
    if purpose == DrawPurpose.SPOT_CHECK:
        return await sampling.read_sample(tx, subject_id, numbers=settling)
    raise NotFoundError(what="purpose", what_zh="抽取事项")


async def read_draw(tx: TenantConnection, draw_id: UUID) -> FoundDraw:
    """A draw of the bound tenant. Raises NotFoundError."""
    row = await tx.first(_DRAW, draw=draw_id)
    if row is None:
        raise NotFoundError(what="draw", what_zh="抽取")
    parties = await tx.all(_PARTIES, draw=draw_id)
    return FoundDraw(entity(Draw, row), tuple(entity(DrawParty, one) for one in parties), row["origin"])


async def draw_exists(tx: TenantConnection, draw_id: UUID) -> bool:
    """Whether the bound tenant has a draw of this id."""
    return await tx.first(_TAKEN, draw=draw_id) is not None


async def read_draws_of(tx: TenantConnection, subject_id: UUID) -> tuple[tuple[UUID, str], ...]:
    """(id, status) of every draw of a cycle or list, the latest first."""
    return tuple((row["id"], row["status"]) for row in await tx.all(_OF_SUBJECT, subject=subject_id))


async def read_conduct(tx: TenantConnection) -> tuple[Conduct, ...]:
    """How each party has kept to its word in the bound tenant."""
    return tuple(
        Conduct(row["party"], row["defaulted_at"], row["drawn_at"]) for row in await tx.all(_CONDUCT)
    )
