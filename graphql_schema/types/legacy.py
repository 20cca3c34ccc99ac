"""Legacy records (历史记录): what only paper says, proposed by the county and attested by the city."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from certification.tables import legacy_records
from graphql_schema.declare import Node, column, equals, in_tenant, refers, rows, to_one
from graphql_schema.permissions import Permission
from graphql_schema.scalars import Hex
from graphql_schema.types.enums import LegacyKind, LegacyResult, Level
from graphql_schema.types.reach import COMMUNITY
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit
from tenancy.tables import tenants, units


@strawberry.input(description="Which legacy records (历史记录筛选).")
class LegacyRecordFilter:
    """All that is given must hold."""

    kind: LegacyKind | None = equals(legacy_records.c.kind, "Of this kind (类型).")
    level: Level | None = equals(legacy_records.c.level, "Of this level (级别).")
    community_id: strawberry.ID | None = refers(
        legacy_records.c.community_id, "Unit", "Of this community (社区)."
    )
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(
    legacy_records,
    permission=Permission.READ,
    reach=COMMUNITY,
    description="What only paper says of a community; it counts once attested (历史记录).",
)
class LegacyRecord(Node):
    """A certification or an annual review of before the platform."""

    kind: LegacyKind = column(legacy_records.c.kind, description="What it is of (类型).")
    level: Level = column(legacy_records.c.level, description="Level (级别).")
    year: int = column(
        legacy_records.c.year, description="Of the certification, or that was reviewed (年度)."
    )
    result: LegacyResult = column(legacy_records.c.result, description="What it says (结论).")
    document_number: str = column(
        legacy_records.c.document_number, description="Number of the document (文号)."
    )
    document_date: date = column(legacy_records.c.document_date, description="Its day (文件日期).")
    document_sha256: Hex = column(
        legacy_records.c.document_sha256,
        description="SHA-256 of the scanned document, as its upload answered (扫描件摘要).",
    )
    proposed_by: UUID = column(
        legacy_records.c.proposed_by, description="The county officer's pseudonym (补录人代号)."
    )
    proposed_at: datetime = column(legacy_records.c.proposed_at, description="When (补录时间).")
    attested_by: UUID | None = column(
        legacy_records.c.attested_by, description="The city officer's pseudonym (核证人代号)."
    )
    attested_tenant: Tenant | None = to_one(
        {tenants.c.id: legacy_records.c.attested_tenant_id},
        description="The city that attested it (核证单位).",
    )
    attested_at: datetime | None = column(
        legacy_records.c.attested_at, description="The day of import: from then on it counts (核证时间)."
    )
    declined_at: datetime | None = column(
        legacy_records.c.declined_at, description="It never counts (退回时间)."
    )
    decline_reason: str | None = column(legacy_records.c.decline_reason, description="Why (退回理由).")
    tenant: Tenant = to_one({tenants.c.id: legacy_records.c.tenant_id}, description="The county (租户).")
    community: Unit = to_one({units.c.id: legacy_records.c.community_id}, description="The community (社区).")
