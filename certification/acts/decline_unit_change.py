"""An officer of the city declines a change of divisions (否决区划变更), with a reason; who proposed it may take it back so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.certification_change import check_city
from certification.acts.confirm_unit_change import check_unsettled, get_change
from certification.acts.propose_unit_change import describe
from certification.changes import Act, Change, Context, update
from certification.forms import REASON_LIMIT, check_text
from certification.life import Actor
from certification.reviews.model import UnitChange
from tenancy.database import TenantConnection

OPERATION: Final = "unit_change.declined"


@dataclass(frozen=True, slots=True)
class Command:
    """Decline this change, and why."""

    change_id: UUID
    reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> UnitChange:
    """Read the change. Raises NotFoundError."""
    return await get_change(tx, command.change_id)


def authorise(state: UnitChange, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return check_city(state.tenant_id, "decline_unit_change", "否决区划变更", actor)


def decide(state: UnitChange, command: Command, context: Context) -> Change:
    """The change, never to hold. Raises UnitChangeSettledError, FieldRefusedError."""
    check_unsettled(state)
    check_text("reason", "理由", command.reason, REASON_LIMIT)
    after = replace(
        state,
        declined_by=context.actor.person_id,
        declined_at=context.now,
        decline_reason=command.reason,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("unit_change", state.id, 2),
        intent={**describe(state), "reason_digest": sha256(command.reason.encode()).hexdigest()},
        writes=update(after),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
