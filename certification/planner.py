"""Planning a publicity (公示): from a start to its last counted day, and back from a window to the latest start.

For the 2022 round (five working days, the first day not counted, one working day left for the report) the latest start is
Friday 2022-05-20: counted 23 to 27 May, report on 30 May. Numbers and rules come from the programme; a year without
published working days is refused (certification/calendar.py). A window ends where its extension does: `extended` is stage → the
latest close. Days are the programme's; no clock here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from certification.calendar import (
    PUBLISHED,
    Calendar,
    count_working_days,
    is_working_day,
    next_working_day,
)
from certification.errors import CertificationError, NoPublicityDateError, PublicityStartRefusedError
from certification.programme import Programme, PublicityRule, Window

NOT_EXTENDED: Final[Mapping[str, datetime]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PublicityPlan:
    """A publicity: put up on `opens_on`, counted on `counted`, reported no earlier than `report_from`."""

    opens_on: date
    counted: tuple[date, ...]
    report_from: date

    @property
    def closes_on(self) -> date:
        """The last counted day."""
        return self.counted[-1]


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day of an aware time in a zone."""
    return moment.astimezone(zone).date()


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Midnight after `day`: the first moment that is no longer in it."""
    return datetime.combine(day + timedelta(days=1), time(), zone)


def plan_from(opens_on: date, rule: PublicityRule, calendar: Calendar = PUBLISHED) -> PublicityPlan:
    """The plan of a publicity put up on `opens_on`, whatever the window.

    Raises PublicityStartRefusedError on a rest day, CalendarUnpublishedError.
    """
    worked = is_working_day(opens_on, calendar)
    if rule.starts_on_working_day.value and not worked:
        raise PublicityStartRefusedError(
            clause=rule.working_days.ground.clause,
            day=opens_on,
            reason_zh="该日不是工作日",
            reason_en="it is not a working day",
        )
    counted = [opens_on] if rule.first_day_counts.value and worked else []
    day = opens_on
    while len(counted) < rule.working_days.value:
        day = next_working_day(day, calendar)
        counted.append(day)
    report_from = counted[-1]
    for _ in range(rule.days_to_report.value):
        report_from = next_working_day(report_from, calendar)
    return PublicityPlan(opens_on, tuple(counted), report_from)


def latest_plan(
    programme: Programme,
    calendar: Calendar = PUBLISHED,
    extended: Mapping[str, datetime] = NOT_EXTENDED,
) -> PublicityPlan:
    """The plan with the latest start that leaves the report inside the window.

    Raises NoPublicityDateError when the window is too short, CalendarUnpublishedError.
    """
    rule = programme.publicity
    first, last = _days(programme.windows[rule.window], programme.zone, extended)
    for back in range((last - first).days + 1):
        start = last - timedelta(days=back)
        if rule.starts_on_working_day.value and not is_working_day(start, calendar):
            continue
        # Only days of the window are asked about: what lies behind it need not have been published.
        if count_working_days(start, last, calendar) >= _needed(start, rule, calendar):
            return plan_from(start, rule, calendar)
    raise NoPublicityDateError(clause=rule.working_days.ground.clause, days=rule.working_days.value)


def _needed(start: date, rule: PublicityRule, calendar: Calendar) -> int:
    """The working days behind `start` that a publicity and its report take."""
    counts = rule.first_day_counts.value and is_working_day(start, calendar)
    return rule.working_days.value - counts + rule.days_to_report.value


def plan_publicity(
    opens_on: date,
    today: date,
    programme: Programme,
    calendar: Calendar = PUBLISHED,
    extended: Mapping[str, datetime] = NOT_EXTENDED,
) -> PublicityPlan:
    """The plan of a publicity to be put up on `opens_on`, not before `today`, inside the window.

    Raises PublicityStartRefusedError, NoPublicityDateError, CalendarUnpublishedError.
    """
    plan = plan_from(opens_on, programme.publicity, calendar)
    latest = latest_plan(programme, calendar, extended)
    first, _ = _days(programme.windows[programme.publicity.window], programme.zone, extended)
    if opens_on < max(today, first):
        raise PublicityStartRefusedError(
            clause=programme.publicity.working_days.ground.clause,
            day=opens_on,
            reason_zh="该日已过或在窗口期之前",
            reason_en="it is past, or before the window",
        )
    _check_not_later(opens_on, latest, programme)
    return plan


def check_start_left(
    programme: Programme, today: date, calendar: Calendar, extended: Mapping[str, datetime]
) -> None:
    """Raise what `plan_publicity` would for every day from `today` on."""
    _check_not_later(today, latest_plan(programme, calendar, extended), programme)


def fits_plain_window(plan: PublicityPlan, programme: Programme) -> bool:
    """Whether the plan leaves its report inside the window as the programme has it, without any extension."""
    window = programme.windows[programme.publicity.window]
    return plan.report_from <= _last_day(window.closes_at, programme.zone)


def _check_not_later(day: date, latest: PublicityPlan, programme: Programme) -> None:
    if day > latest.opens_on:
        raise PublicityStartRefusedError(
            clause=programme.publicity.working_days.ground.clause,
            day=day,
            reason_zh=f"最迟须于 {latest.opens_on} 起公示",
            reason_en=f"the latest start is {latest.opens_on}",
        )


def _days(window: Window, zone: ZoneInfo, extended: Mapping[str, datetime]) -> tuple[date, date]:
    """The first and the last day that the window holds."""
    return local_day(window.opens_at, zone), _last_day(window.until(extended), zone)


def _last_day(closes_at: datetime, zone: ZoneInfo) -> date:
    """The last day of what closes then, exclusively."""
    return local_day(closes_at - timedelta(microseconds=1), zone)
