"""`declineLegacyRecord`: the city declines what a county entered from paper (退回历史记录)."""

from __future__ import annotations

import strawberry

from certification.acts.decline_legacy_record import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.session import Session


@strawberry.input(description="Which record, and why not (退回历史记录).")
class DeclineLegacyRecordInput:
    """A record that was proposed."""

    record_id: strawberry.ID = strawberry.field(description="The record (历史记录).")
    reason: str = strawberry.field(description="Why (理由).")


async def decline_legacy_record(
    root: Session, request_id: strawberry.ID, input: DeclineLegacyRecordInput
) -> Outcome:
    """It never counts; it may be proposed anew."""
    record = parse_id(input.record_id, "LegacyRecord")
    command = Command(record.uuid, input.reason)
    return await answer_act(
        root, ACT, command, record.tenant, request_id, ("LegacyRecorded", "record", "LegacyRecord")
    )
