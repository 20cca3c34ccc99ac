"""A community takes its application back (撤回), with why, at any time before it is reported to the province.

The county's place is free again while its window is open, and the community may apply anew. A list of the city that names the
application already comes first: what the city has reported is withdrawn no more, even if the county's row does not say so yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from certification.acts.binding import end
from certification.changes import Act, Change, Context
from certification.following import Named, read_named
from certification.life import Actor, check_entitled, check_step
from tenancy.database import TenantConnection

ACTION: Final = "withdraw"


@dataclass(frozen=True, slots=True)
class Command:
    """Withdraw, and why."""

    application_id: UUID
    reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> Named:
    """Read the application, and what the city's lists say of it."""
    return await read_named(tx, command.application_id, now)


def authorise(state: Named, command: Command, actor: Actor) -> str:
    """The clerk of that community."""
    return check_entitled(state.found.programme, ACTION, state.found.view, actor).name


def decide(state: Named, command: Command, context: Context) -> Change:
    """The end of it."""
    step = check_step(state.found.programme, ACTION, state.view, context.actor, context.now)
    return end(state.found, step, command.reason, context, "application.withdrawn")


ACT: Final = Act("application.withdrawn", load, authorise, decide)
