"""`certifyOfficerKey`: a second administrator certifies an officer's key (核证密钥)."""

from __future__ import annotations

import strawberry

from certification.acts.certify_officer_key import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session


@strawberry.input(description="Which key, as it was seen (核证密钥).")
class CertifyOfficerKeyInput:
    """The digits are the officer's own word: compare them with what their screen shows."""

    key_id: strawberry.ID = strawberry.field(description="The key (密钥).")
    key: str = strawberry.field(description="Its digits, as the officer gave them (指纹).")


async def certify_officer_key(
    root: Session, request_id: strawberry.ID, input: CertifyOfficerKeyInput
) -> Outcome:
    """Neither of the two persons is the key's officer."""
    key = parse_id(input.key_id, "OfficerKey")
    return await answer_administering(root, ACT, Command(key.uuid, input.key), request_id, key)
