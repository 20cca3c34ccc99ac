"""`returnReview`: county or city have a review inspected anew (退回复查)."""

from __future__ import annotations

import strawberry

from certification.acts.return_review import ACT, Command
from certification.errors import NotFoundError
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act, refuse
from graphql_schema.session import Session


@strawberry.input(description="Which conclusion is returned, and why (退回复查).")
class ReturnReviewInput:
    """Bound to the conclusion that was read."""

    review_id: strawberry.ID = strawberry.field(description="The review (年度复查).")
    conclusion_id: strawberry.ID = strawberry.field(
        description="The team's conclusion that was read, of this round (所退回的结论)."
    )
    reason: str = strawberry.field(description="What cannot be followed (退回理由).")


async def return_review(root: Session, request_id: strawberry.ID, input: ReturnReviewInput) -> Outcome:
    """Its next round begins; what was found stays on record."""
    review = parse_id(input.review_id, "AnnualReview")
    conclusion = parse_id(input.conclusion_id, "ReviewVerdict")
    if conclusion.tenant != review.tenant:
        absent = NotFoundError(what="record", what_zh="记录")
        return await refuse(root, absent, ACT.operation, conclusion.tenant)
    command = Command(review.uuid, conclusion.uuid, input.reason)
    answer = ("AnnualReviewRecorded", "review", "AnnualReview")
    return await answer_act(root, ACT, command, review.tenant, request_id, answer)
