"""`answerSpotCheck`: what looking up a drawn number came to (填报核查结果)."""

from __future__ import annotations

import strawberry

from certification.acts.answer_spot_check import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.session import Session
from graphql_schema.types.enums import SpotCheckOutcome


@strawberry.input(description="A drawn number, and what it came to (核查结果).")
class AnswerSpotCheckInput:
    """Each number is answered once."""

    draw_id: strawberry.ID = strawberry.field(description="The draw (抽取).")
    position: int = strawberry.field(description="Place of the number in the list, from 0 (序号).")
    outcome: SpotCheckOutcome = strawberry.field(description="What it came to (结果).")
    note: str = strawberry.field(default="", description="How it does not match; names nobody (说明).")


async def answer_spot_check(root: Session, request_id: strawberry.ID, input: AnswerSpotCheckInput) -> Outcome:
    """Once and for all."""
    draw = parse_id(input.draw_id, "Draw")
    command = Command(draw.uuid, input.position, input.outcome.value, input.note)
    return await answer_act(root, ACT, command, draw.tenant, request_id, ("DrawRecorded", "draw", "Draw"))
