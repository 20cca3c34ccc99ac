"""A community submits its application to the street (报街道（乡镇）), with the form version that it has before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.binding import get_bound_form
from certification.changes import Act, Change, Context, update
from certification.extensions import cite_late
from certification.life import Actor, check_entitled, check_step
from certification.reading import FoundApplication, read_application
from tenancy.database import TenantConnection

ACTION: Final = "submit"


@dataclass(frozen=True, slots=True)
class Command:
    """Submit, bound to the hash (32 bytes) of the form version that was read."""

    application_id: UUID
    form_hash: bytes


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundApplication:
    """Read the application."""
    return await read_application(tx, command.application_id, now)


def authorise(state: FoundApplication, command: Command, actor: Actor) -> str:
    """The clerk of that community."""
    return check_entitled(state.programme, ACTION, state.view, actor).name


def decide(state: FoundApplication, command: Command, context: Context) -> Change:
    """From now on the form stands as it is."""
    step = check_step(state.programme, ACTION, state.view, context.actor, context.now)
    form = get_bound_form(state, command.form_hash)
    application = state.application
    after = replace(application, status=step.to, revision=application.revision + 1, updated_at=context.now)
    change = Change(
        operation="application.submitted",
        subject=Subject("application", application.id, after.revision),
        intent={"action": ACTION, "form_hash": form.hash.hex(), "status": step.to},
        writes=update(after),
    )
    return cite_late(change, state.programme, step, state.extensions, context.now)


ACT: Final = Act("application.submitted", load, authorise, decide)
