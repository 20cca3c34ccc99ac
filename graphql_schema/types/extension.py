"""Extensions (延期) of a campaign's windows: the city's, shared with its counties."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from certification.tables import campaigns, extensions
from graphql_schema.declare import Node, column, equals, in_tenant, refers, rows, to_one
from graphql_schema.permissions import Permission
from graphql_schema.types.campaign import Campaign
from graphql_schema.types.enums import Level
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit
from tenancy.tables import tenants, units


@strawberry.input(description="Which extensions (延期筛选).")
class ExtensionFilter:
    """All that is given must hold."""

    stage: str | None = equals(extensions.c.stage, "Of this window (环节).")
    campaign_id: strawberry.ID | None = refers(
        extensions.c.campaign_id, "Campaign", "In this campaign (批次)."
    )
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(extensions, permission=Permission.READ, description="An extension of a window (延期).")
class Extension(Node):
    """In force once it is confirmed; until then, and declined, it admits nobody."""

    stage: str = column(extensions.c.stage, description="The window that it extends (环节).")
    level: Level | None = column(extensions.c.level, description="Level; null: every level (级别).")
    closes_at: datetime = column(extensions.c.closes_at, description="Until, exclusive (延至).")
    reason: str = column(extensions.c.reason, description="Why (理由).")
    proposed_by: UUID = column(extensions.c.proposed_by, description="The proposer's pseudonym (提出人代号).")
    proposed_at: datetime = column(extensions.c.proposed_at, description="When (提出时间).")
    confirmed_by: UUID | None = column(
        extensions.c.confirmed_by, description="Who confirmed it, another person (确认人代号)."
    )
    confirmed_at: datetime | None = column(
        extensions.c.confirmed_at, description="In force since (确认时间)."
    )
    declined_by: UUID | None = column(extensions.c.declined_by, description="Who declined it (否决人代号).")
    declined_at: datetime | None = column(extensions.c.declined_at, description="When (否决时间).")
    tenant: Tenant = to_one({tenants.c.id: extensions.c.tenant_id}, description="The city (租户).")
    campaign: Campaign = to_one(
        {campaigns.c.id: extensions.c.campaign_id}, description="The campaign (批次)."
    )
    beneficiary: Tenant | None = to_one(
        {tenants.c.id: extensions.c.beneficiary_tenant_id},
        description="The county that it is for; null: every county, and the city's own lists (受益县).",
    )
    community: Unit | None = to_one(
        {units.c.id: extensions.c.community_id},
        tenant=extensions.c.beneficiary_tenant_id,
        description="The community that it is for, when it is in reach (受益社区).",
    )
