"""Applications (申报), the versions of their form, and the opinions given on them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from audit.tables import ledger_entries
from certification.tables import (
    applications,
    campaigns,
    certifications,
    form_versions,
    objections,
    opinions,
)
from graphql_schema.actions import NEEDS, decide_actions
from graphql_schema.declare import (
    Connection,
    Direction,
    Node,
    among,
    column,
    computed,
    connection,
    equals,
    in_tenant,
    personal,
    refers,
    rows,
    to_many,
    to_one,
)
from graphql_schema.permissions import Permission
from graphql_schema.scalars import Hex
from graphql_schema.types.campaign import Campaign
from graphql_schema.types.enums import ApplicationStatus, Level, OpinionStage, OpinionVerdict
from graphql_schema.types.ledger import LedgerEntry
from graphql_schema.types.obstacle import Obstacle
from graphql_schema.types.reach import APPLICATION, through_application
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit
from tenancy.tables import tenants, units

if TYPE_CHECKING:
    from graphql_schema.types.certificate import Certification
    from graphql_schema.types.objection import Objection


def cover_name(value: str) -> str:
    """The family name alone: 张**."""
    return f"{value[:1]}**"


def cover_phone(value: str) -> str:
    """The last two digits alone: *********12."""
    return f"*********{value[-2:]}"


@rows(
    form_versions,
    permission=Permission.READ,
    reach=through_application("application_id"),
    description="A version of an application's form (申报表版本).",
)
class FormVersion(Node):
    """A version; an edit makes a new one and deletes nothing."""

    version: int = column(form_versions.c.version, description="Number, from 1 (版本号).")
    form: str = column(form_versions.c.form, description="form-2 (附件2) or form-3 (附件3).")
    situation: str = column(form_versions.c.situation, description="社区基本情况，创建工作情况.")
    narrative: str = column(form_versions.c.narrative, description="推荐材料, at most 1500 字.")
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
    fixed_phone: str | None = personal(
        form_versions.c.fixed_phone_commitment,
        "fixed_phone",
        cover=cover_phone,
        permission=Permission.READ_CONTACTS,
        description="Fixed phone, likewise (固定电话).",
    )
    mobile_phone: str | None = personal(
        form_versions.c.mobile_phone_commitment,
        "mobile_phone",
        cover=cover_phone,
        permission=Permission.READ_CONTACTS,
        description="Mobile phone, likewise (手机).",
    )


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
    form_version: FormVersion = to_one(
        {form_versions.c.id: opinions.c.form_version_id}, within=True, description="The version (表单版本)."
    )


@strawberry.type(description="An action and whether it is open to the reader now (可办事项).")
class AvailableAction:
    """What graphql_schema/actions.py decides."""

    action: str = strawberry.field(description="Name of the action (事项).")
    name: str = strawberry.field(description="What officers call it (事项名称).")
    clause: str | None = strawberry.field(description="The clause it rests on (依据条款).")
    allowed: bool = strawberry.field(description="Whether it may be done now (可否办理).")
    obstacle: Obstacle | None = strawberry.field(description="What stands against it now (不可办理的原因).")


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
