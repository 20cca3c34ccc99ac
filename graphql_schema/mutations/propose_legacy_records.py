"""`proposeLegacyRecords`: a county enters what only paper says of a community (补录历史记录)."""

from __future__ import annotations

from datetime import date

import strawberry

from certification.acts.propose_legacy_records import ACT, Command, Item
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.scalars import Hex
from graphql_schema.session import Session
from graphql_schema.types.enums import LegacyKind, LegacyResult, Level


@strawberry.input(description="One document (历史文件).")
class LegacyRecordInput:
    """What it says, and the digest of its scan."""

    kind: LegacyKind = strawberry.field(description="A certification, or an annual review (类型).")
    level: Level = strawberry.field(description="The level (级别).")
    year: int = strawberry.field(description="Of the certification, or that was reviewed (年度).")
    result: LegacyResult = strawberry.field(description="CERTIFIED, or how the review ended (结论).")
    document_number: str = strawberry.field(description="Number of the document (文号).")
    document_date: date = strawberry.field(description="Its day (文件日期).")
    document_sha256: Hex = strawberry.field(
        description="SHA-256 of the scanned document, as its upload answered (扫描件摘要)."
    )

    def decode(self) -> Item:
        """The act's own value."""
        return Item(
            self.kind.value,
            self.level,
            self.year,
            self.result.value,
            self.document_number,
            self.document_date,
            self.document_sha256,
        )


@strawberry.input(description="What paper says of a community (历史记录).")
class ProposeLegacyRecordsInput:
    """At most 30 records of one community."""

    community_id: strawberry.ID = strawberry.field(description="The community (社区).")
    records: list[LegacyRecordInput] = strawberry.field(description="The documents (文件).")


async def propose_legacy_records(
    root: Session, request_id: strawberry.ID, input: ProposeLegacyRecordsInput
) -> Outcome:
    """They count once the city attests them."""
    community = parse_id(input.community_id, "Unit")
    command = Command(community.uuid, tuple(one.decode() for one in input.records))
    return await answer_act(
        root, ACT, command, community.tenant, request_id, ("LegacyProposed", "community", "Unit")
    )
