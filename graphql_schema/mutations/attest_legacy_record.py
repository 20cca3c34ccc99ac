"""`attestLegacyRecord`: the city attests what a county entered from paper (核证历史记录)."""

from __future__ import annotations

import strawberry

from certification.acts.attest_legacy_record import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.session import Session


@strawberry.input(description="Which record (历史记录).")
class AttestLegacyRecordInput:
    """A record that was proposed."""

    record_id: strawberry.ID = strawberry.field(description="The record (历史记录).")


async def attest_legacy_record(
    root: Session, request_id: strawberry.ID, input: AttestLegacyRecordInput
) -> Outcome:
    """From now on it counts."""
    record = parse_id(input.record_id, "LegacyRecord")
    return await answer_act(
        root,
        ACT,
        Command(record.uuid),
        record.tenant,
        request_id,
        ("LegacyRecorded", "record", "LegacyRecord"),
    )
