"""SQLAlchemy Core in, asyncpg text out (ADR 0008): a statement is compiled once and run many times.

    BY_CODE = statement(select(units).where(units.c.tenant_id == bindparam("tenant_id")))
    await tx.all(BY_CODE)                       # tenant_id is filled in by the bound transaction

Writes are sets: one INSERT or UPDATE over `unnest`, built from the table's metadata, whatever the number of
rows. The tenant is the first parameter of both, a scalar, so one statement can never write two tenants.
Nothing here runs a statement or knows who asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from sqlalchemy import ARRAY, Table
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

from tenancy.errors import InvariantError

DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Statement:
    """PostgreSQL text with `$n`; `names[n-1]` names parameter n; `fixed` holds the expression's constants."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def arguments(self, given: Mapping[str, Any], tenant_id: int) -> list[Any]:
        """Values in the order of `names`; `tenant_id` stands in where the caller gives none.

        Raises InvariantError for a name that is missing or that the statement does not have.
        """
        values = {"tenant_id": tenant_id, **self.fixed, **given}
        if unknown := given.keys() - set(self.names):
            raise InvariantError(what=f"the statement has no parameters {sorted(unknown)}")
        try:
            return [values[name] for name in self.names]
        except KeyError as missing:
            raise InvariantError(what=f"no value for the parameter {missing}") from None


def statement(core: ClauseElement) -> Statement:
    """Compile a select or DML expression: named bind parameters are filled on every run, literals are kept.

    A set of keys is `column == any_(bindparam(…))`, one array: an open `IN` would be another text every time.
    """
    compiled = core.compile(dialect=DIALECT)
    if not isinstance(compiled, SQLCompiler):
        raise InvariantError(what="only statements are compiled here")
    left_open = {name for name, bind in compiled.binds.items() if bind.required}
    if any(compiled.binds[name].expanding for name in left_open):
        raise InvariantError(what="an open IN has no fixed text: compare with any_() of one array")
    state = compiled.construct_expanded_state(dict.fromkeys(left_open))
    fixed = {name: value for name, value in state.parameters.items() if name not in left_open}
    return Statement(state.statement, tuple(state.positiontup or ()), fixed)


def column_array(table: Table, name: str) -> str:
    """The PostgreSQL array type that carries a column through `unnest`, such as `uuid[]`."""
    kind = table.c[name].type
    if isinstance(kind, ARRAY):
        raise InvariantError(what=f"{table.name}.{name} is an array, and unnest would flatten it")
    return f"{kind.compile(dialect=DIALECT)}[]"


def unnested(table: Table, names: Iterable[str], first: int) -> str:
    """`unnest($first::…[], …)` over the named columns."""
    arrays = (f"${n}::{column_array(table, name)}" for n, name in enumerate(names, first))
    return f"unnest({', '.join(arrays)})"


@cache
def insert_sql(table: Table) -> Statement:
    """INSERT of whole rows: parameter 1 is the tenant, then one array a column in `names` order."""
    names = tuple(column.name for column in table.columns if column.name != "tenant_id")
    sql = (
        f"INSERT INTO {table.name} (tenant_id, {', '.join(map(quoted, names))})"  # noqa: S608 - names of ours
        f" SELECT $1::int, u.* FROM {unnested(table, names, 2)} AS u"
    )
    return Statement(sql, ("tenant_id", *names))


@cache
def update_sql(table: Table) -> Statement:
    """UPDATE of whole rows found by primary key within the tenant; parameters as in `insert_sql`."""
    names = tuple(column.name for column in table.columns if column.name != "tenant_id")
    keys = [column.name for column in table.primary_key.columns if column.name != "tenant_id"]
    sets = [f"{quoted(name)} = u.{quoted(name)}" for name in names if name not in keys]
    if not sets:
        raise InvariantError(what=f"{table.name} is all key: there is nothing to update")
    found = [f"t.{quoted(name)} = u.{quoted(name)}" for name in keys]
    sql = (
        f"UPDATE {table.name} AS t SET {', '.join(sets)} FROM {unnested(table, names, 2)}"  # noqa: S608
        f" AS u({', '.join(map(quoted, names))}) WHERE t.tenant_id = $1::int AND {' AND '.join(found)}"
    )
    return Statement(sql, ("tenant_id", *names))


def quoted(name: str) -> str:
    """A column name, quoted where PostgreSQL needs it."""
    return str(DIALECT.identifier_preparer.quote(name))
