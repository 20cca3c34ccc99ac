"""`recordDecision`: the province's decision is entered with its document (省厅认定)."""

from __future__ import annotations

from datetime import date

import strawberry

from certification.acts.record_decision import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_roster
from graphql_schema.mutations.rank_applications import ChoiceInput
from graphql_schema.scalars import Hex
from graphql_schema.session import Session
from graphql_schema.types.enums import Level


@strawberry.input(description="What the province decided (认定).")
class RecordDecisionInput:
    """The province's document, application by application."""

    campaign_id: strawberry.ID = strawberry.field(description="The campaign (批次).")
    level: Level = strawberry.field(description="The level (级别).")
    report_id: strawberry.ID = strawberry.field(description="The report that was decided on (报送名单).")
    document_number: str = strawberry.field(description="Number of the province's document (认定文号).")
    document_date: date = strawberry.field(description="Its date (认定日期).")
    items: list[ChoiceInput] = strawberry.field(
        description="CERTIFIED or NOT_CERTIFIED, each once (认定名单)."
    )
    document_sha256: Hex | None = strawberry.field(
        default=None, description="Its file, imported before: POST /imports/decision (认定文件)."
    )


async def record_decision(root: Session, request_id: strawberry.ID, input: RecordDecisionInput) -> Outcome:
    """Certifications follow in the counties' ledgers."""
    campaign, report = parse_id(input.campaign_id, "Campaign"), parse_id(input.report_id, "Roster")
    items = tuple(item.decode() for item in input.items)
    command = Command(
        campaign.uuid,
        input.level,
        report.uuid,
        input.document_number,
        input.document_date,
        items,
        input.document_sha256,
    )
    return await answer_roster(root, ACT, command, request_id)
