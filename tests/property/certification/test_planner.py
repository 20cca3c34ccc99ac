"""The planner against a naive oracle that walks the days one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.calendar import Calendar, is_working_day
from certification.errors import CertificationError, NoPublicityDateError, PublicityStartRefusedError
from certification.planner import latest_plan, plan_from, plan_publicity
from certification.programme import Programme, Setting
from certification.reader import load_programme

DAYS = st.dates(date(2004, 2, 1), date(2026, 10, 31))
PROGRAMME = load_programme("zhoukou-2022")


def with_rule(
    working_days: int, first_counts: bool, to_report: int, overrides: dict[date, bool]
) -> Programme:
    del overrides
    rule = PROGRAMME.publicity
    return replace(
        PROGRAMME,
        publicity=replace(
            rule,
            working_days=Setting(working_days, rule.working_days.ground),
            first_day_counts=Setting(first_counts, rule.first_day_counts.ground),
            days_to_report=Setting(to_report, rule.days_to_report.ground),
        ),
    )


def with_window(programme: Programme, first: date, last: date) -> Programme:
    zone = programme.zone
    window = replace(
        programme.windows["city_review"],
        opens_at=datetime.combine(first, time(), zone),
        closes_at=datetime.combine(last + timedelta(days=1), time(), zone),
    )
    return replace(programme, windows={**programme.windows, "city_review": window})


def naive(
    start: date, working_days: int, first_counts: bool, to_report: int, overrides: dict[date, bool]
) -> list[date]:
    """The counted days and the days kept for the report, by walking and asking each day."""
    found, day = [], start if first_counts else start + timedelta(days=1)
    while len(found) < working_days + to_report:
        if is_working_day(day, Calendar(overrides)):
            found.append(day)
        day += timedelta(days=1)
    return found


RULES = {
    "working_days": st.integers(1, 8),
    "first_counts": st.booleans(),
    "to_report": st.integers(0, 2),
    "overrides": st.dictionaries(DAYS, st.booleans(), max_size=4),
}


@given(start=DAYS, **RULES)
def test_a_plan_counts_as_the_oracle_does(
    start: date, working_days: int, first_counts: bool, to_report: int, overrides: dict[date, bool]
) -> None:
    rule = with_rule(working_days, first_counts, to_report, overrides).publicity
    if not is_working_day(start, Calendar(overrides)):
        with pytest.raises(PublicityStartRefusedError):
            plan_from(start, rule, Calendar(overrides))
        return
    days = naive(start, working_days, first_counts, to_report, overrides)
    plan = plan_from(start, rule, Calendar(overrides))
    assert list(plan.counted) == days[:working_days]
    assert plan.report_from == days[-1]


@given(first=DAYS, length=st.integers(0, 25), **RULES)
def test_the_latest_start_is_the_last_that_fits(
    first: date,
    length: int,
    working_days: int,
    first_counts: bool,
    to_report: int,
    overrides: dict[date, bool],
) -> None:
    last = first + timedelta(days=length)
    programme = with_window(with_rule(working_days, first_counts, to_report, overrides), first, last)
    fitting = []
    for offset in range(length + 1):
        start = first + timedelta(days=offset)
        days = naive(start, working_days, first_counts, to_report, overrides)
        if is_working_day(start, Calendar(overrides)) and days[-1] <= last:
            fitting.append(start)
    if not fitting:
        with pytest.raises(NoPublicityDateError):
            latest_plan(programme, Calendar(overrides))
        return
    assert latest_plan(programme, Calendar(overrides)).opens_on == fitting[-1]
    for offset in range(-1, length + 2):
        start = first + timedelta(days=offset)
        try:
            plan_publicity(start, first, programme, Calendar(overrides))
        except CertificationError:
            assert start not in fitting
        else:
            assert start in fitting or (is_working_day(start, Calendar(overrides)) and start <= fitting[-1])
