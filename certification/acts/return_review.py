"""County or city return what a team concluded of a review (退回复查), with what they cannot follow: it is inspected anew in its next round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.record_inspection import describe
from certification.changes import Act, Change, Context, insert, update
from certification.forms import OPINION_LIMIT, check_text
from certification.life import Actor
from certification.reviews.confirming import check_read, find_action, give
from certification.reviews.life import check_entitled
from certification.reviews.model import ReviewVerdictKind
from certification.reviews.reading import FoundReview, read_review
from tenancy.database import TenantConnection

OPERATION: Final = "review.returned"


@dataclass(frozen=True, slots=True)
class Command:
    """Return this conclusion of a review, and why."""

    review_id: UUID
    conclusion_id: UUID
    reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundReview:
    """Read the review. Raises NotFoundError."""
    return await read_review(tx, command.review_id)


def authorise(state: FoundReview, command: Command, actor: Actor) -> str:
    """An officer of the county, or of the city that oversees it."""
    return check_entitled(
        state.programme, find_action(state, ReviewVerdictKind.RETURN, actor), state.view, actor
    )


def decide(state: FoundReview, command: Command, context: Context) -> Change:
    """The return; what was concluded stays on record, and the next round begins."""
    step = check_read(state, ReviewVerdictKind.RETURN, command.conclusion_id, context)
    check_text("reason", "退回理由", command.reason, OPINION_LIMIT)
    verdict, review = give(state, step, command.reason, context), state.review
    after = replace(
        review,
        status=step.to,
        revision=review.revision + 1,
        round=review.round + 1,
        updated_at=context.now,
        due_on=None,
        result=None,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("annual_review", review.id, after.revision),
        intent={
            **describe(step, verdict),
            "conclusion": str(command.conclusion_id),
            "round": after.round,
            "status": after.status,
        },
        writes=(*insert(verdict), *update(after)),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
