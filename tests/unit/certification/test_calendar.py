"""The city's calendar: what is set, what is published, what a document arranges, and what nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from certification.acts import set_calendar
from certification.acts.set_calendar import DayChoice
from certification.calendar import Calendar, count_working_days, is_working_day
from certification.changes import Context
from certification.errors import (
    CalendarRefusedError,
    CalendarUnpublishedError,
    CertificationError,
    FieldRefusedError,
    NotEntitledError,
    PublicityStartRefusedError,
)
from certification.model import CalendarYear
from certification.planner import NOT_EXTENDED, latest_plan, plan_deadlines, plan_publicity
from certification.programme import Programme
from certification.rosters import find_roster_obstacle
from tests.unit.certification.samples import (
    CITY,
    COUNTY,
    REVIEWING,
    named,
    programme,
    someone,
)
from tests.unit.certification.test_rosters import OFFICER, RANKING, a_round

NEW_YEAR = date(2027, 1, 1)
ARRANGED = Calendar({NEW_YEAR: False, date(2027, 1, 9): True}, frozenset({2027}))


def test_a_year_that_a_document_arranges_works_on_weekdays() -> None:
    days = [date(2027, 1, n) for n in range(1, 12)]
    assert [day.day for day in days if is_working_day(day, ARRANGED)] == [4, 5, 6, 7, 8, 9, 11]
    with pytest.raises(CalendarUnpublishedError):
        is_working_day(date(2028, 1, 3), ARRANGED)


def test_a_declared_year_does_not_forget_what_is_published() -> None:
    declared = Calendar({}, frozenset({2022}))
    assert not is_working_day(date(2022, 5, 3), declared)
    assert is_working_day(date(2022, 5, 7), declared)


@pytest.mark.parametrize(
    ("after", "last", "count"),
    [
        (date(2022, 5, 6), date(2022, 5, 7), 1),
        (date(2022, 5, 6), date(2022, 5, 6), 0),
        (date(2022, 5, 6), date(2022, 5, 1), 0),
        (date(2022, 4, 29), date(2022, 5, 10), 5),
        (date(2026, 12, 31), date(2026, 12, 31), 0),
    ],
)
def test_working_days_are_counted_after_today_up_to_the_last(after: date, last: date, count: int) -> None:
    assert count_working_days(after, last) == count


def in_year(year: int) -> Programme:
    """The programme as if its windows lay in another year."""
    windows = {
        stage: replace(
            window,
            opens_at=window.opens_at.replace(year=year),
            closes_at=window.closes_at.replace(year=year),
        )
        for stage, window in programme().windows.items()
    }
    return replace(programme(), windows=windows)


def test_2027_is_refused_then_set_then_planned() -> None:
    later = in_year(2027)
    with pytest.raises(CalendarUnpublishedError):
        latest_plan(later)
    rests = {date(2027, 5, day): False for day in range(1, 6)}
    plan = latest_plan(later, Calendar(rests, frozenset({2027})))
    assert plan.opens_on == date(2027, 5, 20)
    assert plan.counted == tuple(date(2027, 5, day) for day in (21, 24, 25, 26, 27))
    assert plan.report_from == date(2027, 5, 28)


def test_a_plan_asks_only_about_days_of_the_window() -> None:
    window = programme().windows["city_review"]
    to_year_end = replace(
        window,
        opens_at=datetime(2026, 12, 1, tzinfo=UTC),
        closes_at=datetime(2026, 12, 31, 16, tzinfo=UTC),
    )
    plan = latest_plan(replace(programme(), windows={"city_review": to_year_end}))
    assert (plan.opens_on, plan.report_from) == (date(2026, 12, 23), date(2026, 12, 31))


EXTENDED = {"city_review": datetime(2022, 6, 6, 16, tzinfo=UTC)}


def test_an_extension_moves_the_latest_start() -> None:
    plan = latest_plan(programme(), extended=EXTENDED)
    assert (plan.opens_on, plan.report_from) == (date(2022, 5, 26), date(2022, 6, 6))
    start, today = date(2022, 5, 25), date(2022, 5, 24)
    assert plan_publicity(start, today, programme(), extended=EXTENDED).closes_on == date(2022, 6, 1)
    with pytest.raises(PublicityStartRefusedError):
        plan_publicity(start, today, programme())


def test_a_publicity_that_comes_too_late_is_an_obstacle() -> None:
    view, monday = a_round(RANKING), datetime(2022, 5, 23, 2, tzinfo=UTC)
    found = find_roster_obstacle(programme(), "open_publicity", view, OFFICER, monday)
    assert isinstance(found, PublicityStartRefusedError)
    later = replace(view, extended=EXTENDED)
    assert find_roster_obstacle(programme(), "open_publicity", later, OFFICER, monday) is None
    thursday = datetime(2022, 5, 26, 2, tzinfo=UTC)
    assert find_roster_obstacle(programme(), "open_publicity", later, OFFICER, thursday) is None
    rests = replace(later, calendar=Calendar({date(2022, 6, 6): False}))
    assert find_roster_obstacle(programme(), "open_publicity", rests, OFFICER, thursday)


def test_deadlines_of_2022_on_16_may() -> None:
    found = {one.code: one for one in plan_deadlines(programme(), REVIEWING, Calendar(), NOT_EXTENDED)}
    assert list(found) == ["recommendation", "city_review", "publicity", "report"]
    shown = {
        code: (one.last_day, one.working_days_left, one.overdue, one.extended) for code, one in found.items()
    }
    assert shown == {
        "recommendation": (date(2022, 5, 15), 0, True, False),
        "city_review": (date(2022, 5, 30), 10, False, False),
        "publicity": (date(2022, 5, 20), 4, False, False),
        "report": (date(2022, 5, 30), 10, False, False),
    }


def test_deadlines_follow_the_extension_and_say_so() -> None:
    found = {one.code: one for one in plan_deadlines(programme(), REVIEWING, Calendar(), EXTENDED)}
    assert found["report"].last_day == date(2022, 6, 6)
    assert (found["publicity"].last_day, found["publicity"].extended) == (date(2022, 5, 26), True)
    assert not found["recommendation"].extended


def test_an_unpublished_deadline_says_why_it_cannot_be_counted() -> None:
    now = datetime(2027, 5, 1, tzinfo=UTC)
    found = {one.code: one for one in plan_deadlines(in_year(2027), now, Calendar(), NOT_EXTENDED)}
    for code in ("recommendation", "city_review", "report"):
        assert found[code].working_days_left is None and found[code].last_day is not None
    assert found["publicity"].last_day is None
    assert {type(one.obstacle) for one in found.values()} == {CalendarUnpublishedError}


# -- the act

ADMIN = someone("tenant_administrator")
AT_HOME = replace(ADMIN, home_tenant_id=CITY)


def context() -> Context:
    return Context(AT_HOME, REVIEWING, lambda: UUID(int=1), lambda: bytes(32))


def a_command(*days: DayChoice, **changes: Any) -> set_calendar.Command:
    given: dict[str, Any] = {
        "year": 2027,
        "document_number": "国办发明电〔2026〕7号",
        "title": "安排",
        "complete": True,
        "days": days,
        "reason": "按通知设定",
        **changes,
    }
    return set_calendar.Command(**given)


EMPTY = set_calendar.State(CITY, "city", None, frozenset())
REST = DayChoice(NEW_YEAR, False, "元旦")


def test_days_set_before_are_changed_and_others_added() -> None:
    year = CalendarYear(CITY, named("y"), 2027, "一号", "旧", True, "旧", 3, named("x"), REVIEWING)
    state = set_calendar.State(CITY, "city", year, frozenset({NEW_YEAR}))
    back, new = DayChoice(NEW_YEAR, None, "元旦"), DayChoice(date(2027, 1, 2), False, "元旦")
    change = set_calendar.decide(state, a_command(back, new, complete=None), context())
    written = {(write.table.name, write.new): write.entity for write in change.writes}
    after = written["calendar_years", False]
    assert (after.id, after.revision, after.complete) == (named("y"), 4, True)
    assert written["calendar_days", False].working is None
    assert written["calendar_days", True].day == date(2027, 1, 2)
    assert change.subject.revision == 4


def test_a_year_is_declared_whole_only_in_words() -> None:
    made = set_calendar.decide(EMPTY, a_command(REST, complete=None), context()).writes[0].entity
    assert (made.complete, made.revision) == (False, 1)


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (a_command(DayChoice(date(2026, 12, 31), True, "调休")), CalendarRefusedError),
        (a_command(REST, replace(REST, working=True)), CalendarRefusedError),
        (a_command(complete=None), CalendarRefusedError),
        (a_command(year=1999), CalendarRefusedError),
        (a_command(year=2200), CalendarRefusedError),
        (a_command(REST, document_number=" "), FieldRefusedError),
        (a_command(REST, title="a\nb"), FieldRefusedError),
        (a_command(REST, reason=""), FieldRefusedError),
        (a_command(replace(REST, name="")), FieldRefusedError),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(
    command: set_calendar.Command, error: type[CertificationError]
) -> None:
    with pytest.raises(error):
        set_calendar.decide(EMPTY, command, context())


def test_only_the_citys_own_administrator_sets_it() -> None:
    assert set_calendar.authorise(EMPTY, a_command(REST), AT_HOME) == "tenant_administrator"
    with pytest.raises(NotEntitledError):
        set_calendar.authorise(EMPTY, a_command(REST), ADMIN)
    with pytest.raises(NotEntitledError):
        set_calendar.authorise(EMPTY, a_command(REST), OFFICER)
    with pytest.raises(NotEntitledError):
        set_calendar.authorise(replace(EMPTY, tenant_id=COUNTY, level="county"), a_command(REST), ADMIN)
