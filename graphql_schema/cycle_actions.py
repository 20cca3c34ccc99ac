"""What the reader may do now with a cycle of annual reviews, and why not: what its field `availableActions` shows.

By the acts' own checks: moving its last day on, at all, and opening the draw of its teams. A forecast: an act reads again, and which
day, whose commitment and which second party it takes is the command's. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, FromClause, func, literal_column, select

from certification.acts.extend_review_cycle import ACTION as EXTEND
from certification.acts.legacy import ZONE, check_overseer
from certification.acts.open_draw import ACTION as DRAW
from certification.acts.open_draw import check_entitled, check_undrawn
from certification.errors import CertificationError
from certification.life import Availability as Found
from certification.planner import local_day
from certification.reviews.assignment import check_unassigned
from certification.reviews.model import ReviewStatus
from certification.reviews.planning import check_extension
from certification.reviews.tables import annual_reviews, draws, review_cycles
from graphql_schema.actions import Availability, Reader, decide_reader, show
from graphql_schema.declare import Build, Parameters
from graphql_schema.session import Session


def _planned(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """How many of its reviews wait for a team."""
    return (
        select(func.count())
        .select_from(annual_reviews)
        .where(
            annual_reviews.c.tenant_id == row.c.tenant_id,
            annual_reviews.c.cycle_id == row.c.id,
            annual_reviews.c.status == literal_column(f"'{ReviewStatus.PLANNED}'"),
        )
        .correlate(row)
        .scalar_subquery()
    )


def _drawn(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The statuses of the draws of it."""
    return (
        select(func.json_agg(draws.c.status))
        .where(draws.c.tenant_id == row.c.tenant_id, draws.c.subject_id == row.c.id)
        .correlate(row)
        .scalar_subquery()
    )


CYCLE_ACTION_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    **{name: review_cycles.c[name] for name in ("tenant_id", "year", "closes_on", "status")},
    "planned": _planned,
    "drawn": _drawn,
}


def decide_cycle_actions(row: Mapping[str, Any], session: Session) -> list[Availability]:
    """Both, each with what stands against it. `row` has the keys of `CYCLE_ACTION_NEEDS`."""
    if session.principal is None:
        return []
    reader = decide_reader(session.principal, row["tenant_id"])
    today = local_day(session.now, ZONE)
    return [
        show(Found(*EXTEND, None, _against_extending(row, reader, today)), session),
        show(Found(*DRAW, None, _against_drawing(row, reader)), session),
    ]


def _against_extending(row: Mapping[str, Any], reader: Reader, today: date) -> CertificationError | None:
    try:
        check_overseer(*EXTEND, reader)
        last = date(row["year"], 12, 31)
        check_extension(row["year"], date.fromisoformat(row["closes_on"]), last, today)
    except CertificationError as obstacle:
        return obstacle
    return None


def _against_drawing(row: Mapping[str, Any], reader: Reader) -> CertificationError | None:
    try:
        check_entitled(row["tenant_id"], reader)
        check_undrawn(row["drawn"] or ())
        check_unassigned(row["status"], row["planned"])
    except CertificationError as obstacle:
        return obstacle
    return None
