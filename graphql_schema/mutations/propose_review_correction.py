"""`proposeReviewCorrection`: a county proposes to correct how a year's review ended (提出更正复查结论)."""

from __future__ import annotations

import strawberry

from certification.acts.propose_review_correction import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.session import Session
from graphql_schema.types.enums import Level
from graphql_schema.types.inspection import CorrectedResult


@strawberry.input(description="What a year's review is corrected to (更正复查结论).")
class ProposeReviewCorrectionInput:
    """By a document; a year of which nothing is recorded is entered as a legacy record instead."""

    community_id: strawberry.ID = strawberry.field(description="The community (社区).")
    level: Level = strawberry.field(description="As which level (级别).")
    year: int = strawberry.field(description="The year that was reviewed (年度).")
    result: CorrectedResult = strawberry.field(description="What its review is from then on (更正为).")
    document_number: str = strawberry.field(description="The document that says so (文号).")
    reason: str = strawberry.field(description="Why (理由).")


async def propose_review_correction(
    root: Session, request_id: strawberry.ID, input: ProposeReviewCorrectionInput
) -> Outcome:
    """It counts once the city has confirmed it."""
    community = parse_id(input.community_id, "Unit")
    command = Command(
        community.uuid,
        input.level,
        input.year,
        input.result.value,
        input.document_number,
        input.reason,
    )
    answer = ("ReviewCorrectionRecorded", "correction", "ReviewCorrection")
    return await answer_act(root, ACT, command, community.tenant, request_id, answer)
