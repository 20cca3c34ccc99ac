"""Street, county and city give their opinion (意见) on an application, bound to the form version that they have read.

The county's opinion is its recommendation (推荐) and takes a place of the county: places are counted behind the lock of the
tenant's head, so of two officers pressing at once one is refused. Nobody gives two of them, nor one on their own filing.
A refusal ends the application, and says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from certification.acts.binding import get_bound_form, give
from certification.changes import Act, Change, Context
from certification.forms import OPINION_LIMIT, check_text
from certification.life import Actor, action_of, check_entitled, check_step
from certification.model import Stage, Verdict
from certification.reading import FoundApplication, read_application
from tenancy.database import TenantConnection


@dataclass(frozen=True, slots=True)
class Command:
    """A verdict at a stage, its text (may be blank when agreeing), and the hash (32 bytes) of the form version read."""

    application_id: UUID
    stage: str
    verdict: str
    text: str
    form_hash: bytes


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundApplication:
    """Read the application."""
    return await read_application(tx, command.application_id, now)


def authorise(state: FoundApplication, command: Command, actor: Actor) -> str:
    """An officer of that stage, in whose jurisdiction the community lies."""
    action = _action(state, command)
    return check_entitled(state.programme, action, state.view, actor).name


def decide(state: FoundApplication, command: Command, context: Context) -> Change:
    """The opinion, unless the table, a stale form or a blank refusal stands against it."""
    step = check_step(state.programme, _action(state, command), state.view, context.actor, context.now)
    form = get_bound_form(state, command.form_hash)
    if command.text or command.verdict != Verdict.AGREE:
        check_text("text", "意见", command.text, OPINION_LIMIT)
    return give(state, step, form, command.text, context, "application.opinion_given")


def _action(state: FoundApplication, command: Command) -> str:
    # A site visit has its own act, which asks for a note.
    stage = command.stage if command.stage != Stage.SITE_VISIT else "-"
    return action_of(state.programme, stage, command.verdict)


ACT: Final = Act("application.opinion_given", load, authorise, decide)
