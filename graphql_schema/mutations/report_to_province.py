"""`reportToProvince`: the city reports the publicised to the province (报送)."""

from __future__ import annotations

from datetime import date

import strawberry

from certification.acts.report import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_roster
from graphql_schema.session import Session
from graphql_schema.types.enums import Level


@strawberry.input(description="What is reported, and by which document (报送).")
class ReportToProvinceInput:
    """A closed publicity and the city's document."""

    campaign_id: strawberry.ID = strawberry.field(description="The campaign (批次).")
    level: Level = strawberry.field(description="The level (级别).")
    publicity_id: strawberry.ID = strawberry.field(description="The closed publicity (公示名单).")
    document_number: str = strawberry.field(description="Number of the city's document (文号).")
    document_date: date = strawberry.field(description="Its date (文件日期).")


async def report_to_province(
    root: Session, request_id: strawberry.ID, input: ReportToProvinceInput
) -> Outcome:
    """Takes the city's places."""
    campaign, publicity = parse_id(input.campaign_id, "Campaign"), parse_id(input.publicity_id, "Roster")
    command = Command(campaign.uuid, input.level, publicity.uuid, input.document_number, input.document_date)
    return await answer_roster(root, ACT, command, request_id)
