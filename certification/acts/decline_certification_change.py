"""An officer of the city declines a change of a certification (否决认定变更), with a reason; who proposed it may take it back so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.certification_change import check_city, describe
from certification.acts.confirm_certification_change import State, check_unsettled, read_change
from certification.changes import Act, Change, Context, update
from certification.forms import REASON_LIMIT, check_text
from certification.life import Actor
from tenancy.database import TenantConnection

OPERATION: Final = "certification.change_declined"


@dataclass(frozen=True, slots=True)
class Command:
    """Decline this change, and why."""

    change_id: UUID
    reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the change and its certification. Raises NotFoundError."""
    return await read_change(tx, command.change_id, now)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return check_city(state.found.city, "decline_certification_change", "否决认定变更", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The change, never to hold. Raises ChangeSettledError, FieldRefusedError."""
    change = state.change
    check_unsettled(change)
    check_text("reason", "理由", command.reason, REASON_LIMIT)
    after = replace(
        change,
        declined_by=context.actor.person_id,
        declined_at=context.now,
        decline_reason=command.reason,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("certification_change", change.id, 2),
        intent={**describe(change), "reason_digest": sha256(command.reason.encode()).hexdigest()},
        writes=update(after),
        cites=(state.found.entry,),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
