"""The city ranks (择优排序): every application that was visited, in order, each selected or not, each with its reason.

At most as many are selected as the city has places; fewer is valid (宁缺毋滥). A ranking may be made anew until a publicity
rests on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final
from uuid import UUID

from certification.acts.listing import (
    Choice,
    authorise_city,
    check_city_quota,
    make_list,
    match_choices,
    refuse_items,
)
from certification.changes import Act, Change, Context
from certification.errors import InvariantError
from certification.forms import REASON_LIMIT, check_text
from certification.life import Actor
from certification.model import ItemVerdict
from certification.reading import FoundRound, read_round
from certification.rosters import check_roster_step, listed_statuses
from tenancy.database import TenantConnection

ACTION: Final = "rank"


@dataclass(frozen=True, slots=True)
class Command:
    """The order of a level's applications, best first, and how it was found."""

    campaign_id: UUID
    level: str
    items: tuple[Choice, ...]
    reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundRound:
    """Read the round of the level."""
    return await read_round(tx, command.campaign_id, command.level, now)


def authorise(state: FoundRound, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return authorise_city(state, ACTION, actor)


def decide(state: FoundRound, command: Command, context: Context) -> Change:
    """The ranking, complete and in order."""
    row, _ = check_roster_step(state.programme, ACTION, state.view, context.actor, context.now)
    if row.makes is None:
        raise InvariantError("a ranking that makes no list")
    status = listed_statuses(state.programme, row)[ItemVerdict.SELECTED]
    eligible = [one for one in state.candidates if one.status == status]
    if not eligible:
        refuse_items("没有可排序的申请", "there is nothing to rank")
    lines = match_choices(command.items, eligible, row.verdicts)
    check_text("reason", "排序说明", command.reason, REASON_LIMIT)
    selected = [line.verdict == ItemVerdict.SELECTED for line in lines]
    check_city_quota(state, sum(selected))
    if state.programme.ranking_in_order.value and any(b and not a for a, b in pairwise(selected)):
        refuse_items("入选须按排序先后", "one is selected behind one that is not")
    previous = state.view.find_latest(row.makes)
    return make_list(state, context, row.makes, lines, previous=previous, reason=command.reason)


ACT: Final = Act("roster.ranking", load, authorise, decide)
