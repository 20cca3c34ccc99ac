"""An administrator proposes to erase somebody's personal values (提请删除个人信息); nothing goes before another confirms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.administering import check_administrator
from certification.acts.erasing import SUBJECT, Held, check_erasable, check_given, describe, read_held
from certification.changes import Act, Change, Context, insert
from certification.errors import ErasureSettledError
from certification.life import Actor
from certification.model import Erasure
from tenancy.database import TenantConnection

OPERATION: Final = "erasure.proposed"


@dataclass(frozen=True, slots=True)
class Command:
    """Erase the values of this subject, on this ground; `reference` is the number of the request on file."""

    subject_type: str
    subject_id: UUID
    ground: str
    reference: str


@dataclass(frozen=True, slots=True)
class State:
    """What is kept of the subject."""

    tenant_id: int
    held: Held


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the subject. Raises NotFoundError."""
    return State(tx.tenant_id, await read_held(tx, command.subject_type, command.subject_id, now))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An administrator of the tenant."""
    return check_administrator(state.tenant_id, "propose_erasure", "提请删除个人信息", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The erasure, proposed. Raises what stands against it."""
    check_given(command.ground, command.reference)
    if state.held.erasure is not None:
        raise ErasureSettledError
    check_erasable(command.subject_type, state.held)
    erasure = Erasure(
        tenant_id=state.tenant_id,
        id=context.new_id(),
        subject_type=command.subject_type,
        subject_id=command.subject_id,
        ground=command.ground,
        reference=command.reference,
        proposed_by=context.actor.person_id,
        proposed_at=context.now,
    )
    return Change(OPERATION, Subject(SUBJECT, erasure.id, 1), describe(erasure), insert(erasure))


ACT: Final = Act(OPERATION, load, authorise, decide)
