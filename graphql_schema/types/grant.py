"""Grants (授权): which other tenants may oversee or audit a tenant, and since when."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graphql_schema.declare import WHOLE_TENANT_ONLY, Node, column, equals, in_tenant, rows, to_one
from graphql_schema.permissions import Permission
from graphql_schema.types.enums import GrantScope
from graphql_schema.types.tenant import Tenant
from tenancy.tables import tenant_grants, tenants


@strawberry.input(description="Which grants (授权筛选).")
class GrantFilter:
    """All that is given must hold."""

    scope: GrantScope | None = equals(tenant_grants.c.scope, "Of this scope (授权范围).")
    tenant_id: strawberry.ID | None = in_tenant("Given by this tenant (授权租户).")


@rows(
    tenant_grants,
    permission=Permission.READ,
    reach=WHOLE_TENANT_ONLY,
    description="What a tenant grants another; streets and communities do not see it (授权).",
)
class Grant(Node):
    """A grant, ended or not."""

    scope: GrantScope = column(tenant_grants.c.scope, description="To read and act, or to read (授权范围).")
    valid_from: datetime = column(tenant_grants.c.valid_from, description="Since (起).")
    valid_to: datetime | None = column(tenant_grants.c.valid_to, description="Until, exclusive (止).")
    tenant: Tenant = to_one({tenants.c.id: tenant_grants.c.tenant_id}, description="Who grants (授权租户).")
    grantee: Tenant = to_one(
        {tenants.c.id: tenant_grants.c.grantee_tenant_id}, description="To whom (被授权租户)."
    )
