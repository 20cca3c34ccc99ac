"""County, then city, confirm what a team concluded of a review (确认复查结论). From the city's confirmation on the year counts."""

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
from certification.reviews.confirming import check_read, find_action, give, tell
from certification.reviews.life import check_entitled
from certification.reviews.model import ReviewStatus, ReviewVerdictKind
from certification.reviews.reading import FoundReview, read_review
from tenancy.database import TenantConnection

OPERATION: Final = "review.confirmed"


@dataclass(frozen=True, slots=True)
class Command:
    """Confirm this conclusion of a review; the text may be blank."""

    review_id: UUID
    conclusion_id: UUID
    text: str = ""


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundReview:
    """Read the review. Raises NotFoundError."""
    return await read_review(tx, command.review_id)


def authorise(state: FoundReview, command: Command, actor: Actor) -> str:
    """An officer of the county, or of the city that oversees it."""
    return check_entitled(
        state.programme, find_action(state, ReviewVerdictKind.AGREE, actor), state.view, actor
    )


def decide(state: FoundReview, command: Command, context: Context) -> Change:
    """The confirmation; the city's says what the year's review is."""
    step = check_read(state, ReviewVerdictKind.AGREE, command.conclusion_id, context)
    if command.text:
        check_text("text", "意见", command.text, OPINION_LIMIT)
    verdict, review = give(state, step, command.text, context), state.review
    last = step.to == ReviewStatus.CONFIRMED
    after = replace(
        review,
        status=step.to,
        revision=review.revision + 1,
        updated_at=context.now,
        confirmed_at=context.now if last else None,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("annual_review", review.id, after.revision),
        intent={
            **describe(step, verdict),
            "conclusion": str(command.conclusion_id),
            "result": after.result,
            "round": review.round,
            "status": after.status,
        },
        writes=(*insert(verdict), *update(after)),
        facts=tell(state.programme, review) if last else (),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
