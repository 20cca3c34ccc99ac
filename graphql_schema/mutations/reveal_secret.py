"""`revealSecret`: a party of a draw reveals its secret (公开密数)."""

from __future__ import annotations

import strawberry

from certification.acts.reveal_secret import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.scalars import Hex
from graphql_schema.session import Session


@strawberry.input(description="Which draw (公开密数).")
class RevealSecretInput:
    """A draw of a county."""

    draw_id: strawberry.ID = strawberry.field(description="The draw (抽取).")
    secret: Hex = strawberry.field(description="The 32 bytes that were committed to (密数).")


async def reveal_secret(root: Session, request_id: strawberry.ID, input: RevealSecretInput) -> Outcome:
    """The last secret settles the draw."""
    draw = parse_id(input.draw_id, "Draw")
    command = Command(draw.uuid, input.secret)
    return await answer_act(root, ACT, command, draw.tenant, request_id, ("DrawRecorded", "draw", "Draw"))
