"""Standings (认定现状): how communities stand as a level, and who may apply for the next; folded from the ledger, never typed in."""

from __future__ import annotations

from datetime import date
from enum import Enum

import strawberry
from sqlalchemy import Boolean, Date, Uuid

from certification.reviews.tables import standings
from graphql_schema.declare import asked, column, computed, equals, in_tenant, refers, rows, to_one
from graphql_schema.permissions import Permission
from graphql_schema.standings import (
    NEEDS,
    decide_broken_by,
    decide_certified_by,
    decide_eligible,
    decide_eligible_for,
    decide_first_year,
    decide_obstacle,
    decide_reason,
    decide_stands,
    decide_streak,
    decide_years,
)
from graphql_schema.types.enums import CertificationState, Level
from graphql_schema.types.history import Citation, HistoryBreak, HistoryYear
from graphql_schema.types.obstacle import Obstacle
from graphql_schema.types.reach import COMMUNITY
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit
from tenancy.tables import tenants, units


@strawberry.enum(description="Whether a community may apply for the next level, in one word (申报资格结论).")
class StandingReason(Enum):
    """Eligible, or what lacks: the gravest."""

    ELIGIBLE = "eligible"
    HELD = "held"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    FAILED = "failed"
    MISSING = "missing"
    TOO_EARLY = "too_early"
    UNCERTIFIED = "uncertified"


@strawberry.type(description="How many communities of a reason (资格统计).")
class StandingCount:
    """One line of a count."""

    reason: StandingReason = strawberry.field(description="Which (结论).")
    number: int = strawberry.field(description="How many (数量).")


@strawberry.input(description="Which standings (认定现状筛选).")
class StandingFilter:
    """All that is given must hold."""

    level: Level | None = equals(standings.c.level, "As this level (级别).")
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")
    community_id: strawberry.ID | None = refers(standings.c.community_id, "Unit", "Of this community (社区).")
    eligible: bool | None = asked(
        Boolean(),
        "Whether the history holds what the next level asks for, and it is not held already (历史符合条件，尚未认定).",
    )
    on_day: date | None = asked(
        Date(), "As of this day, by all that is recorded; today when nothing is said (截至日期)."
    )
    campaign_id: strawberry.ID | None = asked(
        Uuid(), "By the rules of this campaign, not of the city's latest (批次).", "Campaign"
    )


@rows(
    standings,
    permission=Permission.READ,
    reach=COMMUNITY,
    description="How a community stands as a level that it is or was certified as (认定现状).",
)
class Standing:
    """A cache of the ledger: `xingji history rebuild` makes it anew and compares."""

    level: Level = column(standings.c.level, description="As this level (级别).")
    certified_on: date = column(
        standings.c.certified_on, description="Certified on, or last certified on (认定日期)."
    )
    state: CertificationState | None = column(
        standings.c.state, description="Suspended or revoked; null: in force (状态)."
    )
    state_on: date | None = column(standings.c.state_on, description="Since when (状态日期).")
    valid_from: date = column(standings.c.valid_from, description="It stands so from this day (起始日期).")
    valid_to: date | None = column(
        standings.c.valid_to,
        description="The day from which it stands otherwise; null: until further (截止日期).",
    )
    legacy: bool = column(standings.c.legacy, description="Something of it rests on paper (含历史记录).")
    tenant: Tenant = to_one({tenants.c.id: standings.c.tenant_id}, description="The county (租户).")
    community: Unit = to_one({units.c.id: standings.c.community_id}, description="The community (社区).")
    certified_by: Citation | None = computed(
        NEEDS, decide_certified_by, description="The entry of that certification (引用)."
    )
    stands: bool | None = computed(
        NEEDS, decide_stands, description="Whether it stands; null where no level asks for it (有效)."
    )
    years: list[HistoryYear] = computed(
        NEEDS, decide_years, description="The closed years that count (各年度)."
    )
    streak: int | None = computed(NEEDS, decide_streak, description="Passes in succession (连续合格年数).")
    broken_by: HistoryBreak | None = computed(
        NEEDS, decide_broken_by, description="What last set it to 0 (中断)."
    )
    first_year: int | None = computed(
        NEEDS,
        decide_first_year,
        description="The first year to apply, if all to come are passed (最早申报年度).",
    )
    eligible_for: Level | None = computed(
        NEEDS, decide_eligible_for, description="The level that asks for this one (申报级别)."
    )
    eligible: bool | None = computed(
        NEEDS,
        decide_eligible,
        description="Its history holds what that level asks for, and it is not held already (历史符合条件，尚未认定).",
    )
    reason: StandingReason | None = computed(NEEDS, decide_reason, description="The same in one word (结论).")
    obstacle: Obstacle | None = computed(
        NEEDS, decide_obstacle, description="What it lacks, and the entries that show it (尚缺条件)."
    )
