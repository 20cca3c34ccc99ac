"""`extendReviewCycle`."""

from __future__ import annotations

from datetime import date

import strawberry

from certification.acts.extend_review_cycle import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.session import Session


@strawberry.input(description="A later last day of a cycle (延长复查周期).")
class ExtendReviewCycleInput:
    """With the reason."""

    cycle_id: strawberry.ID = strawberry.field(description="The cycle (复查周期).")
    closes_on: date = strawberry.field(description="Its new last day, of the same year (截止日).")
    reason: str = strawberry.field(description="Why, at most 500 字 (理由).")


async def extend_review_cycle(
    root: Session, request_id: strawberry.ID, input: ExtendReviewCycleInput
) -> Outcome:
    """The city's."""
    cycle = parse_id(input.cycle_id, "ReviewCycle")
    command = Command(cycle.uuid, input.closes_on, input.reason)
    answer = ("ReviewCycleRecorded", "cycle", "ReviewCycle")
    return await answer_act(root, ACT, command, cycle.tenant, request_id, answer)
