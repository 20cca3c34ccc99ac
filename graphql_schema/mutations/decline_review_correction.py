"""`declineReviewCorrection`: the city declines a correction of a year's review (退回更正)."""

from __future__ import annotations

import strawberry

from certification.acts.decline_review_correction import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.session import Session


@strawberry.input(description="Which correction, and why it is declined (退回更正).")
class DeclineReviewCorrectionInput:
    """A correction that was proposed."""

    correction_id: strawberry.ID = strawberry.field(description="The correction (更正).")
    reason: str = strawberry.field(description="Why (退回理由).")


async def decline_review_correction(
    root: Session, request_id: strawberry.ID, input: DeclineReviewCorrectionInput
) -> Outcome:
    """The year's review stays what it is."""
    correction = parse_id(input.correction_id, "ReviewCorrection")
    command = Command(correction.uuid, input.reason)
    answer = ("ReviewCorrectionRecorded", "correction", "ReviewCorrection")
    return await answer_act(root, ACT, command, correction.tenant, request_id, answer)
