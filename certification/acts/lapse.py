"""A county declares lapsed (失效) what it had not recommended when the recommendation's window, with its extension, was over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from certification.acts.binding import end
from certification.changes import Act, Change, Context
from certification.life import Actor, check_entitled, check_step
from certification.reading import FoundApplication, read_application
from tenancy.database import TenantConnection

ACTION: Final = "lapse"


@dataclass(frozen=True, slots=True)
class Command:
    """Declare it lapsed, and why it came to nothing."""

    application_id: UUID
    reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundApplication:
    """Read the application."""
    return await read_application(tx, command.application_id, now)


def authorise(state: FoundApplication, command: Command, actor: Actor) -> str:
    """An officer of the county."""
    return check_entitled(state.programme, ACTION, state.view, actor).name


def decide(state: FoundApplication, command: Command, context: Context) -> Change:
    """The end of it."""
    step = check_step(state.programme, ACTION, state.view, context.actor, context.now)
    return end(state, step, command.reason, context, "application.lapsed")


ACT: Final = Act("application.lapsed", load, authorise, decide)
