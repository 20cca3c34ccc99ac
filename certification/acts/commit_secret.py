"""The second party of a draw commits to its secret (承诺密数), before it can know the first party's.

From now on both may reveal, for as long as there was to commit, counted anew. Which party it must be, the opening says; it is a person of
another tenant than the first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hmac import compare_digest
from typing import Final
from uuid import UUID

from audit.entry import Subject, format_time
from certification.changes import Act, Change, Context, insert, update
from certification.errors import DrawRefusedError, DrawSameSideError
from certification.life import Actor
from certification.reviews.drawables import FoundDraw, read_draw
from certification.reviews.drawing import check_commitment, check_party, check_status
from certification.reviews.model import DrawParty, DrawStatus
from tenancy.database import TenantConnection

OPERATION: Final = "draw.committed"


@dataclass(frozen=True, slots=True)
class Command:
    """Commit to a secret."""

    draw_id: UUID
    commitment: bytes


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundDraw:
    """Read the draw. Raises NotFoundError."""
    return await read_draw(tx, command.draw_id)


def authorise(state: FoundDraw, command: Command, actor: Actor) -> str:
    """An officer of the party that the opening names."""
    draw = state.draw
    return check_party(draw.tenant_id, draw.second_party, "commit_secret", "承诺密数", actor)


def decide(state: FoundDraw, command: Command, context: Context) -> Change:
    """The second party; from now on secrets may be revealed."""
    draw, (first, *_) = state.draw, state.parties
    check_status(draw, (DrawStatus.OPEN,), "commit_secret", "承诺密数")
    check_commitment("commitment", "承诺值", command.commitment)
    if context.actor.home_tenant_id == first.person_tenant_id or context.actor.person_id == first.person_id:
        raise DrawSameSideError
    if compare_digest(command.commitment, first.commitment):
        raise DrawRefusedError(reason_zh="承诺值与对方相同", reason_en="the commitment is the other party's")
    after = replace(
        draw,
        status=DrawStatus.COMMITTED,
        revision=draw.revision + 1,
        reveal_by=context.now + (draw.reveal_by - draw.opened_at),
    )
    second = DrawParty(
        tenant_id=draw.tenant_id,
        draw_id=draw.id,
        party=draw.second_party,
        commitment=command.commitment,
        person_tenant_id=context.actor.home_tenant_id,
        person_id=context.actor.person_id,
        committed_at=context.now,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("draw", draw.id, after.revision),
        intent={
            "commitment": command.commitment.hex(),
            "party": second.party,
            "reveal_by": format_time(after.reveal_by),
            "status": str(after.status),
        },
        writes=(*update(after), *insert(second)),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
