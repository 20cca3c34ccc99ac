"""What is left to Python when an answer is not clean: markers, null propagation, computed fields, plain values.

The rules are GraphQL's (§6.4.3, §6.4.4): a null where the type says non-null makes its parent null, up to the nearest nullable field, with one
error that carries the path; siblings of a field that failed so are not visited. Order of visiting, and so of errors, is the order of
selection, depth first, as in graphql-core.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    get_location,
    get_named_type,
    is_composite_type,
    is_non_null_type,
)

from graphql_schema.errors import CodedError, GraphQLSchemaError
from graphql_schema.readpath.collect import TYPENAME, Selected
from graphql_schema.readpath.encode import MARKER
from graphql_schema.readpath.personal import UNOPENABLE, PersonalField, Reads, open_tokens
from graphql_schema.readpath.proofs import UNPROVABLE
from graphql_schema.scalars import format_value
from graphql_schema.session import Session

logger = logging.getLogger(__name__)

Path = tuple[str | int, ...]

MESSAGES: Final[Mapping[str, tuple[str, str]]] = {
    "permission.denied": ("无权查看该内容。", "You may not see this."),
    "auth.required": ("请先登录。", "Sign in first."),
    "number.unsafe": ("数值超出可表示范围。", "The number does not fit 53 bits."),
    UNOPENABLE: (
        "个人信息无法解密，请凭追踪编号联系管理员。",
        "A personal value does not open; quote the trace id.",
    ),
    UNPROVABLE: (
        "账本无法证明该内容，请凭追踪编号联系管理员。",
        "The ledger does not prove this; quote the trace id.",
    ),
    "enum.unknown": ("存有未知的取值。", "A stored value is not known to the schema."),
    "internal.error": ("系统内部错误，请凭追踪编号联系管理员。", "Internal error; quote the trace id."),
}


class UnansweredError(Exception):
    """A field without an answer, on its way up to the nearest nullable field; `error` is already located."""

    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error.message)
        self.error = error


def locate(code: str, zh: str, en: str, selected: Selected, path: Path) -> CodedError:
    """An error at a field's places in the document and in the answer."""
    places = [get_location(node.loc.source, node.loc.start) for node in selected.nodes if node.loc]
    return CodedError(code, zh, en, locations=places, path=path)


def failure(code: str, selected: Selected, path: Path) -> UnansweredError:
    """The failure that a marker's code means."""
    zh, en = MESSAGES.get(code, MESSAGES["internal.error"])
    return UnansweredError(locate(code, zh, en, selected, path))


def missing(selected: Selected, path: Path) -> UnansweredError:
    """A null behind a non-null field."""
    name = f"{selected.parent.name}.{selected.name}"
    en = f"Cannot return null for non-nullable field {name}."
    return UnansweredError(locate("null.unexpected", f"字段 {name} 没有可显示的内容。", en, selected, path))


def refusal(error: Exception, selected: Selected, path: Path, trace_id: str) -> UnansweredError:
    """What an exception says outside: errors of this package speak, all others are logged and masked."""
    if isinstance(error, CodedError | GraphQLSchemaError):
        return UnansweredError(locate(error.code, error.zh, error.en, selected, path))
    logger.error("field %s failed, trace %s", selected.key, trace_id, exc_info=error)
    return failure("internal.error", selected, path)


class Completion:
    """Completes the values of one response; nullable failures gather in `errors`, what left uncovered in `reads`."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.errors: list[GraphQLError] = []
        self.reads = Reads()

    def open(self, answer: bytes | None, fields: Sequence[PersonalField]) -> bytes | None:
        """A statement's answer with its personal fields opened. Raises VaultError."""
        if not fields or answer is None:
            return answer
        return open_tokens(answer, fields, self.session.database.get_vault(), self.reads)

    def finish(self, answer: bytes | None, selected: Selected, path: Path) -> bytes:
        """A root field's JSON. Raises UnansweredError when the field is non-null and has no answer."""
        if answer is not None and not selected.dirty and MARKER not in answer:
            return answer
        value = None if answer is None else orjson.loads(answer)
        return orjson.dumps(self.field(value, selected, path))

    def item(self, selected: Selected, answer: bytes, path: Path) -> bytes:
        """One nullable item of a root list, finished."""
        if not selected.dirty and MARKER not in answer:
            return answer
        named = get_named_type(selected.definition.type)
        assert isinstance(named, GraphQLInterfaceType)  # noqa: S101 - the items are nodes
        return orjson.dumps(self._item(orjson.loads(answer), named, selected, path, plain=False))

    def field(self, value: Any, selected: Selected, path: Path, *, plain: bool = False) -> Any:
        """A field's value, or None and an error. Raises UnansweredError for a non-null field.

        `plain` values are Python's own (a computed field's result, a mutation's payload); others are parsed JSON.
        """
        type_ = selected.definition.type
        try:
            if selected.computed is not None and not plain:
                value, plain = self._compute(value, selected, path), True
            return self._value(value, type_, selected, path, plain)
        except UnansweredError as unanswered:
            return self.fail(unanswered, selected.definition)

    def fail(self, unanswered: UnansweredError, definition: GraphQLField) -> None:
        """Note the error and answer null, or raise it further when the field is non-null."""
        if is_non_null_type(definition.type):
            raise unanswered
        self.errors.append(unanswered.error)

    def _compute(self, needs: Any, selected: Selected, path: Path) -> Any:
        assert selected.computed is not None  # noqa: S101 - the caller looked
        code = _find_marker(needs)
        if code is not None:
            raise failure(code, selected, path)
        try:
            return selected.computed.compute(needs, self.session)
        except Exception as error:  # the boundary between one field and the rest of the answer
            raise refusal(error, selected, path, self.session.trace_id) from error

    def _value(
        self, value: Any, type_: GraphQLOutputType, selected: Selected, path: Path, plain: bool
    ) -> Any:
        if isinstance(type_, GraphQLNonNull):
            inner = self._value(value, type_.of_type, selected, path, plain)
            if inner is None:
                raise missing(selected, path)
            return inner
        code = None if plain else _find_marker(value)
        if code is not None and code != "null":
            raise failure(code, selected, path)
        if value is None or code is not None:
            return None
        if isinstance(type_, GraphQLList):
            return [
                self._item(item, type_.of_type, selected, (*path, at), plain) for at, item in enumerate(value)
            ]
        if is_composite_type(type_):
            return {child.key: self._child(value, child, path, plain) for child in selected.children}
        return _leaf(value, type_) if plain else value

    def _item(self, value: Any, type_: GraphQLOutputType, selected: Selected, path: Path, plain: bool) -> Any:
        try:
            return self._value(value, type_, selected, path, plain)
        except UnansweredError as unanswered:
            if is_non_null_type(type_):
                raise
            self.errors.append(unanswered.error)
            return None

    def _child(self, value: Any, child: Selected, path: Path, plain: bool) -> Any:
        beneath = read_plain(value, child) if plain else value[child.key]
        return self.field(beneath, child, (*path, child.key), plain=plain)


def read_plain(value: Any, child: Selected) -> Any:
    """A field of a plain value: a mapping's item or an attribute, by its Python name."""
    if child.name == TYPENAME:
        return child.parent.name
    name = python_name(child)
    return value[name] if isinstance(value, Mapping) else getattr(value, name)


def python_name(selected: Selected) -> str:
    """The field's name in Python."""
    return str(selected.definition.extensions["strawberry-definition"].python_name)


def _leaf(value: Any, type_: GraphQLOutputType) -> Any:
    if isinstance(type_, GraphQLEnumType):
        return next(
            name for name, member in type_.values.items() if str(member.value) == str(stored_text(value))
        )
    return format_value(value)


def stored_text(value: Any) -> Any:
    """An enum member's stored value, or the value itself."""
    return getattr(value, "value", value)


def _find_marker(value: Any) -> str | None:
    if isinstance(value, dict) and len(value) == 1:
        return value.get("!")
    return None


def join_object(parts: Sequence[tuple[str, bytes]]) -> bytes:
    """`{"key":json,…}` from finished JSON; the keys are GraphQL names."""
    return b"{" + b",".join(b'"%b":%b' % (name.encode(), json) for name, json in parts) + b"}"
