"""The days of a publicised item: its own count, what stops it, what begins it anew, and what then stands against its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from certification.calendar import Calendar
from certification.errors import (
    CalendarUnpublishedError,
    PublicityIncompleteError,
    PublicityObjectedError,
)
from certification.model import ObjectionStatus
from certification.planner import Pause, count_days
from certification.programme import Setting
from certification.publicity import Count, ListedItem, count_item, is_running, pause_of
from certification.rosters import find_roster_obstacle
from tests.unit.certification.samples import programme, someone
from tests.unit.certification.test_rosters import CLOSED, PUBLICITY, RANKING, SHUT, a_round

RULE, ZONE = programme().publicity, programme().zone
FRIDAY = date(2022, 5, 20)


def may(day: int, hour: int = 12) -> datetime:
    return (
        datetime(2022, 5, day, hour - 8, tzinfo=UTC)
        if hour >= 8
        else datetime(2022, 5, day - 1, hour + 16, tzinfo=UTC)
    )


def days(*numbers: int) -> tuple[date, ...]:
    return tuple(date(2022, 5, number) for number in numbers)


@pytest.mark.parametrize(
    ("paused", "counted"),
    [
        ((), days(23, 24, 25, 26, 27)),
        ((Pause(date(2022, 5, 21), date(2022, 5, 22)),), days(23, 24, 25, 26, 27)),
        ((Pause(date(2022, 5, 24), date(2022, 5, 24)),), days(23, 25, 26, 27, 30)),
        ((Pause(date(2022, 5, 24), date(2022, 5, 26)),), (*days(23, 27, 30, 31), date(2022, 6, 1))),
        ((Pause(date(2022, 5, 25), None),), days(23, 24)),
        ((Pause(date(2022, 5, 20), None),), ()),
        ((Pause(date(2022, 5, 28), None),), days(23, 24, 25, 26, 27)),
        (
            (Pause(date(2022, 5, 23), date(2022, 5, 24)), Pause(date(2022, 5, 24), date(2022, 5, 25))),
            (*days(26, 27, 30, 31), date(2022, 6, 1)),
        ),
    ],
)
def test_a_day_counts_unless_an_investigation_was_open_in_it(
    paused: tuple[Pause, ...], counted: tuple[date, ...]
) -> None:
    assert count_days(FRIDAY, paused, RULE) == counted


def test_the_first_day_counts_where_the_programme_says_so_and_the_calendar_is_asked() -> None:
    first = replace(RULE, first_day_counts=Setting(True, RULE.first_day_counts.ground))
    assert count_days(FRIDAY, (), first)[0] == FRIDAY
    rest = Calendar({date(2022, 5, 23): False, date(2022, 5, 28): True})
    assert count_days(FRIDAY, (), RULE, rest) == days(24, 25, 26, 27, 28)
    with pytest.raises(CalendarUnpublishedError):
        count_days(date(2026, 12, 30), (), RULE)


def test_the_count_agrees_with_walking_every_pair_of_pauses() -> None:
    """An oracle that asks each day of two months whether it is held."""
    spans = [(None, None), *((a, b) for a, b in product(range(0, 12, 3), range(0, 14, 4)) if b >= a)]
    for one, other in product(spans, spans):
        pauses = [
            Pause(FRIDAY + timedelta(a), FRIDAY + timedelta(b))
            for a, b in (one, other)
            if a is not None and b is not None
        ]
        walked = [
            day
            for day in (FRIDAY + timedelta(n) for n in range(1, 60))
            if day.weekday() < 5
            and day != date(2022, 6, 3)
            and all(not pause.first <= day <= (pause.last or day) for pause in pauses)
        ][:5]
        assert list(count_days(FRIDAY, pauses, RULE)) == walked


def test_a_count_goes_by_the_days_that_have_ended() -> None:
    item = ListedItem(1, "社区", FRIDAY)
    for moment, over in ((may(20), 0), (may(23, 23), 0), (may(24, 0), 1), (may(27, 23), 4), (may(28, 0), 5)):
        assert count_item(item, RULE, ZONE, moment) == Count(over, date(2022, 5, 27), False, over == 5)
        assert is_running(item, FRIDAY, RULE, ZONE, moment) == (over < 5)
    assert not is_running(item, FRIDAY, RULE, ZONE, may(19))
    assert not is_running(replace(item, there=False), FRIDAY, RULE, ZONE, may(23))


@pytest.mark.parametrize(
    ("status", "accepted", "decided", "pause"),
    [
        (ObjectionStatus.RECEIVED, None, None, None),
        (ObjectionStatus.ACCEPTED, may(24), None, Pause(date(2022, 5, 24), None)),
        (ObjectionStatus.DISMISSED, may(24, 0), may(25, 23), Pause(date(2022, 5, 24), date(2022, 5, 25))),
        (ObjectionStatus.UPHELD, may(24), may(25), Pause(date(2022, 5, 24), None)),
    ],
)
def test_an_objection_stops_its_item_from_acceptance_to_dismissal(
    status: ObjectionStatus, accepted: datetime | None, decided: datetime | None, pause: Pause | None
) -> None:
    assert pause_of(status, accepted, decided, ZONE) == pause


OFFICER = someone("city_officer")
DONE = ListedItem(1, "甲社区", FRIDAY)


@pytest.mark.parametrize(
    ("items", "error"),
    [
        ((DONE,), None),
        ((DONE, replace(DONE, open=1)), PublicityObjectedError),
        ((DONE, replace(DONE, open=1, there=False)), None),
        ((DONE, replace(DONE, start=date(2022, 5, 24))), PublicityIncompleteError),
        ((replace(DONE, start=date(2022, 5, 24), there=False), DONE), None),
        ((replace(DONE, paused=(Pause(date(2022, 5, 27), date(2022, 5, 27)),)),), PublicityIncompleteError),
        ((replace(DONE, paused=(Pause(date(2022, 5, 28), date(2022, 5, 28)),)),), None),
    ],
)
def test_a_publicity_closes_when_every_item_that_is_left_has_its_days(
    items: tuple[ListedItem, ...], error: type[Exception] | None
) -> None:
    view = replace(a_round(RANKING, PUBLICITY), listed=items)
    obstacle = find_roster_obstacle(programme(), "close_publicity", view, OFFICER, CLOSED)
    assert type(obstacle) is (error or type(None))
    shut = replace(a_round(RANKING, SHUT), listed=items)
    reported = find_roster_obstacle(programme(), "report_to_province", shut, OFFICER, CLOSED)
    assert isinstance(reported, PublicityObjectedError) == (error is PublicityObjectedError)


def test_what_is_incomplete_is_named() -> None:
    late = replace(DONE, community_name="乙社区", start=date(2022, 5, 24))
    view = replace(a_round(RANKING, PUBLICITY), listed=(DONE, late))
    obstacle = find_roster_obstacle(programme(), "close_publicity", view, OFFICER, CLOSED)
    assert obstacle is not None and (obstacle.clause, obstacle.code) == ("三（二）", "publicity.incomplete")
    assert "乙社区" in obstacle.zh and "已计 3 个" in obstacle.zh
