"""`revokeOfficerKey`: a key is revoked by its officer or an administrator (吊销密钥)."""

from __future__ import annotations

import strawberry

from certification.acts.revoke_officer_key import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_key_ended
from graphql_schema.session import Session


@strawberry.input(description="Which key, and why (吊销密钥).")
class RevokeOfficerKeyInput:
    """What was signed before stays as it is."""

    key_id: strawberry.ID = strawberry.field(description="The key (密钥).")
    reason: str = strawberry.field(description="Why, on one line; it stands in the log (理由).")


async def revoke_officer_key(
    root: Session, request_id: strawberry.ID, input: RevokeOfficerKeyInput
) -> Outcome:
    """From now on it signs nothing, here and wherever it was admitted."""
    key = parse_id(input.key_id, "OfficerKey")
    return await answer_key_ended(root, ACT, Command(key.uuid, input.reason), request_id, key)
