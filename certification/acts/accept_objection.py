"""The city accepts an objection (受理异议): the investigation begins, and with it the item's days stop counting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.objecting import FoundObjection, read_objection
from certification.changes import Act, Change, Context, update
from certification.life import Actor
from certification.objections import ACCEPT, check_objection_officer, check_objection_step
from tenancy.database import TenantConnection


@dataclass(frozen=True, slots=True)
class Command:
    """Investigate the objection."""

    objection_id: UUID


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundObjection:
    """Read the objection. Raises NotFoundError."""
    return await read_objection(tx, command.objection_id)


def authorise(state: FoundObjection, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return check_objection_officer(state.programme.objections, ACCEPT, state.objection.tenant_id, actor).name


def decide(state: FoundObjection, command: Command, context: Context) -> Change:
    """The objection, under investigation from this moment."""
    before = state.objection
    step = check_objection_step(
        state.programme.objections, ACCEPT, before.tenant_id, before.status, context.actor
    )
    after = replace(before, status=step.to, accepted_at=context.now, accepted_by=context.actor.person_id)
    return Change(
        operation="objection.accepted",
        subject=Subject("objection", before.id, 2),
        intent={
            "action": step.action,
            "list": str(before.roster_id),
            "position": before.position,
            "status": step.to,
        },
        writes=update(after),
    )


ACT: Final = Act("objection.accepted", load, authorise, decide)
