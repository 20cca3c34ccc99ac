"""Street, county and city give their opinion (意见) on an application, bound to the form version that they have read.

The county's opinion is its recommendation (推荐) and takes a place of the county: places are counted behind the lock of the
tenant's head, so of two officers pressing at once one is refused. Nobody gives two of them, nor one on their own filing.
A refusal ends the application, and says why; to return it has its own act. The city's first review gives its verdict on each item
of the standard beside the opinion. A village's reason is confirmed by the county that recommends it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from certification.acts.binding import get_bound_form, give
from certification.assessment import Found, check_items
from certification.changes import Act, Change, Context, Many
from certification.errors import JustificationUnconfirmedError, NotFoundError
from certification.forms import OPINION_LIMIT, check_text
from certification.life import Actor, action_of, check_entitled, check_step
from certification.model import KIND_OF_UNIT_ZH, Application, Stage, Verdict
from certification.programme import Step
from certification.reading import OPINED, FoundApplication, read_application, read_applications
from tenancy.database import TenantConnection


@dataclass(frozen=True, slots=True)
class Command:
    """A verdict at a stage, its text (may be blank when agreeing), and the hash (32 bytes) of the form version read.

    `items` at the stages that assess; `confirm_justification` by the county, for a village.
    """

    application_id: UUID
    stage: str
    verdict: str
    text: str
    form_hash: bytes
    items: tuple[Found, ...] = ()
    confirm_justification: bool = False


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
    check_items(state.programme, step, state.view, command.items, context.now)
    confirmed = _confirm(state, step, command.confirm_justification)
    return give(
        state,
        step,
        form,
        command.text,
        context,
        OPINED,
        found=command.items,
        confirmed=confirmed,
    )


def _action(state: FoundApplication, command: Command) -> str:
    # A site visit and a return have their own acts, which ask for more.
    own = command.stage == Stage.SITE_VISIT or command.verdict == Verdict.RETURN
    return action_of(state.programme, state.view.level, "-" if own else command.stage, command.verdict)


def _confirm(state: FoundApplication, step: Step, given: bool) -> bool | None:
    """What the opinion says of a village's reason; None where there is nothing to confirm."""
    asked, kind = state.programme.justified, state.application.community_kind
    if kind not in asked.value or (step.stage, step.verdict) != (Stage.COUNTY, Verdict.AGREE):
        return None
    if not given:
        raise JustificationUnconfirmedError(
            clause=asked.ground.clause, kind=kind, kind_zh=KIND_OF_UNIT_ZH[kind]
        )
    return True


async def load_many(
    tx: TenantConnection, commands: Sequence[Command], now: datetime
) -> tuple[FoundApplication | NotFoundError, ...]:
    """Read the applications."""
    return await read_applications(tx, [command.application_id for command in commands], now)


def rests_on(state: FoundApplication) -> frozenset[Hashable]:
    """The application with what hangs on it, and the places that its county has taken."""
    return frozenset((state.application.id, _places(state)))


def alters(state: FoundApplication, change: Change) -> frozenset[Hashable]:
    """The application; the places too, when the opinion takes one or gives one back. An opinion says nothing of histories."""
    after = next(write.entity for write in change.writes if isinstance(write.entity, Application))
    holding = state.programme.holds_county_place.value
    taken = {state.application.status in holding, after.status in holding}
    return frozenset((after.id, _places(state)) if len(taken) > 1 else (after.id,))


def _places(state: FoundApplication) -> Hashable:
    return state.application.campaign_id, state.application.level


ACT: Final = Act(OPINED, load, authorise, decide, many=Many(load_many, rests_on, alters))
