"""An officer of the city declines a correction of a year's review (退回更正), with a reason: the year's review stays what it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.changes import Act, Change, Context, update
from certification.forms import REASON_LIMIT, check_text
from certification.life import Actor
from certification.reviews.correcting import (
    FoundCorrection,
    check_confirmer,
    check_unsettled,
    describe,
    read_correction,
)
from tenancy.database import TenantConnection

OPERATION: Final = "review_correction.declined"


@dataclass(frozen=True, slots=True)
class Command:
    """Decline this correction."""

    correction_id: UUID
    reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundCorrection:
    """Read the correction. Raises NotFoundError."""
    return await read_correction(tx, command.correction_id, now)


def authorise(state: FoundCorrection, command: Command, actor: Actor) -> str:
    """An officer of the city that oversees the county."""
    return check_confirmer("decline_review_correction", "退回更正复查结论", state, actor)


def decide(state: FoundCorrection, command: Command, context: Context) -> Change:
    """The correction, declined."""
    correction = state.correction
    check_unsettled(correction)
    check_text("reason", "理由", command.reason, REASON_LIMIT)
    after = replace(correction, declined_at=context.now, decline_reason=command.reason)
    return Change(
        operation=OPERATION,
        subject=Subject("review_correction", correction.id, 2),
        intent={**describe(correction), "reason_digest": sha256(command.reason.encode()).hexdigest()},
        writes=update(after),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
