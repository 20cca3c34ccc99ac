"""`enrolOfficerKey`: an officer enrols a key of their own (登记密钥)."""

from __future__ import annotations

import strawberry

from certification.acts.enrol_officer_key import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.scalars import Hex
from graphql_schema.session import Session


@strawberry.input(description="A key of one's own (登记密钥).")
class EnrolOfficerKeyInput:
    """The public half, with proof."""

    public_key: Hex = strawberry.field(description="Ed25519, raw, 32 bytes (公钥).")
    proof: Hex = strawberry.field(
        description="Its signature over the DSSE of application/vnd.xingji.officer-key+json (持有证明)."
    )


async def enrol_officer_key(root: Session, request_id: strawberry.ID, input: EnrolOfficerKeyInput) -> Outcome:
    """It signs nothing before two administrators have vouched for it."""
    return await answer_administering(root, ACT, Command(input.public_key, input.proof), request_id)
