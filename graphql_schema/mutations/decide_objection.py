"""`decideObjection`: the city upholds or dismisses an objection that it investigated (异议核查结论)."""

from __future__ import annotations

import strawberry

from certification.acts.decide_objection import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_objection
from graphql_schema.session import Session
from graphql_schema.types.enums import ObjectionVerdict


@strawberry.input(description="What the investigation found (核查结论).")
class DecideObjectionInput:
    """A verdict, with reasons for the city and reasons for everybody."""

    objection_id: strawberry.ID = strawberry.field(description="The objection (异议).")
    verdict: ObjectionVerdict = strawberry.field(description="Upheld or dismissed (结论).")
    reason: str = strawberry.field(description="The city's own reasons, which nobody else reads (核查情况).")
    public_reason: str = strawberry.field(
        description="The reasons that the objector, the county and the community read; names nobody (答复)."
    )


async def decide_objection(root: Session, request_id: strawberry.ID, input: DecideObjectionInput) -> Outcome:
    """An objection upheld puts its application out."""
    objection = parse_id(input.objection_id, "Objection")
    command = Command(objection.uuid, input.verdict.value, input.reason, input.public_reason)
    return await answer_objection(root, ACT, command, objection, request_id)
