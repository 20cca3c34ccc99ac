"""Annual reviews (年度复查): cycles, their teams, and the review of each community."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, FromClause, and_, case, func, literal_column, select

from certification.reviews.model import ReviewStatus
from certification.reviews.overdue import SECOND
from certification.reviews.tables import (
    annual_reviews,
    observations,
    review_cycles,
    review_team_members,
    review_teams,
    review_verdicts,
)
from certification.tables import campaigns, certifications, evidence
from graphql_schema.cycle_actions import CYCLE_ACTION_NEEDS, decide_cycle_actions
from graphql_schema.cycles import (
    CYCLE_NEEDS,
    REVIEW_NEEDS,
    closes_on,
    decide_last_day,
    decide_overdue,
    decide_progress,
    decide_team_progress,
)
from graphql_schema.declare import (
    WHOLE_TENANT_ONLY,
    Connection,
    Node,
    Parameters,
    Reach,
    among,
    column,
    computed,
    connection,
    equals,
    expression,
    in_tenant,
    nothing,
    personal,
    refers,
    rows,
    to_many,
    to_one,
)
from graphql_schema.inspections import (
    ACTION_NEEDS,
    FOUND_NEEDS,
    PHOTO_NEEDS,
    decide_conflicts,
    decide_findings,
    decide_judgement,
    decide_missing_photos,
    decide_review_actions,
)
from graphql_schema.permissions import Permission
from graphql_schema.types.action import AvailableAction
from graphql_schema.types.application import cover_name
from graphql_schema.types.campaign import Campaign
from graphql_schema.types.certificate import Certification
from graphql_schema.types.enums import CycleStatus, Level, ReviewResult
from graphql_schema.types.enums import ReviewStatus as Status
from graphql_schema.types.evidence import Evidence
from graphql_schema.types.inspection import (
    MissingPhoto,
    Observation,
    ObservationFilter,
    ReviewConflict,
    ReviewFinding,
    ReviewVerdict,
)
from graphql_schema.types.reach import holds, in_cycle, in_team
from graphql_schema.types.standard import Judgement
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit
from tenancy.tables import people, role_assignments, tenants, units


def is_inspector(row: FromClause, parameters: Parameters) -> ColumnElement[bool]:
    """The person holds the role of a review team now."""
    held, now = role_assignments, parameters.now
    return (
        select(literal_column("1"))
        .select_from(held)
        .where(
            held.c.tenant_id == row.c.tenant_id,
            held.c.person_id == row.c.id,
            held.c.role == "review_team",
            held.c.valid_from <= now,
            func.coalesce(held.c.valid_to > now, True),
        )
        .correlate(row)
        .exists()
    )


def due(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """The last day for what a review waits for."""
    named = case((row.c.status.in_([one.value for one in SECOND]), row.c.due_on))
    return func.coalesce(named, closes_on(row, parameters))


BY_DUE: Final = (due, annual_reviews.c.id)


def is_mine_to_do(row: FromClause, parameters: Parameters) -> ColumnElement[bool]:
    """The review waits for a team that the reader is in."""
    waiting = (ReviewStatus.ASSIGNED.value, *(one.value for one in SECOND))
    return and_(row.c.status.in_(waiting), in_team("team_id")(row, parameters.person_id))


def certified_on(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The day of the certification that is reviewed."""
    return (
        select(certifications.c.certified_on)
        .where(certifications.c.tenant_id == row.c.tenant_id, certifications.c.id == row.c.certification_id)
        .correlate(row)
        .scalar_subquery()
    )


@rows(
    people,
    permission=Permission.READ,
    reach=WHOLE_TENANT_ONLY,
    only=is_inspector,
    name="Inspector",
    description="Who may be of a review team (复查人员).",
)
class Inspector(Node):
    """A person in the role of a review team."""

    person_id: UUID = column(people.c.id, description="Pseudonym (代号).")
    name: str | None = personal(
        people.c.name_commitment,
        "name",
        cover=cover_name,
        permission=Permission.READ_CONTACTS,
        description="Name, whole for who plans reviews, else covered; null once erased (姓名).",
    )
    tenant: Tenant = to_one({tenants.c.id: people.c.tenant_id}, description="Home tenant (所属租户).")


@rows(
    review_team_members,
    permission=Permission.READ,
    reach=Reach(nothing, nothing, in_team("team_id")),
    description="A member of a review team (复查组成员).",
)
class ReviewTeamMember:
    """A member, and what they do not review."""

    person_id: UUID = column(review_team_members.c.person_id, description="Pseudonym (代号).")
    barred: str = column(
        review_team_members.c.barred,
        description="Streets not to review, each with its ground, canonical JSON (回避).",
    )
    tenant: Tenant = to_one(
        {tenants.c.id: review_team_members.c.person_tenant_id}, description="Home tenant (所属租户)."
    )
    inspector: Inspector | None = to_one(
        {people.c.id: review_team_members.c.person_id},
        tenant=review_team_members.c.person_tenant_id,
        description="The person while they hold the role, when in reach (复查人员).",
    )


@rows(
    review_teams,
    permission=Permission.READ,
    reach=Reach(nothing, nothing, in_team("id")),
    description="A team of a cycle (复查组).",
)
class ReviewTeam(Node):
    """A team, with its members."""

    number: int = column(review_teams.c.number, description="Of the cycle's teams, from 1 (组号).")
    name: str = column(review_teams.c.name, description="Name (名称).")
    members: list[ReviewTeamMember] = to_many(
        {review_team_members.c.team_id: review_teams.c.id},
        order=(review_team_members.c.person_id,),
        within=True,
        description="Its members (成员).",
    )


@strawberry.type(description="How far reviews are (复查进度).")
class ReviewProgress:
    """Reviews by status."""

    planned: int = strawberry.field(description="Without a team yet (已列入计划).")
    assigned: int = strawberry.field(description="To be inspected (待现场复查).")
    rectifying: int = strawberry.field(description="To be put right, then looked at again (限期整改).")
    rechecking: int = strawberry.field(description="To be looked at again (待复核).")
    inspected: int = strawberry.field(description="Before the county (待县级确认).")
    county_confirmed: int = strawberry.field(description="Before the city (待市级确认).")
    confirmed: int = strawberry.field(description="Confirmed: they count (已确认).")
    cancelled: int = strawberry.field(description="Not reviewed after all (已取消).")
    overdue: int = strawberry.field(description="Of all these, how many are late (逾期).")
    total: int = strawberry.field(description="All of them (合计).")


@strawberry.type(description="How far a team is (各组进度).")
class TeamProgress:
    """A team's part of the progress."""

    team_id: strawberry.ID = strawberry.field(description="The team (复查组).")
    number: int = strawberry.field(description="Its number (组号).")
    name: str = strawberry.field(description="Its name (名称).")
    progress: ReviewProgress = strawberry.field(description="Its reviews (进度).")


@strawberry.input(description="Which reviews (复查筛选).")
class AnnualReviewFilter:
    """All that is given must hold."""

    cycle_id: strawberry.ID | None = refers(
        annual_reviews.c.cycle_id, "ReviewCycle", "Of this cycle (复查周期)."
    )
    team_id: strawberry.ID | None = refers(
        annual_reviews.c.team_id,
        "ReviewTeam",
        "Of this team (复查组).",
        guard=Reach(nothing, nothing, in_team("team_id")),
    )
    community_id: strawberry.ID | None = refers(
        annual_reviews.c.community_id, "Unit", "Of this community (社区)."
    )
    street_id: strawberry.ID | None = refers(annual_reviews.c.street_id, "Unit", "In this street (街道).")
    status: list[Status] | None = among(annual_reviews.c.status, "In these statuses (状态).")
    level: Level | None = equals(annual_reviews.c.level, "As this level (级别).")
    year: int | None = equals(annual_reviews.c.year, "Of this year (年度).")
    tenant_id: strawberry.ID | None = in_tenant("Of this county (租户).")


@strawberry.input(description="Which cycles (复查周期筛选).")
class ReviewCycleFilter:
    """All that is given must hold."""

    year: int | None = equals(review_cycles.c.year, "Of this year (年度).")
    status: CycleStatus | None = equals(review_cycles.c.status, "In this status (状态).")
    tenant_id: strawberry.ID | None = in_tenant("Of this county (租户).")


@rows(
    annual_reviews,
    permission=Permission.READ,
    reach=Reach(holds("street_id"), holds("community_id"), in_team("team_id")),
    description="The annual review of a community as what it is certified as (年度复查).",
)
class AnnualReview(Node):
    """A review; `revision` grows with every act on it."""

    level: Level = column(annual_reviews.c.level, description="As which level (级别).")
    year: int = column(annual_reviews.c.year, description="The year that is reviewed (年度).")
    status: Status = column(annual_reviews.c.status, description="Where it is (状态).")
    revision: int = column(annual_reviews.c.revision, description="Acts on it so far (修订号).")
    round: int = column(annual_reviews.c.round, description="Of inspections, from 1 (轮次).")
    rectified: bool = column(
        annual_reviews.c.rectified, description="A rectification was asked for: a pass says so (曾整改)."
    )
    due_on: date | None = column(
        annual_reviews.c.due_on, description="The last day that was named for the next look (整改或复核期限)."
    )
    last_day: date = computed(
        REVIEW_NEEDS, decide_last_day, description="The last day for what it waits for (最后期限)."
    )
    overdue: bool = computed(
        REVIEW_NEEDS, decide_overdue, description="It is late: computed, never a pass (逾期)."
    )
    result: ReviewResult | None = column(
        annual_reviews.c.result, description="What the team concluded; it counts once confirmed (结论)."
    )
    certified_on: date = expression(
        certified_on, nullable=False, description="Day of the certification that is reviewed (认定日期)."
    )
    created_at: datetime = column(annual_reviews.c.created_at, description="When it was planned (列入时间).")
    updated_at: datetime = column(annual_reviews.c.updated_at, description="The last act on it (更新时间).")
    confirmed_at: datetime | None = column(
        annual_reviews.c.confirmed_at, description="From then on it counts (确认时间)."
    )
    cancel_reason: str | None = column(
        annual_reviews.c.cancel_reason, description="Why it is not reviewed (取消理由)."
    )
    tenant: Tenant = to_one({tenants.c.id: annual_reviews.c.tenant_id}, description="The county (租户).")
    community: Unit = to_one({units.c.id: annual_reviews.c.community_id}, description="The community (社区).")
    street: Unit = to_one(
        {units.c.id: annual_reviews.c.street_id}, description="Its street when it was planned (街道)."
    )
    team: ReviewTeam | None = to_one(
        {review_teams.c.id: annual_reviews.c.team_id}, description="The team, once drawn (复查组)."
    )
    cycle: ReviewCycle = to_one(
        {review_cycles.c.id: annual_reviews.c.cycle_id}, description="Its cycle (复查周期)."
    )
    certification: Certification | None = to_one(
        {certifications.c.id: annual_reviews.c.certification_id},
        description="What is reviewed, when in reach (认定).",
    )
    verdicts: list[ReviewVerdict] = to_many(
        {review_verdicts.c.review_id: annual_reviews.c.id},
        order=(review_verdicts.c.given_at, review_verdicts.c.id),
        within=True,
        description="What team, county and city said, in order of time (复查意见).",
    )
    observations: Connection[Observation] = connection(
        {observations.c.review_id: annual_reviews.c.id},
        order="recorded_at",
        filter_input=ObservationFilter,
        within=True,
        description="Everything observed, in the order in which it came (查看记录).",
    )
    findings: list[ReviewFinding] = computed(
        FOUND_NEEDS, decide_findings, description="What holds of it now, by key (现行查看结果)."
    )
    conflicts: list[ReviewConflict] = computed(
        FOUND_NEEDS, decide_conflicts, description="What contradicts, with every side (查看结果不一致)."
    )
    judgement: Judgement | None = computed(
        FOUND_NEEDS,
        decide_judgement,
        description="What the standard says of what was found so far; what is missing shows (对标评判).",
    )
    missing_photos: list[MissingPhoto] = computed(
        PHOTO_NEEDS, decide_missing_photos, description="Photos that have not come yet (待补传照片)."
    )
    evidence: list[Evidence] = to_many(
        {evidence.c.subject_id: annual_reviews.c.id},
        order=(evidence.c.created_at, evidence.c.id),
        within=True,
        description="The files attached to it, in order of time (佐证材料).",
    )
    available_actions: list[AvailableAction] = computed(
        ACTION_NEEDS,
        decide_review_actions,
        description="What the reader may do now, and why not (可办事项).",
    )


@rows(
    review_cycles,
    permission=Permission.READ,
    reach=Reach(None, None, in_cycle),
    description="A cycle of annual reviews of a county (复查周期).",
)
class ReviewCycle(Node):
    """A cycle with its teams and how far it is."""

    year: int = column(review_cycles.c.year, description="The year that is reviewed (年度).")
    name: str = column(review_cycles.c.name, description="Name (名称).")
    opens_on: date = column(review_cycles.c.opens_on, description="First day of inspections (起始日).")
    closes_on: date = column(review_cycles.c.closes_on, description="Last day of inspections (截止日).")
    status: CycleStatus = column(review_cycles.c.status, description="Where it is (状态).")
    revision: int = column(review_cycles.c.revision, description="Acts on it so far (修订号).")
    extend_reason: str | None = column(
        review_cycles.c.extend_reason, description="Why its last day was moved last (延期理由)."
    )
    planned_by: UUID = column(
        review_cycles.c.planned_by, description="Pseudonym of who planned it (制定人代号)."
    )
    created_at: datetime = column(review_cycles.c.created_at, description="When it was planned (制定时间).")
    updated_at: datetime = column(review_cycles.c.updated_at, description="The last act on it (更新时间).")
    planned_tenant: Tenant = to_one(
        {tenants.c.id: review_cycles.c.planned_tenant_id}, description="Whose officer planned it (制定单位)."
    )
    tenant: Tenant = to_one({tenants.c.id: review_cycles.c.tenant_id}, description="The county (租户).")
    campaign: Campaign | None = to_one(
        {campaigns.c.id: review_cycles.c.campaign_id},
        tenant=review_cycles.c.campaign_tenant_id,
        description="Whose programme and standard rule it, when in reach (批次).",
    )
    teams: list[ReviewTeam] = to_many(
        {review_teams.c.cycle_id: review_cycles.c.id},
        order=(review_teams.c.number,),
        description="Its teams, as far as they are in reach (复查组).",
    )
    reviews: Connection[AnnualReview] = connection(
        {annual_reviews.c.cycle_id: review_cycles.c.id},
        order="created_at",
        filter_input=AnnualReviewFilter,
        description="Its reviews (年度复查).",
    )
    progress: ReviewProgress = computed(
        CYCLE_NEEDS,
        decide_progress,
        description="How far it is; a review team's member sees their own teams' (进度).",
    )
    by_team: list[TeamProgress] = computed(
        CYCLE_NEEDS, decide_team_progress, description="How far each team is that is in reach (各组进度)."
    )
    available_actions: list[AvailableAction] = computed(
        CYCLE_ACTION_NEEDS,
        decide_cycle_actions,
        description="What the reader may do now, and why not (可办事项).",
    )
