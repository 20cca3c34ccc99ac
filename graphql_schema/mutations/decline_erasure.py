"""`declineErasure`: an administrator declines an erasure (不予删除个人信息); who proposed it may take it back so."""

from __future__ import annotations

import strawberry

from certification.acts.decline_erasure import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session


@strawberry.input(description="Which erasure (删除事项).")
class DeclineErasureInput:
    """An erasure that was proposed in one's own tenant."""

    erasure_id: strawberry.ID = strawberry.field(description="The erasure (删除事项).")


async def decline_erasure(root: Session, request_id: strawberry.ID, input: DeclineErasureInput) -> Outcome:
    """Nothing is erased; another may be proposed."""
    erasure = parse_id(input.erasure_id, "Erasure")
    return await answer_administering(root, ACT, Command(erasure.uuid), request_id, erasure)
