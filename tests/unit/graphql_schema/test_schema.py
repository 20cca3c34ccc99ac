"""The schema as a whole: nothing silent, nothing unknown, and the printed copy is current."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import GraphQLObjectType
from sqlalchemy import CheckConstraint

import graphql_schema.types.enums as enums
from certification import tables as c
from certification.reviews import tables as r
from graphql_schema.declare import find_permission, find_rows, find_source
from graphql_schema.mutations import Mutation
from graphql_schema.permissions import ROLE_PERMISSIONS, ROLE_REACH, Permission
from graphql_schema.queries import Query
from graphql_schema.schema import UndeclaredError, build_schema, print_schema
from graphql_schema.subscriptions import Subscription
from tenancy import tables as t
from tenancy.identity import RoleName

PRINTED = Path(__file__).parents[3] / "graphql_schema" / "schema.graphql"


def test_the_printed_schema_is_current() -> None:
    built = print_schema(build_schema(Query, Mutation, Subscription))
    assert built == print_schema(build_schema(Query, Mutation, Subscription)) == PRINTED.read_text("utf-8")


PUBLIC = {"viewer", "signIn", "publicNotices", "objectionStatus", "fileObjection"}


def test_every_root_field_declares_its_permission() -> None:
    schema = build_schema(Query, Mutation, Subscription)._schema
    assert schema.query_type and schema.mutation_type and schema.subscription_type
    roots = {
        **schema.query_type.fields,
        **schema.mutation_type.fields,
        **schema.subscription_type.fields,
    }
    for name, definition in roots.items():
        permission = find_permission(definition)
        assert isinstance(permission, Permission), name
        assert (permission is Permission.PUBLIC) == (name in PUBLIC), name


def test_a_silent_root_field_stops_the_schema() -> None:
    @strawberry.type
    class Silent(Query):
        extra: str = "x"

    with pytest.raises(UndeclaredError) as refused:
        build_schema(Silent)
    assert "Silent.extra has no permission" in refused.value.en


def test_every_type_with_rows_is_whole_and_described() -> None:
    for type_ in build_schema()._schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and find_rows(type_) is not None:
            assert type_.description
            for name, definition in type_.fields.items():
                assert find_source(definition) is not None and definition.description, (type_.name, name)


def test_every_role_has_a_reach() -> None:
    assert ROLE_REACH.keys() == ROLE_PERMISSIONS.keys() == {role.value for role in RoleName}


def allowed(column: Any) -> set[str]:
    """The values that a column's check constraint lets in."""
    for constraint in column.table.constraints:
        if isinstance(constraint, CheckConstraint):
            name, _, listed = str(constraint.sqltext).partition(" IN (")
            if name == column.name:
                return {value.strip(" '") for value in listed.rstrip(")").split(",")}
    raise AssertionError(column)


@pytest.mark.parametrize(
    ("enum", "column"),
    [
        (enums.ApplicationStatus, c.applications.c.status),
        (enums.UnitKind, t.units.c.kind),
        (enums.TenantLevel, t.tenants.c.level),
        (enums.LineageKind, t.unit_lineages.c.kind),
        (enums.OpinionStage, c.opinions.c.stage),
        (enums.OpinionVerdict, c.opinions.c.verdict),
        (enums.RosterKind, c.rosters.c.kind),
        (enums.RosterVerdict, c.roster_items.c.verdict),
        (enums.CertificationState, c.certifications.c.state),
        (enums.CertificationChangeKind, c.certification_changes.c.kind),
        (enums.LegacyKind, c.legacy_records.c.kind),
        (enums.UnitChangeKind, r.unit_changes.c.kind),
        (enums.LegacyResult, c.legacy_records.c.result),
        (enums.RoleName, t.role_assignments.c.role),
        (enums.GrantScope, t.tenant_grants.c.scope),
    ],
    ids=str,
)
def test_an_enum_knows_exactly_what_its_column_may_hold(enum: Any, column: Any) -> None:
    assert {member.value for member in enum} == allowed(column)
    assert all(member.name == member.value.upper() for member in enum)
