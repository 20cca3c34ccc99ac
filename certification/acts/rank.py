"""The city ranks (择优排序): every application that was visited, in order, each selected or not, each with its reason.

At most as many are selected as the city has places; fewer is valid (宁缺毋滥). A ranking may be made anew until a publicity
rests on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final, NoReturn
from uuid import UUID

from certification.acts.listing import (
    Choice,
    Line,
    authorise_city,
    check_city_quota,
    check_histories,
    make_list,
    match_choices,
    read_round_with_facts,
    refuse_items,
)
from certification.changes import Act, Change, Context
from certification.errors import InvariantError, RosterScoresError, RosterTieUnarguedError
from certification.extensions import cite_late
from certification.forms import REASON_LIMIT, check_text
from certification.life import Actor
from certification.model import ItemVerdict
from certification.programme import Programme
from certification.reading import FoundRound
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
    return await read_round_with_facts(tx, ACTION, command.campaign_id, command.level, now)


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
    check_scores(state.programme, lines)
    check_histories(state, ACTION, lines, context)
    previous = state.view.find_latest(row.makes)
    change = make_list(state, context, row.makes, lines, previous=previous, reason=command.reason)
    return cite_late(change, state.programme, row, state.extensions, context.now)


def check_scores(programme: Programme, lines: Sequence[Line]) -> None:
    """Raise RosterScoresError, RosterTieUnarguedError or FieldRefusedError unless the scores, if there are any, bear the order.

    Either all have one or none has; they never rise down the order; who stands behind an equal score is told why.
    """
    highest = programme.ranking_highest_score.value
    scores = [line.score for line in lines if line.score is not None]
    if scores and len(scores) != len(lines):
        refuse_scores("须全部评分或全部不评分", "either all have a score or none has")
    if any(not 0 <= score <= highest for score in scores):
        refuse_scores(f"分值须在 0 至 {highest} 之间", f"a score lies between 0 and {highest}")
    if any(later > before for before, later in pairwise(scores)):
        refuse_scores("排在后面的分值更高", "a score rises down the order")
    for at, line in enumerate(lines):
        tied = at > 0 and line.score is not None and line.score == lines[at - 1].score
        if line.tie_reason is not None:
            if not tied:
                refuse_scores("仅同分者须说明排后理由", "a reason for a tie where there is none")
            check_text("tie_reason", "同分理由", line.tie_reason, REASON_LIMIT)
        elif tied and programme.ranking_ties_argued.value:
            raise RosterTieUnarguedError(clause=programme.ranking_ties_argued.ground.clause, position=at + 1)


def refuse_scores(zh: str, en: str) -> NoReturn:
    """Raise RosterScoresError."""
    raise RosterScoresError(reason_zh=zh, reason_en=en)


ACT: Final = Act("roster.ranking", load, authorise, decide)
