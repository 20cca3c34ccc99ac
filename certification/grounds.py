"""The ground of a rule as a file states it: its clause, or `decided = true` with the reason, or both; never neither.

{ value = 5, clause = "三（二）" }        { value = true, decided = true, reason = "Put up on a rest day, …" }
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from certification.programme import Ground
from certification.strict import Reader, reading

T = TypeVar("T")


def parse_ground(row: Reader) -> Ground:
    """The ground of a row. Raises ProgrammeRefusedError."""
    clause, decided, reason = row.find_text("clause"), row.find("decided", bool), row.find_text("reason")
    if decided is False or (decided is None) != (reason is None):
        row.refuse("what is decided says `decided = true` and a reason")
    if clause is None and decided is None:
        row.refuse("a rule names its clause, or is decided with a reason")
    return Ground(clause, decided is True, reason)


def each(root: Reader, key: str, parse: Callable[[Reader], T]) -> tuple[T, ...]:
    """The rows of a table, each read whole. Raises ProgrammeRefusedError."""
    found = []
    for number, data in enumerate(root.tables(key)):
        with reading(data, f"{key}[{number}]") as row:
            found.append(parse(row))
    return tuple(found)
