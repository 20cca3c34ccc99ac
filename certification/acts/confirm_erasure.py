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
    check_confirmable,
    confirm,
    describe,
    get_erasure,
    is_settled,
    read_held,
)
from certification.changes import Act, Change, Context, erase, update
from certification.life import Actor
from certification.model import Erasure
from tenancy.database import TenantConnection

ACTION: Final = ("confirm_erasure", "确认删除个人信息")


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
    return check_administrator(state.erasure.tenant_id, *ACTION, actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The erasure, done; the entry names what was committed to. Raises SecondPersonError, and what stands against it."""
    held = state.held
    check_confirmable(
        settled=is_settled(state.erasure),
        proposed_by=state.erasure.proposed_by,
        person_id=context.actor.person_id,
        kind=state.erasure.subject_type,
        kept=bool(held.commitments) or held.login,
        roles=held.roles,
        status=held.status,
    )
    after = confirm(state.erasure, state.held, context.actor.person_id, context.now)
    return Change(
        operation=ERASED,
        subject=Subject(SUBJECT, after.id, 2),
        intent=describe(after),
        writes=(*update(after), *erase(after.subject_id)),
    )


ACT: Final = Act(ERASED, load, authorise, decide)
