"""`confirmReviewCorrection`: the city confirms a correction of a year's review (确认更正)."""

from __future__ import annotations

import strawberry

from certification.acts.confirm_review_correction import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.session import Session


@strawberry.input(description="Which correction (更正).")
class ConfirmReviewCorrectionInput:
    """A correction that was proposed."""

    correction_id: strawberry.ID = strawberry.field(description="The correction (更正).")


async def confirm_review_correction(
    root: Session, request_id: strawberry.ID, input: ConfirmReviewCorrectionInput
) -> Outcome:
    """From now on the year's review is that."""
    correction = parse_id(input.correction_id, "ReviewCorrection")
    answer = ("ReviewCorrectionRecorded", "correction", "ReviewCorrection")
    return await answer_act(root, ACT, Command(correction.uuid), correction.tenant, request_id, answer)
