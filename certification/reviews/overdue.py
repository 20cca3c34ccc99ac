"""When an annual review is overdue (逾期): the one place that says it, for a review and for an SQL expression over many.

    not confirmed or cancelled, and: past its last day, or past the reviewed year
    last day: the day that was named for a rectification or recheck; else the cycle's last

Computed for a day, never stored; what is overdue is never a pass, whatever a team has found. The expression takes columns or bound
values, so a list filters and counts by it without reading reviews one by one.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, extract, func, literal_column, or_

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


def overdue(review: Any, closes_on: ColumnElement[Any], today: ColumnElement[Any]) -> ColumnElement[bool]:
    """`is_overdue` as SQL: `review` has the columns of `annual_reviews`, `closes_on` is its cycle's, `today` a date."""
    due = and_(review.c.status.in_(_texts(SECOND)), review.c.due_on.is_not(None))
    return and_(
        review.c.status.not_in(_texts(FINAL)),
        or_(
            and_(due, today > review.c.due_on),
            and_(~func.coalesce(due, literal_column("false")), today > closes_on),
            extract("year", today) > review.c.year,
        ),
    )


def _texts(statuses: tuple[ReviewStatus, ...]) -> list[ColumnElement[Any]]:
    return [literal_column(f"'{status.value}'") for status in statuses]
