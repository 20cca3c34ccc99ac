"""`proposeExtension`: an officer of the city proposes to extend a window (提出延期)."""

from __future__ import annotations

from datetime import datetime

import strawberry

from certification.acts.propose_extension import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id, refuse_id
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session
from graphql_schema.types.enums import Level


@strawberry.input(description="Which window, for whom, to when and why (延期).")
class ProposeExtensionInput:
    """Without a county it is for every county and the city's own lists."""

    campaign_id: strawberry.ID = strawberry.field(description="The campaign (批次).")
    stage: str = strawberry.field(description="The window, such as `recommendation` (环节).")
    closes_at: datetime = strawberry.field(
        description="Until, exclusive; after the window's own close (延至)."
    )
    reason: str = strawberry.field(description="Why (理由).")
    level: Level | None = strawberry.field(default=None, description="Null: every level (级别).")
    beneficiary_tenant_id: strawberry.ID | None = strawberry.field(
        default=None, description="Null: every county, or the community's (受益县)."
    )
    community_id: strawberry.ID | None = strawberry.field(
        default=None, description="Null: every community (受益社区)."
    )


async def propose_extension(
    root: Session, request_id: strawberry.ID, input: ProposeExtensionInput
) -> Outcome:
    """It admits nobody until another officer has confirmed it."""
    campaign = parse_id(input.campaign_id, "Campaign")
    county = None if input.beneficiary_tenant_id is None else parse_id(input.beneficiary_tenant_id, "Tenant")
    community = None if input.community_id is None else parse_id(input.community_id, "Unit")
    if county and community and county.tenant != community.tenant:
        raise refuse_id()
    beneficiary = community or county
    command = Command(
        campaign_id=campaign.uuid,
        stage=input.stage,
        level=input.level,
        beneficiary_tenant_id=beneficiary.tenant if beneficiary else None,
        community_id=community.uuid if community else None,
        closes_at=input.closes_at,
        reason=input.reason,
    )
    return await answer_administering(root, ACT, command, request_id, campaign)
