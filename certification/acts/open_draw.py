"""A party opens a draw (发起抽取): what is drawn from, and its commitment to a secret that nobody else knows yet.

Decided [D]: the parties are two persons of two tenants: the county's and the city's officers, or an auditor as the second, as the opening
says. One thing is drawn once: a draw is followed by another only when it is void, and the next one names the last void one. The
draw's id is its client's, because the commitment is bound to it. `reveal_by` is first the time to commit, then, counted anew from the
second commitment, the time to reveal. Server time is what counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NoReturn
from uuid import UUID

from sqlalchemy import bindparam, select

from audit.canonical import digest, encode
from audit.entry import Subject, format_time
from certification.changes import Act, Change, Context, insert
from certification.errors import DrawExistsError, DrawRefusedError, DrawStandsError, NotFoundError
from certification.life import Actor
from certification.reviews.drawables import draw_exists, read_conduct, read_drawable, read_draws_of
from certification.reviews.drawing import (
    PARTY_ROLE,
    Conduct,
    Drawable,
    check_commitment,
    check_party,
    decide_first,
    party_of,
)
from certification.reviews.model import Draw, DrawParty, DrawSide, DrawStatus
from certification.reviews.rule import FINAL
from certification.reviews.sampling import MOST_PICKS, Sample
from certification.reviews.tables import annual_reviews
from tenancy.database import TenantConnection
from tenancy.statements import statement

OPERATION: Final = "draw.opened"
ACTION: Final = ("open_draw", "发起抽取")
_REVIEW = statement(
    select(annual_reviews.c.community_id, annual_reviews.c.status).where(
        annual_reviews.c.tenant_id == bindparam("tenant_id"), annual_reviews.c.id == bindparam("review")
    )
)


@dataclass(frozen=True, slots=True)
class Command:
    """Draw from this, with that party as the second. `picks` None: all; `review_id`: the review that a spot check belongs to."""

    draw_id: UUID
    purpose: str
    subject_id: UUID
    second_party: str
    commitment: bytes
    picks: int | None = None
    review_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What is drawn from, (id, status) of the draws of it, and how the parties have kept to their word; (community, status) of the review."""

    tenant_id: int
    drawable: Drawable
    before: tuple[tuple[UUID, str], ...]
    conduct: tuple[Conduct, ...]
    id_taken: bool
    review: tuple[UUID, str] | None


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read what is to be drawn from. Raises NotFoundError."""
    drawable = await read_drawable(tx, command.purpose, command.subject_id, now)
    review = None
    if command.review_id is not None:
        row = await tx.first(_REVIEW, review=command.review_id)
        if row is None:
            raise NotFoundError(what="review", what_zh="年度复查")
        review = (row["community_id"], row["status"])
    return State(
        tx.tenant_id,
        drawable,
        await read_draws_of(tx, command.subject_id),
        await read_conduct(tx),
        await draw_exists(tx, command.draw_id),
        review,
    )


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An officer of the county, or of the city that oversees it."""
    return check_entitled(state.tenant_id, actor)


def check_entitled(tenant_id: int, actor: Actor) -> str:
    """The role in which the actor opens draws of a county. Raises NotEntitledError, NotFoundError."""
    party = DrawSide.COUNTY if actor.home_tenant_id == tenant_id else DrawSide.CITY
    return check_party(tenant_id, party, *ACTION, actor)


def check_undrawn(statuses: Iterable[str]) -> None:
    """Raise DrawStandsError if a draw of the same thing, by their statuses, stands."""
    if any(status != DrawStatus.VOID for status in statuses):
        raise DrawStandsError


def decide(state: State, command: Command, context: Context) -> Change:
    """The draw, open, and its first party."""
    drawable, party = state.drawable, party_of(state.tenant_id, context.actor)
    check_commitment("commitment", "承诺值", command.commitment)
    if command.second_party not in PARTY_ROLE or command.second_party == party:
        _refuse("双方须为不同的两方", "the second party is another than the first")
    check_undrawn([status for _, status in state.before])
    if state.id_taken:
        raise DrawExistsError
    drawable.check_drawable(context.now)
    _check_review(state)
    value = drawable.list_value()
    draw = Draw(
        tenant_id=state.tenant_id,
        id=command.draw_id,
        purpose=drawable.purpose,
        subject_id=drawable.subject_id,
        status=DrawStatus.OPEN,
        revision=1,
        size=drawable.size,
        picks=_decide_picks(drawable, command.picks),
        list_value=encode(value).decode(),
        list_digest=digest(value),
        second_party=command.second_party,
        reveal_by=context.now + timedelta(hours=drawable.reveal_hours),
        opened_by=context.actor.person_id,
        opened_at=context.now,
        review_id=command.review_id,
        replaces_id=state.before[0][0] if state.before else None,
        reveals_first=decide_first(state.conduct, (party, command.second_party)),
    )
    first = DrawParty(
        tenant_id=state.tenant_id,
        draw_id=draw.id,
        party=party,
        commitment=command.commitment,
        person_tenant_id=context.actor.home_tenant_id,
        person_id=context.actor.person_id,
        committed_at=context.now,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("draw", draw.id, draw.revision),
        intent={
            "commitment": command.commitment.hex(),
            "drawn_from": str(draw.subject_id),
            "list": value,
            "list_digest": draw.list_digest.hex(),
            "party": str(party),
            "picks": draw.picks,
            "purpose": str(draw.purpose),
            "replaces": None if draw.replaces_id is None else str(draw.replaces_id),
            "reveal_by": format_time(draw.reveal_by),
            "reveals_first": draw.reveals_first,
            "review": None if draw.review_id is None else str(draw.review_id),
            "second": draw.second_party,
            "size": draw.size,
        },
        writes=insert(draw, first),
    )


def _decide_picks(drawable: Drawable, asked: int | None) -> int:
    if drawable.picks is not None:
        if asked not in (None, drawable.picks):
            _refuse("该事项须全部抽取", "all of it is drawn")
        return drawable.picks
    if asked is None or not 1 <= asked <= min(drawable.size, MOST_PICKS):
        most = min(drawable.size, MOST_PICKS)
        _refuse(f"抽取数须为 1 至 {most}", f"from 1 to {most} are drawn")
    return asked


def _check_review(state: State) -> None:
    if state.review is None:
        return
    community_id, status = state.review
    if not isinstance(state.drawable, Sample) or state.drawable.register.community_id != community_id:
        _refuse("名册不属于该复查的社区", "the list is not of the review's community")
    if status in FINAL:
        _refuse("该复查已经办结", "the review has ended")


def _refuse(zh: str, en: str) -> NoReturn:
    raise DrawRefusedError(reason_zh=zh, reason_en=en)


ACT: Final = Act(OPERATION, load, authorise, decide)
