"""The city reports (报送) to the province what was publicised without objection: this takes the city's places.

The list also carries those that the ranking did not select, with the ranking's reason: by this report they are out. An
application that left the round since (an objection upheld, or its county ended its grant) holds up no other county's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from certification.acts.listing import (
    authorise_city,
    check_city_quota,
    check_document,
    check_ranked,
    check_rests_on,
    find_candidates,
    make_list,
    refuse_items,
    within_reach,
    without_left,
)
from certification.changes import Act, Change, Context
from certification.errors import RosterUnfinishedError
from certification.extensions import cite_late
from certification.life import Actor
from certification.model import ItemVerdict, RosterItem, RosterKind
from certification.reading import FoundRound, read_round
from certification.rosters import check_roster_step, listed_statuses
from tenancy.database import TenantConnection

ACTION: Final = "report_to_province"


@dataclass(frozen=True, slots=True)
class Command:
    """Report the publicity `publicity_id` by the document of that number and day."""

    campaign_id: UUID
    level: str
    publicity_id: UUID
    document_number: str
    document_date: date


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundRound:
    """Read the round of the level."""
    return await read_round(tx, command.campaign_id, command.level, now)


def authorise(state: FoundRound, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return authorise_city(state, ACTION, actor)


def decide(state: FoundRound, command: Command, context: Context) -> Change:
    """The report, within the city's places."""
    programme = state.programme
    row, latest = check_roster_step(programme, ACTION, state.view, context.actor, context.now)
    publicity = check_rests_on(latest, command.publicity_id, RosterKind.PUBLICITY)
    check_ranked(state, publicity.previous_id)
    check_document(programme, command.document_number, command.document_date, context)
    statuses = listed_statuses(programme, row)
    publicised = without_left(state, within_reach(state, state.items[publicity.id]))
    listed = find_candidates(state, publicised, statuses[ItemVerdict.LISTED])
    if len(listed) != len(publicised):
        raise RosterUnfinishedError(clause=row.ground.clause, count=len(publicised) - len(listed))
    if not listed:
        refuse_items("没有可报送的申请", "there is nothing to report")
    check_city_quota(state, len(listed))
    out = find_candidates(
        state, _unselected(state, publicity.previous_id), statuses[ItemVerdict.NOT_SELECTED]
    )
    document = (command.document_number, command.document_date)
    change = make_list(
        state, context, RosterKind.REPORT.value, (*listed, *out), previous=publicity, document=document
    )
    return cite_late(change, programme, row, state.extensions, context.now)


def _unselected(state: FoundRound, ranking_id: UUID | None) -> list[RosterItem]:
    if ranking_id is None:
        return []
    return [item for item in state.items[ranking_id] if item.verdict == ItemVerdict.NOT_SELECTED]


ACT: Final = Act("roster.report", load, authorise, decide)
