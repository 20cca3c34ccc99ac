"""Evidence (佐证材料): files bound by their hash. Who reaches what a file speaks of reaches the file.

The bytes are served by `GET /evidence/{id}`, which asks this type first.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from certification.tables import evidence
from graphql_schema.declare import Node, Reach, column, rows, to_one
from graphql_schema.permissions import Permission
from graphql_schema.scalars import Hex, SafeInt
from graphql_schema.types.reach import either, of_application, of_review, of_reviewed
from graphql_schema.types.tenant import Tenant
from tenancy.tables import tenants


@rows(
    evidence,
    permission=Permission.READ,
    reach=Reach(
        either(of_application("subject_id", "street_id"), of_reviewed("subject_id", "street_id")),
        either(of_application("subject_id", "community_id"), of_reviewed("subject_id", "community_id")),
        of_review("subject_id"),
    ),
    description="A file bound by its hash; get it at /evidence/{id} (佐证材料).",
)
class Evidence(Node):
    """What a file is, never the file."""

    subject_type: str = column(evidence.c.subject_type, description="Kind of what it is about (对象类型).")
    subject_id: UUID = column(evidence.c.subject_id, description="What it is about (对象).")
    item_code: str | None = column(evidence.c.item_code, description="Item of the standard (标准条目).")
    label: str = column(evidence.c.label, description="What it is called (材料名称).")
    media_type: str = column(evidence.c.media_type, description="Kind of file, as its bytes say (文件类型).")
    size: SafeInt = column(evidence.c.size, description="Bytes (大小).")
    sha256: Hex = column(evidence.c.sha256, description="SHA-256 of the file that is kept (哈希).")
    received_sha256: Hex | None = column(
        evidence.c.received_sha256,
        description="SHA-256 of the file as it was handed in, before anything was taken out of it (原始哈希).",
    )
    author_id: UUID = column(evidence.c.author_id, description="Pseudonym of who attached it (上传人代号).")
    author_tenant: Tenant | None = to_one(
        {tenants.c.id: evidence.c.author_tenant_id}, description="Whose officer that was (上传单位)."
    )
    created_at: datetime = column(evidence.c.created_at, description="When (时间).")
