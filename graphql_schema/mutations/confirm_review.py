"""`confirmReview`: county, then city, confirm what a team concluded (确认复查结论)."""

from __future__ import annotations

import strawberry

from certification.acts.confirm_review import ACT, Command
from certification.errors import NotFoundError
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act, refuse
from graphql_schema.session import Session


@strawberry.input(description="Which conclusion is confirmed (确认复查结论).")
class ConfirmReviewInput:
    """Bound to the conclusion that was read."""

    review_id: strawberry.ID = strawberry.field(description="The review (年度复查).")
    conclusion_id: strawberry.ID = strawberry.field(
        description="The team's conclusion that was read, of this round (所确认的结论)."
    )
    text: str = strawberry.field(default="", description="A remark; may be blank (意见).")


async def confirm_review(root: Session, request_id: strawberry.ID, input: ConfirmReviewInput) -> Outcome:
    """From the city's confirmation on the year counts."""
    review = parse_id(input.review_id, "AnnualReview")
    conclusion = parse_id(input.conclusion_id, "ReviewVerdict")
    if conclusion.tenant != review.tenant:
        absent = NotFoundError(what="record", what_zh="记录")
        return await refuse(root, absent, ACT.operation, conclusion.tenant)
    command = Command(review.uuid, conclusion.uuid, input.text)
    answer = ("AnnualReviewRecorded", "review", "AnnualReview")
    return await answer_act(root, ACT, command, review.tenant, request_id, answer)
