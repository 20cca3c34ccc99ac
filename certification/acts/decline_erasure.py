"""An administrator declines an erasure (不予删除个人信息); who proposed it may take it back so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.administering import check_administrator
from certification.acts.erasing import SUBJECT, check_unsettled, describe, get_erasure
from certification.changes import Act, Change, Context, update
from certification.life import Actor
from certification.model import Erasure
from tenancy.database import TenantConnection

OPERATION: Final = "erasure.declined"
ACTION: Final = ("decline_erasure", "不予删除个人信息")


@dataclass(frozen=True, slots=True)
class Command:
    """Decline this erasure."""

    erasure_id: UUID


async def load(tx: TenantConnection, command: Command, now: datetime) -> Erasure:
    """Read the erasure. Raises NotFoundError."""
    return await get_erasure(tx, command.erasure_id)


def authorise(state: Erasure, command: Command, actor: Actor) -> str:
    """An administrator of the tenant."""
    return check_administrator(state.tenant_id, *ACTION, actor)


def decide(state: Erasure, command: Command, context: Context) -> Change:
    """The erasure, never to be done; another may be proposed. Raises ErasureSettledError."""
    check_unsettled(state)
    after = replace(state, declined_by=context.actor.person_id, declined_at=context.now)
    return Change(OPERATION, Subject(SUBJECT, after.id, 2), describe(after), update(after))


ACT: Final = Act(OPERATION, load, authorise, decide)
