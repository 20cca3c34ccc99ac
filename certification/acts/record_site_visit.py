"""The city records its site visit (实地考察) to a community: what it found, item by item, and whether it agrees or refuses.

What the visit sends back is returned by acts/return_application.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from certification.acts.binding import get_bound_form, give
from certification.assessment import Found, check_items
from certification.changes import Act, Change, Context
from certification.following import read_named
from certification.forms import OPINION_LIMIT, check_text
from certification.life import Actor, action_of, check_entitled, check_step
from certification.model import Stage, Verdict
from certification.reading import VISITED, FoundApplication
from tenancy.database import TenantConnection


@dataclass(frozen=True, slots=True)
class Command:
    """What was found, and the hash (32 bytes) of the form version that was compared with the place."""

    application_id: UUID
    note: str
    form_hash: bytes
    verdict: str = Verdict.AGREE.value
    items: tuple[Found, ...] = ()


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundApplication:
    """Read the application, and what the city's lists say of it."""
    named = await read_named(tx, command.application_id, now)
    return replace(named.found, view=named.view)


def authorise(state: FoundApplication, command: Command, actor: Actor) -> str:
    """An officer of the city that oversees the county."""
    return check_entitled(state.programme, _action(state, command), state.view, actor).name


def decide(state: FoundApplication, command: Command, context: Context) -> Change:
    """The note, as a row beside the opinions."""
    step = check_step(state.programme, _action(state, command), state.view, context.actor, context.now)
    form = get_bound_form(state, command.form_hash)
    check_text("note", "考察记录", command.note, OPINION_LIMIT)
    check_items(state.programme, step, state.view, command.items, context.now)
    return give(state, step, form, command.note, context, VISITED, found=command.items)


def _action(state: FoundApplication, command: Command) -> str:
    stage = Stage.SITE_VISIT if command.verdict != Verdict.RETURN else "-"
    return action_of(state.programme, state.view.level, stage, command.verdict)


ACT: Final = Act(VISITED, load, authorise, decide)
