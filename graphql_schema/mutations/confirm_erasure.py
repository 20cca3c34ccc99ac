"""`confirmErasure`: another administrator confirms an erasure (确认删除个人信息)."""

from __future__ import annotations

import strawberry

from certification.acts.confirm_erasure import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session


@strawberry.input(description="Which erasure (删除事项).")
class ConfirmErasureInput:
    """An erasure that was proposed in one's own tenant."""

    erasure_id: strawberry.ID = strawberry.field(description="The erasure (删除事项).")


async def confirm_erasure(root: Session, request_id: strawberry.ID, input: ConfirmErasureInput) -> Outcome:
    """The values are deleted with this act; that they were is kept outside too, for the day an older backup is restored."""
    erasure = parse_id(input.erasure_id, "Erasure")
    outcome = await answer_administering(root, ACT, Command(erasure.uuid), request_id, erasure)
    if outcome.typename == "ErasureRecorded":
        await root.get_desk().keep_erasures(root.database, erasure.tenant)
    return outcome
