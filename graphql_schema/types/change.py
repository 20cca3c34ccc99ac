"""Changes of a certification (认定变更): the city's, shared with the counties."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from certification.tables import certification_changes, certifications
from graphql_schema.declare import Node, column, equals, in_tenant, rows, to_one
from graphql_schema.permissions import Permission
from graphql_schema.types.certificate import Certification
from graphql_schema.types.enums import CertificationChangeKind
from graphql_schema.types.tenant import Tenant
from tenancy.tables import tenants


@strawberry.input(description="Which changes (认定变更筛选).")
class CertificationChangeFilter:
    """All that is given must hold."""

    kind: CertificationChangeKind | None = equals(certification_changes.c.kind, "Of this kind (类型).")
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(
    certification_changes,
    permission=Permission.READ,
    description="A certification is suspended, revoked or reinstated; two persons of the city (认定变更).",
)
class CertificationChange(Node):
    """It holds once confirmed."""

    kind: CertificationChangeKind = column(certification_changes.c.kind, description="What is done (类型).")
    document_number: str = column(
        certification_changes.c.document_number, description="The province's document (文号)."
    )
    document_date: date = column(certification_changes.c.document_date, description="Its day (文件日期).")
    reason: str = column(certification_changes.c.reason, description="Why (理由).")
    proposed_by: UUID = column(
        certification_changes.c.proposed_by, description="Pseudonym of who proposed it (提出人代号)."
    )
    proposed_at: datetime = column(certification_changes.c.proposed_at, description="When (提出时间).")
    confirmed_by: UUID | None = column(
        certification_changes.c.confirmed_by, description="Pseudonym of who confirmed it (确认人代号)."
    )
    confirmed_at: datetime | None = column(
        certification_changes.c.confirmed_at, description="From then on it holds (确认时间)."
    )
    declined_by: UUID | None = column(
        certification_changes.c.declined_by, description="Pseudonym of who declined it (否决人代号)."
    )
    declined_at: datetime | None = column(
        certification_changes.c.declined_at, description="It never holds (否决时间)."
    )
    decline_reason: str | None = column(
        certification_changes.c.decline_reason, description="Why it was declined (否决理由)."
    )
    tenant: Tenant = to_one({tenants.c.id: certification_changes.c.tenant_id}, description="The city (租户).")
    county: Tenant = to_one(
        {tenants.c.id: certification_changes.c.certification_tenant_id},
        description="Whose certification (县区).",
    )
    certification: Certification | None = to_one(
        {certifications.c.id: certification_changes.c.certification_id},
        tenant=certification_changes.c.certification_tenant_id,
        description="The certification, when it is in reach (认定).",
    )
