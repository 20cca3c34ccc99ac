"""A cycle's numbers from its columns: what the fields `progress` and `byTeam` of a cycle, and `overdue` of a review, show.

The statement counts by team, status and day; certification/reviews/overdue.py says what is late. Who is a member of a review team and
nothing more sees the numbers of their own teams; a street and a clerk see no team. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, FromClause, func, select

from certification.acts.legacy import ZONE
from certification.planner import local_day
from certification.reviews.overdue import is_overdue, last_day
from certification.reviews.progress import Group, Progress, count_progress
from certification.reviews.tables import annual_reviews, review_cycles, review_team_members, review_teams
from graphql_schema.declare import Build, Parameters
from graphql_schema.ids import NodeRef, format_id
from graphql_schema.permissions import Permission, ReachKind, decide_access, kinds_of
from graphql_schema.session import Session


def _counted(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """[team, status, day, number] of each group of the cycle's reviews, as JSON."""
    groups = (
        select(
            annual_reviews.c.team_id,
            annual_reviews.c.status,
            annual_reviews.c.due_on,
            func.count().label("n"),
        )
        .where(annual_reviews.c.tenant_id == row.c.tenant_id, annual_reviews.c.cycle_id == row.c.id)
        .group_by(annual_reviews.c.team_id, annual_reviews.c.status, annual_reviews.c.due_on)
        .correlate(row)
        .subquery("groups")
    )
    listed = func.json_build_array(groups.c.team_id, groups.c.status, groups.c.due_on, groups.c.n)
    return select(func.json_agg(listed)).select_from(groups).scalar_subquery()


def _teams(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """[id, number, name] of each team of the cycle, as JSON."""
    listed = func.json_build_array(review_teams.c.id, review_teams.c.number, review_teams.c.name)
    return (
        select(func.json_agg(listed))
        .where(review_teams.c.tenant_id == row.c.tenant_id, review_teams.c.cycle_id == row.c.id)
        .correlate(row)
        .scalar_subquery()
    )


def _mine(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """The teams of the cycle that the reader is in, as JSON."""
    return (
        select(func.json_agg(review_teams.c.id))
        .select_from(
            review_teams.join(
                review_team_members,
                (review_team_members.c.tenant_id == review_teams.c.tenant_id)
                & (review_team_members.c.team_id == review_teams.c.id),
            )
        )
        .where(
            review_teams.c.tenant_id == row.c.tenant_id,
            review_teams.c.cycle_id == row.c.id,
            review_team_members.c.person_id == parameters.person_id,
        )
        .correlate(row)
        .scalar_subquery()
    )


CYCLE_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    **{name: review_cycles.c[name] for name in ("tenant_id", "closes_on", "year")},
    "groups": _counted,
    "teams": _teams,
    "mine": _mine,
}


def closes_on(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The last day of a review's cycle."""
    return (
        select(review_cycles.c.closes_on)
        .where(review_cycles.c.tenant_id == row.c.tenant_id, review_cycles.c.id == row.c.cycle_id)
        .correlate(row)
        .scalar_subquery()
    )


REVIEW_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    **{name: annual_reviews.c[name] for name in ("status", "due_on", "year")},
    "closes_on": closes_on,
}


def decide_progress(row: Mapping[str, Any], session: Session) -> Progress:
    """The numbers of all the reviews that the reader sees."""
    return _count(row, _groups(row, session), session)


def decide_team_progress(row: Mapping[str, Any], session: Session) -> list[Mapping[str, Any]]:
    """The numbers of each team that the reader sees, by the teams' numbers: all of them for a whole tenant, else their own."""
    groups = _groups(row, session)
    shown = None if ReachKind.WHOLE in _kinds(session) else frozenset(row["mine"] or ())
    answer: list[Mapping[str, Any]] = []
    for team, number, name in sorted(row["teams"] or (), key=lambda one: int(one[1])):
        if shown is None or team in shown:
            counted = _count(row, [one for one in groups if one.team_id == UUID(team)], session)
            ref = NodeRef("ReviewTeam", row["tenant_id"], UUID(team))
            answer.append({"team_id": format_id(ref), "number": number, "name": name, "progress": counted})
    return answer


def decide_overdue(row: Mapping[str, Any], session: Session) -> bool:
    """Whether a review is late now."""
    day, closes = _day(row["due_on"]), date.fromisoformat(row["closes_on"])
    return is_overdue(row["status"], row["year"], closes, day, local_day(session.now, ZONE))


def decide_last_day(row: Mapping[str, Any], _: Session) -> date:
    """The last day for what a review waits for."""
    return last_day(row["status"], date.fromisoformat(row["closes_on"]), _day(row["due_on"]))


def _count(row: Mapping[str, Any], groups: list[Group], session: Session) -> Progress:
    closes = date.fromisoformat(row["closes_on"])
    return count_progress(groups, closes, row["year"], local_day(session.now, ZONE))


def _groups(row: Mapping[str, Any], session: Session) -> list[Group]:
    shown = _shown(row, session)
    return [
        Group(None if team is None else UUID(team), status, _day(day), number)
        for team, status, day, number in row["groups"] or ()
        if shown is None or team in shown
    ]


def _shown(row: Mapping[str, Any], session: Session) -> frozenset[str] | None:
    """The teams whose numbers the reader sees; None: all."""
    return None if _kinds(session) - {ReachKind.TEAM} else frozenset(row["mine"] or ())


def _kinds(session: Session) -> frozenset[ReachKind]:
    assert session.principal is not None  # noqa: S101 - cycles are for who has signed in
    return kinds_of(decide_access(session.principal.roles).signature, Permission.READ)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
