"""The fold of a community's past: the notice's example, each thing that breaks a streak, and what a refusal says is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from audit.entry import Cite
from certification import fact
from certification.history import (
    Break,
    Certified,
    Facts,
    History,
    Reviewed,
    find_reason,
    find_wants,
    first_year,
    fold_history,
    format_reviews,
)
from certification.history import fold as fold_facts
from certification.programme import Ground, HistoryRule, Setting
from tests.unit.certification.samples import COMMUNITY, HASH, named, programme, told

RULE = programme().history
DECIDED = Ground(None, True, "a test")


def a_cite(seq: int) -> Cite:
    return Cite("xingji/2", seq, HASH)


def certified(year: int, state: str | None = None, on: date | None = None, **changes: Any) -> Certified:
    return replace(Certified("provincial", date(year, 7, 1), False, a_cite(year), state, on), **changes)


def passed(*years: int, result: str = "pass", legacy: bool = False) -> list[Reviewed]:
    return [Reviewed("provincial", year, result, legacy, a_cite(year)) for year in years]


def fold(day: date, facts: list[Certified], reviewed: list[Reviewed], rule: HistoryRule = RULE) -> History:
    return fold_history("provincial", facts, reviewed, day, rule)


def without_entry(found: Break | None) -> Break | None:
    return found and replace(found, cite=None)


def test_certified_2022_and_passed_three_times_applies_first_in_2026() -> None:
    reviewed = passed(2023, 2024, 2025)
    for day, streak in ((date(2023, 1, 1), 0), (date(2025, 12, 31), 2), (date(2026, 1, 1), 3)):
        history = fold(day, [certified(2022)], [one for one in reviewed if one.year < day.year])
        assert (history.streak, first_year(history, 3), history.broken_by) == (streak, 2026, None)
        assert (find_wants(history, 3, RULE) == ()) == (day.year == 2026)
    assert fold(date(2022, 8, 1), [certified(2022)], []).streak == 0
    assert first_year(fold(date(2022, 8, 1), [certified(2022)], []), 3) == 2026


def test_a_review_of_the_running_year_or_of_the_year_of_certification_does_not_count() -> None:
    history = fold(date(2025, 6, 1), [certified(2022)], passed(2022, 2023, 2024, 2025))
    assert (history.streak, [one.year for one in history.years]) == (2, [2023, 2024])


@pytest.mark.parametrize(
    ("reviewed", "streak", "broken"),
    [
        (passed(2019, 2020, 2021), 3, None),
        (passed(2019, 2020), 0, Break("missing", 2021)),
        (passed(2019, 2021), 1, Break("missing", 2020)),
        (passed(2020, 2021), 2, Break("missing", 2019)),
        ([*passed(2019, 2021), *passed(2020, result="fail")], 1, Break("failed", 2020)),
        ([*passed(2019, 2020), *passed(2021, result="fail")], 0, Break("failed", 2021)),
        ([*passed(2019, 2020), *passed(2021, result="pass_after_rectification")], 3, None),
        ([*passed(2019, 2020, 2021), *passed(2020, result="fail")], 1, Break("failed", 2020)),
        ([replace(one, level="star") for one in passed(2019, 2020, 2021)], 0, Break("missing", 2021)),
        ([], 0, Break("missing", 2021)),
    ],
)
def test_what_breaks_a_streak(reviewed: list[Reviewed], streak: int, broken: Break | None) -> None:
    history = fold(date(2022, 4, 25), [certified(2018)], reviewed)
    assert (history.stands, history.streak, without_entry(history.broken_by)) == (True, streak, broken)


def test_a_pass_after_rectification_is_the_programmes_to_count() -> None:
    strict = replace(RULE, rectified_counts=Setting(False, DECIDED))
    reviewed = passed(2019, 2020, 2021, result="pass_after_rectification")
    assert fold(date(2022, 5, 1), [certified(2018)], reviewed).streak == 3
    history = fold(date(2022, 5, 1), [certified(2018)], reviewed, strict)
    assert (history.streak, history.broken_by) == (0, Break("failed", 2021, a_cite(2021)))
    assert "不合格" in find_wants(history, 3, strict)[0][0]


@pytest.mark.parametrize("state", ["suspended", "revoked"])
def test_what_is_suspended_or_revoked_does_not_stand(state: str) -> None:
    day, on, reviewed = date(2022, 5, 1), date(2022, 5, 1), passed(2019, 2020, 2021)
    history = fold(day, [certified(2018, state, on)], reviewed)
    assert (history.stands, history.streak, history.broken_by) == (False, 0, Break(state, 2022))
    assert first_year(history, 3) is None
    ((zh, en),) = find_wants(history, 3, RULE)
    assert "2022-05-01" in zh and state in en
    before = fold(day, [certified(2018, state, date(2022, 5, 2))], reviewed)
    assert (before.stands, before.streak) == (True, 3)


def test_a_suspension_that_stands_is_the_programmes_to_allow() -> None:
    lenient = replace(RULE, suspended_stands=Setting(True, DECIDED))
    facts, reviewed = [certified(2018, "suspended", date(2022, 1, 1))], passed(2019, 2020, 2021)
    assert fold(date(2022, 5, 1), facts, reviewed, lenient).streak == 3
    revoked = [certified(2018, "revoked", date(2022, 1, 1))]
    assert not fold(date(2022, 5, 1), revoked, reviewed, lenient).stands


def test_no_year_up_to_a_revocation_counts() -> None:
    facts = [certified(2015, "revoked", date(2019, 3, 1)), certified(2016)]
    history = fold(date(2022, 5, 1), facts, passed(2017, 2018, 2019, 2020, 2021))
    assert (history.since, history.streak, history.broken_by) == (2019, 2, Break("revoked", 2019))
    assert first_year(history, 3) == 2023
    assert "2019 年撤销后仅有 2 个完整年度" in find_wants(history, 3, RULE)[0][0]
    anew = [certified(2015, "revoked", date(2018, 3, 1)), certified(2018)]
    assert fold(date(2022, 5, 1), anew, passed(2019, 2020, 2021)).streak == 3


def test_the_first_that_stands_is_the_communitys_and_another_level_is_not() -> None:
    facts = [certified(2020), certified(2017), certified(2015, level="star"), certified(2023)]
    history = fold(date(2022, 5, 1), facts, passed(2018, 2019, 2020, 2021))
    assert history.certified == facts[1] and history.streak == 4
    assert fold(date(2022, 5, 1), facts[2:], []).certified is None
    assert find_wants(fold(date(2022, 5, 1), [], []), 3, RULE)[0][0] == "账本中没有此项认定"


def test_a_refusal_names_every_year_that_is_missing_or_failed_and_the_first_to_apply() -> None:
    reviewed = [*passed(2016), *passed(2020, result="fail")]
    wants = find_wants(fold(date(2022, 5, 1), [certified(2015)], reviewed), 3, RULE)
    assert [zh for zh, _ in wants] == [
        "缺 2019、2021 年度复查记录",
        "2020 年度复查不合格（见账本 xingji/2 第 2020 号账目）",
        "最早可于 2025 年申报",
    ]
    assert wants[0][1] == "no review of 2019, 2021"


def test_a_form_shows_the_last_years_with_their_entries() -> None:
    reviewed = [
        *passed(2017, 2018, 2019, 2021),
        *passed(2020, result="pass_after_rectification", legacy=True),
    ]
    history = fold(date(2022, 5, 1), [certified(2016)], reviewed)
    found = json.loads(format_reviews(history, 3))
    assert [(one["year"], one["result"], one["legacy"]) for one in found] == [
        (2019, "pass", False),
        (2020, "pass_after_rectification", True),
        (2021, "pass", False),
    ]
    assert found[0]["cite"] == {"hash": HASH.hex(), "origin": "xingji/2", "sequence": 2019}
    assert format_reviews(fold(date(2016, 8, 1), [certified(2016)], []), 3) == "[]"


def test_what_rests_on_paper_says_so() -> None:
    day = date(2022, 5, 1)
    plain, legacy = passed(2019, 2020, 2021), passed(2020, legacy=True)
    assert not fold(day, [certified(2018)], plain).legacy
    assert fold(day, [certified(2018, legacy=True)], plain).legacy
    assert fold(day, [certified(2018)], [plain[0], *legacy, plain[2]]).legacy
    # A year before the last break counts for nothing, on paper or not.
    assert not fold(day, [certified(2018)], [*legacy, *passed(2021, result="fail")]).legacy


def test_a_cycle_of_two_years_passes_with_a_pass_and_without_a_fail() -> None:
    rule = replace(RULE, cycle_years=Setting(2, DECIDED))
    facts = [certified(2014)]
    history = fold(date(2021, 5, 1), facts, passed(2015, 2018, 2019), rule)
    assert [(one.first, one.year, one.result) for one in history.years] == [
        (2015, 2016, "pass"),
        (2017, 2018, "pass"),
        (2019, 2020, "pass"),
    ]
    assert (history.streak, first_year(history, 3)) == (3, 2021)
    failed = [*passed(2015, 2017, 2019), *passed(2018, result="fail")]
    history = fold(date(2022, 5, 1), facts, failed, rule)
    assert (history.streak, history.broken_by) == (1, Break("failed", 2018, a_cite(2018)))
    assert first_year(history, 3) == 2025
    wants = find_wants(history, 3, rule)
    assert wants[0][0].startswith("2017–2018 年度复查不合格")
    assert find_reason(history, 3, rule) == "failed"
    # 2021 and 2022 are not over.
    assert [one.year for one in fold(date(2022, 12, 31), facts, failed, rule).years] == [2016, 2018, 2020]
    early = find_wants(fold(date(2016, 1, 1), facts, [], rule), 3, rule)
    assert "2014 年认定后仅有 0 个完整复查周期" in early[0][0]


ELSEWHERE, LATER = named("elsewhere"), named("later")
FIRST = fact.certified(COMMUNITY, named("one"), "provincial", date(2018, 7, 1))
YEARS = [
    fact.reviewed(COMMUNITY, named(f"review/{year}"), "provincial", year, "pass")
    for year in (2019, 2020, 2021, 2022)
]


def folded(facts: Facts, day: date, known_at: datetime | None = None) -> tuple[bool, int]:
    history = fold_facts(facts, "provincial", day, RULE, known_at)
    return history.stands, history.streak


def test_a_correction_takes_the_place_of_what_it_corrects_from_when_it_was_recorded() -> None:
    wrong = replace(YEARS[1], result="fail")
    found = told(COMMUNITY, [FIRST, *YEARS, wrong, replace(wrong, result="pass_after_rectification")])
    times = [one.time for one in found.told]
    day = date(2023, 1, 1)
    assert [folded(found, day, time) for time in times[4:]] == [(True, 4), (True, 2), (True, 4)]
    assert folded(told(COMMUNITY, [FIRST, *YEARS, replace(wrong, result=fact.VOID)]), day) == (True, 2)


def test_a_community_goes_on_from_those_that_were_merged_into_it() -> None:
    merged = fact.succeeded(LATER, COMMUNITY, date(2021, 3, 1), "merge")
    again = fact.succeeded(ELSEWHERE, LATER, date(2022, 6, 1), "split")
    bad = fact.reviewed(LATER, named("bad"), "provincial", 2021, "fail")
    found = told(ELSEWHERE, [FIRST, *YEARS[:3], merged, again])
    assert folded(found, date(2022, 7, 1)) == (True, 3)
    # Before the split it was nothing of the community's.
    assert folded(found, date(2022, 5, 31)) == (False, 0)
    assert folded(told(ELSEWHERE, [FIRST, *YEARS[:3], merged, again, bad]), date(2022, 7, 1)) == (True, 0)
    # What the one before is certified as or reviewed for later is its own.
    later = replace(FIRST, subject_id=named("two"), valid_on=date(2021, 3, 2))
    assert folded(told(LATER, [later, merged]), date(2022, 7, 1)) == (False, 0)
    revoked = fact.changed(COMMUNITY, named("one"), "provincial", date(2022, 6, 30), "revoked")
    assert folded(told(ELSEWHERE, [FIRST, merged, again, revoked]), date(2022, 7, 1)) == (False, 0)
    assert folded(told(LATER, [FIRST, *YEARS, merged]), date(2023, 1, 1)) == (True, 0)
    # A circle ends.
    circle = fact.succeeded(COMMUNITY, LATER, date(2021, 3, 1), "merge")
    assert folded(told(COMMUNITY, [FIRST, *YEARS[:3], merged, circle]), date(2022, 1, 1)) == (True, 3)
