"""`acceptObjection`: the city begins to investigate an objection (受理异议)."""

from __future__ import annotations

import strawberry

from certification.acts.accept_objection import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_objection
from graphql_schema.session import Session


@strawberry.input(description="Which objection is investigated (受理异议).")
class AcceptObjectionInput:
    """An objection."""

    objection_id: strawberry.ID = strawberry.field(description="The objection (异议).")


async def accept_objection(root: Session, request_id: strawberry.ID, input: AcceptObjectionInput) -> Outcome:
    """From now on the days of its item do not count."""
    objection = parse_id(input.objection_id, "Objection")
    return await answer_objection(root, ACT, Command(objection.uuid), objection, request_id)
