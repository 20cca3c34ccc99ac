"""Which days are working days (工作日), make-up days (调休) included.

The published arrangements come from `chinesecalendar`; `overrides` (a day and whether it is worked) stand above them and
are kept by an administrator. The rule upheld here: a year that nobody has published is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import chinese_calendar  # type: ignore[import-untyped]

from certification.errors import CalendarUnpublishedError

Overrides = Mapping[date, bool]
NO_OVERRIDES: Overrides = {}


def is_working_day(day: date, overrides: Overrides = NO_OVERRIDES) -> bool:
    """Whether `day` is worked. Raises CalendarUnpublishedError for a year without arrangements or override."""
    if day in overrides:
        return overrides[day]
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        raise CalendarUnpublishedError(year=day.year) from None


def next_working_day(day: date, overrides: Overrides = NO_OVERRIDES) -> date:
    """The first working day after `day`. Raises CalendarUnpublishedError."""
    day += timedelta(days=1)
    while not is_working_day(day, overrides):
        day += timedelta(days=1)
    return day
