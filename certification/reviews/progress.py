"""How far a cycle is (复查进度): its reviews counted by status, and how many of them are late.

The rule upheld here (domain, "Annual review"): late is computed and never a pass. A review is late while it is neither confirmed nor
cancelled and its last day is past: the day that was named for a rectification or a recheck, before one the cycle's; and in any case
once the reviewed year is over. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from certification.reviews.model import ReviewStatus
from certification.reviews.rule import FINAL

NAMED = (ReviewStatus.RECTIFYING, ReviewStatus.RECHECKING)
"""The statuses in which a day of its own is named."""


@dataclass(frozen=True, slots=True)
class Group:
    """Reviews of a cycle that have team, status and day in common, and how many they are; `day`: of a rectification or recheck."""

    team_id: UUID | None
    status: str
    day: date | None
    number: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How many reviews are in each status, how many of them are late, how many there are."""

    planned: int = 0
    assigned: int = 0
    rectifying: int = 0
    rechecking: int = 0
    inspected: int = 0
    county_confirmed: int = 0
    confirmed: int = 0
    cancelled: int = 0
    overdue: int = 0
    total: int = 0


def last_day(status: str, day: date | None, closes_on: date) -> date:
    """The last day for what a review waits for."""
    return day if day is not None and status in NAMED else closes_on


def is_overdue(status: str, day: date | None, closes_on: date, year: int, today: date) -> bool:
    """Whether a review is late today."""
    return status not in FINAL and (today > last_day(status, day, closes_on) or today.year > year)


def count_progress(groups: Iterable[Group], closes_on: date, year: int, today: date) -> Progress:
    """The numbers of a cycle, or of a team of it."""
    counts = {status.value: 0 for status in ReviewStatus}
    overdue = 0
    for one in groups:
        counts[one.status] += one.number
        overdue += one.number if is_overdue(one.status, one.day, closes_on, year, today) else 0
    return Progress(**counts, overdue=overdue, total=sum(counts.values()))
