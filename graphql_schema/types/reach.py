"""How far a street's and a community's readers reach: predicates that several types share."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, any_, literal_column, select

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


COMMUNITY: Final = Reach(street=in_street("community_id"), community=holds("community_id"))
APPLICATION: Final = Reach(street=holds("street_id"), community=holds("community_id"))
