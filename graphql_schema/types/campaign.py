"""Campaigns (批次): the city's, shared with its counties."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from certification.tables import (
    campaign_levels,
    campaign_windows,
    campaigns,
    extensions,
    rosters,
    standard_clauses,
)
from graphql_schema.candidates import NEEDS as COMPARED
from graphql_schema.candidates import decide_comparison
from graphql_schema.deadlines import CAMPAIGN_NEEDS, decide_deadlines, decide_publicity
from graphql_schema.declare import (
    EVERYBODY,
    Connection,
    Node,
    column,
    computed,
    connection,
    equals,
    in_tenant,
    rows,
    to_many,
    to_one,
)
from graphql_schema.judging import STANDARD_NEEDS, decide_standard
from graphql_schema.permissions import Permission
from graphql_schema.rounds import ROUND_NEEDS, decide_roster_actions
from graphql_schema.scalars import Hex
from graphql_schema.types.action import AvailableAction
from graphql_schema.types.deadline import Deadline
from graphql_schema.types.enums import (
    ApplicationStatus,
    Level,
    OpinionStage,
    RosterVerdict,
    StandardPart,
)
from graphql_schema.types.obstacle import Obstacle
from graphql_schema.types.standard import Standard
from graphql_schema.types.tenant import Tenant
from tenancy.tables import tenants

if TYPE_CHECKING:
    from graphql_schema.types.extension import Extension
    from graphql_schema.types.roster import Roster


@strawberry.input(description="Which campaigns (批次筛选).")
class CampaignFilter:
    """All that is given must hold."""

    code: str | None = equals(campaigns.c.code, "With this code (代码).")
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(
    campaign_levels,
    permission=Permission.READ,
    reach=EVERYBODY,
    description="A level of a campaign with its quotas (级别与名额).",
)
class CampaignLevel:
    """省级第六批, 星级第四批."""

    level: Level = column(campaign_levels.c.level, description="Level (级别).")
    batch: int = column(campaign_levels.c.batch, description="Number of the batch (批次).")
    city_quota: int = column(campaign_levels.c.city_quota, description="Places of the city (市级名额).")
    county_quota: int | None = column(
        campaign_levels.c.county_quota, description="Places of each county; null: no cap (县级名额)."
    )


@rows(
    campaign_windows,
    permission=Permission.READ,
    reach=EVERYBODY,
    description="When a stage is open (时间窗口).",
)
class CampaignWindow:
    """A stage's window."""

    stage: str = column(campaign_windows.c.stage, description="Stage (环节).")
    opens_at: datetime = column(campaign_windows.c.opens_at, description="From (开始).")
    closes_at: datetime = column(campaign_windows.c.closes_at, description="Until, exclusive (截止).")


@rows(
    standard_clauses,
    permission=Permission.READ,
    reach=EVERYBODY,
    description="A clause of the standard (认定标准条款).",
)
class StandardClause:
    """One clause."""

    level: Level = column(standard_clauses.c.level, description="Level (级别).")
    code: str = column(standard_clauses.c.code, description="Code within the standard (条款号).")
    part: StandardPart = column(standard_clauses.c.part, description="Part (部分).")
    position: int = column(standard_clauses.c.position, description="Place within the part (序号).")
    wording: str = column(standard_clauses.c.wording, description="Wording (条文).")


@strawberry.type(description="The latest publicity that the campaign leaves room for (公示安排).")
class PublicityPlan:
    """What the planner says; `obstacle` when it cannot say."""

    opens_on: date | None = strawberry.field(
        description="The latest day to put it up; it does not count (最迟公示日)."
    )
    counted: list[date] = strawberry.field(description="The counted working days (计入的工作日).")
    report_from: date | None = strawberry.field(description="The first day to report (可报送日).")
    obstacle: Obstacle | None = strawberry.field(description="Why there is no plan (无法安排的原因).")


@strawberry.type(
    description="How many items a stage found to be what, by opinions that stand (逐条评定汇总)."
)
class ComparedStage:
    """Counts of verdicts."""

    stage: OpinionStage = strawberry.field(description="Stage (环节).")
    meets: int = strawberry.field(description="Items that meet the standard (符合).")
    does_not_meet: int = strawberry.field(description="Items that do not (不符合).")
    not_applicable: int = strawberry.field(description="Items that do not apply (不适用).")
    notes: int = strawberry.field(description="Items with a note (有说明).")


@strawberry.type(description="A candidate beside the others of its level (比选).")
class ComparedApplication:
    """What graphql_schema/candidates.py gathers."""

    application_id: strawberry.ID = strawberry.field(description="The application (申报).")
    community_name: str = strawberry.field(description="县 / 街道 / 社区 (社区名称).")
    status: ApplicationStatus = strawberry.field(description="Where it stands (状态).")
    position: int | None = strawberry.field(description="Place in the latest ranking (名次).")
    score: int | None = strawberry.field(description="Score in it (评分).")
    verdict: RosterVerdict | None = strawberry.field(description="Selected in it or not (是否入选).")
    stages: list[ComparedStage] = strawberry.field(description="What each stage found (各环节评定).")


@rows(campaigns, permission=Permission.READ, reach=EVERYBODY, description="A round of recommendation (批次).")
class Campaign(Node):
    """A campaign with its levels, windows and standard."""

    code: str = column(campaigns.c.code, description="Code (代码).")
    name: str = column(campaigns.c.name, description="Name (名称).")
    document_number: str = column(campaigns.c.document_number, description="Issuing document (文号).")
    issued_on: date = column(campaigns.c.issued_on, description="Day of issue (印发日期).")
    opened_at: datetime = column(campaigns.c.opened_at, description="When it was opened here (开启时间).")
    programme: str = column(
        campaigns.c.programme, description="The programme in force, canonical JSON (方案)."
    )
    programme_digest: Hex = column(campaigns.c.programme_digest, description="SHA-256 of it (方案摘要).")
    tenant: Tenant = to_one({tenants.c.id: campaigns.c.tenant_id}, description="The city (租户).")
    levels: list[CampaignLevel] = to_many(
        {campaign_levels.c.campaign_id: campaigns.c.id},
        order=(campaign_levels.c.level,),
        description="Levels and quotas (级别与名额).",
    )
    windows: list[CampaignWindow] = to_many(
        {campaign_windows.c.campaign_id: campaigns.c.id},
        order=(campaign_windows.c.opens_at, campaign_windows.c.stage),
        description="Windows (时间窗口).",
    )
    clauses: list[StandardClause] = to_many(
        {standard_clauses.c.campaign_id: campaigns.c.id},
        order=(
            standard_clauses.c.level,
            standard_clauses.c.part,
            standard_clauses.c.position,
            standard_clauses.c.code,
        ),
        description="The standard (认定标准).",
    )
    standard: Standard | None = computed(
        STANDARD_NEEDS,
        decide_standard,
        arguments={"level": (Level, "The level (级别).")},
        description="The standard of a level with all its data; null: there is no such level (认定标准明细).",
    )
    rosters: Connection[Annotated[Roster, strawberry.lazy("graphql_schema.types.roster")]] = connection(
        {rosters.c.campaign_id: campaigns.c.id}, order="created_at", description="Its lists (名单)."
    )
    extensions: Connection[Annotated[Extension, strawberry.lazy("graphql_schema.types.extension")]] = (
        connection(
            {extensions.c.campaign_id: campaigns.c.id},
            order="proposed_at",
            description="Extensions of its windows, confirmed or not (延期).",
        )
    )
    publicity_plan: PublicityPlan = computed(
        CAMPAIGN_NEEDS,
        decide_publicity,
        arguments={"level": (Level | None, "With the extensions of this level as well (级别).")},
        description="Publicity in working days, make-up days counted (公示安排).",
    )
    deadlines: list[Deadline] = computed(
        CAMPAIGN_NEEDS,
        decide_deadlines,
        arguments={"level": (Level, "The level (级别).")},
        description="Windows, the latest start of a publicity and the report, in working days (期限).",
    )
    comparison: list[ComparedApplication] | None = computed(
        COMPARED,
        decide_comparison,
        arguments={"level": (Level, "The level (级别).")},
        description="What counties recommended, side by side; null but for the city's officers and auditors (比选).",
    )
    available_actions: list[AvailableAction] = computed(
        ROUND_NEEDS,
        decide_roster_actions,
        arguments={"level": (Level, "The level (级别).")},
        description="What the reader may do now with the city's lists, and why not (名单可办事项).",
    )
