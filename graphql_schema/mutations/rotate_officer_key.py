"""`rotateOfficerKey`: an officer hands over to a new key (更换密钥)."""

from __future__ import annotations

import strawberry

from certification.acts.rotate_officer_key import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.mutations.boundary import answer_key_ended
from graphql_schema.scalars import Hex
from graphql_schema.session import Session


@strawberry.input(description="From which key to which (更换密钥).")
class RotateOfficerKeyInput:
    """Always signed, with the key that goes."""

    replaces: str = strawberry.field(description="Digits of the key that goes (原密钥指纹).")
    public_key: Hex = strawberry.field(description="The new one, Ed25519, raw, 32 bytes (公钥).")
    proof: Hex = strawberry.field(description="The new one's proof, as in enrolling (持有证明).")


async def rotate_officer_key(
    root: Session, request_id: strawberry.ID, input: RotateOfficerKeyInput
) -> Outcome:
    """The new key is in force at once."""
    command = Command(input.replaces, input.public_key, input.proof)
    return await answer_key_ended(root, ACT, command, request_id)
