"""Judging agrees with exact rational arithmetic, and what it says would change a result does, and no less would."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_DOWN, Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from certification.explaining import format_share
from certification.figures import MOST, Figure, format_figures, parse_figures
from certification.judging import ItemFinding, Result, are_met, decide_figure, judge
from certification.programme import Ground, Setting
from certification.standard import AT_LEAST, AT_MOST, EXACTLY, Indicator
from tests.unit.certification.samples import programme
from tests.unit.certification.test_boundaries import MET, past

GROUND = Ground("附件1", False, None)
COMPARED = {AT_LEAST: Fraction.__ge__, AT_MOST: Fraction.__le__, EXACTLY: Fraction.__eq__}
WHOLE = st.integers(0, MOST)


@st.composite
def figures(draw: st.DrawFn) -> tuple[int, int]:
    """Numerator and denominator: of any size, and often right at a boundary of a percentage."""
    denominator = draw(st.one_of(st.integers(0, 200), WHOLE))
    near = denominator * draw(st.integers(0, 1000)) // 1000 + draw(st.integers(-2, 2))
    numerator = draw(st.one_of(st.just(near), st.integers(0, denominator)))
    return min(max(numerator, 0), denominator), denominator


def a_ratio(comparison: str, per: int, threshold: int) -> Indicator:
    zero = Setting("not_applicable", GROUND)
    return Indicator(
        *("share", "star", None, comparison, threshold, per, "甲", "乙", (), GROUND),
        numerator_en="a",
        zero=zero,
    )


@given(st.sampled_from(sorted(COMPARED)), st.sampled_from([100, 1000]), st.data(), figures())
def test_a_fraction_is_judged_as_a_rational_number(
    comparison: str, per: int, data: st.DataObject, given_: tuple[int, int]
) -> None:
    numerator, denominator = given_
    threshold = data.draw(st.integers(0, per))
    indicator, figure = a_ratio(comparison, per, threshold), Figure("share", None, numerator, denominator)
    result, change = decide_figure(indicator, figure)
    if denominator == 0:
        assert (result, change) == (Result.NOT_APPLICABLE, None)
        return
    asked = Fraction(threshold, per)
    passes = COMPARED[comparison](Fraction(numerator, denominator), asked)
    assert result is (Result.PASS if passes else Result.FAIL)
    if change is None:
        assert passes or (asked * denominator).denominator != 1
        return
    mended = numerator + change
    assert change and 0 <= mended <= denominator
    assert decide_figure(indicator, replace(figure, numerator=mended)) == (Result.PASS, None)
    nearer = mended - (1 if change > 0 else -1)
    assert decide_figure(indicator, replace(figure, numerator=nearer))[0] is Result.FAIL


@given(figures().filter(lambda pair: pair[1] > 0), st.sampled_from([100, 1000]))
def test_what_is_shown_is_cut_off_and_never_rounded_up(pair: tuple[int, int], per: int) -> None:
    shown = format_share(*pair, per)[0][:-1]
    exact = Fraction(pair[0] * per, pair[1])
    with localcontext() as context:
        context.prec = 60
        digits = (Decimal(pair[0] * per) / pair[1]).quantize(Decimal("0.01"), ROUND_DOWN)
    assert Fraction(shown.rstrip("…")) == Fraction(digits) <= exact
    assert shown.endswith("…") == (Fraction(digits) != exact)


@st.composite
def stated(draw: st.DrawFn, level: str) -> tuple[Figure, ...]:
    """Some of the figures of a level, in any order."""
    found = []
    for one in (one for one in programme().indicators if one.level == level and one.is_stated):
        for group in one.group_codes:
            if draw(st.integers(0, 9)) == 0:
                continue
            if one.per:
                numerator, denominator = draw(figures())
                found.append(Figure(one.code, group, numerator, denominator))
            elif one.comparison == "yes":
                found.append(Figure(one.code, group, holds=draw(st.booleans())))
            else:
                found.append(Figure(one.code, group, count=draw(st.integers(0, 60))))
    return tuple(draw(st.permutations(found)))


@given(st.sampled_from(["provincial", "star"]), st.data())
def test_a_community_that_mends_what_is_said_qualifies(level: str, data: st.DataObject) -> None:
    given_ = data.draw(stated(level))
    judgement = judge(programme(), level, MET, given_, past(3))
    assert judgement.outcomes == judge(programme(), level, MET, given_[::-1], past(3)).outcomes
    assert set(parse_figures(format_figures(given_))) == set(given_)
    short = {(one.code, one.group): one for one in judgement.refusing}
    assert judgement.qualifies is (not short)
    assert are_met(programme(), level, given_, past(3)) is (not short)
    mended = [
        replace(one, holds=True)
        if one.holds is False
        else one
        if (change := short[one.code, one.group].change if (one.code, one.group) in short else 0) is None
        else replace(one, numerator=one.numerator + change)
        if one.numerator is not None
        else replace(one, count=(one.count or 0) + change)
        if one.count is not None
        else one
        for one in given_
    ]
    after = judge(programme(), level, MET, mended, past(3))
    assert {one.result for one in after.refusing} <= {Result.MISSING}
    assert [one for one in after.outcomes if one.result is Result.NOT_APPLICABLE] == [
        one for one in judgement.outcomes if one.result is Result.NOT_APPLICABLE
    ]


@given(st.sets(st.sampled_from(sorted(MET))), st.sets(st.sampled_from(sorted(MET))))
def test_items_refuse_one_by_one(unmet: set[str], unseen: set[str]) -> None:
    items = {
        code: ItemFinding("does_not_meet" if code in unmet else "meets") for code in MET if code not in unseen
    }
    judgement = judge(programme(), "provincial", items, ())
    refusing = {one.code for one in judgement.refusing}
    assert refusing >= unmet | unseen and not refusing & (set(MET) - unmet - unseen)
