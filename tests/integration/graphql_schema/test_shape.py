"""The shape of every root's statement for a reader of many tenants: what a database that spreads tenants over machines can still run as one.

Each table names its tenants itself: by a parameter, or by the tenant of the row around it. What else there is, is written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import is_object_type
from sqlalchemy import (
    CTE,
    Alias,
    BindParameter,
    ColumnClause,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Table,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, CollectionAggregate, Grouping
from sqlalchemy.sql.selectable import FromGrouping, Join

from graphql_schema.declare import (
    ComputedSource,
    ConsistencySource,
    NodeSource,
    ProofSource,
    SecretSource,
    find_source,
)
from graphql_schema.documents import Documents
from graphql_schema.execution import Engine
from graphql_schema.limits import Limits
from graphql_schema.readpath import compiler
from graphql_schema.schema import build_schema
from graphql_schema.session import Session
from tenancy.statements import Statement
from tests.integration.graphql_schema.test_differential import WHOLE
from tests.integration.graphql_schema.world import AUDITOR, CITY_OFFICER, NOW

BESIDE = {
    ("Query", "node"): NodeSource,
    ("Query", "nodes"): NodeSource,
    ("Query", "objectionStatus"): SecretSource,
    ("Query", "ledgerConsistency"): ConsistencySource,
    ("LedgerEntry", "proof"): ProofSource,
}
"""The fields that are not simply a part of one statement; ADR 0006 says why, of each."""

CROSSING = {
    ("campaigns", "campaign_tenant_id"),
    ("calendar_years", "campaign_tenant_id"),
    ("calendar_days", "campaign_tenant_id"),
    ("extensions", "campaign_tenant_id"),
    ("objections", "campaign_tenant_id"),
    ("applications", "application_tenant_id"),
    ("certifications", "certification_tenant_id"),
    ("certifications", "former_tenant_id"),
    ("units", "beneficiary_tenant_id"),
}
"""Tables whose tenant is named by a column of another tenant's row: where the city's rows and its counties' speak of each other."""
RECURSIVE = {"line"}
"""Recursions, each within a tenant: a community's line of predecessors, for its story and its history."""
NO_ROWS: Any = None
"""What compiles and reads nothing needs no database."""


def walk(engine: Engine) -> Iterator[tuple[str, str, Any]]:
    for type_ in engine.schema.type_map.values():
        if is_object_type(type_) and type_ not in (
            engine.schema.mutation_type,
            engine.schema.subscription_type,
        ):
            for name, definition in type_.fields.items():
                yield type_.name, name, find_source(definition)


def test_no_field_reads_beside_the_statement_unless_it_says_so(engine: Engine) -> None:
    plain = (NodeSource, SecretSource, ConsistencySource, ProofSource)
    found = {(type_, name): type(source) for type_, name, source in walk(engine) if isinstance(source, plain)}
    assert found == BESIDE


def test_a_computed_field_cannot_wait_and_so_cannot_read(engine: Engine) -> None:
    for type_, name, source in walk(engine):
        if isinstance(source, ComputedSource):
            compute = getattr(source.compute, "func", source.compute)
            assert not compute.__code__.co_flags & 0x180, (type_, name)


class Shape:
    """What a statement's tables are bound to."""

    def __init__(self) -> None:
        self.unbound: set[str] = set()
        self.crossing: set[tuple[str, str]] = set()
        self.recursive: set[str] = set()
        self.seen: set[Any] = set()

    def look(self, element: Any, around: frozenset[FromClause] = frozenset()) -> None:
        """An element of a statement, beneath the tables of those around it."""
        if isinstance(element, CTE) and element.recursive:
            self.recursive.add(element.name)
        if isinstance(element, Select):
            if element in self.seen:
                return
            self.seen.add(element)
            conditions = [] if element.whereclause is None else [element.whereclause]
            rows = [row for one in element.get_final_froms() for row in flatten(one, conditions)]
            for row in rows:
                table = None if row in around else table_of(row)
                if table is not None and "tenant_id" in table.c:
                    self._bound(row, table, conditions)
            around = around.union(rows)
        for child in element.get_children():
            self.look(child, around)

    def _bound(self, row: FromClause, table: Table, conditions: list[ColumnElement[bool]]) -> None:
        others = [other for condition in conditions for other in equal_to(row.c.tenant_id, condition)]
        names = {other.name.rpartition(".")[2] for other in others if isinstance(other, ColumnClause)}
        if names and "tenant_id" not in names:
            self.crossing |= {(table.name, name) for name in names}
        elif not names and not any(is_parameter(other) for other in others):
            self.unbound.add(table.name)


def flatten(row: FromClause, conditions: list[ColumnElement[bool]]) -> Iterator[FromClause]:
    """The tables of a FROM, with what they are joined on."""
    match row:
        case Join():
            if row.onclause is not None:
                conditions.append(row.onclause)
            yield from flatten(row.left, conditions)
            yield from flatten(row.right, conditions)
        case FromGrouping():
            yield from flatten(row.element, conditions)
        case _:
            yield row


def table_of(row: FromClause) -> Table | None:
    if isinstance(row, Table):
        return row
    inner = row.element if isinstance(row, Alias) and not isinstance(row, CTE | Subquery) else None
    return inner if isinstance(inner, Table) else None


def is_parameter(value: Any) -> bool:
    """A parameter, or ANY of one."""
    while isinstance(value, CollectionAggregate | Grouping):
        value = value.element
    return isinstance(value, BindParameter)


def equal_to(tenant: Any, condition: Any) -> Iterator[Any]:
    """What a conjunction says the tenant equals."""
    if isinstance(condition, BinaryExpression) and condition.operator is operators.eq:
        if condition.left is tenant:
            yield condition.right
        if condition.right is tenant:
            yield condition.left
    elif getattr(condition, "operator", None) is operators.and_:
        for part in condition.get_children():
            yield from equal_to(tenant, part)
    elif hasattr(condition, "element"):
        yield from equal_to(tenant, condition.element)


def test_a_wide_reading_names_its_tenants(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(build_schema())  # that has no plan yet
    made: list[Select[Any]] = []
    real = compiler.statement

    def keep(query: Select[Any]) -> Statement:
        made.append(query)
        return real(query)

    monkeypatch.setattr(compiler, "statement", keep)
    documents, shape = Documents(engine.schema, Limits(fields=5000, price=10**9)), Shape()
    for root, asked in WHOLE.items():
        reader = AUDITOR if root in ("people", "erasures") else CITY_OFFICER
        operation, session = documents.prepare(asked), Session(reader, NOW, NO_ROWS)
        made.clear()
        engine.plan(operation, engine.call(operation, None, session))
        assert made, root
        for query in made:
            shape.look(query)
    assert shape.unbound == set()
    assert shape.crossing == CROSSING
    assert shape.recursive == RECURSIVE
