"""Working days and publicity: the 2022 round to the day, and the year that nobody has published."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from certification.calendar import Calendar, is_working_day, next_working_day
from certification.errors import CalendarUnpublishedError, NoPublicityDateError, PublicityStartRefusedError
from certification.planner import end_of, latest_plan, plan_from, plan_publicity
from certification.programme import Programme, Setting
from tests.unit.certification.samples import programme


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2022, 5, 1), False),
        (date(2022, 5, 2), False),
        (date(2022, 5, 3), False),
        (date(2022, 5, 4), False),
        (date(2022, 5, 5), True),
        (date(2022, 5, 7), True),
        (date(2022, 5, 8), False),
        (date(2022, 4, 24), True),
        (date(2026, 12, 31), True),
    ],
)
def test_published_days_are_known(day: date, worked: bool) -> None:
    assert is_working_day(day) is worked


@pytest.mark.parametrize("day", [date(2027, 1, 4), date(2003, 5, 6)])
def test_an_unpublished_year_is_refused(day: date) -> None:
    with pytest.raises(CalendarUnpublishedError) as refusal:
        is_working_day(day)
    assert refusal.value.code == "calendar.unpublished"
    assert str(day.year) in refusal.value.zh


def test_an_override_stands_above_what_is_published() -> None:
    calendar = Calendar({date(2022, 5, 9): False, date(2027, 1, 4): True})
    assert not is_working_day(date(2022, 5, 9), calendar)
    assert is_working_day(date(2027, 1, 4), calendar)
    with pytest.raises(CalendarUnpublishedError):
        is_working_day(date(2027, 1, 5), calendar)
    assert next_working_day(date(2022, 5, 6)) == date(2022, 5, 7)


def test_the_latest_start_of_2022_is_friday_20_may() -> None:
    plan = latest_plan(programme())
    assert plan.opens_on == date(2022, 5, 20)
    assert plan.counted == tuple(date(2022, 5, day) for day in (23, 24, 25, 26, 27))
    assert plan.report_from == date(2022, 5, 30)


def test_a_publicity_counts_make_up_days_and_skips_holidays() -> None:
    plan = plan_from(date(2022, 4, 29), programme().publicity)
    assert plan.counted == tuple(date(2022, 5, day) for day in (5, 6, 7, 9, 10))


@pytest.mark.parametrize(
    ("start", "today"),
    [
        (date(2022, 5, 21), date(2022, 5, 16)),
        (date(2022, 5, 23), date(2022, 5, 16)),
        (date(2022, 5, 17), date(2022, 5, 18)),
        (date(2022, 5, 13), date(2022, 5, 12)),
    ],
)
def test_a_start_on_a_rest_day_too_late_past_or_too_early_is_refused(start: date, today: date) -> None:
    with pytest.raises(PublicityStartRefusedError) as refusal:
        plan_publicity(start, today, programme())
    assert refusal.value.clause == "三（二）"


def test_starts_inside_the_window_are_planned() -> None:
    assert plan_publicity(date(2022, 5, 16), date(2022, 5, 16), programme()).closes_on == date(2022, 5, 23)
    assert plan_publicity(date(2022, 5, 20), date(2022, 5, 20), programme()).closes_on == date(2022, 5, 27)


def changed(**settings: int | bool) -> Programme:
    rule = programme().publicity
    made = {name: Setting(value, getattr(rule, name).ground) for name, value in settings.items()}
    return replace(programme(), publicity=replace(rule, **made))


def test_the_rule_is_a_setting() -> None:
    assert latest_plan(changed(first_day_counts=True)).opens_on == date(2022, 5, 23)
    assert latest_plan(changed(days_to_report=0)).opens_on == date(2022, 5, 23)
    assert latest_plan(changed(working_days=6)).opens_on == date(2022, 5, 19)
    rest = changed(starts_on_working_day=False)
    assert plan_from(date(2022, 5, 21), rest.publicity).closes_on == date(2022, 5, 27)
    with pytest.raises(NoPublicityDateError):
        latest_plan(changed(working_days=11))


def test_a_day_ends_at_midnight_there() -> None:
    assert end_of(date(2022, 5, 27), programme().zone) == datetime(2022, 5, 27, 16, tzinfo=UTC)
