"""The viewer: who is signed in, with the roles held now."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, or_

from graphql_schema.declare import Parameters, column, expression, rows, to_many, to_one
from graphql_schema.permissions import Permission
from graphql_schema.types.application import personal
from graphql_schema.types.enums import RoleName
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit
from tenancy.tables import people, role_assignments, tenants, units


def held_now(row: FromClause, parameters: Parameters) -> ColumnElement[bool]:
    """The assignment is valid at the request's time."""
    now = parameters.now
    return and_(row.c.valid_from <= now, or_(row.c.valid_to.is_(None), row.c.valid_to > now))


def is_viewer(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """The row of the person who asks."""
    return row.c.id == parameters.person_id


@rows(role_assignments, permission=Permission.READ, description="A role in a unit (角色).")
class RoleAssignment:
    """A role and the unit whose jurisdiction it gives."""

    role: RoleName = column(role_assignments.c.role, description="Role (角色).")
    valid_from: datetime = column(role_assignments.c.valid_from, description="Since (起).")
    valid_to: datetime | None = column(role_assignments.c.valid_to, description="Until, exclusive (止).")
    unit: Unit = to_one({units.c.id: role_assignments.c.unit_id}, description="Its unit (单位).")


@rows(people, permission=Permission.PUBLIC, description="Who is signed in (当前用户).")
class Viewer:
    """The reader's own row."""

    person_id: UUID = column(people.c.id, description="Pseudonym (代号).")
    name: str | None = expression(personal("name_commitment"), description="Own name (姓名).")
    tenant: Tenant = to_one({tenants.c.id: people.c.tenant_id}, description="Home tenant (所属租户).")
    roles: list[RoleAssignment] = to_many(
        {role_assignments.c.person_id: people.c.id},
        order=(role_assignments.c.valid_from, role_assignments.c.id),
        where=held_now,
        description="Roles held now (现任角色).",
    )
