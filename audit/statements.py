"""Statements built once from the Core metadata, run by asyncpg. Private to this package.

Compiling is lazy and cached, so importing builds nothing. Parameters are named in Core and positional in
asyncpg: `arguments` puts them in order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias, cast

import asyncpg
import asyncpg.pool
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement's text and the names of its parameters in order."""

    text: str
    names: tuple[str, ...]

    def arguments(self, **values: object) -> list[object]:
        """The values in the order of the parameters."""
        return [values[name] for name in self.names]


def compile_statement(statement: ClauseElement) -> Statement:
    """The text that asyncpg runs."""
    compiled = cast("SQLCompiler", statement.compile(dialect=dialect()))  # type: ignore[no-untyped-call]
    return Statement(str(compiled), tuple(compiled.positiontup or ()))


def statement(build: Callable[[], ClauseElement]) -> Callable[[], Statement]:
    """Decorates a function that builds a statement: it is built and compiled at the first call."""
    return cache(lambda: compile_statement(build()))
