"""What a team's conclusion (复查结论) rests on: the standard's judgement of what holds of its observations.

The rule upheld here: nothing is concluded while observations contradict each other; whoever passes, asks for rectification or fails has
looked at everything (`reviews.complete`), and a pass falls short of no clause. A rectification names clauses that fail and a day; a
recheck a day, and clauses if it wants them seen anew; both days lie within the programme's bound and the reviewed year. A fail gives its
reasons, and may find what the engine does not; once a named day is past (`reviews.fails_unmet`) it needs no further look. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, NoReturn

import orjson

from audit.canonical import encode
from certification.figures import Figure
from certification.forms import OPINION_LIMIT, check_text
from certification.judging import ItemFinding, Judgement, Outcome, judge
from certification.programme import Programme
from certification.reviews.errors import (
    ConclusionRefusedError,
    InspectionFailsError,
    InspectionIncompleteError,
    ObservationsConflictError,
)
from certification.reviews.model import AnnualReview, ReviewVerdictKind
from certification.reviews.overdue import SECOND
from certification.reviews.rounds import FIGURE, ITEM, Findings
from certification.reviews.rule import ReviewRule
from certification.standard import HISTORY, Result

MOST_CLAUSES: Final = 100


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A verdict of the team with its reasons; `clauses` and `due_on` of a rectification or recheck."""

    verdict: str
    text: str
    clauses: tuple[str, ...] = ()
    due_on: date | None = None


def judge_findings(programme: Programme, level: str, findings: Findings) -> Judgement:
    """What the standard says of what holds; a key in conflict is as one not looked at."""
    items: dict[str, ItemFinding] = {}
    figures: list[Figure] = []
    for key, text in findings.values.items():
        kind, code, *group = key.split(":")
        value: dict[str, Any] = orjson.loads(text)
        if kind == ITEM:
            items[code] = ItemFinding(value["verdict"], value.get("score"))
        elif kind == FIGURE:
            names = ("numerator", "denominator", "count", "holds")
            figures.append(Figure(code, group[0] if group else None, *(value.get(name) for name in names)))
    assert programme.reviews is not None  # noqa: S101 - a review has a rule
    return _without_history(judge(programme, level, items, figures, parts=programme.reviews.parts.value))


def _without_history(judgement: Judgement) -> Judgement:
    """A review looks at what there is; what a level asks of earlier years is the ledger's, and this review becomes part of it."""
    outcomes = tuple(one for one in judgement.outcomes if one.comparison != HISTORY)
    refusing = tuple(one for one in judgement.refusing if one.comparison != HISTORY)
    reached = judgement.score is None or judgement.score >= (judgement.pass_score or 0)
    return replace(judgement, outcomes=outcomes, refusing=refusing, qualifies=not refusing and reached)


def check_conclusion(
    rule: ReviewRule,
    review: AnnualReview,
    given: Conclusion,
    findings: Findings,
    judgement: Judgement,
    today: date,
) -> None:
    """Raise the CertificationError that stands against concluding so today."""
    check_text("text", "复查意见", given.text, OPINION_LIMIT)
    if findings.conflicts:
        raise ObservationsConflictError(keys="、".join(findings.conflicts))
    unmet = review.status in SECOND and review.due_on is not None and today > review.due_on
    if given.verdict in rule.complete.value and not (given.verdict == ReviewVerdictKind.FAIL and unmet):
        missing = [name_of(one) for one in judgement.outcomes if one.result is Result.MISSING]
        if missing:
            raise InspectionIncompleteError(clause=rule.complete.ground.clause, codes="、".join(missing))
    if given.verdict == ReviewVerdictKind.PASS:
        _check_passes(judgement)
    _check_clauses(given, judgement)
    _check_due(rule, review, given, today)


def format_judgement(judgement: Judgement) -> str:
    """The judgement as canonical JSON: what was compared with what, clause by clause."""
    outcomes = [
        {
            "code": one.code,
            "comparison": one.comparison,
            "denominator": one.denominator,
            "group": one.group,
            "item": one.item,
            "numerator": one.numerator,
            "result": str(one.result),
            "threshold": one.threshold,
        }
        for one in judgement.outcomes
    ]
    told: Mapping[str, Any] = {
        "level": judgement.level,
        "outcomes": [{name: value for name, value in one.items() if value is not None} for one in outcomes],
        "qualifies": judgement.qualifies,
        "score": judgement.score,
    }
    return encode(told).decode()


def name_of(outcome: Outcome) -> str:
    """An outcome's clause as people and devices name it."""
    return outcome.code if outcome.group is None else f"{outcome.code}:{outcome.group}"


def _check_passes(judgement: Judgement) -> None:
    if judgement.qualifies:
        return
    failing = [one for one in judgement.outcomes if one.result in (Result.FAIL, Result.MISSING)]
    raise InspectionFailsError(
        clause=next((one.clause for one in failing if one.clause), None),
        reasons_zh="；".join(one.zh for one in failing) or "得分不足",
        reasons_en="; ".join(one.en for one in failing) or "the score is too low",
    )


def _check_clauses(given: Conclusion, judgement: Judgement) -> None:
    if len(given.clauses) > MOST_CLAUSES or len(set(given.clauses)) != len(given.clauses):
        _refuse("条款重复或过多", "a clause is named twice, or there are too many")
    results: dict[str, set[Result]] = {}
    for one in judgement.outcomes:
        results.setdefault(one.code, set()).add(one.result)
    if given.verdict == ReviewVerdictKind.RECTIFY:
        if not given.clauses:
            _refuse("限期整改须列明条款", "a rectification names the clauses to put right")
        wrong = [code for code in given.clauses if Result.FAIL not in results.get(code, ())]
        if wrong:
            _refuse(f"条款 {'、'.join(wrong)} 并无不符", f"{', '.join(wrong)} does not fall short")
    elif given.verdict == ReviewVerdictKind.RECHECK:
        unknown = [code for code in given.clauses if code not in results]
        if unknown:
            _refuse(f"没有条款 {'、'.join(unknown)}", f"there is no clause {', '.join(unknown)}")
    elif given.clauses:
        _refuse("此结论不列条款", "this verdict names no clauses")


def _check_due(rule: ReviewRule, review: AnnualReview, given: Conclusion, today: date) -> None:
    days = {
        ReviewVerdictKind.RECTIFY.value: rule.rectify_days.value,
        ReviewVerdictKind.RECHECK.value: rule.recheck_days.value,
    }.get(given.verdict)
    if days is None:
        if given.due_on is not None:
            _refuse("此结论不定期限", "this verdict names no day")
        return
    last = min(today + timedelta(days=days), date(review.year, 12, 31))
    if given.due_on is None or not today < given.due_on <= last:
        _refuse(f"期限须在明日至 {last} 之间", f"the day lies between tomorrow and {last}")


def _refuse(zh: str, en: str) -> NoReturn:
    raise ConclusionRefusedError(reason_zh=zh, reason_en=en)
