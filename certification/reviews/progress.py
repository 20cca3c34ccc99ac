"""How far a cycle is (复查进度): its reviews counted by status, and how many of them are late.

What is late is certification/reviews/overdue.py's to say. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from certification.reviews.model import ReviewStatus
from certification.reviews.overdue import is_overdue


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


def count_progress(groups: Iterable[Group], closes_on: date, year: int, today: date) -> Progress:
    """The numbers of a cycle, or of a team of it."""
    counts = {status.value: 0 for status in ReviewStatus}
    overdue = 0
    for one in groups:
        counts[one.status] += one.number
        overdue += one.number if is_overdue(one.status, year, closes_on, one.day, today) else 0
    return Progress(**counts, overdue=overdue, total=sum(counts.values()))
