"""A draw whose time is over without every secret is declared void (作废抽取); who kept silent is on record, in the county's log.

A party that had to wait for another's secret did not keep silent. A draw that nobody ever committed to as the second is void as well:
nothing was known, so nobody is named but as the party that did not commit. Another draw of the same thing names this one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject, format_time
from certification.changes import Act, Change, Context, update
from certification.errors import DrawRunningError
from certification.life import Actor
from certification.reviews.drawables import FoundDraw, read_draw
from certification.reviews.drawing import check_party, check_status, decide_defaulted, party_of
from certification.reviews.model import DrawStatus
from tenancy.database import TenantConnection

OPERATION: Final = "draw.voided"
ACTION: Final = ("void_draw", "作废抽取")


@dataclass(frozen=True, slots=True)
class Command:
    """Which draw."""

    draw_id: UUID


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundDraw:
    """Read the draw. Raises NotFoundError."""
    return await read_draw(tx, command.draw_id)


def authorise(state: FoundDraw, command: Command, actor: Actor) -> str:
    """An officer of the county or of the city, or an auditor: the time that is over is the same for all."""
    party = party_of(state.draw.tenant_id, actor)
    return check_party(state.draw.tenant_id, party, *ACTION, actor)


def decide(state: FoundDraw, command: Command, context: Context) -> Change:
    """The draw, void, and who kept silent."""
    draw = state.draw
    check_status(draw, (DrawStatus.OPEN, DrawStatus.COMMITTED), *ACTION)
    if context.now < draw.reveal_by:
        raise DrawRunningError(until=format_time(draw.reveal_by))
    is_open = draw.status == DrawStatus.OPEN
    silent = () if is_open else decide_defaulted(state.parties, draw.reveals_first)
    defaulted = tuple(replace(one, defaulted_at=context.now) for one in state.parties if one.party in silent)
    after = replace(draw, status=DrawStatus.VOID, revision=draw.revision + 1, settled_at=context.now)
    return Change(
        operation=OPERATION,
        subject=Subject("draw", draw.id, after.revision),
        intent={
            "defaulted": sorted(silent),
            "status": str(after.status),
            "uncommitted": draw.second_party if is_open else None,
        },
        writes=update(*defaulted, after),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
