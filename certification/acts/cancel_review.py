"""The county cancels a review that is not to be (取消复查), with the reason: the community is no longer certified, or is no more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.changes import Act, Change, Context, update
from certification.forms import check_text
from certification.life import Actor
from certification.reviews.life import check_action, check_entitled
from certification.reviews.planning import REASON_LIMIT
from certification.reviews.reading import FoundReview, read_review
from tenancy.database import TenantConnection

OPERATION: Final = "review.cancelled"
ACTION: Final = "cancel_review"


@dataclass(frozen=True, slots=True)
class Command:
    """Cancel a review of the bound county."""

    review_id: UUID
    reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundReview:
    """Read the review. Raises NotFoundError."""
    return await read_review(tx, command.review_id)


def authorise(state: FoundReview, command: Command, actor: Actor) -> str:
    """Whom the programme names."""
    return check_entitled(state.programme, ACTION, state.view, actor)


def decide(state: FoundReview, command: Command, context: Context) -> Change:
    """The review, cancelled: the community may be planned anew for the year. Raises what refuses it."""
    step = check_action(state.programme, ACTION, state.view, context.actor, context.now)
    check_text("reason", "理由", command.reason, REASON_LIMIT)
    review = state.review
    after = replace(
        review,
        status=step.to,
        revision=review.revision + 1,
        updated_at=context.now,
        cancelled_by=context.actor.person_id,
        cancel_reason=command.reason,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("annual_review", review.id, after.revision),
        intent={
            "before": review.status,
            "community": str(review.community_id),
            "level": review.level,
            "reason_digest": sha256(command.reason.encode()).hexdigest(),
            "year": review.year,
        },
        writes=update(after),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
