"""When an annual review is overdue (逾期): the one place that says it.

    not confirmed or cancelled, and: past its last day, or past the reviewed year
    last day: the day that was named for a rectification or recheck; else the cycle's last

Computed for a day, never stored; what is overdue is never a pass, whatever a team has found. A cycle counts it over groups of reviews
that have status and day in common (certification/reviews/progress.py). Pure.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from certification.reviews.model import ReviewStatus
from certification.reviews.rule import FINAL

SECOND: Final = (ReviewStatus.RECTIFYING, ReviewStatus.RECHECKING)
"""The statuses in which a day was named for the next look."""


def last_day(status: str, closes_on: date, due_on: date | None) -> date:
    """The last day on which a team may act on the review."""
    return due_on if due_on is not None and status in SECOND else closes_on


def is_overdue(status: str, year: int, closes_on: date, due_on: date | None, today: date) -> bool:
    """Whether the review should have been confirmed before `today`."""
    return status not in FINAL and (today > last_day(status, closes_on, due_on) or today.year > year)
