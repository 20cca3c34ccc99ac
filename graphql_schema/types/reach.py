"""How far a street's, a community's and a review team's readers reach: predicates that several types share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, any_, literal_column, or_, select

from certification.reviews.tables import annual_reviews, review_team_members, review_teams
from certification.tables import applications
from graphql_schema.declare import Predicate, Reach
from tenancy.tables import units


def holds(column: str) -> Predicate:
    """The row's own column is one of the reader's units."""

    def predicate(row: FromClause, units: ColumnElement[Any]) -> ColumnElement[bool]:
        return row.c[column] == any_(units)

    return predicate


def of_application(key: str, column: str) -> Predicate:
    """The row speaks, by `key`, of an application whose `column` is one of the reader's units."""

    def predicate(row: FromClause, units: ColumnElement[Any]) -> ColumnElement[bool]:
        return (
            select(literal_column("1"))
            .select_from(applications)
            .where(
                applications.c.tenant_id == row.c.tenant_id,
                applications.c.id == row.c[key],
                applications.c[column] == any_(units),
            )
            .correlate(row)
            .exists()
        )

    return predicate


def through_application(key: str) -> Reach:
    """Whoever reaches the application reaches the row."""
    return Reach(street=of_application(key, "street_id"), community=of_application(key, "community_id"))


def in_street(key: str) -> Predicate:
    """The row speaks, by `key`, of a unit directly beneath one of the reader's."""

    def predicate(row: FromClause, reached: ColumnElement[Any]) -> ColumnElement[bool]:
        return (
            select(literal_column("1"))
            .select_from(units)
            .where(
                units.c.tenant_id == row.c.tenant_id,
                units.c.id == row.c[key],
                units.c.parent_id == any_(reached),
            )
            .correlate(row)
            .exists()
        )

    return predicate


def in_team(column: str) -> Predicate:
    """The row's own column is a team that the reader is a member of."""

    def predicate(row: FromClause, person: ColumnElement[Any]) -> ColumnElement[bool]:
        members = review_team_members.alias("mine")
        return (
            select(literal_column("1"))
            .select_from(members)
            .where(
                members.c.tenant_id == row.c.tenant_id,
                members.c.team_id == row.c[column],
                members.c.person_id == person,
            )
            .correlate(row)
            .exists()
        )

    return predicate


def in_cycle(row: FromClause, person: ColumnElement[Any]) -> ColumnElement[bool]:
    """The row is a cycle that the reader is in a team of."""
    teams, members = review_teams.alias("team"), review_team_members.alias("mine")
    return (
        select(literal_column("1"))
        .select_from(teams.join(members, _together(members, teams, "id")))
        .where(
            teams.c.tenant_id == row.c.tenant_id,
            teams.c.cycle_id == row.c.id,
            members.c.person_id == person,
        )
        .correlate(row)
        .exists()
    )


def of_reviewed(key: str, column: str) -> Predicate:
    """The row speaks, by `key`, of a review whose `column` is one of the reader's units."""

    def predicate(row: FromClause, units: ColumnElement[Any]) -> ColumnElement[bool]:
        return (
            select(literal_column("1"))
            .select_from(annual_reviews)
            .where(
                annual_reviews.c.tenant_id == row.c.tenant_id,
                annual_reviews.c.id == row.c[key],
                annual_reviews.c[column] == any_(units),
            )
            .correlate(row)
            .exists()
        )

    return predicate


def either(one: Predicate, other: Predicate) -> Predicate:
    """One of two ways to reach the row."""

    def predicate(row: FromClause, reached: ColumnElement[Any]) -> ColumnElement[bool]:
        return or_(one(row, reached), other(row, reached))

    return predicate


def through_review(key: str) -> Reach:
    """Whoever reaches the review reaches the row."""
    return Reach(of_reviewed(key, "street_id"), of_reviewed(key, "community_id"), of_review(key))


def of_review(column: str) -> Predicate:
    """The row speaks, by `column`, of a review that is assigned to a team of the reader's."""

    def predicate(row: FromClause, person: ColumnElement[Any]) -> ColumnElement[bool]:
        return _assigned(row, person, lambda reviews: reviews.c.id == row.c[column])

    return predicate


def of_assigned_unit(row: FromClause, person: ColumnElement[Any]) -> ColumnElement[bool]:
    """The row is a community that is assigned to a team of the reader's, its street, or its county."""
    return _assigned(
        row,
        person,
        lambda reviews: or_(
            reviews.c.community_id == row.c.id, reviews.c.street_id == row.c.id, row.c.kind == "county"
        ),
    )


def _assigned(
    row: FromClause, person: ColumnElement[Any], which: Callable[[FromClause], ColumnElement[bool]]
) -> ColumnElement[bool]:
    reviews, members = annual_reviews.alias("assigned"), review_team_members.alias("mine")
    return (
        select(literal_column("1"))
        .select_from(reviews.join(members, _together(members, reviews, "team_id")))
        .where(reviews.c.tenant_id == row.c.tenant_id, members.c.person_id == person, which(reviews))
        .correlate(row)
        .exists()
    )


def _together(members: FromClause, other: FromClause, column: str) -> ColumnElement[bool]:
    return and_(members.c.tenant_id == other.c.tenant_id, members.c.team_id == other.c[column])


COMMUNITY: Final = Reach(street=in_street("community_id"), community=holds("community_id"))
APPLICATION: Final = Reach(street=holds("street_id"), community=holds("community_id"))
