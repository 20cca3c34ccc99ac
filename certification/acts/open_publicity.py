"""The city puts up the list of those selected (公示), on a day from which its working days fit into the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from certification.acts.listing import (
    Line,
    authorise_city,
    check_city_quota,
    check_histories,
    check_ranked,
    check_rests_on,
    find_candidates,
    make_list,
    read_round_with_facts,
    refuse_items,
    without_left,
)
from certification.changes import Act, Change, Context
from certification.extensions import cite_extension, cite_late
from certification.life import Actor
from certification.model import ItemVerdict, RosterItem, RosterKind
from certification.planner import fits_plain_window, local_day, plan_publicity
from certification.reading import FoundRound
from certification.rosters import check_roster_step, listed_statuses
from tenancy.database import TenantConnection

ACTION: Final = "open_publicity"


@dataclass(frozen=True, slots=True)
class Command:
    """Publicise what the ranking `ranking_id` selected, from the day `opens_on`."""

    campaign_id: UUID
    level: str
    ranking_id: UUID
    opens_on: date


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundRound:
    """Read the round of the level."""
    return await read_round_with_facts(tx, ACTION, command.campaign_id, command.level, now)


def authorise(state: FoundRound, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return authorise_city(state, ACTION, actor)


def decide(state: FoundRound, command: Command, context: Context) -> Change:
    """The publicity list, with its last counted day from the planner."""
    programme = state.programme
    row, latest = check_roster_step(programme, ACTION, state.view, context.actor, context.now)
    ranking = check_rests_on(latest, command.ranking_id, RosterKind.RANKING)
    check_ranked(state, ranking.id)
    status = listed_statuses(programme, row)[ItemVerdict.LISTED]
    selected = [item for item in state.items[ranking.id] if item.verdict == ItemVerdict.SELECTED]
    chosen = without_left(state, selected)
    found = find_candidates(state, chosen, status)
    if not chosen:
        refuse_items("排序无人入选，不公示", "the ranking selected nobody: there is nothing to publicise")
    _check_there(chosen, found)
    check_city_quota(state, len(found))
    today = local_day(context.now, programme.zone)
    calendar = state.view.calendar
    plan = plan_publicity(command.opens_on, today, programme, calendar, state.view.extended)
    lines = [Line(line.candidate, ItemVerdict.LISTED.value, line.reason) for line in found]
    check_histories(state, ACTION, lines, context)
    days = (plan.opens_on, plan.closes_on)
    change = make_list(state, context, RosterKind.PUBLICITY.value, lines, previous=ranking, days=days)
    if fits_plain_window(plan, programme):
        return cite_late(change, programme, row, state.extensions, context.now)
    return cite_extension(change, programme.publicity.window, state.extensions)


def _check_there(chosen: Sequence[RosterItem], found: Sequence[Line]) -> None:
    """Raise RosterItemsError unless each of those selected can be listed still."""
    there = {(line.candidate.tenant_id, line.candidate.id) for line in found}
    for item in chosen:
        if (item.application_tenant_id, item.application_id) not in there:
            name = item.community_name
            refuse_items(
                f"“{name}”排序后已退回，或其县（市、区）已终止授权，须重新排序",
                f"“{name}” was returned since, or its county ended its grant: rank anew",
            )


ACT: Final = Act("roster.publicity", load, authorise, decide)
