"""An administrator adds a person (增加人员) with a login and first roles.

The name is personal: the entry holds its salted commitment, by the row's digest. Login and password stand in `credentials`, which is not
audited, so nothing of them enters an entry or a digest. The caller hashes the password before the transaction: argon2 is slow, and the
tenant's head is locked here.

Decided [D]: a retry must carry the same name and login, but its password is not compared, because the person may have changed it since;
what was kept at the first try stays. A login is 2 to 64 of lower-case Latin letters, digits, `.`, `_` and `-`, beginning with a letter or
digit, unlike any other of the tenant. A person may begin without a role, and nobody is ever deleted: roles are ended,
and then name and login may be erased (erasing.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from audit.commitment import commit
from audit.entry import Subject
from certification.acts.administering import check_administrator, check_held_over, read_kinds
from certification.changes import Act, Change, Context, insert
from certification.errors import FieldRefusedError, LoginTakenError, RoleHeldError
from certification.forms import check_line
from certification.life import Actor
from certification.model import ROLE_ZH, Credential, Person, PersonalValue, RoleAssignment
from tenancy.database import TenantConnection
from tenancy.personal import read_values
from tenancy.statements import statement
from tenancy.tables import credentials

OPERATION: Final = "person.added"
NAME_LIMIT: Final = 30
MOST_ROLES: Final = 20
_FIELD: Final = "name"
_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_TAKEN = statement(
    select(credentials.c.person_id).where(
        credentials.c.tenant_id == bindparam("tenant_id"), credentials.c.login == bindparam("by_login")
    )
)
_STORED = statement(
    select(credentials.c.login).where(
        credentials.c.tenant_id == bindparam("tenant_id"), credentials.c.person_id == bindparam("person")
    )
)


@dataclass(frozen=True, slots=True)
class FirstRole:
    """A role and the unit it is held over."""

    role: str
    unit_id: UUID


@dataclass(frozen=True, slots=True)
class Command:
    """A person. Name, login and the password's argon2 hash enter no digest."""

    roles: tuple[FirstRole, ...]
    name: str = field(repr=False, metadata={"personal": True})
    login: str = field(repr=False, metadata={"personal": True})
    password_hash: str = field(repr=False, metadata={"personal": True})


@dataclass(frozen=True, slots=True)
class State:
    """The kinds of the units named, those that exist; and whether the login is in use."""

    tenant_id: int
    kinds: Mapping[UUID, str]
    login_taken: bool


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read units and login. Raises FieldRefusedError for a login that none can be."""
    if not _LOGIN.fullmatch(command.login):
        raise FieldRefusedError(
            field="login",
            label="账号",
            reason_zh="应为 2 至 64 个小写字母、数字或 . _ -，并以字母或数字开头",
            reason_en="has 2 to 64 lower-case letters, digits, . _ or -, the first a letter or digit",
        )
    kinds = await read_kinds(tx, {given.unit_id for given in command.roles}, now)
    taken = await tx.first(_TAKEN, by_login=command.login) is not None
    return State(tx.tenant_id, kinds, taken)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An administrator of the tenant."""
    return check_administrator(state.tenant_id, "add_person", "增加人员", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The person with name, login and roles."""
    check_line("name", "姓名", command.name, NAME_LIMIT)
    _check_roles(state, command)
    if state.login_taken:
        raise LoginTakenError
    person_id, salt = context.new_id(), context.new_salt()
    commitment = commit(_FIELD, command.name.encode(), salt)
    roles = tuple(
        RoleAssignment(
            state.tenant_id, context.new_id(), person_id, given.role, given.unit_id, context.now, None
        )
        for given in command.roles
    )
    return Change(
        operation=OPERATION,
        subject=Subject("person", person_id, 1),
        intent={"roles": [{"id": str(one.id), "role": one.role, "unit": str(one.unit_id)} for one in roles]},
        writes=insert(
            Person(state.tenant_id, person_id, commitment, context.now),
            PersonalValue(state.tenant_id, commitment, person_id, _FIELD, command.name, salt),
            Credential(state.tenant_id, person_id, command.login, command.password_hash, 0, None, demo=False),
            *roles,
        ),
    )


async def same_personal(tx: TenantConnection, command: Command, first_id: UUID) -> bool:
    """Whether the person was added by this name and this login, as far as they have not been erased."""
    kept = await tx.first(_STORED, person=first_id)
    stored = (await read_values(tx, [first_id])).get(first_id, {})
    return (kept is None or kept["login"] == command.login) and all(
        value.value == command.name for value in stored.values()
    )


def _check_roles(state: State, command: Command) -> None:
    if len(command.roles) > MOST_ROLES:
        raise FieldRefusedError(
            field="roles",
            label="角色",
            reason_zh=f"超过 {MOST_ROLES} 个",
            reason_en=f"has more than {MOST_ROLES}",
        )
    for place, given in enumerate(command.roles):
        check_held_over(given.role, given.unit_id, state.kinds)
        if given in command.roles[:place]:
            raise RoleHeldError(role=given.role, role_zh=ROLE_ZH[given.role])


ACT: Final = Act(OPERATION, load, authorise, decide, same_personal)
