"""Street, county or city hand an application back (退回) with what is wrong: the community mends its form and submits anew.

A return is an opinion bound to the form version that was read. It takes nothing back: the opinions before it stay, and no longer
stand. The county's place is free again. From the publicity on there is none: objections and corrections take its place, so what a
list of the city names already, and does not show yet, is not returned either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from certification.acts.binding import get_bound_form, give
from certification.changes import Act, Change, Context
from certification.following import Named, read_named
from certification.forms import OPINION_LIMIT, check_text
from certification.life import Actor, action_of, check_entitled, check_step
from certification.model import Verdict
from tenancy.database import TenantConnection


@dataclass(frozen=True, slots=True)
class Command:
    """Return at a stage, with the reason and the hash (32 bytes) of the form version read."""

    application_id: UUID
    stage: str
    reason: str
    form_hash: bytes


async def load(tx: TenantConnection, command: Command, now: datetime) -> Named:
    """Read the application, and what the city's lists say of it."""
    return await read_named(tx, command.application_id, now)


def authorise(state: Named, command: Command, actor: Actor) -> str:
    """An officer of that stage, in whose jurisdiction the community lies."""
    action = action_of(state.found.programme, state.found.view.level, command.stage, Verdict.RETURN)
    return check_entitled(state.found.programme, action, state.found.view, actor).name


def decide(state: Named, command: Command, context: Context) -> Change:
    """The opinion that returns it, unless the table, a stale form or a list of the city stands against it."""
    found = state.found
    action = action_of(found.programme, found.view.level, command.stage, Verdict.RETURN)
    step = check_step(found.programme, action, state.view, context.actor, context.now)
    form = get_bound_form(found, command.form_hash)
    check_text("reason", "退回理由", command.reason, OPINION_LIMIT)
    return give(found, step, form, command.reason, context, "application.returned")


ACT: Final = Act("application.returned", load, authorise, decide)
