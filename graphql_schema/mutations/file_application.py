"""`fileApplication`: a community applies (提出申请)."""

from __future__ import annotations

import strawberry

from certification.acts.file_application import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_application
from graphql_schema.session import Session
from graphql_schema.types.enums import Level


@strawberry.input(description="Who applies for what (申报).")
class FileApplicationInput:
    """Campaign, level and community."""

    campaign_id: strawberry.ID = strawberry.field(description="The campaign (批次).")
    level: Level = strawberry.field(description="The level applied for (级别).")
    community_id: strawberry.ID = strawberry.field(description="The unit of the community (社区).")


async def file_application(root: Session, request_id: strawberry.ID, input: FileApplicationInput) -> Outcome:
    """A draft in the community's county."""
    campaign = parse_id(input.campaign_id, "Campaign")
    community = parse_id(input.community_id, "Unit")
    command = Command(campaign.tenant, campaign.uuid, input.level, community.uuid)
    return await answer_application(root, ACT, command, community.tenant, request_id)
