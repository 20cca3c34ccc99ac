"""The nouns of annual reviews, draws and divisions' changes: frozen dataclasses whose fields are the columns of their tables.

They hold values, not rules; as certification/model.py. Dates are the city's, digests and secrets 32 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class ReviewStatus(StrEnum):
    """Where a review is (复查状态). Which step leads where is the programme's table; overdue is computed, never stored."""

    PLANNED = "planned"
    ASSIGNED = "assigned"
    RECTIFYING = "rectifying"
    RECHECKING = "rechecking"
    INSPECTED = "inspected"
    COUNTY_CONFIRMED = "county_confirmed"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class CycleStatus(StrEnum):
    """Where a cycle is: planned, or its teams drawn (复查周期状态). That all its reviews are settled is computed."""

    PLANNED = "planned"
    ASSIGNED = "assigned"


class ReviewVerdictKind(StrEnum):
    """What a team, the county or the city says of a review (合格, 限期整改, 复核, 不合格; 同意, 退回)."""

    PASS = "pass"  # noqa: S105 - a verdict
    RECTIFY = "rectify"
    RECHECK = "recheck"
    FAIL = "fail"
    AGREE = "agree"
    RETURN = "return"


class ReviewStage(StrEnum):
    """Where a verdict on a review is given (现场, 县级, 市级)."""

    INSPECTION = "inspection"
    COUNTY = "county"
    CITY = "city"


class DrawPurpose(StrEnum):
    """What is drawn (分组, 抽查)."""

    ASSIGNMENT = "assignment"
    SPOT_CHECK = "spot_check"


class DrawSide(StrEnum):
    """A party of a draw (县级, 市级, 审计)."""

    COUNTY = "county"
    CITY = "city"
    AUDITOR = "auditor"


class DrawStatus(StrEnum):
    """Where a draw is: one party has committed, all have, drawn, or void because one did not reveal."""

    OPEN = "open"
    COMMITTED = "committed"
    DRAWN = "drawn"
    VOID = "void"


class SpotCheckOutcome(StrEnum):
    """What looking up a drawn number came to (相符, 不符, 查无)."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NOT_FOUND = "not_found"


class UnitChangeKind(StrEnum):
    """What becomes of units (合并, 拆分, 划转, 更名, 代码变更)."""

    MERGE = "merge"
    SPLIT = "split"
    MOVE = "move"
    RENAME = "rename"
    RECODE = "recode"


@dataclass(frozen=True, slots=True)
class ReviewCycle:
    """A cycle (复查周期) of a county: which certified communities are reviewed in which days, under whose programme."""

    tenant_id: int
    id: UUID
    campaign_tenant_id: int
    campaign_id: UUID
    year: int
    name: str
    opens_on: date
    closes_on: date
    status: str
    revision: int
    planned_tenant_id: int
    planned_by: UUID
    created_at: datetime
    updated_at: datetime
    draw_id: UUID | None = None
    extended_by: UUID | None = None
    extend_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewTeam:
    """A review team (复查组) of a cycle."""

    tenant_id: int
    id: UUID
    cycle_id: UUID
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class ReviewTeamMember:
    """An inspector (复查人员) of a team; `barred` is canonical JSON of `[{"street", "ground"}]`."""

    tenant_id: int
    team_id: UUID
    person_tenant_id: int
    person_id: UUID
    barred: str


@dataclass(frozen=True, slots=True)
class AnnualReview:
    """The annual review (年度复查) of a community as what it is certified as; `revision` grows by one with every act on it."""

    tenant_id: int
    id: UUID
    cycle_id: UUID
    certification_id: UUID
    community_id: UUID
    street_id: UUID
    level: str
    year: int
    status: str
    revision: int
    round: int
    rectified: bool
    created_at: datetime
    updated_at: datetime
    team_id: UUID | None = None
    due_on: date | None = None
    result: str | None = None
    confirmed_at: datetime | None = None
    cancelled_by: UUID | None = None
    cancel_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewVerdict:
    """What a team concluded of a round, or county or city said of it (复查意见)."""

    tenant_id: int
    id: UUID
    review_id: UUID
    round: int
    stage: str
    verdict: str
    text: str
    author_tenant_id: int
    author_id: UUID
    given_at: datetime
    items: str | None = None
    due_on: date | None = None
    judgement: str | None = None
    observations: bytes | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing observed (查看记录), never changed: another takes its place by naming it."""

    tenant_id: int
    id: UUID
    review_id: UUID
    round: int
    key: str
    value: str
    observed_at: datetime
    author_tenant_id: int
    author_id: UUID
    recorded_at: datetime
    supersedes: str | None = None
    latitude_e6: int | None = None
    longitude_e6: int | None = None
    accuracy_m: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewCorrection:
    """A correction (更正) of how a year's review ended, by document and two persons."""

    tenant_id: int
    id: UUID
    community_id: UUID
    level: str
    year: int
    result: str
    document_number: str
    reason: str
    proposed_by: UUID
    proposed_at: datetime
    confirmed_by: UUID | None = None
    confirmed_tenant_id: int | None = None
    confirmed_at: datetime | None = None
    declined_at: datetime | None = None
    decline_reason: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterList:
    """A register list (实名登记名册) of a day: opaque numbers under a commitment."""

    tenant_id: int
    id: UUID
    community_id: UUID
    taken_on: date
    size: int
    root: bytes
    author_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RegisterNumber:
    """A number of a register list."""

    tenant_id: int
    list_id: UUID
    position: int
    number: str
    salt: bytes


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw (抽取) whose seed two parties make, each by a secret that it committed to before the other's was known."""

    tenant_id: int
    id: UUID
    purpose: str
    subject_id: UUID
    status: str
    revision: int
    size: int
    picks: int
    list_value: str
    list_digest: bytes
    second_party: str
    reveal_by: datetime
    opened_by: UUID
    opened_at: datetime
    review_id: UUID | None = None
    replaces_id: UUID | None = None
    reveals_first: str | None = None
    seed: bytes | None = None
    result: str | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DrawParty:
    """A party of a draw: its commitment, and its secret once revealed."""

    tenant_id: int
    draw_id: UUID
    party: str
    commitment: bytes
    person_tenant_id: int
    person_id: UUID
    committed_at: datetime
    secret: bytes | None = None
    revealed_at: datetime | None = None
    defaulted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SpotCheckAnswer:
    """A drawn number, and what looking it up came to (核查结果): `outcome` None until then. `path`: its audit path, hashes joined."""

    tenant_id: int
    draw_id: UUID
    position: int
    number: str
    salt: bytes
    path: bytes
    outcome: str | None = None
    note: str | None = None
    author_tenant_id: int | None = None
    author_id: UUID | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A change of divisions (区划变更): which units become which, by which document."""

    tenant_id: int
    id: UUID
    kind: str
    details: str
    document_number: str
    document_date: date
    effective_on: date
    reason: str
    proposed_by: UUID
    proposed_at: datetime
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = None
    declined_by: UUID | None = None
    declined_at: datetime | None = None
    decline_reason: str | None = None
