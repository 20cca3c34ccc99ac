"""The city closes the publicity (公示期满无异议), once the last day of every item has ended and no objection waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.listing import authorise_city, check_rests_on
from certification.changes import Act, Change, Context, update
from certification.extensions import cite_late
from certification.life import Actor
from certification.model import RosterKind
from certification.reading import FoundRound, read_round
from certification.rosters import check_roster_step
from tenancy.database import TenantConnection

ACTION: Final = "close_publicity"


@dataclass(frozen=True, slots=True)
class Command:
    """Close the publicity `publicity_id`."""

    campaign_id: UUID
    level: str
    publicity_id: UUID


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundRound:
    """Read the round of the level."""
    return await read_round(tx, command.campaign_id, command.level, now)


def authorise(state: FoundRound, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return authorise_city(state, ACTION, actor)


def decide(state: FoundRound, command: Command, context: Context) -> Change:
    """The list, closed without objection."""
    row, latest = check_roster_step(state.programme, ACTION, state.view, context.actor, context.now)
    publicity = check_rests_on(latest, command.publicity_id, RosterKind.PUBLICITY)
    change = Change(
        operation="roster.publicity_closed",
        subject=Subject("roster", publicity.id, 2 + len(state.corrections)),
        intent={"campaign": str(publicity.campaign_id), "kind": publicity.kind, "level": publicity.level},
        writes=update(replace(publicity, closed_at=context.now)),
    )
    return cite_late(change, state.programme, row, state.extensions, context.now)


ACT: Final = Act("roster.publicity_closed", load, authorise, decide)
