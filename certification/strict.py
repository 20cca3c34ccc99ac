"""Reading a mapping strictly: every key is asked for by name and type, and none may be left over.

    with reading(data, "levels[0]") as level:
        code = level.text("code")

Raises ProgrammeRefusedError naming the place. Knows no schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import NoReturn, TypeVar

from certification.errors import ProgrammeRefusedError

T = TypeVar("T")
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
"""How a programme spells its levels and the parts of its standard, as the tables check it."""


class Reader:
    """The keys of one mapping, each taken once."""

    __slots__ = ("_left", "where")

    def __init__(self, data: object, where: str) -> None:
        self.where = where
        if not isinstance(data, Mapping) or not all(type(key) is str for key in data):
            self.refuse("is not a table")
        self._left = dict(data)

    def refuse(self, reason: str) -> NoReturn:
        """Raise ProgrammeRefusedError for this place."""
        raise ProgrammeRefusedError(where=self.where, reason=reason)

    def take(self, key: str, kind: type[T]) -> T:
        """The value of a key that must be there, of exactly this type."""
        if key not in self._left:
            self.refuse(f"{key} is missing")
        value = self._left.pop(key)
        if type(value) is not kind:
            self.refuse(f"{key} is not a {kind.__name__}")
        return value

    def find(self, key: str, kind: type[T]) -> T | None:
        """The value of a key, or None when it is absent."""
        return self.take(key, kind) if key in self._left else None

    def holds(self, key: str) -> bool:
        """Whether the key is there and not taken yet."""
        return key in self._left

    def holds_list(self, key: str) -> bool:
        """Whether the key is there and holds a list."""
        return isinstance(self._left.get(key), list)

    def text(self, key: str) -> str:
        """A string that is not blank."""
        value = self.take(key, str)
        if not value.strip():
            self.refuse(f"{key} is blank")
        return value

    def find_text(self, key: str) -> str | None:
        """A string that is not blank, or None when the key is absent."""
        return self.text(key) if key in self._left else None

    def natural(self, key: str, least: int = 0) -> int:
        """An integer, at least `least`."""
        value = self.take(key, int)
        if value < least:
            self.refuse(f"{key} is less than {least}")
        return value

    def one_of(self, key: str, values: tuple[str, ...]) -> str:
        """One of `values`."""
        value = self.text(key)
        if value not in values:
            self.refuse(f"{key} is none of {', '.join(values)}")
        return value

    def code(self, key: str) -> str:
        """A code: a small letter, then small letters, digits and underscores, 40 in all at most."""
        value = self.text(key)
        if not CODE.match(value):
            self.refuse(f"{key} is no code of small letters, digits and underscores: {value!r}")
        return value

    def codes(self, key: str) -> tuple[str, ...]:
        """A list of different codes."""
        found = self.texts(key)
        for value in found:
            if not CODE.match(value):
                self.refuse(f"{key} may not hold {value!r}")
        return found

    def texts(self, key: str, values: tuple[str, ...] | None = None, least: int = 0) -> tuple[str, ...]:
        """A list of at least `least` different strings, each one of `values` if those are given."""
        found = tuple(self.take(key, list))
        if len(found) < least:
            self.refuse(f"{key} is empty")
        if len(set(map(str, found))) != len(found):
            self.refuse(f"{key} names one twice")
        for value in found:
            if type(value) is not str or not value or (values is not None and value not in values):
                self.refuse(f"{key} may not hold {value!r}")
        return found

    def some_of(self, key: str, values: tuple[str, ...]) -> tuple[str, ...]:
        """One of `values`, or a list of at least one of them."""
        if isinstance(self._left.get(key), list):
            return self.texts(key, values, 1)
        return (self.one_of(key, values),)

    def day(self, key: str) -> date:
        """A date, as YYYY-MM-DD."""
        try:
            return date.fromisoformat(self.text(key))
        except ValueError:
            self.refuse(f"{key} is not a date")

    def instant(self, key: str) -> datetime:
        """A time with its offset from UTC."""
        try:
            value = datetime.fromisoformat(self.text(key))
        except ValueError:
            self.refuse(f"{key} is not a time")
        if value.tzinfo is None:
            self.refuse(f"{key} has no offset from UTC")
        return value

    def tables(self, key: str) -> list[object]:
        """A list that is not empty."""
        found = self.take(key, list)
        if not found:
            self.refuse(f"{key} is empty")
        return found

    def close(self) -> None:
        """Refuse what nobody asked for."""
        if self._left:
            self.refuse(f"unknown: {', '.join(sorted(self._left))}")


@contextmanager
def reading(data: object, where: str) -> Iterator[Reader]:
    """A reader of `data` that refuses left-over keys on leaving."""
    reader = Reader(data, where)
    yield reader
    reader.close()
