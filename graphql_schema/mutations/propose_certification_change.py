"""`proposeCertificationChange`: the city proposes to suspend, revoke or reinstate a certification (提出认定变更)."""

from __future__ import annotations

from datetime import date

import strawberry

from certification.acts.propose_certification_change import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_change
from graphql_schema.session import Session
from graphql_schema.types.enums import CertificationChangeKind


@strawberry.input(description="What is to become of which certification (认定变更).")
class ProposeCertificationChangeInput:
    """By the province's document."""

    certification_id: strawberry.ID = strawberry.field(description="The certification (认定).")
    kind: CertificationChangeKind = strawberry.field(description="Suspend, revoke or reinstate (类型).")
    document_number: str = strawberry.field(description="Number of the province's document (文号).")
    document_date: date = strawberry.field(description="Its day (文件日期).")
    reason: str = strawberry.field(description="Why (理由).")


async def propose_certification_change(
    root: Session, request_id: strawberry.ID, input: ProposeCertificationChangeInput
) -> Outcome:
    """It holds once another person of the city has confirmed it."""
    found = parse_id(input.certification_id, "Certification")
    command = Command(
        found.tenant, found.uuid, input.kind.value, input.document_number, input.document_date, input.reason
    )
    return await answer_change(root, ACT, command, request_id, found)
