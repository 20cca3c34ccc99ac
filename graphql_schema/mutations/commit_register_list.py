"""`commitRegisterList`: a community commits to its register of a day (提交名册承诺)."""

from __future__ import annotations

from datetime import date

import strawberry

from certification.acts.commit_register_list import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.session import Session


@strawberry.input(description="A register of opaque numbers (名册).")
class CommitRegisterListInput:
    """In its order; the ledger holds root and size."""

    community_id: strawberry.ID = strawberry.field(description="The community (社区).")
    taken_on: date = strawberry.field(description="The day whose register it is (名册日期).")
    numbers: list[str] = strawberry.field(
        description="1 to 5000 opaque numbers, each once; no resident IDs, no telephones (编号)."
    )


async def commit_register_list(
    root: Session, request_id: strawberry.ID, input: CommitRegisterListInput
) -> Outcome:
    """The list never changes."""
    community = parse_id(input.community_id, "Unit")
    command = Command(community.uuid, input.taken_on, tuple(input.numbers))
    return await answer_act(
        root,
        ACT,
        command,
        community.tenant,
        request_id,
        ("RegisterListRecorded", "list", "RegisterList"),
    )
