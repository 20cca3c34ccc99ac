"""`commitSecret`: the second party of a draw commits to a secret (承诺密数)."""

from __future__ import annotations

import strawberry

from certification.acts.commit_secret import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.scalars import Hex
from graphql_schema.session import Session


@strawberry.input(description="Which draw (承诺密数).")
class CommitSecretInput:
    """A draw of a county."""

    draw_id: strawberry.ID = strawberry.field(description="The draw (抽取).")
    commitment: Hex = strawberry.field(description="To a secret of 32 bytes, docs/formats/draw.md (承诺值).")


async def commit_secret(root: Session, request_id: strawberry.ID, input: CommitSecretInput) -> Outcome:
    """From now on secrets may be revealed."""
    draw = parse_id(input.draw_id, "Draw")
    command = Command(draw.uuid, input.commitment)
    return await answer_act(root, ACT, command, draw.tenant, request_id, ("DrawRecorded", "draw", "Draw"))
