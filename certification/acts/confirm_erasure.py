"""Another administrator confirms an erasure (确认删除个人信息): values, salts, data key and login go with this act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from audit.erasure import ERASED
from certification.acts.administering import check_administrator
from certification.acts.erasing import (
    SUBJECT,
    Held,
    check_erasable,
    check_unsettled,
    confirm,
    describe,
    get_erasure,
    read_held,
)
from certification.changes import Act, Change, Context, erase, update
from certification.errors import SecondPersonError
from certification.life import Actor
from certification.model import Erasure
from tenancy.database import TenantConnection


@dataclass(frozen=True, slots=True)
class Command:
    """Confirm this erasure."""

    erasure_id: UUID


@dataclass(frozen=True, slots=True)
class State:
    """The erasure, and what is kept of its subject."""

    erasure: Erasure
    held: Held


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the erasure and its subject. Raises NotFoundError."""
    erasure = await get_erasure(tx, command.erasure_id)
    return State(erasure, await read_held(tx, erasure.subject_type, erasure.subject_id, now))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An administrator of the tenant."""
    return check_administrator(state.erasure.tenant_id, "confirm_erasure", "确认删除个人信息", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The erasure, done; the entry names what was committed to. Raises SecondPersonError, and what stands against it."""
    check_unsettled(state.erasure)
    if state.erasure.proposed_by == context.actor.person_id:
        raise SecondPersonError
    check_erasable(state.erasure.subject_type, state.held)
    after = confirm(state.erasure, state.held, context.actor.person_id, context.now)
    return Change(
        operation=ERASED,
        subject=Subject(SUBJECT, after.id, 2),
        intent=describe(after),
        writes=(*update(after), *erase(after.subject_id)),
    )


ACT: Final = Act(ERASED, load, authorise, decide)
