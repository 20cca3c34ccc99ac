"""What looking up a drawn number came to (填报核查结果): it matches, it does not, or there is no such registration.

By an officer of the county or of the city, or a member of the team that the review is assigned to. Decided [D]: each number is answered
once; an answer that turns out wrong stays on record, and another list is drawn from. What does not match says how.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy import and_, bindparam, select

from audit.entry import Subject
from certification.changes import Act, Change, Context, update
from certification.errors import NotEntitledError, NotFoundError, SpotCheckAnsweredError
from certification.forms import REASON_LIMIT, check_text
from certification.life import Actor, sees_reviews_alone
from certification.model import ROLE_ZH
from certification.reading import entity
from certification.reviews.model import SpotCheckAnswer, SpotCheckOutcome
from certification.reviews.tables import annual_reviews, draws, review_team_members, spot_check_answers
from tenancy.database import TenantConnection
from tenancy.statements import statement

OPERATION: Final = "spot_check.answered"
_ANSWER = statement(
    select(spot_check_answers, draws.c.revision)
    .join(
        draws,
        and_(draws.c.tenant_id == spot_check_answers.c.tenant_id, draws.c.id == spot_check_answers.c.draw_id),
    )
    .where(
        spot_check_answers.c.tenant_id == bindparam("tenant_id"),
        spot_check_answers.c.draw_id == bindparam("draw"),
        spot_check_answers.c.position == bindparam("position"),
    )
)
_TEAM = statement(
    select(review_team_members.c.person_id)
    .join(
        annual_reviews,
        and_(
            annual_reviews.c.tenant_id == review_team_members.c.tenant_id,
            annual_reviews.c.team_id == review_team_members.c.team_id,
        ),
    )
    .join(
        draws,
        and_(draws.c.tenant_id == annual_reviews.c.tenant_id, draws.c.review_id == annual_reviews.c.id),
    )
    .where(draws.c.tenant_id == bindparam("tenant_id"), draws.c.id == bindparam("draw"))
)


@dataclass(frozen=True, slots=True)
class Command:
    """What became of the number drawn from that position of the list."""

    draw_id: UUID
    position: int
    outcome: str
    note: str


@dataclass(frozen=True, slots=True)
class State:
    """The drawn number, its draw's revision, and the members of the team that the review is assigned to."""

    answer: SpotCheckAnswer
    revision: int
    team: frozenset[UUID]


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the drawn number. Raises NotFoundError, also for a position that was not drawn."""
    row = await tx.first(_ANSWER, draw=command.draw_id, position=command.position)
    if row is None:
        raise NotFoundError(what="drawn number", what_zh="抽中的编号")
    team = await tx.all(_TEAM, draw=command.draw_id)
    return State(entity(SpotCheckAnswer, row), row["revision"], frozenset(one["person_id"] for one in team))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """Who checks: the county, the city, or the review's team."""
    at_home = actor.home_tenant_id == state.answer.tenant_id
    held = {str(role.name) for role in actor.roles}
    if at_home and "county_officer" in held:
        return "county_officer"
    if actor.oversees and "city_officer" in held:
        return "city_officer"
    if (at_home or actor.oversees) and "review_team" in held and actor.person_id in state.team:
        return "review_team"
    if sees_reviews_alone(actor):
        raise NotFoundError(what="drawn number", what_zh="抽中的编号")
    wanted = "review_team"
    raise NotEntitledError(
        action="answer_spot_check", name="填报核查结果", role=wanted, role_zh=ROLE_ZH[wanted]
    )


def decide(state: State, command: Command, context: Context) -> Change:
    """The answer, once and for all."""
    if state.answer.outcome is not None:
        raise SpotCheckAnsweredError
    outcome = SpotCheckOutcome(command.outcome)
    if outcome != SpotCheckOutcome.MATCH or command.note:
        check_text("note", "说明", command.note, REASON_LIMIT)
    after = replace(
        state.answer,
        outcome=outcome,
        note=command.note,
        author_tenant_id=context.actor.home_tenant_id,
        author_id=context.actor.person_id,
        recorded_at=context.now,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("draw", command.draw_id, state.revision),
        intent={
            "note_digest": sha256(command.note.encode()).hexdigest(),
            "outcome": str(outcome),
            "position": command.position,
        },
        writes=update(after),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
