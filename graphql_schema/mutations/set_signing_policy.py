"""`setSigningPolicy`: an administrator says which operations need the officer's key (设定签名规定)."""

from __future__ import annotations

import strawberry

from certification.acts.set_signing_policy import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session


@strawberry.input(description="The whole set (签名规定).")
class SetSigningPolicyInput:
    """What asks for more holds at once; what asks for less waits for another administrator."""

    operations: list[str] = strawberry.field(description="Operations as entries name them (须签名的操作).")


async def set_signing_policy(
    root: Session, request_id: strawberry.ID, input: SetSigningPolicyInput
) -> Outcome:
    """With any operation, what decides over keys and policy needs a key too."""
    return await answer_administering(root, ACT, Command(tuple(input.operations)), request_id)
