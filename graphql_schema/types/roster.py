"""Rosters (名单): the city's rankings, publicity lists, reports, and the province's decisions, shared with the counties."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from certification.tables import applications, campaigns, roster_items, rosters
from graphql_schema.counts import ITEM_NEEDS, decide_count, name_now, objection_count
from graphql_schema.declare import (
    Node,
    column,
    computed,
    equals,
    expression,
    in_tenant,
    refers,
    rows,
    to_many,
    to_one,
)
from graphql_schema.permissions import Permission
from graphql_schema.scalars import Hex, SafeInt
from graphql_schema.types.application import Application
from graphql_schema.types.campaign import Campaign
from graphql_schema.types.enums import Level, RosterKind, RosterVerdict
from graphql_schema.types.publicity import PublicityCount
from graphql_schema.types.tenant import Tenant
from tenancy.tables import tenants


@strawberry.input(description="Which lists (名单筛选).")
class RosterFilter:
    """All that is given must hold."""

    kind: RosterKind | None = equals(rosters.c.kind, "Of this kind (类型).")
    level: Level | None = equals(rosters.c.level, "Of this level (级别).")
    campaign_id: strawberry.ID | None = refers(rosters.c.campaign_id, "Campaign", "In this campaign (批次).")
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(roster_items, permission=Permission.READ, description="A line of a list (名单条目).")
class RosterItem:
    """What the list says of one application."""

    position: int = column(roster_items.c.position, description="Place, from 1 (序号).")
    community_name: str = column(
        roster_items.c.community_name, description="市 / 县 / 街道 / 社区, as listed that day."
    )
    verdict: RosterVerdict = column(roster_items.c.verdict, description="Verdict (结论).")
    reason: str = column(roster_items.c.reason, description="Reason (理由).")
    score: int | None = column(roster_items.c.score, description="Ranking: its score (评分).")
    tie_reason: str | None = column(
        roster_items.c.tie_reason, description="Ranking: why it stands behind an equal score (同分理由)."
    )
    cited_origin: str = column(
        roster_items.c.cited_origin, description="Log of the county's entry cited (引用账本)."
    )
    cited_seq: SafeInt = column(roster_items.c.cited_seq, description="Its place (引用序号).")
    cited_hash: Hex = column(roster_items.c.cited_hash, description="Its hash (引用哈希).")
    publicity: PublicityCount | None = computed(
        ITEM_NEEDS, decide_count, description="Of a publicity: the item's own days; else null (公示期)."
    )
    current_name: str | None = expression(
        name_now, description="The community's name with corrections (更正后的名称)."
    )
    objection_count: int = expression(
        objection_count, nullable=False, description="How many objections there are to it (异议数)."
    )
    application: Application | None = to_one(
        {applications.c.id: roster_items.c.application_id},
        tenant=roster_items.c.application_tenant_id,
        description="The application, when it is in reach (申报).",
    )


@rows(rosters, permission=Permission.READ, description="A list of the city (名单).")
class Roster(Node):
    """A ranking, a publicity list, a report or a decision."""

    level: Level = column(rosters.c.level, description="Level (级别).")
    kind: RosterKind = column(rosters.c.kind, description="Kind (类型).")
    document_number: str | None = column(rosters.c.document_number, description="Its document (文号).")
    opens_on: date | None = column(
        rosters.c.opens_on, description="Publicity: the day it is put up (公示开始)."
    )
    closes_on: date | None = column(
        rosters.c.closes_on, description="Publicity: the last counted day (公示截止)."
    )
    closed_at: datetime | None = column(
        rosters.c.closed_at, description="Publicity: closed without objection (公示办结)."
    )
    reason: str = column(rosters.c.reason, description="Reasons (理由).")
    author_id: UUID = column(rosters.c.author_id, description="The author's pseudonym (制作人代号).")
    created_at: datetime = column(rosters.c.created_at, description="When (时间).")
    tenant: Tenant = to_one({tenants.c.id: rosters.c.tenant_id}, description="The city (租户).")
    campaign: Campaign = to_one({campaigns.c.id: rosters.c.campaign_id}, description="The campaign (批次).")
    previous: Roster | None = to_one(
        {rosters.c.id: rosters.c.previous_id}, description="The list it rests on (依据名单)."
    )
    items: list[RosterItem] = to_many(
        {roster_items.c.roster_id: rosters.c.id},
        order=(roster_items.c.position,),
        description="Its lines (条目).",
    )
