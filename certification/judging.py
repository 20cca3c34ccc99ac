"""Judging by a standard (对标评判): what each clause comes to for a community, why, and what would change it.

    judge(programme, "provincial", {"1.1": ItemFinding("meets")}, [Figure("labour_force_registered", None, 3199, 4000)])
    → 3199/4000 = 79.97…%, below 80 %: fail; 1 more registered would reach it

The rule upheld here: whole numbers are compared with whole numbers, numerator × per with threshold × denominator; nothing is rounded,
and what is shown of a percentage is cut off, so that 79.99 % never reads as 80. A denominator of zero is what the standard says it is.
A standard without points asks for every clause; one with points for the mark of the level, and for each clause that alone
refuses (一票否决). What has not been stated or looked at is missing, and then nothing qualifies. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from certification.errors import StandardUnmetError
from certification.explaining import Texts, explain, explain_history, explain_item
from certification.figures import Figure, check_figures, indicators_of
from certification.history import History, find_wants
from certification.model import Finding
from certification.programme import Programme
from certification.standard import (
    AT_LEAST,
    EXACTLY,
    FULL,
    HISTORY,
    NOT_APPLICABLE,
    YES,
    Group,
    Indicator,
    Item,
    Result,
)

_RESULTS: Final = {
    Finding.MEETS: Result.PASS,
    Finding.DOES_NOT_MEET: Result.FAIL,
    Finding.NOT_APPLICABLE: Result.NOT_APPLICABLE,
}


@dataclass(frozen=True, slots=True)
class ItemFinding:
    """What somebody found of an item: a Finding, and points where the standard gives points for it."""

    verdict: str
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one clause comes to: an item looked at (`item` is its own code), or an indicator, for a group if it has groups.

    `numerator` is the count where there is no denominator. `zh` and `en` say what it is; `change` is the least change of the numerator that
    makes it pass with the denominator as it is, `change_zh` and `change_en` say so; all None where it passes. `points` of `highest`.
    """

    code: str
    item: str | None
    group: str | None
    clause: str | None
    result: Result
    numerator: int | None
    denominator: int | None
    threshold: int | None
    comparison: str | None
    zh: str
    en: str
    change_zh: str | None = None
    change_en: str | None = None
    change: int | None = None
    per: int | None = None
    points: int | None = None
    highest: int | None = None
    veto: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """All clauses of a level that were judged. `score` of `highest` where there are points, `pass_score` the mark.

    `refusing`: the clauses that stand in the way by themselves.
    """

    level: str
    outcomes: tuple[Outcome, ...]
    refusing: tuple[Outcome, ...]
    qualifies: bool
    score: int | None = None
    pass_score: int | None = None
    highest: int | None = None


def judge(
    programme: Programme,
    level: str,
    items: Mapping[str, ItemFinding],
    figures: Sequence[Figure],
    history: History | None = None,
    parts: Sequence[str] | None = None,
) -> Judgement:
    """Every item of these `parts` (None: those that the programme has assessed) and every indicator of the level, in order.

    `history` is the community's, where the level asks for one. Raises FigureRefusedError.
    """
    check_figures(programme, level, figures)
    asked = programme.assessed_parts.value if parts is None else parts
    chosen = [one for one in programme.standard if level in one.levels and one.part in asked]
    given = {(one.code, one.group): one for one in figures}
    outcomes = (
        *(_judge_item(programme, one, items.get(one.code)) for one in chosen),
        *(
            outcome
            for one in indicators_of(programme, level)
            for outcome in _judge_indicator(programme, one, given, history)
        ),
    )
    return _conclude(programme, level, outcomes)


def are_met(programme: Programme, level: str, figures: Sequence[Figure], history: History | None) -> bool:
    """Whether every indicator is stated and passes or does not apply: what lists ask of many applications, without a word of why.

    Figures are as `check_figures` lets them by.
    """
    given = {(one.code, one.group): one for one in figures}
    for one in indicators_of(programme, level):
        if one.comparison == HISTORY:
            if _judge_history(programme, one, history)[0] is not Result.PASS:
                return False
            continue
        for group in one.group_codes:
            figure = given.get((one.code, group))
            if figure is None or decide_figure(one, figure)[0] is Result.FAIL:
                return False
    return True


def check_refusing(judgement: Judgement) -> None:
    """Raise StandardUnmetError for the first clause that stands in the way by itself."""
    for one in judgement.refusing:
        raise StandardUnmetError(
            clause=one.clause,
            reason_zh=one.zh if one.change_zh is None else f"{one.zh}；{one.change_zh}",
            reason_en=one.en if one.change_en is None else f"{one.en}; {one.change_en}",
        )


def _conclude(programme: Programme, level: str, outcomes: tuple[Outcome, ...]) -> Judgement:
    scoring = programme.edition.scoring
    short = [one for one in outcomes if one.result in (Result.FAIL, Result.MISSING)]
    if scoring is None:
        return Judgement(level, outcomes, tuple(short), not short)
    refusing = tuple(one for one in short if one.veto or one.result is Result.MISSING)
    score, mark = sum(one.points or 0 for one in outcomes), scoring.marks[level].value
    highest = sum(one.highest or 0 for one in outcomes)
    return Judgement(level, outcomes, refusing, not refusing and score >= mark, score, mark, highest)


def _judge_item(programme: Programme, item: Item, found: ItemFinding | None) -> Outcome:
    result = Result.MISSING if found is None else _RESULTS[Finding(found.verdict)]
    points = None if found is None or item.points is None else found.score or 0
    if result is Result.NOT_APPLICABLE:
        points = _unapplied(programme, item.points)
    return _outcome(item, item.code, None, result, explain_item(item, result), points=points)


def _judge_indicator(
    programme: Programme,
    indicator: Indicator,
    given: Mapping[tuple[str, str | None], Figure],
    history: History | None,
) -> Iterator[Outcome]:
    groups: tuple[Group | None, ...] = indicator.groups or (None,)
    for group in groups:
        figure = given.get((indicator.code, None if group is None else group.code))
        if indicator.comparison == HISTORY:
            result, change, texts = _judge_history(programme, indicator, history)
        else:
            result, change = (Result.MISSING, None) if figure is None else decide_figure(indicator, figure)
            texts = explain(indicator, group, figure, result, change)
        points = {
            Result.PASS: indicator.points,
            Result.NOT_APPLICABLE: _unapplied(programme, indicator.points),
        }.get(result, None if indicator.points is None else 0)
        yield _outcome(indicator, indicator.item, group, result, texts, figure, change, points)


def decide_figure(indicator: Indicator, figure: Figure) -> tuple[Result, int | None]:
    """What a figure that was checked comes to, and the least change of its numerator that makes it pass, if there is one."""
    if indicator.comparison == YES:
        return (Result.PASS if figure.holds else Result.FAIL), None
    if indicator.per is None:
        change = _least_change(indicator, figure.count or 0, 1, 1)
    elif not figure.denominator:
        applies = indicator.zero is not None and indicator.zero.value != NOT_APPLICABLE
        return (Result.FAIL if applies else Result.NOT_APPLICABLE), None
    else:
        change = _least_change(indicator, figure.numerator or 0, figure.denominator, indicator.per)
    return (Result.PASS, None) if change == 0 else (Result.FAIL, change)


def _least_change(indicator: Indicator, numerator: int, denominator: int, per: int) -> int | None:
    """The least change, from 0 if it passes, that takes numerator × per to threshold × denominator; None: no whole number does."""
    target, rest = divmod((indicator.threshold or 0) * denominator, per)
    if indicator.comparison == AT_LEAST:
        return max(0, target + (rest > 0) - numerator)
    if indicator.comparison == EXACTLY:
        return None if rest else target - numerator
    return min(0, target - numerator)


def _judge_history(
    programme: Programme, indicator: Indicator, history: History | None
) -> tuple[Result, None, Texts]:
    requires = programme.levels[indicator.level].requires
    if requires is None or history is None:
        return Result.MISSING, None, explain_history(indicator, None)
    wants = find_wants(history, requires.annual_passes, programme.history)
    return (Result.FAIL if wants else Result.PASS), None, explain_history(indicator, wants)


def _unapplied(programme: Programme, points: int | None) -> int | None:
    scoring = programme.edition.scoring
    if points is None or scoring is None:
        return points
    return points if scoring.not_applicable.value == FULL else 0


def _outcome(
    clause: Item | Indicator,
    item: str | None,
    group: Group | None,
    result: Result,
    texts: Texts,
    figure: Figure | None = None,
    change: int | None = None,
    points: int | None = None,
) -> Outcome:
    indicator = clause if isinstance(clause, Indicator) else None
    whole = figure is not None and figure.denominator is not None
    return Outcome(
        code=clause.code,
        item=item,
        group=None if group is None else group.code,
        clause=clause.ground.clause,
        result=result,
        numerator=None if figure is None else figure.numerator if whole else figure.count,
        denominator=None if figure is None else figure.denominator,
        threshold=None if indicator is None else indicator.threshold,
        comparison=None if indicator is None else indicator.comparison,
        zh=texts.zh,
        en=texts.en,
        change_zh=texts.change_zh,
        change_en=texts.change_en,
        change=change,
        per=None if indicator is None else indicator.per,
        points=points,
        highest=clause.points,
        veto=clause.veto,
    )
