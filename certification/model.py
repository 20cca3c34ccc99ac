"""The nouns of certification: frozen dataclasses whose fields are the columns of the table of the same noun.

They hold values, not rules. Times are aware UTC, dates are the city's (Asia/Shanghai), digests 32 bytes.
docs/glossary.md gives the Chinese of each name. `PersonalValue` is what acts hand over in the clear and recording stores sealed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from tenancy.log_reading import LogReading
from tenancy.personal import PersonalValue as PersonalValue  # noqa: PLC0414 - one of these nouns


class Status(StrEnum):
    """Where an application is (状态). Which are used, and by which steps, is the programme's table."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    STREET_ENDORSED = "street_endorsed"
    COUNTY_RECOMMENDED = "county_recommended"
    CITY_REVIEWED = "city_reviewed"
    SITE_VISITED = "site_visited"
    PUBLICISED = "publicised"
    REPORTED = "reported"
    CERTIFIED = "certified"
    NOT_CERTIFIED = "not_certified"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Stage(StrEnum):
    """Where an opinion is given (环节)."""

    STREET = "street"
    COUNTY = "county"
    CITY = "city"
    SITE_VISIT = "site_visit"


class Verdict(StrEnum):
    """What an opinion says (同意, 不同意, 退回)."""

    AGREE = "agree"
    REFUSE = "refuse"
    RETURN = "return"


class Finding(StrEnum):
    """What an assessor finds of an item of the standard (符合, 不符合, 不适用)."""

    MEETS = "meets"
    DOES_NOT_MEET = "does_not_meet"
    NOT_APPLICABLE = "not_applicable"


class RosterKind(StrEnum):
    """The city's lists (名单): 排序, 公示, 报送, 认定."""

    RANKING = "ranking"
    PUBLICITY = "publicity"
    REPORT = "report"
    DECISION = "decision"


class CertificationState(StrEnum):
    """What became of a certification; in force it has none (暂停, 撤销)."""

    SUSPENDED = "suspended"
    REVOKED = "revoked"


class ChangeKind(StrEnum):
    """What the city does to a certification (暂停, 撤销, 恢复)."""

    SUSPEND = "suspend"
    REVOKE = "revoke"
    REINSTATE = "reinstate"


class LegacyKind(StrEnum):
    """What a legacy record is of (认定, 年度复查)."""

    CERTIFICATION = "certification"
    ANNUAL_REVIEW = "annual_review"


class ReviewResult(StrEnum):
    """How a year's review ended (合格, 整改后合格, 不合格)."""

    PASS = "pass"  # noqa: S105 - a verdict
    PASS_AFTER_RECTIFICATION = "pass_after_rectification"  # noqa: S105 - a verdict
    FAIL = "fail"


class LegacyResult(StrEnum):
    """What a legacy record says: 认定, or how a year's review ended."""

    CERTIFIED = "certified"
    PASS = "pass"  # noqa: S105 - a verdict
    PASS_AFTER_RECTIFICATION = "pass_after_rectification"  # noqa: S105 - a verdict
    FAIL = "fail"


class ItemVerdict(StrEnum):
    """What a list says of an application."""

    SELECTED = "selected"
    NOT_SELECTED = "not_selected"
    LISTED = "listed"
    CERTIFIED = "certified"
    NOT_CERTIFIED = "not_certified"


class ObjectionStatus(StrEnum):
    """Where an objection (异议) is: 已收到, 核查中, 成立, 不成立."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Campaign:
    """A round (批次): the programme in force, as canonical JSON with its SHA-256."""

    tenant_id: int
    id: UUID
    code: str
    name: str
    document_number: str
    issued_on: date
    programme: str
    programme_digest: bytes
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class CampaignLevel:
    """A level of a campaign with its batch and quotas; `county_quota` None: no cap a county."""

    tenant_id: int
    campaign_id: UUID
    level: str
    batch: int
    city_quota: int
    county_quota: int | None


@dataclass(frozen=True, slots=True)
class CampaignWindow:
    """A window of a campaign; `closes_at` is exclusive."""

    tenant_id: int
    campaign_id: UUID
    stage: str
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension (延期) of a window, in force once a second officer of the city has confirmed it.

    `level`, `beneficiary_tenant_id`, `community_id` None: every level, every county and the city's own lists, every community.
    """

    tenant_id: int
    id: UUID
    campaign_id: UUID
    level: str | None
    stage: str
    beneficiary_tenant_id: int | None
    community_id: UUID | None
    closes_at: datetime
    reason: str
    proposed_by: UUID
    proposed_at: datetime
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = None
    declined_by: UUID | None = None
    declined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """The document of a year's working days; `complete`: the year is arranged by it and the days beneath it alone."""

    tenant_id: int
    id: UUID
    year: int
    document_number: str
    title: str
    complete: bool
    reason: str
    revision: int
    set_by: UUID
    set_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerReading:
    """Who may read a tenant's log as files; one a tenant."""

    tenant_id: int
    id: UUID
    reading: LogReading
    reason: str
    revision: int
    set_by: UUID
    set_at: datetime


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that an administrator set; `working` None: it is as published again."""

    tenant_id: int
    day: date
    year: int
    working: bool | None
    name: str
    set_by: UUID
    set_at: datetime


@dataclass(frozen=True, slots=True)
class StandardClause:
    """An item of the standard (附件1) with its wording; `position` runs from 1 over all levels."""

    tenant_id: int
    campaign_id: UUID
    level: str
    code: str
    part: str
    position: int
    wording: str


@dataclass(frozen=True, slots=True)
class Application:
    """A community's application (申报); `revision` grows by one with every act on it.

    `community_kind` is the unit's kind when it was filed, None for what was filed before kinds were kept.
    """

    tenant_id: int
    id: UUID
    campaign_tenant_id: int
    campaign_id: UUID
    level: str
    community_id: UUID
    street_id: UUID
    status: str
    revision: int
    form_version_id: UUID | None
    filed_by: UUID
    created_at: datetime
    updated_at: datetime
    community_kind: str | None = None


@dataclass(frozen=True, slots=True)
class FormVersion:
    """A version of the form (推荐表); never changed. `hash` is what an opinion binds.

    `justification` is a village's reason; `certified_on`, `certified_by` (its proof) and `reviews` (canonical JSON) are what a star form takes from
    the recorded history.
    """

    tenant_id: int
    id: UUID
    application_id: UUID
    version: int
    form: str
    situation: str
    narrative: str
    contact_name_commitment: bytes
    fixed_phone_commitment: bytes | None
    mobile_phone_commitment: bytes | None
    hash: bytes
    author_id: UUID
    created_at: datetime
    justification: str | None = None
    certified_on: date | None = None
    reviews: str | None = None
    figures: str | None = None
    certified_by: str | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """An opinion (意见), or the note of a site visit, bound to the form version it was given on.

    `justification_confirmed`: the county confirms a village's reason.
    """

    tenant_id: int
    id: UUID
    application_id: UUID
    stage: str
    verdict: str
    text: str
    form_version_id: UUID
    form_hash: bytes
    author_tenant_id: int
    author_id: UUID
    given_at: datetime
    justification_confirmed: bool | None = None


@dataclass(frozen=True, slots=True)
class ItemAssessment:
    """A verdict (逐条评定) on an item of the standard, given with an opinion; `note` says what falls short."""

    tenant_id: int
    id: UUID
    application_id: UUID
    opinion_id: UUID
    item_code: str
    verdict: str
    note: str
    assessor_tenant_id: int
    assessor_id: UUID
    assessed_at: datetime
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """Why an application ended before anybody decided on it: withdrawn (撤回) or lapsed (失效)."""

    tenant_id: int
    application_id: UUID
    status: str
    reason: str
    author_id: UUID
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Roster:
    """A list of the city (名单): ranking, publicity list, report or the province's decision."""

    tenant_id: int
    id: UUID
    campaign_id: UUID
    level: str
    kind: str
    previous_id: UUID | None
    document_number: str | None
    document_date: date | None
    opens_on: date | None
    closes_on: date | None
    closed_at: datetime | None
    reason: str
    author_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RosterItem:
    """A line of a list, citing the county's entry that it rests on; `tie_reason` argues an equal `score`."""

    tenant_id: int
    roster_id: UUID
    position: int
    application_tenant_id: int
    application_id: UUID
    community_name: str
    verdict: str
    reason: str
    cited_origin: str
    cited_seq: int
    cited_hash: bytes
    score: int | None = None
    tie_reason: str | None = None


@dataclass(frozen=True, slots=True)
class PublicityCorrection:
    """Corrected content (更正) of an item of a publicity; its count begins anew on `corrected_on`.

    `number` orders a publicity's corrections, from 1: two may bear one time when a clock was put back.
    """

    tenant_id: int
    id: UUID
    roster_id: UUID
    position: int
    community_name: str
    reason: str
    corrected_on: date
    author_id: UUID
    created_at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection (异议) to an item of a publicity.

    Counties read the row, so it holds neither what was said nor by whom: these are personal values of the city behind their
    commitments, and so are the city's own reasons. `public_reason` is what everybody may read.
    """

    tenant_id: int
    id: UUID
    roster_id: UUID
    position: int
    application_tenant_id: int
    application_id: UUID
    status: str
    code_digest: bytes
    text_commitment: bytes
    name_commitment: bytes | None
    contact_commitment: bytes | None
    received_at: datetime
    reason_commitment: bytes | None = None
    public_reason: str | None = None
    accepted_at: datetime | None = None
    accepted_by: UUID | None = None
    decided_at: datetime | None = None
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Certification:
    """A community's certification (认定) by the province, citing the entry that it rests on.

    That entry is the city's of the province's decision on `application_id`, or the county's own of the legacy record
    `legacy_id`. `state` None: in force. One that came with its community from another county (certification/lineage/) has
    neither of the two, and names the row there: `former_tenant_id`, `former_id`, `former_legacy`.
    """

    tenant_id: int
    id: UUID
    community_id: UUID
    level: str
    application_id: UUID | None
    document_number: str
    certified_on: date
    cited_origin: str
    cited_seq: int
    cited_hash: bytes
    legacy_id: UUID | None = None
    state: str | None = None
    state_document: str | None = None
    state_on: date | None = None
    former_tenant_id: int | None = None
    former_id: UUID | None = None
    former_legacy: bool | None = None


@dataclass(frozen=True, slots=True)
class LegacyRecord:
    """What only paper says of a community (历史认定、历史年度复查), proposed by its county and attested by the city.

    `document_sha256` is the digest (32 bytes) of the scanned document. It counts from `attested_at` on; a declined one never does.
    """

    tenant_id: int
    id: UUID
    community_id: UUID
    kind: str
    level: str
    year: int
    result: str
    document_number: str
    document_date: date
    document_sha256: bytes
    proposed_by: UUID
    proposed_at: datetime
    attested_by: UUID | None = None
    attested_tenant_id: int | None = None
    attested_at: datetime | None = None
    declined_at: datetime | None = None
    decline_reason: str | None = None


@dataclass(frozen=True, slots=True)
class CertificationChange:
    """A county's certification suspended, revoked or reinstated by the city (暂停、撤销、恢复), with the province's document.

    Proposed by one person, in force once another has confirmed it; followed in the county's log.
    """

    tenant_id: int
    id: UUID
    certification_tenant_id: int
    certification_id: UUID
    kind: str
    document_number: str
    document_date: date
    reason: str
    proposed_by: UUID
    proposed_at: datetime
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = None
    declined_by: UUID | None = None
    declined_at: datetime | None = None
    decline_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person by pseudonym; the name is a personal value behind its commitment."""

    tenant_id: int
    id: UUID
    name_commitment: bytes | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure of a subject's personal values: proposed by one administrator, done when another confirms it."""

    tenant_id: int
    id: UUID
    subject_type: str
    subject_id: UUID
    ground: str
    reference: str
    proposed_by: UUID
    proposed_at: datetime
    erased: str | None = None
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = None
    declined_by: UUID | None = None
    declined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """A subject of whom no value, no key and no login is kept from now on."""

    subject_id: UUID


@dataclass(frozen=True, slots=True)
class Credential:
    """How a person signs in. Not audited: no entry and no digest holds any of it."""

    tenant_id: int
    person_id: UUID
    login: str
    password_hash: str = field(repr=False)
    failures: int
    locked_until: datetime | None
    demo: bool


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A role (角色) over a unit, from `valid_from` up to but not at `valid_to`."""

    tenant_id: int
    id: UUID
    person_id: UUID
    role: str
    unit_id: UUID
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant (授权) to another tenant, from `valid_from` up to but not at `valid_to`."""

    tenant_id: int
    id: UUID
    grantee_tenant_id: int
    scope: str
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file (佐证材料) bound to what it speaks of; the bytes are elsewhere, under their SHA-256."""

    tenant_id: int
    id: UUID
    subject_type: str
    subject_id: UUID
    item_code: str | None
    label: str
    media_type: str
    size: int
    sha256: bytes
    author_tenant_id: int
    author_id: UUID
    created_at: datetime
    received_sha256: bytes | None = None


STATUS_ZH = {
    Status.DRAFT: "草稿",
    Status.SUBMITTED: "已申报",
    Status.STREET_ENDORSED: "街道已同意",
    Status.COUNTY_RECOMMENDED: "县级已推荐",
    Status.CITY_REVIEWED: "市级已初审",
    Status.SITE_VISITED: "已实地考察",
    Status.PUBLICISED: "已列入公示",
    Status.REPORTED: "已报送",
    Status.CERTIFIED: "已认定",
    Status.NOT_CERTIFIED: "未予认定",
    Status.RETURNED: "已退回",
    Status.REJECTED: "未通过",
    Status.WITHDRAWN: "已撤回",
    Status.LAPSED: "已失效",
}
KIND_ZH = {
    RosterKind.RANKING: "排序",
    RosterKind.PUBLICITY: "公示",
    RosterKind.REPORT: "报送",
    RosterKind.DECISION: "认定",
}
CHANGE_ZH = {ChangeKind.SUSPEND: "暂停", ChangeKind.REVOKE: "撤销", ChangeKind.REINSTATE: "恢复"}
STATE_ZH = {CertificationState.SUSPENDED: "暂停", CertificationState.REVOKED: "撤销"}
OBJECTION_ZH = {
    ObjectionStatus.RECEIVED: "已收到",
    ObjectionStatus.ACCEPTED: "核查中",
    ObjectionStatus.UPHELD: "成立",
    ObjectionStatus.DISMISSED: "不成立",
}
ROLE_ZH = {
    "community_clerk": "社区经办人",
    "street_officer": "街道（乡镇）经办人",
    "county_officer": "县（市、区）人社局经办人",
    "city_officer": "市人社局经办人",
    "review_team": "年度复查组",
    "auditor": "审计员",
    "tenant_administrator": "租户管理员",
}
KIND_OF_UNIT_ZH = {
    "city": "市",
    "county": "县（市、区）",
    "street": "街道（乡镇）",
    "community": "社区",
    "village": "行政村",
}
STAGE_ZH = {
    "filing": "申报",
    Stage.STREET: "街道意见",
    Stage.COUNTY: "县级推荐",
    Stage.CITY: "市级初审",
    Stage.SITE_VISIT: "实地考察",
}
