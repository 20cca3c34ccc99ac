"""`cancelReview`."""

from __future__ import annotations

import strawberry

from certification.acts.cancel_review import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.session import Session


@strawberry.input(description="A review that is not to be (取消复查).")
class CancelReviewInput:
    """With the reason."""

    review_id: strawberry.ID = strawberry.field(description="The review (年度复查).")
    reason: str = strawberry.field(description="Why, at most 500 字 (理由).")


async def cancel_review(root: Session, request_id: strawberry.ID, input: CancelReviewInput) -> Outcome:
    """The community may be planned anew."""
    review = parse_id(input.review_id, "AnnualReview")
    command = Command(review.uuid, input.reason)
    answer = ("AnnualReviewRecorded", "review", "AnnualReview")
    return await answer_act(root, ACT, command, review.tenant, request_id, answer)
