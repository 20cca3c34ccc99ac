"""What confirming and returning a review share (县级、市级确认与退回): the stage, the conclusion that was read, the verdict's row.

The rule upheld here: county and city speak of the conclusion that they name, so a page from before a return confirms nothing. Who acts
from the city by its oversight speaks for the city, everybody else for the county. From the city's confirmation on the year counts: the
entry says so, as the level that was reviewed and, with `counts_below`, as the levels that it asks for. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from certification.changes import Context
from certification.errors import InvariantError
from certification.fact import Fact, reviewed
from certification.life import Actor
from certification.programme import Programme
from certification.reviews.errors import ReviewStaleError
from certification.reviews.life import action_of, check_action
from certification.reviews.model import AnnualReview, ReviewStage, ReviewVerdict
from certification.reviews.reading import FoundReview
from certification.reviews.rule import ReviewStep


def find_action(found: FoundReview, verdict: str, actor: Actor) -> str:
    """The action that gives this verdict at the actor's stage."""
    near = actor.home_tenant_id == found.view.tenant_id
    stage = ReviewStage.COUNTY if near else ReviewStage.CITY
    return action_of(found.programme, stage, verdict, found.view.status)


def check_read(found: FoundReview, verdict: str, conclusion_id: UUID, context: Context) -> ReviewStep:
    """The row by which it may be done to the conclusion that was read. Raises what refuses it, ReviewStaleError."""
    action = find_action(found, verdict, context.actor)
    step = check_action(found.programme, action, found.view, context.actor, context.now)
    if found.conclusion is None or found.conclusion.id != conclusion_id:
        raise ReviewStaleError
    return step


def give(found: FoundReview, step: ReviewStep, text: str, context: Context) -> ReviewVerdict:
    """The verdict's row."""
    if step.stage is None or step.verdict is None:
        raise InvariantError("a step without a stage gives no verdict")
    return ReviewVerdict(
        tenant_id=found.review.tenant_id,
        id=context.new_id(),
        review_id=found.review.id,
        round=found.review.round,
        stage=step.stage,
        verdict=step.verdict,
        text=text,
        author_tenant_id=context.actor.home_tenant_id,
        author_id=context.actor.person_id,
        given_at=context.now,
    )


def tell(programme: Programme, review: AnnualReview) -> tuple[Fact, ...]:
    """What a confirmed review says of the community's history."""
    if review.result is None:
        raise InvariantError("a review was confirmed without a result")
    return tuple(
        reviewed(review.community_id, review.id, level, review.year, review.result)
        for level in _levels(programme, review.level)
    )


def _levels(programme: Programme, level: str) -> Iterator[str]:
    """The level, and what it asks for, if that counts."""
    seen: set[str] = set()
    following: str | None = level
    while following is not None and following not in seen:
        seen.add(following)
        yield following
        requires = programme.levels[following].requires
        below = programme.reviews is not None and programme.reviews.counts_below.value
        following = requires.certified if below and requires is not None else None
