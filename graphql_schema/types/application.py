"""Applications (申报), the versions of their form, and the opinions given on them."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, FromClause, and_, literal_column, not_, select

from audit.tables import ledger_entries
from certification.tables import (
    application_endings,
    applications,
    campaigns,
    certifications,
    evidence,
    form_versions,
    item_assessments,
    objections,
    opinions,
)
from graphql_schema.actions import NEEDS, decide_actions, programme
from graphql_schema.comparing import COMPARED, decide_comparison, of_version
from graphql_schema.deadlines import APPLICATION_NEEDS, decide_deadline
from graphql_schema.declare import (
    Connection,
    Direction,
    Node,
    Parameters,
    among,
    column,
    computed,
    connection,
    equals,
    expression,
    in_tenant,
    personal,
    refers,
    rows,
    to_many,
    to_one,
)
from graphql_schema.histories import (
    HISTORY_NEEDS,
    decide_application_history,
    decide_form_proof,
    decide_form_reviews,
    decide_rests_on_legacy,
)
from graphql_schema.judging import (
    FIGURES_NEEDS,
    FORM_FIGURES,
    decide_figures,
    decide_judgement,
)
from graphql_schema.judging import NEEDS as JUDGED
from graphql_schema.permissions import Permission
from graphql_schema.scalars import Hex
from graphql_schema.types.action import AvailableAction
from graphql_schema.types.campaign import Campaign
from graphql_schema.types.deadline import Deadline
from graphql_schema.types.enums import (
    ApplicationStatus,
    Finding,
    Level,
    OpinionStage,
    OpinionVerdict,
    SegmentKind,
    UnitKind,
)
from graphql_schema.types.erasure import Erasure, is_done
from graphql_schema.types.evidence import Evidence
from graphql_schema.types.history import Citation, FormReview, History
from graphql_schema.types.ledger import LedgerEntry
from graphql_schema.types.reach import APPLICATION, through_application
from graphql_schema.types.standard import Figure, Judgement
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit
from tenancy.tables import erasures, tenants, units

if TYPE_CHECKING:
    from graphql_schema.types.certificate import Certification
    from graphql_schema.types.objection import Objection


def cover_name(value: str) -> str:
    """The family name alone: 张**."""
    return f"{value[:1]}**"


def cover_phone(value: str) -> str:
    """The last two digits alone: *********12."""
    return f"*********{value[-2:]}"


def is_current(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """Whether the version is the one in force."""
    return (
        select(literal_column("1"))
        .select_from(applications)
        .where(
            applications.c.tenant_id == row.c.tenant_id,
            applications.c.id == row.c.application_id,
            applications.c.form_version_id == row.c[_version_of(row)],
        )
        .correlate(row)
        .exists()
    )


def stands(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """Whether the opinion is on the version in force, and no return came after it."""
    later = opinions.alias("later")
    returned = (
        select(literal_column("1"))
        .select_from(later)
        .where(
            later.c.tenant_id == row.c.tenant_id,
            later.c.application_id == row.c.application_id,
            later.c.verdict == literal_column("'return'"),
            later.c.given_at >= row.c.given_at,
            later.c.id != row.c.id,
        )
        .correlate(row)
        .exists()
    )
    return and_(is_current(row, parameters), not_(returned))


def _version_of(row: FromClause) -> str:
    return "form_version_id" if "form_version_id" in row.c else "id"


@rows(
    form_versions,
    permission=Permission.READ,
    reach=through_application("application_id"),
    description="A version of an application's form (申报表版本).",
)
class FormVersion(Node):
    """A version; an edit makes a new one and deletes nothing."""

    version: int = column(form_versions.c.version, description="Number, from 1 (版本号).")
    form: str = column(form_versions.c.form, description="The form's code in the programme (推荐表).")
    situation: str = column(form_versions.c.situation, description="社区基本情况，创建工作情况.")
    narrative: str = column(form_versions.c.narrative, description="推荐材料; the programme bounds its 字.")
    hash: Hex = column(
        form_versions.c.hash, description="SHA-256 of the content, which opinions bind (内容哈希)."
    )
    author_id: UUID = column(form_versions.c.author_id, description="The author's pseudonym (填报人代号).")
    created_at: datetime = column(form_versions.c.created_at, description="When (时间).")
    contact_name: str | None = personal(
        form_versions.c.contact_name_commitment,
        "contact_name",
        cover=cover_name,
        permission=Permission.READ_CONTACTS,
        description="Contact person, covered for readers without need, null once erased (联系人).",
    )
    certified_on: date | None = column(
        form_versions.c.certified_on,
        description="Form 3: day of the certification, from the ledger (省级充分就业社区认定时间).",
    )
    certified_by: Citation | None = computed(
        {"by": form_versions.c.certified_by},
        decide_form_proof,
        description="Form 3: the entry that this day rests on; null for a form of before it was kept (认定时间的账目).",
    )
    reviews: list[FormReview] | None = computed(
        {"reviews": form_versions.c.reviews},
        decide_form_reviews,
        description="Form 3: the annual reviews, from the ledger (三年复查情况).",
    )
    figures: list[Figure] = computed(
        FORM_FIGURES, decide_figures, description="The indicators as the community states them (指标数据)."
    )
    fixed_phone: str | None = personal(
        form_versions.c.fixed_phone_commitment,
        "fixed_phone",
        cover=cover_phone,
        permission=Permission.READ_CONTACTS,
        description="Fixed phone, likewise (固定电话).",
    )
    justification: str | None = column(
        form_versions.c.justification, description="Why a village stands beside communities (申报理由)."
    )
    is_current: bool = expression(
        is_current, nullable=False, description="Whether it is the version in force (是否现行)."
    )
    mobile_phone: str | None = personal(
        form_versions.c.mobile_phone_commitment,
        "mobile_phone",
        cover=cover_phone,
        permission=Permission.READ_CONTACTS,
        description="Mobile phone, likewise (手机).",
    )
    erasure: Erasure | None = to_one(
        {erasures.c.subject_id: form_versions.c.id},
        where=is_done,
        within=True,
        description="The erasure of the contact; null: nothing was erased (删除事项).",
    )


@rows(
    item_assessments,
    permission=Permission.READ,
    reach=through_application("application_id"),
    description="A verdict on an item of the standard, given with an opinion (逐条评定).",
)
class ItemAssessment(Node):
    """What was found of one item."""

    item_code: str = column(
        item_assessments.c.item_code, description="Code within the standard, as in `StandardClause` (条款号)."
    )
    verdict: Finding = column(item_assessments.c.verdict, description="What was found (评定).")
    note: str = column(
        item_assessments.c.note, description="What falls short, or why it does not apply (说明)."
    )
    score: int | None = column(
        item_assessments.c.score, description="Points, where the standard gives points (得分)."
    )
    assessor_id: UUID = column(
        item_assessments.c.assessor_id, description="The assessor's pseudonym (评定人代号)."
    )
    assessed_at: datetime = column(item_assessments.c.assessed_at, description="When (时间).")


@rows(
    application_endings,
    permission=Permission.READ,
    reach=through_application("application_id"),
    description="Why an application ended before anybody decided on it (撤回、失效).",
)
class ApplicationEnding:
    """Withdrawn or lapsed."""

    status: ApplicationStatus = column(
        application_endings.c.status, description="WITHDRAWN or LAPSED (撤回或失效)."
    )
    reason: str = column(application_endings.c.reason, description="Why (理由).")
    author_id: UUID = column(
        application_endings.c.author_id, description="The author's pseudonym (办理人代号)."
    )
    ended_at: datetime = column(application_endings.c.ended_at, description="When (时间).")


@rows(
    opinions,
    permission=Permission.READ,
    reach=through_application("application_id"),
    description="An opinion on a form version (意见).",
)
class Opinion(Node):
    """An opinion binds the hash of the version it was given on."""

    stage: OpinionStage = column(opinions.c.stage, description="Stage (环节).")
    verdict: OpinionVerdict = column(opinions.c.verdict, description="Verdict (结论).")
    text: str = column(opinions.c.text, description="Wording (意见内容).")
    form_hash: Hex = column(
        opinions.c.form_hash, description="Hash of the version it was given on (表单哈希)."
    )
    author_id: UUID = column(opinions.c.author_id, description="The author's pseudonym (签署人代号).")
    author_tenant: Tenant | None = to_one(
        {tenants.c.id: opinions.c.author_tenant_id}, description="The author's tenant (签署单位)."
    )
    given_at: datetime = column(opinions.c.given_at, description="When (时间).")
    stands: bool = expression(
        stands,
        nullable=False,
        description="Whether it is on the version in force and no return came after it (是否有效).",
    )
    justification_confirmed: bool | None = column(
        opinions.c.justification_confirmed, description="The county confirms a village's reason (确认理由)."
    )
    items: list[ItemAssessment] = to_many(
        {item_assessments.c.opinion_id: opinions.c.id},
        order=(item_assessments.c.item_code,),
        within=True,
        description="Item by item, where the stage assesses (逐条评定).",
    )
    form_version: FormVersion = to_one(
        {form_versions.c.id: opinions.c.form_version_id}, within=True, description="The version (表单版本)."
    )


@strawberry.type(description="A run of a text in two versions (文字段).")
class TextSegment:
    """Equal, deleted or inserted."""

    kind: SegmentKind = strawberry.field(description="What became of it (变动).")
    text: str = strawberry.field(description="The text (文字).")


@strawberry.type(description="A field of the form in two versions (字段比对).")
class FieldComparison:
    """What certification/comparison.py says."""

    field: str = strawberry.field(description="Its name among the fields of `FormVersion` (字段).")
    label: str = strawberry.field(description="What the form calls it (字段名称).")
    personal: bool = strawberry.field(description="A personal field shows neither value here (个人信息).")
    changed: bool | None = strawberry.field(
        description="Whether it changed; null: not told, for a personal field that both versions have (是否变动)."
    )
    before: str | None = strawberry.field(description="In the one version (变动前).")
    after: str | None = strawberry.field(description="In the other (变动后).")
    segments: list[TextSegment] = strawberry.field(description="The text, run by run (逐段).")


@strawberry.enum(description="What applications can be ordered by (排序字段).")
class ApplicationOrderField(Enum):
    """Columns that are never null."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@strawberry.input(description="Order of applications (排序).")
class ApplicationOrder:
    """A field and a direction."""

    field: ApplicationOrderField
    direction: Direction = Direction.ASC


@strawberry.input(description="Which applications (申报筛选).")
class ApplicationFilter:
    """All that is given must hold."""

    status: list[ApplicationStatus] | None = among(applications.c.status, "In one of these states (状态).")
    level: Level | None = equals(applications.c.level, "Of this level (级别).")
    community_id: strawberry.ID | None = refers(
        applications.c.community_id, "Unit", "Of this community (社区)."
    )
    campaign_id: strawberry.ID | None = refers(
        applications.c.campaign_id, "Campaign", "In this campaign (批次).", applications.c.campaign_tenant_id
    )
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(
    applications,
    permission=Permission.READ,
    reach=APPLICATION,
    description="A community's application for certification (申报).",
)
class Application(Node):
    """An application with all that was done to it."""

    level: Level = column(applications.c.level, description="Level applied for (级别).")
    status: ApplicationStatus = column(applications.c.status, description="Where it stands (状态).")
    revision: int = column(applications.c.revision, description="Grows by one with every act (修订号).")
    community_kind: UnitKind | None = column(
        applications.c.community_kind,
        description="COMMUNITY or VILLAGE when it was filed; null: from before kinds were kept (社区或行政村).",
    )
    filed_by: UUID = column(applications.c.filed_by, description="Pseudonym of who filed it (申报人代号).")
    created_at: datetime = column(applications.c.created_at, description="When it was begun (创建时间).")
    updated_at: datetime = column(applications.c.updated_at, description="When it last changed (更新时间).")
    tenant: Tenant = to_one({tenants.c.id: applications.c.tenant_id}, description="The county (租户).")
    community: Unit = to_one({units.c.id: applications.c.community_id}, description="The community (社区).")
    street: Unit = to_one(
        {units.c.id: applications.c.street_id}, description="The street when it was filed (街道)."
    )
    campaign: Campaign | None = to_one(
        {campaigns.c.id: applications.c.campaign_id},
        tenant=applications.c.campaign_tenant_id,
        description="The campaign, when it is in reach (批次).",
    )
    form: FormVersion | None = to_one(
        {form_versions.c.id: applications.c.form_version_id},
        within=True,
        description="The form in force (现行申报表).",
    )
    form_versions: list[FormVersion] = to_many(
        {form_versions.c.application_id: applications.c.id},
        order=(form_versions.c.version,),
        within=True,
        description="Every version (全部版本).",
    )
    opinions: list[Opinion] = to_many(
        {opinions.c.application_id: applications.c.id},
        order=(opinions.c.given_at, opinions.c.id),
        within=True,
        description="Opinions in order of time (意见).",
    )
    comparison: list[FieldComparison] | None = computed(
        {"programme": programme, "form": of_version("from", "form"), **COMPARED},
        decide_comparison,
        arguments={
            "from": (int, "Number of the version that is compared (原版本)."),
            "to": (int, "Number of the version that it is compared with (新版本)."),
        },
        description="Two versions of the form, field by field; null when one of them does not exist (版本比对).",
    )
    assessments: list[ItemAssessment] = to_many(
        {item_assessments.c.application_id: applications.c.id},
        order=(item_assessments.c.assessed_at, item_assessments.c.item_code, item_assessments.c.id),
        within=True,
        description="Every verdict on an item, in order of time (逐条评定).",
    )
    ending: ApplicationEnding | None = to_one(
        {application_endings.c.application_id: applications.c.id},
        within=True,
        description="Why it ended before anybody decided on it (撤回、失效).",
    )
    evidence: list[Evidence] = to_many(
        {evidence.c.subject_id: applications.c.id},
        order=(evidence.c.created_at, evidence.c.id),
        within=True,
        description="The files attached to it, in order of time (佐证材料).",
    )
    certification: Annotated[Certification, strawberry.lazy("graphql_schema.types.certificate")] | None = (
        to_one(
            {certifications.c.application_id: applications.c.id},
            within=True,
            description="What it led to (认定).",
        )
    )
    objections: list[Annotated[Objection, strawberry.lazy("graphql_schema.types.objection")]] = to_many(
        {
            objections.c.application_id: applications.c.id,
            objections.c.application_tenant_id: applications.c.tenant_id,
        },
        tenant=applications.c.campaign_tenant_id,
        order=(objections.c.received_at, objections.c.id),
        description="Objections to it while it was publicised (异议).",
    )
    ledger_entries: Connection[LedgerEntry] = connection(
        {ledger_entries.c.subject_id: applications.c.id},
        order="seq",
        within=True,
        description="What the county's log says of it (账目).",
    )
    available_actions: list[AvailableAction] = computed(
        NEEDS,
        decide_actions,
        description="What the reader may do now, and why not (可办事项).",
    )
    figures: list[Figure] = computed(
        FIGURES_NEEDS,
        decide_figures,
        description="The indicators as the form in force states them (指标数据).",
    )
    judgement: Judgement | None = computed(
        JUDGED,
        decide_judgement,
        description="What it comes to by the standard, clause by clause; null when its campaign is out of reach (对标评判).",
    )
    history: History | None = computed(
        HISTORY_NEEDS,
        decide_application_history,
        description="The past that its level asks for, folded today; null where it asks for none (认定与复查历史).",
    )
    rests_on_legacy: bool = computed(
        HISTORY_NEEDS,
        decide_rests_on_legacy,
        description="Something of its history is attested from paper (含历史记录).",
    )
    deadline: Deadline | None = computed(
        APPLICATION_NEEDS,
        decide_deadline,
        description="Until when it must go on; null when nothing bounds it (当前期限).",
    )
