"""An administrator ends a role (免职): from now on it gives nothing.

Writing stops at once, because acts read roles again; what the person may still read ends with the token, in ten minutes at most.

Decided [D]: the last administrator who can sign in keeps that role, whoever ends it, or the tenant could never be administered again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select

from audit.entry import Subject
from certification.acts.administering import ROLE, check_administrator
from certification.changes import Act, Change, Context, update
from certification.errors import LastAdministratorError, NotFoundError, RoleEndedError
from certification.life import Actor
from certification.model import RoleAssignment
from certification.reading import entity
from tenancy.database import TenantConnection
from tenancy.identity import in_force
from tenancy.statements import statement
from tenancy.tables import credentials, role_assignments

OPERATION: Final = "role.ended"
_ROLE = statement(
    select(role_assignments).where(
        role_assignments.c.tenant_id == bindparam("tenant_id"), role_assignments.c.id == bindparam("role")
    )
)
_OTHERS = statement(
    select(func.count())
    .select_from(role_assignments)
    .join(
        credentials,
        and_(
            credentials.c.tenant_id == role_assignments.c.tenant_id,
            credentials.c.person_id == role_assignments.c.person_id,
        ),
    )
    .where(
        role_assignments.c.tenant_id == bindparam("tenant_id"),
        role_assignments.c.id != bindparam("role"),
        role_assignments.c.role == ROLE,
        in_force(role_assignments),
    )
)


@dataclass(frozen=True, slots=True)
class Command:
    """End this role."""

    role_id: UUID


@dataclass(frozen=True, slots=True)
class State:
    """The role, and how many administrators who can sign in the tenant has without it."""

    role: RoleAssignment
    other_administrators: int


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the role. Raises NotFoundError."""
    row = await tx.first(_ROLE, role=command.role_id)
    if row is None:
        raise NotFoundError(what="role", what_zh="任职")
    others = await tx.one(_OTHERS, role=command.role_id, now=now)
    return State(entity(RoleAssignment, row), others[0])


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An administrator of the tenant."""
    return check_administrator(state.role.tenant_id, "end_role", "免职", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The role, ended now. Raises RoleEndedError, LastAdministratorError."""
    role = state.role
    if role.valid_to is not None:
        raise RoleEndedError
    if role.role == ROLE and state.other_administrators == 0:
        raise LastAdministratorError
    return Change(
        operation=OPERATION,
        subject=Subject("role", role.id, 2),
        intent={"person": str(role.person_id), "role": role.role, "unit": str(role.unit_id)},
        writes=update(replace(role, valid_to=context.now)),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
