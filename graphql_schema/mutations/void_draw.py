"""`voidDraw`: a draw whose time is over is void (作废抽取)."""

from __future__ import annotations

import strawberry

from certification.acts.void_draw import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.session import Session


@strawberry.input(description="Which draw (作废抽取).")
class VoidDrawInput:
    """A draw of a county."""

    draw_id: strawberry.ID = strawberry.field(description="The draw (抽取).")


async def void_draw(root: Session, request_id: strawberry.ID, input: VoidDrawInput) -> Outcome:
    """Who kept silent is on record."""
    draw = parse_id(input.draw_id, "Draw")
    command = Command(draw.uuid)
    return await answer_act(root, ACT, command, draw.tenant, request_id, ("DrawRecorded", "draw", "Draw"))
