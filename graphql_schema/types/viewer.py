"""The viewer: who is signed in, with the roles held now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause

from graphql_schema.declare import Parameters, column, personal, rows, to_many, to_one
from graphql_schema.permissions import Permission
from graphql_schema.types.person import RoleAssignment, held_now
from graphql_schema.types.tenant import Tenant
from tenancy.tables import people, role_assignments, tenants


def is_viewer(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """The row of the person who asks."""
    return row.c.id == parameters.person_id


@rows(people, permission=Permission.PUBLIC, description="Who is signed in (当前用户).")
class Viewer:
    """The reader's own row."""

    person_id: UUID = column(people.c.id, description="Pseudonym (代号).")
    name: str | None = personal(people.c.name_commitment, "name", description="Own name (姓名).")
    tenant: Tenant = to_one({tenants.c.id: people.c.tenant_id}, description="Home tenant (所属租户).")
    roles: list[RoleAssignment] = to_many(
        {role_assignments.c.person_id: people.c.id},
        order=(role_assignments.c.valid_from, role_assignments.c.id),
        where=held_now,
        within=True,
        description="Roles held now (现任角色).",
    )
