"""Verdicts on the items of the standard (逐条评定): what an opinion that assesses must say, item by item.

The rule upheld here: whoever agrees has a verdict on every item that the programme wants assessed at the stage, and none of
them falls short; whatever is not plainly met says why. Where the standard gives points, each item that gives some has its points, and
who agrees has the mark of the level reached, indicators included, and no clause that alone refuses. A refusal may rest on a
single item. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from certification.errors import (
    AssessmentIncompleteError,
    AssessmentRefusedError,
    AssessmentScoreError,
    AssessmentUnmetError,
    ScoreShortError,
)
from certification.forms import REASON_LIMIT, check_text
from certification.judging import ItemFinding, check_refusing, judge
from certification.life import ApplicationView, find_history
from certification.model import Finding, Verdict
from certification.programme import Programme, Step
from certification.standard import Item


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of an item: its code in the standard, a Finding, a note (may be blank when it is met), and its points."""

    code: str
    verdict: str
    note: str = ""
    score: int | None = None


def check_items(
    programme: Programme, step: Step, view: ApplicationView, given: Sequence[Found], now: datetime
) -> None:
    """Raise AssessmentRefusedError, AssessmentScoreError, AssessmentIncompleteError, AssessmentUnmetError, FieldRefusedError,
    StandardUnmetError or ScoreShortError.
    """
    asked = (
        {} if step.stage is None else {one.code: one for one in programme.items_of(view.level, step.stage)}
    )
    clause = programme.assessed_parts.ground.clause
    left = set(asked)
    for one in given:
        if one.code not in left or one.verdict not in tuple(Finding):
            raise AssessmentRefusedError(clause=clause, item=one.code)
        left.remove(one.code)
        if one.note or one.verdict != Finding.MEETS:
            check_text("note", f"条款 {one.code}", one.note, REASON_LIMIT)
        _check_score(asked[one.code], one)
    if step.verdict != Verdict.AGREE:
        return
    if left:
        missing = "、".join(code for code in asked if code in left)
        raise AssessmentIncompleteError(clause=clause, items=missing)
    if asked and programme.edition.scoring is not None:
        _check_mark(programme, view, given, now)
        return
    unmet = [one.code for one in given if one.verdict == Finding.DOES_NOT_MEET]
    if unmet:
        raise AssessmentUnmetError(clause=clause, items="、".join(unmet))


def _check_score(item: Item, found: Found) -> None:
    """Points are given for what gives points and applies, from 0 to its highest."""
    if item.points is None or found.verdict == Finding.NOT_APPLICABLE:
        right = found.score is None
    else:
        right = type(found.score) is int and 0 <= found.score <= item.points
    if not right:
        raise AssessmentScoreError(clause=item.ground.clause, item=found.code, highest=item.points or 0)


def _check_mark(programme: Programme, view: ApplicationView, given: Sequence[Found], now: datetime) -> None:
    found = {one.code: ItemFinding(one.verdict, one.score) for one in given}
    history = find_history(programme, view.level, view.facts, now)
    judgement = judge(programme, view.level, found, view.figures, history)
    check_refusing(judgement)
    if not judgement.qualifies and programme.edition.scoring is not None:
        mark = programme.edition.scoring.marks[view.level]
        raise ScoreShortError(clause=mark.ground.clause, score=judgement.score, mark=mark.value)
