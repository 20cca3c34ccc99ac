"""People (人员) of a tenant and the roles they hold. An administrator reads names and logins of the own tenant; an auditor family names alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, Text, and_, cast, null, or_, select

from graphql_schema.declare import (
    WHOLE_TENANT_ONLY,
    Mask,
    Node,
    Parameters,
    column,
    expression,
    in_tenant,
    personal,
    rows,
    to_many,
    to_one,
)
from graphql_schema.permissions import Permission
from graphql_schema.types.application import cover_name
from graphql_schema.types.enums import RoleName
from graphql_schema.types.erasure import Erasure, is_done
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit
from tenancy.tables import credentials, erasures, people, role_assignments, tenants, units


def held_now(row: FromClause, parameters: Parameters) -> ColumnElement[bool]:
    """The assignment is valid at the request's time."""
    now = parameters.now
    return and_(row.c.valid_from <= now, or_(row.c.valid_to.is_(None), row.c.valid_to > now))


def login(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """How the person signs in. Policies show credentials to nobody but their own tenant."""
    return (
        select(credentials.c.login)
        .where(credentials.c.tenant_id == row.c.tenant_id, credentials.c.person_id == row.c.id)
        .correlate(row)
        .scalar_subquery()
    )


def hide(_: ColumnElement[Any]) -> ColumnElement[Any]:
    """Nothing."""
    return cast(null(), Text)


@rows(
    role_assignments,
    permission=Permission.READ,
    reach=WHOLE_TENANT_ONLY,
    description="A role in a unit (角色).",
)
class RoleAssignment(Node):
    """A role and the unit whose jurisdiction it gives."""

    role: RoleName = column(role_assignments.c.role, description="Role (角色).")
    valid_from: datetime = column(role_assignments.c.valid_from, description="Since (起).")
    valid_to: datetime | None = column(role_assignments.c.valid_to, description="Until, exclusive (止).")
    unit: Unit = to_one({units.c.id: role_assignments.c.unit_id}, within=True, description="Its unit (单位).")


@strawberry.input(description="Which people (人员筛选).")
class PersonFilter:
    """All that is given must hold."""

    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(
    people,
    permission=Permission.READ_PEOPLE,
    reach=WHOLE_TENANT_ONLY,
    description="A person of a tenant, by pseudonym (人员).",
)
class Person(Node):
    """A person; nobody is ever deleted, roles end."""

    created_at: datetime = column(people.c.created_at, description="Since when (登记时间).")
    name: str | None = personal(
        people.c.name_commitment,
        "name",
        cover=cover_name,
        permission=Permission.ADMINISTER,
        own=True,
        description="Name, whole for an administrator of this very tenant, else covered; null once erased (姓名).",
    )
    login: str | None = expression(
        login,
        mask=Mask(Permission.ADMINISTER, hide),
        description="Login, for an administrator of this very tenant; null for others (账号).",
    )
    erasure: Erasure | None = to_one(
        {erasures.c.subject_id: people.c.id},
        where=is_done,
        within=True,
        description="The erasure of name and login; null: nothing was erased (删除事项).",
    )
    tenant: Tenant = to_one({tenants.c.id: people.c.tenant_id}, description="Home tenant (所属租户).")
    roles: list[RoleAssignment] = to_many(
        {role_assignments.c.person_id: people.c.id},
        order=(role_assignments.c.valid_from, role_assignments.c.id),
        where=held_now,
        within=True,
        description="Roles held now (现任角色).",
    )
    role_history: list[RoleAssignment] = to_many(
        {role_assignments.c.person_id: people.c.id},
        order=(role_assignments.c.valid_from, role_assignments.c.id),
        within=True,
        description="Every role, ended ones too (任职经历).",
    )
