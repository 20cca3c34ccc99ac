"""The city moves the last day of a county's cycle of annual reviews on (延长复查周期), with a reason; never out of the reviewed year."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.legacy import check_overseer
from certification.changes import Act, Change, Context, update
from certification.forms import check_text
from certification.life import Actor
from certification.planner import local_day
from certification.programme import Programme
from certification.reader import parse_stored
from certification.reading import get_campaign
from certification.reviews.assignment import read_cycle
from certification.reviews.model import ReviewCycle
from certification.reviews.planning import REASON_LIMIT, check_extension
from tenancy.database import TenantConnection

OPERATION: Final = "review_cycle.extended"
ACTION: Final = ("extend_review_cycle", "延长复查周期")


@dataclass(frozen=True, slots=True)
class Command:
    """Let the inspections of a cycle of the bound county go on to that day."""

    cycle_id: UUID
    closes_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class State:
    """The cycle and its programme."""

    cycle: ReviewCycle
    programme: Programme


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the cycle. Raises NotFoundError."""
    cycle = await read_cycle(tx, command.cycle_id)
    campaign = await get_campaign(tx, cycle.campaign_tenant_id, cycle.campaign_id)
    return State(cycle, parse_stored(campaign.programme))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An officer of the city that oversees the county."""
    return check_overseer(*ACTION, actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The cycle with its new last day. Raises CycleRefusedError, FieldRefusedError."""
    cycle = state.cycle
    check_extension(
        cycle.year, cycle.closes_on, command.closes_on, local_day(context.now, state.programme.zone)
    )
    check_text("reason", "理由", command.reason, REASON_LIMIT)
    after = replace(
        cycle,
        closes_on=command.closes_on,
        revision=cycle.revision + 1,
        updated_at=context.now,
        extended_by=context.actor.person_id,
        extend_reason=command.reason,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("review_cycle", cycle.id, after.revision),
        intent={
            "before": cycle.closes_on.isoformat(),
            "closes_on": after.closes_on.isoformat(),
            "reason_digest": sha256(command.reason.encode()).hexdigest(),
        },
        writes=update(after),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
