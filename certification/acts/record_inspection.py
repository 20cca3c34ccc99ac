"""A team records what it observed (现场查看), and concludes the round (复查结论): at once or in pieces, from a phone that was offline.

Each piece is safe to send again, by its request id and by the ids of its observations: one of the same id and content is kept once, with
other content it is refused. Nothing observed is ever changed or overwritten: what contradicts is shown, and stops a conclusion
(certification/reviews/rounds.py). What comes for a round that is concluded is refused as a whole; the device keeps it. A conclusion looks
at every observation of the review, those of this call among them, and stores what the standard says of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from audit.canonical import digest, encode
from audit.entry import Subject
from certification.changes import Act, Change, Context, insert, update
from certification.errors import InvariantError
from certification.life import Actor
from certification.model import ReviewResult
from certification.planner import local_day
from certification.reviews.concluding import (
    Conclusion,
    check_conclusion,
    format_judgement,
    judge_findings,
)
from certification.reviews.errors import InspectionEmptyError, ObservationsFullError
from certification.reviews.life import OBSERVE, action_of, check_action, check_entitled
from certification.reviews.model import (
    AnnualReview,
    Observation,
    ReviewStage,
    ReviewVerdict,
    ReviewVerdictKind,
)
from certification.reviews.observing import (
    MOST,
    MOST_OF_A_REVIEW,
    Said,
    check_said,
    keep_new,
    key_of,
    value_of,
)
from certification.reviews.reading import FoundReview, read_known, read_review
from certification.reviews.rounds import find_anew, find_findings
from certification.reviews.rule import ReviewStep
from tenancy.database import TenantConnection

OPERATION: Final = "review.inspected"


@dataclass(frozen=True, slots=True)
class Command:
    """Observations of a review, in any order, and the conclusion of its round if it is one."""

    review_id: UUID
    observations: tuple[Said, ...] = ()
    conclusion: Conclusion | None = None


@dataclass(frozen=True, slots=True)
class State:
    """The review, and the observations of the tenant whose ids are given; all of the review's where it is concluded."""

    found: FoundReview
    known: Mapping[UUID, Observation]


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the review. Raises NotFoundError."""
    found = await read_review(tx, command.review_id, observations=command.conclusion is not None)
    known = await read_known(tx, [one.id for one in command.observations[: MOST + 1]])
    return State(found, {one.id: one for one in known})


def authorise(state: State, command: Command, actor: Actor) -> str:
    """A member of the team that the review is assigned to."""
    return check_entitled(state.found.programme, OBSERVE, state.found.view, actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """New observations, and the conclusion with what it rests on."""
    found, given = state.found, command.conclusion
    review, programme, view = found.review, found.programme, found.view
    if not command.observations and given is None:
        raise InspectionEmptyError
    if command.observations:
        check_action(programme, OBSERVE, view, context.actor, context.now)
        check_said(programme, review.level, command.observations, view.opens_on, context.now)
    new = keep_new(state.known, [_row(review, one, context) for one in command.observations])
    if found.observed + len(new) > MOST_OF_A_REVIEW:
        raise ObservationsFullError(limit=MOST_OF_A_REVIEW)
    after = replace(review, revision=review.revision + 1, updated_at=context.now)
    intent: dict[str, object] = {
        "observations": {"digest": _digest(new).hex(), "new": len(new), "sent": len(command.observations)},
        "round": review.round,
    }
    if given is None:
        return Change(
            OPERATION,
            Subject("annual_review", review.id, after.revision),
            intent,
            (*insert(*new), *update(after)),
        )
    action = action_of(programme, ReviewStage.INSPECTION, given.verdict, view.status)
    step = check_action(programme, action, view, context.actor, context.now)
    verdict = _conclude(found, (*found.observations, *new), given, context)
    after = _after(after, step, given)
    return Change(
        OPERATION,
        Subject("annual_review", review.id, after.revision),
        {**intent, **describe(step, verdict), "result": after.result, "status": after.status},
        (*insert(*new, verdict), *update(after)),
    )


def describe(step: ReviewStep, verdict: ReviewVerdict) -> Mapping[str, object]:
    """A verdict as an entry's intent says it."""
    return {
        "action": step.action,
        "due_on": None if verdict.due_on is None else verdict.due_on.isoformat(),
        "judgement_digest": None
        if verdict.judgement is None
        else sha256(verdict.judgement.encode()).hexdigest(),
        "rests_on": None if verdict.observations is None else verdict.observations.hex(),
        "text_digest": sha256(verdict.text.encode()).hexdigest(),
        "verdict": verdict.verdict,
        "verdict_id": str(verdict.id),
    }


def _conclude(
    found: FoundReview, observed: tuple[Observation, ...], given: Conclusion, context: Context
) -> ReviewVerdict:
    review, rule = found.review, found.programme.reviews
    if rule is None:
        raise InvariantError("a review without a rule was allowed a step")
    anew = find_anew(found.verdicts, carries=rule.carries.value)
    findings = find_findings(observed, review.round, anew)
    judgement = judge_findings(found.programme, review.level, findings)
    today = local_day(context.now, found.programme.zone)
    check_conclusion(rule, review, given, findings, judgement, today)
    return ReviewVerdict(
        tenant_id=review.tenant_id,
        id=context.new_id(),
        review_id=review.id,
        round=review.round,
        stage=ReviewStage.INSPECTION.value,
        verdict=given.verdict,
        text=given.text,
        author_tenant_id=context.actor.home_tenant_id,
        author_id=context.actor.person_id,
        given_at=context.now,
        items=encode(list(given.clauses)).decode() if given.clauses else None,
        due_on=given.due_on,
        judgement=format_judgement(judgement),
        observations=findings.digest,
    )


def _after(review: AnnualReview, step: ReviewStep, given: Conclusion) -> AnnualReview:
    """The review behind a conclusion: what has a day to come begins its next round."""
    again = given.verdict in (ReviewVerdictKind.RECTIFY, ReviewVerdictKind.RECHECK)
    result = step.result
    if result == ReviewResult.PASS and review.rectified:
        result = ReviewResult.PASS_AFTER_RECTIFICATION.value
    return replace(
        review,
        status=step.to,
        round=review.round + again,
        rectified=review.rectified or given.verdict == ReviewVerdictKind.RECTIFY,
        due_on=given.due_on,
        result=result,
    )


def _row(review: AnnualReview, said: Said, context: Context) -> Observation:
    place, about = said.place, said.about
    if about is None:
        raise InvariantError("an observation of nothing was let through")
    superseded = sorted(map(str, said.supersedes))
    return Observation(
        tenant_id=review.tenant_id,
        id=said.id,
        review_id=review.id,
        round=review.round,
        key=key_of(about),
        value=value_of(about),
        observed_at=said.observed_at,
        author_tenant_id=context.actor.home_tenant_id,
        author_id=context.actor.person_id,
        recorded_at=context.now,
        supersedes=encode(superseded).decode() if superseded else None,
        latitude_e6=None if place is None else place.latitude_e6,
        longitude_e6=None if place is None else place.longitude_e6,
        accuracy_m=None if place is None else place.accuracy_m,
    )


def _digest(rows: tuple[Observation, ...]) -> bytes:
    """Over the new observations, by id, key and value."""
    return digest([{"id": str(one.id), "key": one.key, "value": one.value} for one in rows])


ACT: Final = Act(OPERATION, load, authorise, decide)
