"""`proposeErasure`: an administrator proposes to erase somebody's personal values (提请删除个人信息)."""

from __future__ import annotations

from typing import Final

import strawberry

from certification.acts.propose_erasure import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id, refuse_id
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session
from graphql_schema.types.enums import ErasureGround

KINDS: Final = {"Person": "person", "FormVersion": "form_version", "Objection": "objection"}


@strawberry.input(description="Whose personal values are to be erased (删除个人信息).")
class ProposeErasureInput:
    """A person, a form version or an objection of one's own tenant. Ground and number stay in the ledger for ever."""

    subject_id: strawberry.ID = strawberry.field(description="The person, form version or objection (对象).")
    ground: ErasureGround = strawberry.field(description="On which ground (删除事由).")
    reference: str = strawberry.field(
        description="Number of the request on file, without personal data (受理编号)."
    )


async def propose_erasure(root: Session, request_id: strawberry.ID, input: ProposeErasureInput) -> Outcome:
    """Nothing is erased before another administrator confirms it."""
    subject = parse_id(input.subject_id)
    if subject.type not in KINDS:
        raise refuse_id()
    command = Command(KINDS[subject.type], subject.uuid, input.ground.value, input.reference)
    return await answer_administering(root, ACT, command, request_id, subject)
