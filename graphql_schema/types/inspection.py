"""What a review rests on (现场查看): observations, verdicts on it, and corrections of what it came to."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from uuid import UUID

import strawberry

from certification.reviews.tables import observations, review_corrections, review_verdicts
from graphql_schema.declare import (
    Node,
    among,
    column,
    computed,
    equals,
    in_tenant,
    refers,
    rows,
    to_one,
)
from graphql_schema.inspections import decide_clauses, decide_supersedes
from graphql_schema.permissions import Permission
from graphql_schema.scalars import Hex
from graphql_schema.types.enums import Level, ReviewStage, ReviewVerdictKind
from graphql_schema.types.reach import COMMUNITY, through_review
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit
from tenancy.tables import tenants, units


@strawberry.enum(description="What a year's review is corrected to (更正为).")
class CorrectedResult(Enum):
    """合格, 整改后合格, 不合格, 视为未复查."""

    PASS = "pass"  # noqa: S105 - a verdict
    PASS_AFTER_RECTIFICATION = "pass_after_rectification"  # noqa: S105 - a verdict
    FAIL = "fail"
    VOID = "void"


@strawberry.input(description="Which observations (查看记录筛选).")
class ObservationFilter:
    """All that is given must hold."""

    round: int | None = equals(observations.c.round, "Of this round (轮次).")
    key: list[str] | None = among(observations.c.key, "Of one of these keys (查看内容).")


@rows(
    observations,
    permission=Permission.READ,
    reach=through_review("review_id"),
    description="One thing observed, never changed; another takes its place by naming it (查看记录).",
)
class Observation(Node):
    """As the device said it."""

    round: int = column(observations.c.round, description="Of inspections (轮次).")
    key: str = column(
        observations.c.key,
        description="item:<code>, figure:<code>[:<group>], note:<word> or photo:<sha256> (查看内容).",
    )
    value: str = column(observations.c.value, description="What was found, canonical JSON (查看结果).")
    supersedes: list[UUID] = computed(
        {"supersedes": observations.c.supersedes},
        decide_supersedes,
        description="Those of its key that it takes the place of (替代).",
    )
    observed_at: datetime = column(
        observations.c.observed_at, description="When, by the device's clock: decides nothing (查看时间)."
    )
    latitude_e6: int | None = column(
        observations.c.latitude_e6, description="Millionths of a degree, WGS 84 (纬度)."
    )
    longitude_e6: int | None = column(observations.c.longitude_e6, description="Likewise (经度).")
    accuracy_m: int | None = column(observations.c.accuracy_m, description="How exact, in metres (精度).")
    author_id: UUID = column(
        observations.c.author_id, description="Pseudonym of whose device sent it (查看人代号)."
    )
    author_tenant: Tenant | None = to_one(
        {tenants.c.id: observations.c.author_tenant_id}, description="Home tenant (所属租户)."
    )
    recorded_at: datetime = column(observations.c.recorded_at, description="When it came (上传时间).")


@rows(
    review_verdicts,
    permission=Permission.READ,
    reach=through_review("review_id"),
    description="What a team concluded of a round, or county or city said of that (复查意见).",
)
class ReviewVerdict(Node):
    """Text and time; of a team's also what it rests on."""

    round: int = column(review_verdicts.c.round, description="Of inspections (轮次).")
    stage: ReviewStage = column(review_verdicts.c.stage, description="Where it was given (环节).")
    verdict: ReviewVerdictKind = column(review_verdicts.c.verdict, description="What was said (结论).")
    text: str = column(review_verdicts.c.text, description="Reasons (意见).")
    clauses: list[str] = computed(
        {"items": review_verdicts.c["items"]},
        decide_clauses,
        description="Items and indicators to put right, or to see anew (整改或复核条款).",
    )
    due_on: date | None = column(review_verdicts.c.due_on, description="Until when (期限).")
    judgement: str | None = column(
        review_verdicts.c.judgement,
        description="What the standard said of the observations then, canonical JSON (对标评判).",
    )
    observations_digest: Hex | None = column(
        review_verdicts.c.observations, description="Digest of the observations it rests on (查看记录摘要)."
    )
    author_id: UUID = column(
        review_verdicts.c.author_id, description="Pseudonym of who gave it (办理人代号)."
    )
    author_tenant: Tenant | None = to_one(
        {tenants.c.id: review_verdicts.c.author_tenant_id}, description="Home tenant (所属租户)."
    )
    given_at: datetime = column(review_verdicts.c.given_at, description="When (时间).")


@strawberry.type(description="What holds of one thing that was observed (现行查看结果).")
class ReviewFinding:
    """Key and value."""

    key: str = strawberry.field(description="What was observed (查看内容).")
    value: str = strawberry.field(description="What holds, canonical JSON (查看结果).")
    round: int = strawberry.field(
        description="The round in which it was looked at; earlier ones carry over (轮次)."
    )


@strawberry.type(description="One side of a contradiction (不一致的一方).")
class ConflictSide:
    """An observation that no other supersedes."""

    observation_id: UUID = strawberry.field(description="The observation, to be superseded (查看记录).")
    value: str = strawberry.field(description="What it says, canonical JSON (查看结果).")
    author_id: UUID = strawberry.field(description="Pseudonym of whose device sent it (查看人代号).")
    observed_at: datetime = strawberry.field(description="By the device's clock (查看时间).")
    recorded_at: datetime = strawberry.field(description="When it came (上传时间).")
    supersedes: list[UUID] = strawberry.field(description="What it has seen and replaced (替代).")


@strawberry.type(
    description="Observations that contradict each other: nothing is concluded before (查看结果不一致)."
)
class ReviewConflict:
    """Settled by an observation that supersedes every side."""

    key: str = strawberry.field(description="What was observed (查看内容).")
    sides: list[ConflictSide] = strawberry.field(description="Every side (各方).")


@strawberry.type(description="A photo that was observed and has not come (待补传照片).")
class MissingPhoto:
    """By the hash of the file as it was taken."""

    sha256: Hex = strawberry.field(description="SHA-256 of the file as it was taken (哈希).")
    caption: str | None = strawberry.field(description="What it shows (说明).")
    item: str | None = strawberry.field(description="Which item (条款号).")


@strawberry.input(description="Which corrections (更正筛选).")
class ReviewCorrectionFilter:
    """All that is given must hold."""

    community_id: strawberry.ID | None = refers(
        review_corrections.c.community_id, "Unit", "Of this community (社区)."
    )
    level: Level | None = equals(review_corrections.c.level, "Of this level (级别).")
    year: int | None = equals(review_corrections.c.year, "Of this year (年度).")
    tenant_id: strawberry.ID | None = in_tenant("Of this county (租户).")


@rows(
    review_corrections,
    permission=Permission.READ,
    reach=COMMUNITY,
    description="A correction of how a year's review ended, by document; it counts once confirmed (更正复查结论).",
)
class ReviewCorrection(Node):
    """What was recorded before stays on record."""

    level: Level = column(review_corrections.c.level, description="As which level (级别).")
    year: int = column(review_corrections.c.year, description="The year that was reviewed (年度).")
    result: CorrectedResult = column(
        review_corrections.c.result, description="What its review is from then on (更正为)."
    )
    document_number: str = column(
        review_corrections.c.document_number, description="The document that says so (文号)."
    )
    reason: str = column(review_corrections.c.reason, description="Why (理由).")
    proposed_by: UUID = column(
        review_corrections.c.proposed_by, description="The county officer's pseudonym (提出人代号)."
    )
    proposed_at: datetime = column(review_corrections.c.proposed_at, description="When (提出时间).")
    confirmed_by: UUID | None = column(
        review_corrections.c.confirmed_by, description="The city officer's pseudonym (确认人代号)."
    )
    confirmed_tenant: Tenant | None = to_one(
        {tenants.c.id: review_corrections.c.confirmed_tenant_id},
        description="The city that confirmed it (确认单位).",
    )
    confirmed_at: datetime | None = column(
        review_corrections.c.confirmed_at, description="From then on it counts (确认时间)."
    )
    declined_at: datetime | None = column(
        review_corrections.c.declined_at, description="It never counts (退回时间)."
    )
    decline_reason: str | None = column(review_corrections.c.decline_reason, description="Why (退回理由).")
    tenant: Tenant = to_one({tenants.c.id: review_corrections.c.tenant_id}, description="The county (租户).")
    community: Unit = to_one(
        {units.c.id: review_corrections.c.community_id}, description="The community (社区)."
    )
