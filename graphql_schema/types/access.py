"""The access log (访问记录): what was refused to the tenant's people, and whose personal data they were shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from graphql_schema.declare import WHOLE_TENANT_ONLY, Node, column, equals, in_tenant, rows, to_one
from graphql_schema.permissions import Permission
from graphql_schema.types.tenant import Tenant
from tenancy.tables import access_log, tenants


@strawberry.input(description="Which records of access (访问记录筛选).")
class AccessRecordFilter:
    """All that is given must hold."""

    tenant_id: strawberry.ID | None = in_tenant("By people of this tenant (租户).")
    person_id: UUID | None = equals(access_log.c.person_id, "By this person (人员代号).")
    operation: str | None = equals(access_log.c.operation, "Of this operation (操作).")
    code: str | None = equals(access_log.c.code, "That came to this (结果).")


@rows(
    access_log,
    permission=Permission.READ_PEOPLE,
    reach=WHOLE_TENANT_ONLY,
    description="A refused attempt, or a reading of personal data (访问记录).",
)
class AccessRecord(Node):
    """It stands in the log of the tenant whose person tried or read, whatever tenant it was about."""

    at: datetime = column(access_log.c.at, description="When (时间).")
    person_id: UUID = column(access_log.c.person_id, description="The person's pseudonym (人员代号).")
    operation: str = column(
        access_log.c.operation, description="What was tried; read.personal for a reading (操作)."
    )
    target: str = column(
        access_log.c.target,
        description="What it was about; of a reading the row's global id and the fields shown (对象).",
    )
    code: str = column(
        access_log.c.code, description="The refusal's code; personal.read for a reading (结果)."
    )
    trace_id: str = column(access_log.c.trace_id, description="The request's trace id (追踪编号).")
    tenant: Tenant = to_one(
        {tenants.c.id: access_log.c.tenant_id}, description="The person's tenant (人员所属租户)."
    )
