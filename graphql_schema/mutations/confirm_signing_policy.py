"""`confirmSigningPolicy`: another administrator confirms a policy that asks for less (确认签名规定)."""

from __future__ import annotations

import strawberry

from certification.acts.confirm_signing_policy import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session


@strawberry.input(description="Which policy (签名规定).")
class ConfirmSigningPolicyInput:
    """The last one, proposed by another person."""

    policy_id: strawberry.ID = strawberry.field(description="The policy (签名规定).")


async def confirm_signing_policy(
    root: Session, request_id: strawberry.ID, input: ConfirmSigningPolicyInput
) -> Outcome:
    """It holds from the next act on."""
    policy = parse_id(input.policy_id, "SigningPolicy")
    return await answer_administering(root, ACT, Command(policy.uuid), request_id, policy)
