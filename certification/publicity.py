"""How far a publicised item (公示条目) has come: which of its days count, and what stands against its end.

The rule upheld here: each item counts its own working days. They begin behind the day on which it was put up, or was corrected
last; a day on which an objection to it was under investigation (accepted, not yet decided) does not count; other items go on. None ends
before the day that was announced to the public, whatever the calendar becomes meanwhile.
Nothing of this is stored: it follows from the list, its corrections and its objections. Pure; the moment is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from certification.calendar import PUBLISHED, Calendar
from certification.model import Objection, ObjectionStatus, PublicityCorrection, RosterItem
from certification.planner import Pause, count_days, end_of, local_day
from certification.programme import PublicityRule

OPEN = (ObjectionStatus.RECEIVED, ObjectionStatus.ACCEPTED)
"""The statuses of an objection that is not decided."""


@dataclass(frozen=True, slots=True)
class ListedItem:
    """An item with what its count rests on: `open` objections are undecided; `there`: it is still in the round.

    `announced`: the last day as the list was put up with.
    """

    position: int
    community_name: str
    start: date
    paused: tuple[Pause, ...] = ()
    open: int = 0
    there: bool = True
    announced: date = date.min


@dataclass(frozen=True, slots=True)
class Count:
    """How many days have counted by now, and which will be the last; None while the count is `stopped`."""

    days: int
    closes_on: date | None
    stopped: bool
    complete: bool


def pause_of(
    status: str, accepted_at: datetime | None, decided_at: datetime | None, zone: ZoneInfo
) -> Pause | None:
    """The days that an objection takes from its item: from its acceptance to its decision, without end when it is upheld."""
    if accepted_at is None:
        return None
    ended = decided_at is not None and status != ObjectionStatus.UPHELD
    return Pause(local_day(accepted_at, zone), local_day(decided_at, zone) if ended and decided_at else None)


def list_item(
    item: RosterItem,
    opens_on: date,
    objections: Iterable[Objection],
    corrections: Iterable[PublicityCorrection],
    zone: ZoneInfo,
    *,
    there: bool = True,
    announced: date | None = None,
) -> ListedItem:
    """An item as it stands, from the rows of its own list; those of other items are left aside."""
    against = [one for one in objections if one.position == item.position]
    corrected = [one for one in corrections if one.position == item.position]
    latest = max(corrected, key=lambda one: one.number, default=None)
    pauses = (pause_of(one.status, one.accepted_at, one.decided_at, zone) for one in against)
    return ListedItem(
        item.position,
        item.community_name if latest is None else latest.community_name,
        opens_on if latest is None else latest.corrected_on,
        tuple(pause for pause in pauses if pause is not None),
        sum(one.status in OPEN for one in against),
        there and all(one.status != ObjectionStatus.UPHELD for one in against),
        announced or date.min,
    )


def count_item(
    item: ListedItem, rule: PublicityRule, zone: ZoneInfo, now: datetime, calendar: Calendar = PUBLISHED
) -> Count:
    """How far the item has come by `now`. Raises CalendarUnpublishedError."""
    days = count_days(item.start, item.paused, rule, calendar)
    over = sum(end_of(day, zone) <= now for day in days)
    whole = len(days) == rule.working_days.value
    stopped = any(pause.last is None for pause in item.paused)
    last = max(days[-1], item.announced) if whole else None
    complete = last is not None and end_of(last, zone) <= now
    return Count(over, last, stopped, complete)


def is_running(
    item: ListedItem,
    opens_on: date,
    rule: PublicityRule,
    zone: ZoneInfo,
    now: datetime,
    calendar: Calendar = PUBLISHED,
) -> bool:
    """Whether the item is being publicised now: put up, still in the round, its days not over."""
    if local_day(now, zone) < opens_on or not item.there:
        return False
    return not count_item(item, rule, zone, now, calendar).complete
