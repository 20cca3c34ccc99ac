"""Planning a publicity (公示): from a start to its last counted day, and back from a window to the latest start.

For the 2022 round (five working days, the first day not counted, one working day left for the report) the latest start is
Friday 2022-05-20: counted 23 to 27 May, report on 30 May. Numbers and rules come from the programme; a year without
published working days is refused (certification/calendar.py). Days are the programme's; no clock here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from certification.calendar import NO_OVERRIDES, Overrides, is_working_day, next_working_day
from certification.errors import NoPublicityDateError, PublicityStartRefusedError
from certification.programme import Programme, PublicityRule, Window


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


@dataclass(frozen=True, slots=True)
class Pause:
    """The days of an investigation, both ends among them; `last` None: it goes on."""

    first: date
    last: date | None


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day of an aware time in a zone."""
    return moment.astimezone(zone).date()


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Midnight after `day`: the first moment that is no longer in it."""
    return datetime.combine(day + timedelta(days=1), time(), zone)


def plan_from(opens_on: date, rule: PublicityRule, overrides: Overrides = NO_OVERRIDES) -> PublicityPlan:
    """The plan of a publicity put up on `opens_on`, whatever the window.

    Raises PublicityStartRefusedError on a rest day, CalendarUnpublishedError.
    """
    worked = is_working_day(opens_on, overrides)
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
        day = next_working_day(day, overrides)
        counted.append(day)
    report_from = counted[-1]
    for _ in range(rule.days_to_report.value):
        report_from = next_working_day(report_from, overrides)
    return PublicityPlan(opens_on, tuple(counted), report_from)


def count_days(
    start: date, paused: Sequence[Pause], rule: PublicityRule, overrides: Overrides = NO_OVERRIDES
) -> tuple[date, ...]:
    """The days that count of an item publicised since `start`, until there are as many as the rule asks for.

    A working day counts unless an investigation of the item was open at any moment in it. Fewer are found when one goes on.
    Raises CalendarUnpublishedError.
    """
    stopped = min((pause.first for pause in paused if pause.last is None), default=date.max)
    counted: list[date] = []
    day = start if rule.first_day_counts.value else start + timedelta(days=1)
    while len(counted) < rule.working_days.value and day < stopped:
        held = any(pause.last is not None and pause.first <= day <= pause.last for pause in paused)
        if not held and is_working_day(day, overrides):
            counted.append(day)
        day += timedelta(days=1)
    return tuple(counted)


def latest_plan(programme: Programme, overrides: Overrides = NO_OVERRIDES) -> PublicityPlan:
    """The plan with the latest start that leaves the report inside the window.

    Raises NoPublicityDateError when the window is too short, CalendarUnpublishedError.
    """
    rule, window = programme.publicity, programme.windows[programme.publicity.window]
    first, last = _days(window, programme.zone)
    for back in range((last - first).days + 1):
        start = last - timedelta(days=back)
        if rule.starts_on_working_day.value and not is_working_day(start, overrides):
            continue
        plan = plan_from(start, rule, overrides)
        if plan.report_from <= last:
            return plan
    raise NoPublicityDateError(clause=rule.working_days.ground.clause, days=rule.working_days.value)


def plan_publicity(
    opens_on: date, today: date, programme: Programme, overrides: Overrides = NO_OVERRIDES
) -> PublicityPlan:
    """The plan of a publicity to be put up on `opens_on`, not before `today`, inside the window.

    Raises PublicityStartRefusedError, NoPublicityDateError, CalendarUnpublishedError.
    """
    plan, latest = plan_from(opens_on, programme.publicity, overrides), latest_plan(programme, overrides)
    first, _ = _days(programme.windows[programme.publicity.window], programme.zone)
    clause = programme.publicity.working_days.ground.clause
    if opens_on < max(today, first):
        raise PublicityStartRefusedError(
            clause=clause,
            day=opens_on,
            reason_zh="该日已过或在窗口期之前",
            reason_en="it is past, or before the window",
        )
    if opens_on > latest.opens_on:
        raise PublicityStartRefusedError(
            clause=clause,
            day=opens_on,
            reason_zh=f"最迟须于 {latest.opens_on} 起公示",
            reason_en=f"the latest start is {latest.opens_on}",
        )
    return plan


def _days(window: Window, zone: ZoneInfo) -> tuple[date, date]:
    """The first and the last day that the window holds."""
    return local_day(window.opens_at, zone), local_day(window.closes_at - timedelta(microseconds=1), zone)
