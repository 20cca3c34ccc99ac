"""The parameters of a statement while it is compiled: each bound once by what it means, with where its value comes from."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import ARRAY, BindParameter, ColumnElement, DateTime, Integer, Uuid, bindparam
from sqlalchemy.types import TypeEngine

from graphql_schema.declare import ScopeKind
from graphql_schema.errors import CodedError
from graphql_schema.readpath.call import Getter


@dataclass(frozen=True, slots=True)
class Slots:
    """The statement's parameters so far, by what they mean; also what declared expressions may ask of a request."""

    found: dict[Hashable, tuple[BindParameter[Any], Getter]]

    def bind(self, meaning: Hashable, type_: TypeEngine[Any], getter: Getter) -> BindParameter[Any]:
        """The parameter of that meaning, made on first use."""
        if meaning not in self.found:
            name = f"s{len(self.found)}"
            self.found[meaning] = (bindparam(name, type_=type_, required=True), getter)
        return self.found[meaning][0]

    @property
    def now(self) -> ColumnElement[Any]:
        return self.bind("now", DateTime(timezone=True), lambda call: call.session.now)

    @property
    def person_id(self) -> ColumnElement[Any]:
        return self.bind("person", Uuid(), lambda call: call.person_id)

    @property
    def tenant_id(self) -> ColumnElement[Any]:
        """The reader's own tenant."""
        return self.bind("own", Integer(), lambda call: call.tenant_id)

    @property
    def own_tenants(self) -> ColumnElement[Any]:
        """The reader's own tenant and those that granted it their own rows."""
        own = ScopeKind.OWN
        return self.bind(own, ARRAY(Integer()), lambda call: call.tenants(own))

    @property
    def shared_tenants(self) -> ColumnElement[Any]:
        """As `own_tenants`, and those whose lists are shared with the reader's."""
        shared = ScopeKind.SHARED
        return self.bind(shared, ARRAY(Integer()), lambda call: call.tenants(shared))


def constant(value: Any) -> Getter:
    """A parameter that a declaration fixed."""
    return lambda _call: value


def checked_key(value: Any, is_uuid: bool) -> Any:
    """A key of the column's kind. Raises CodedError `id.malformed`."""
    if isinstance(value, int) == is_uuid:
        raise CodedError("id.malformed", "编号格式不正确。", "The id is malformed.")
    return value


def stored(value: Any) -> Any:
    """An argument as the column holds it. Raises CodedError `text.malformed` for what no column can hold."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return checked_text(value)
    return value.value if isinstance(value, Enum) else value


def checked_text(value: str) -> str:
    """Text without NUL or half a surrogate pair. Raises CodedError `text.malformed`."""
    try:
        value.encode()
    except UnicodeEncodeError:
        value = "\0"
    if "\0" in value:
        raise CodedError(
            "text.malformed", "文本含有无法存储的字符。", "The text holds a character that cannot be stored."
        )
    return value
