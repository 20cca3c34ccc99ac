"""An administrator gives a person of the tenant a role over one of its units (任职), from now on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from audit.entry import Subject
from certification.acts.administering import check_administrator, check_held_over, check_person, read_kinds
from certification.changes import Act, Change, Context, insert
from certification.errors import RoleHeldError, RoleOwnError
from certification.life import Actor
from certification.model import ROLE_ZH, RoleAssignment
from tenancy.database import TenantConnection
from tenancy.identity import in_force
from tenancy.statements import statement
from tenancy.tables import role_assignments

OPERATION: Final = "role.assigned"
_HELD = statement(
    select(role_assignments.c.id).where(
        role_assignments.c.tenant_id == bindparam("tenant_id"),
        role_assignments.c.person_id == bindparam("person"),
        role_assignments.c.role == bindparam("name"),
        role_assignments.c.unit_id == bindparam("unit"),
        in_force(role_assignments),
    )
)


@dataclass(frozen=True, slots=True)
class Command:
    """This role over this unit for this person."""

    person_id: UUID
    role: str
    unit_id: UUID


@dataclass(frozen=True, slots=True)
class State:
    """The unit's kind, if it exists today; and whether the person holds the role already."""

    tenant_id: int
    kinds: Mapping[UUID, str]
    held: bool


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read person and unit. Raises NotFoundError for a person who is not of the tenant."""
    await check_person(tx, command.person_id)
    held = await tx.first(_HELD, person=command.person_id, name=command.role, unit=command.unit_id, now=now)
    return State(tx.tenant_id, await read_kinds(tx, {command.unit_id}, now), held is not None)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An administrator of the tenant."""
    return check_administrator(state.tenant_id, "assign_role", "任职", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The role, unless it is held or one's own. Raises RoleMisplacedError, RoleOwnError, RoleHeldError, NotFoundError."""
    check_held_over(command.role, command.unit_id, state.kinds)
    if command.person_id == context.actor.person_id:
        raise RoleOwnError
    if state.held:
        raise RoleHeldError(role=command.role, role_zh=ROLE_ZH[command.role])
    assigned = RoleAssignment(
        state.tenant_id,
        context.new_id(),
        command.person_id,
        command.role,
        command.unit_id,
        context.now,
        None,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("role", assigned.id, 1),
        intent={
            "person": str(command.person_id),
            "role": command.role,
            "unit": str(command.unit_id),
        },
        writes=insert(assigned),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
