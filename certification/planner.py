"""Planning a publicity (公示): from a start to its last counted day, and back from a window to the latest start.

For the 2022 round (five working days, the first day not counted, one working day left for the report) the latest start is
Friday 2022-05-20: counted 23 to 27 May, report on 30 May. Numbers and rules come from the programme; a year without
published working days is refused (certification/calendar.py). A window ends where its extension does: `extended` is stage → the
latest close. Days are the programme's; no clock here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Pause:
    """The days of an investigation, both ends among them; `last` None: it goes on."""

    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that ends: of a window, or of the publicity (公示) and the report (报送) that must fit into theirs.

    `closes_at` is exclusive, `last_day` the day before it. `working_days_left` counts the days after today up to the last one;
    None, with the `obstacle`, where the calendar cannot tell. A publicity that cannot be planned has no days at all.
    """

    code: str
    name: str
    opens_at: datetime | None
    closes_at: datetime | None
    last_day: date | None
    working_days_left: int | None
    overdue: bool
    extended: bool
    obstacle: CertificationError | None = None


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


def count_days(
    start: date, paused: Sequence[Pause], rule: PublicityRule, calendar: Calendar = PUBLISHED
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
        if not held and is_working_day(day, calendar):
            counted.append(day)
        day += timedelta(days=1)
    return tuple(counted)


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


def plan_deadlines(
    programme: Programme, now: datetime, calendar: Calendar, extended: Mapping[str, datetime]
) -> tuple[Deadline, ...]:
    """Every window in the order of the programme, then the latest start of a publicity, then the report."""
    rule = programme.publicity
    window = programme.windows[rule.window]
    is_extended = window.until(extended) > window.closes_at
    try:
        start = end_of(latest_plan(programme, calendar, extended).opens_on, programme.zone)
        publicity = _deadline(
            ("publicity", "最迟公示"), (window.opens_at, start), programme, now, calendar, is_extended
        )
    except CertificationError as obstacle:
        publicity = Deadline(
            "publicity", "最迟公示", window.opens_at, None, None, None, False, is_extended, obstacle
        )
    report = (window.opens_at, window.until(extended))
    return (
        *(plan_deadline(programme, stage, now, calendar, extended) for stage in programme.windows),
        publicity,
        _deadline(("report", "报送截止"), report, programme, now, calendar, is_extended),
    )


def plan_deadline(
    programme: Programme, stage: str, now: datetime, calendar: Calendar, extended: Mapping[str, datetime]
) -> Deadline:
    """The deadline of one window."""
    window = programme.windows[stage]
    closes_at = window.until(extended)
    return _deadline(
        (stage, window.name),
        (window.opens_at, closes_at),
        programme,
        now,
        calendar,
        closes_at > window.closes_at,
    )


def _deadline(
    named: tuple[str, str],
    between: tuple[datetime, datetime],
    programme: Programme,
    now: datetime,
    calendar: Calendar,
    extended: bool,
) -> Deadline:
    opens_at, closes_at = between
    last, left, obstacle = _last_day(closes_at, programme.zone), None, None
    try:
        left = count_working_days(local_day(now, programme.zone), last, calendar)
    except CertificationError as unpublished:
        obstacle = unpublished
    return Deadline(*named, opens_at, closes_at, last, left, now >= closes_at, extended, obstacle)


def _days(window: Window, zone: ZoneInfo, extended: Mapping[str, datetime]) -> tuple[date, date]:
    """The first and the last day that the window holds."""
    return local_day(window.opens_at, zone), _last_day(window.until(extended), zone)


def _last_day(closes_at: datetime, zone: ZoneInfo) -> date:
    """The last day of what closes then, exclusively."""
    return local_day(closes_at - timedelta(microseconds=1), zone)
