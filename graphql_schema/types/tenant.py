"""Tenants: the city and its counties. A registry: whoever has signed in sees all of it."""

from __future__ import annotations

from graphql_schema.declare import EVERYBODY, Node, column, rows, to_one
from graphql_schema.permissions import Permission
from graphql_schema.types.enums import TenantLevel
from tenancy.tables import tenants


@rows(
    tenants,
    permission=Permission.READ,
    reach=EVERYBODY,
    description="A county bureau or the city bureau (租户：县、市人社局).",
)
class Tenant(Node):
    """A row of the registry."""

    code: str = column(tenants.c.code, description="Six-digit division code in force (区划代码).")
    name: str = column(tenants.c.name, description="Name (名称).")
    level: TenantLevel = column(tenants.c.level, description="City or county (层级).")
    origin: str = column(tenants.c.origin, description="Name of its ledger, for ever (账本名).")
    parent: Tenant | None = to_one(
        {tenants.c.id: tenants.c.parent_id}, description="The city of a county (所属市)."
    )
