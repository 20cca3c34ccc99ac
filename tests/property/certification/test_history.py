"""The fold against one that counts backward, over any facts in any order; and its refusal and first year against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from audit.entry import Cite
from certification.history import Certified, Reviewed, find_wants, first_year, fold_history
from certification.model import LegacyResult, ReviewResult
from certification.programme import Ground, HistoryRule, Setting

YEARS = st.integers(2014, 2023)
DAYS = st.dates(date(2014, 1, 1), date(2023, 12, 31))
LEVELS = st.sampled_from(("provincial", "provincial", "provincial", "star"))
CITES = st.builds(Cite, st.just("log"), st.integers(0, 99), st.just(bytes(32)))
STATES = st.one_of(
    st.tuples(st.none(), st.none()), st.tuples(st.sampled_from(("suspended", "revoked")), DAYS)
)
CERTIFIED = st.builds(
    lambda level, on, cite, state: Certified(level, on, False, cite, *state), LEVELS, DAYS, CITES, STATES
)
# Many passes, so that streaks are long.
RESULTS = st.sampled_from([*[ReviewResult.PASS.value] * 6, "pass_after_rectification", "fail"])
REVIEWED = st.builds(Reviewed, LEVELS, YEARS, RESULTS, st.booleans(), CITES)
GROUND = Ground(None, True, "a test")
RULES = st.builds(
    lambda counts, stands: HistoryRule(
        Setting(("submit",), GROUND),
        Setting(counts, GROUND),
        Setting(stands, GROUND),
        Setting(False, GROUND),
        Setting(1, GROUND),
    ),
    st.booleans(),
    st.booleans(),
)
FACTS = (st.lists(CERTIFIED, max_size=4), st.lists(REVIEWED, max_size=16), DAYS, RULES)
LEVEL = "provincial"


def oracle(certified: list[Certified], reviewed: list[Reviewed], day: date, rule: HistoryRule) -> int | None:
    """The streak, counted backward from the last year; None when nothing stands."""
    mine = [one for one in certified if one.level == LEVEL and one.on <= day]
    come = [one for one in mine if one.state_on is None or one.state_on <= day]
    out = [one for one in come if one.state == "revoked"]
    if not rule.suspended_stands.value:
        out += [one for one in come if one.state == "suspended"]
    if all(one in out for one in mine):
        return None
    begin = min(one.on.year for one in mine if one not in out)
    ends = [one.state_on.year for one in come if one.state == "revoked" and one.state_on is not None]
    good = {"pass", "pass_after_rectification"} if rule.rectified_counts.value else {"pass"}
    year = day.year - 1
    while year > max([begin, *ends]):
        results = {one.result for one in reviewed if one.level == LEVEL and one.year == year}
        if not results or not results <= good:
            break
        year -= 1
    return day.year - 1 - year


@given(*FACTS, st.randoms(use_true_random=False))
def test_the_fold_counts_as_one_that_counts_backward(
    certified: list[Certified], reviewed: list[Reviewed], day: date, rule: HistoryRule, shuffled: object
) -> None:
    history = fold_history(LEVEL, certified, reviewed, day, rule)
    expected = oracle(certified, reviewed, day, rule)
    assert (history.streak if history.stands else None) == expected
    for facts in (certified, reviewed):
        shuffled.shuffle(facts)  # type: ignore[attr-defined]
    again = fold_history(LEVEL, certified, reviewed, day, rule)
    assert (again.streak, again.broken_by, again.since) == (history.streak, history.broken_by, history.since)
    assert all(one.year < day.year for one in history.years)


@given(*FACTS, st.integers(1, 4))
def test_nothing_is_missing_exactly_when_the_passes_are_there_and_the_first_year_is_the_first(
    certified: list[Certified], reviewed: list[Reviewed], day: date, rule: HistoryRule, passes: int
) -> None:
    known = [
        replace(one, state=None, state_on=None) if one.state_on is not None and one.state_on > day else one
        for one in certified
        if one.on <= day
    ]
    closed = [one for one in reviewed if one.year < day.year]
    history = fold_history(LEVEL, known, closed, day, rule)
    now = oracle(known, closed, day, rule)
    year = first_year(history, passes)
    assert (find_wants(history, passes, rule) == ()) == (now is not None and now >= passes)
    assert (year is None) == (now is None)
    if year is None or now is None:
        return
    assert (year <= day.year) == (now >= passes)
    to_come = [
        Reviewed(LEVEL, one, "pass", False, Cite("log", 1, bytes(32))) for one in range(day.year, 2040)
    ]
    later = [
        oracle(known, [*closed, *to_come], date(one, 1, 1), rule) or 0 for one in range(day.year, year + 1)
    ]
    if year > day.year:
        assert later[-1] >= passes and all(one < passes for one in later[:-1])


def test_every_result_of_a_review_may_be_a_records() -> None:
    assert {one.value for one in ReviewResult} < {one.value for one in LegacyResult}
