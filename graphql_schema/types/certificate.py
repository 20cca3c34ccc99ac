"""Certifications (认定): what an application led to."""

from __future__ import annotations

from datetime import date

import strawberry
from sqlalchemy import or_

from certification.tables import applications, certifications, legacy_records
from graphql_schema.declare import Node, column, equals, expression, in_tenant, refers, rows, to_one
from graphql_schema.permissions import Permission
from graphql_schema.scalars import Hex, SafeInt
from graphql_schema.types.application import Application
from graphql_schema.types.enums import CertificationState, Level
from graphql_schema.types.legacy import LegacyRecord
from graphql_schema.types.reach import COMMUNITY
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit
from tenancy.tables import tenants, units


@strawberry.input(description="Which certifications (认定筛选).")
class CertificationFilter:
    """All that is given must hold."""

    level: Level | None = equals(certifications.c.level, "Of this level (级别).")
    community_id: strawberry.ID | None = refers(
        certifications.c.community_id, "Unit", "Of this community (社区)."
    )
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(
    certifications,
    permission=Permission.READ,
    reach=COMMUNITY,
    description="A community's certification by the province (认定).",
)
class Certification(Node):
    """A certification, with the city's entry that it rests on."""

    level: Level = column(certifications.c.level, description="Level (级别).")
    document_number: str = column(
        certifications.c.document_number, description="The province's document (文号)."
    )
    certified_on: date = column(certifications.c.certified_on, description="Day of the decision (认定日期).")
    cited_origin: str = column(
        certifications.c.cited_origin, description="Log of the entry cited (引用账本)."
    )
    cited_seq: SafeInt = column(certifications.c.cited_seq, description="Its place (引用序号).")
    cited_hash: Hex = column(certifications.c.cited_hash, description="Its hash (引用哈希).")
    tenant: Tenant = to_one({tenants.c.id: certifications.c.tenant_id}, description="The county (租户).")
    community: Unit = to_one({units.c.id: certifications.c.community_id}, description="The community (社区).")
    application: Application | None = to_one(
        {applications.c.id: certifications.c.application_id},
        within=True,
        description="The application that led to it; null for one of before the platform (申报).",
    )
    legacy: bool = expression(
        lambda row, _: or_(row.c.legacy_id.is_not(None), row.c.former_legacy.is_(True)),
        nullable=False,
        description="It rests on paper, attested by county and city (历史记录).",
    )
    legacy_record: LegacyRecord | None = to_one(
        {legacy_records.c.id: certifications.c.legacy_id},
        within=True,
        description="The record that it is (历史记录).",
    )
    former: Certification | None = to_one(
        {certifications.c.id: certifications.c.former_id},
        tenant=certifications.c.former_tenant_id,
        description="The one in the county from which its community moved, when it is in reach (原认定).",
    )
    state: CertificationState | None = column(
        certifications.c.state, description="Suspended or revoked; null: in force (状态)."
    )
    state_document: str | None = column(
        certifications.c.state_document,
        description="The document that suspended, revoked or reinstated it (文号).",
    )
    state_on: date | None = column(certifications.c.state_on, description="The day of that document (日期).")
