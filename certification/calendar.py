"""Which days are working days (工作日), make-up days (调休) included.

What is published comes from `chinesecalendar`; what a city's administrator set stands above it (certification/acts/set_calendar.py).
The rule upheld here: a year that nobody has published is refused, never guessed. In this order:

1. a day that was set is worked or not, as it was set;
2. a year that the library knows is as the library has it;
3. a year that was declared complete works on weekdays and rests on weekends;
4. any other year is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import chinese_calendar  # type: ignore[import-untyped]

from certification.errors import CalendarUnpublishedError

SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """What an administrator set: days and whether they are worked, and the years declared complete."""

    days: Mapping[date, bool] = field(default_factory=dict)
    years: frozenset[int] = frozenset()


PUBLISHED: Final = Calendar()
"""What the library knows and nothing else."""


def is_working_day(day: date, calendar: Calendar = PUBLISHED) -> bool:
    """Whether `day` is worked. Raises CalendarUnpublishedError for a year without arrangements."""
    if day in calendar.days:
        return calendar.days[day]
    published = _find_published(day)
    if published is not None:
        return published
    if day.year in calendar.years:
        return day.weekday() < SATURDAY
    raise CalendarUnpublishedError(year=day.year)


@lru_cache(maxsize=2048)
def _find_published(day: date) -> bool | None:
    """What the library says of a day, None of a year that it does not know. It goes through all its days each time it is asked."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None


def next_working_day(day: date, calendar: Calendar = PUBLISHED) -> date:
    """The first working day after `day`. Raises CalendarUnpublishedError."""
    day += timedelta(days=1)
    while not is_working_day(day, calendar):
        day += timedelta(days=1)
    return day


def count_working_days(after: date, last: date, calendar: Calendar = PUBLISHED) -> int:
    """The working days after `after` up to and including `last`; 0 when there are none. Raises CalendarUnpublishedError."""
    return sum(
        is_working_day(after + timedelta(days=number), calendar)
        for number in range(1, (last - after).days + 1)
    )
