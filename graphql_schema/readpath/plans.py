"""Plans: a compiled operation, kept and found again.

A plan's key is the operation's key, what the reader may see (not who it is) and the shape of the variables: booleans and enums by value, for
they steer @skip, @include and order; lists, numbers and texts only by being there. A plan keeps getters, never a value of a call.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

import orjson
from graphql import (
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.values import VariableValues
from sqlalchemy import Uuid

from audit.errors import AuditError
from graphql_schema.declare import (
    LARGEST_LIST,
    ConsistencySource,
    NodeSource,
    OneSource,
    RelationSource,
    ScopeKind,
    TypeSource,
    find_permission,
    find_rows,
    find_source,
)
from graphql_schema.errors import CodedError
from graphql_schema.ids import NodeRef, parse_id, refuse_id
from graphql_schema.permissions import Permission, ReachKind, kinds_of
from graphql_schema.readpath.access import DeniedError, check_permission
from graphql_schema.readpath.arguments import Arguments
from graphql_schema.readpath.call import Call, Getter, Reader
from graphql_schema.readpath.collect import TYPENAME, Document, Selected
from graphql_schema.readpath.compiler import Compiled, Compiler
from graphql_schema.readpath.complete import Completion, Path, UnansweredError, failure, refusal
from graphql_schema.readpath.encode import marker
from graphql_schema.readpath.proofs import UNPROVABLE, fill_proofs, prove_growth
from graphql_schema.readpath.slots import checked_key, constant
from tenancy.database import TenantConnection

logger = logging.getLogger(__name__)

MOST_IDS: Final = LARGEST_LIST

Value = TypeVar("Value")


class OperationLike(Protocol):
    """The part of `graphql_schema.documents.Operation` that a plan is made from."""

    @property
    def definition(self) -> OperationDefinitionNode: ...
    @property
    def fragments(self) -> Mapping[str, FragmentDefinitionNode]: ...
    @property
    def key(self) -> bytes: ...
    @property
    def weight(self) -> int: ...


def shape_of(value: Any) -> Hashable:
    """What of a variable's value may steer a plan."""
    kind = type(value)
    if kind is str or kind is int:
        return "value"
    if kind is dict:
        return tuple([(name, shape_of(inner)) for name, inner in value.items()])
    if kind is list:
        return "list"
    return value if value is None or isinstance(value, bool | Enum) else "value"


class RootPlan(Protocol):
    """One root field, ready to answer calls."""

    @property
    def selected(self) -> Selected: ...
    @property
    def reads(self) -> bool: ...

    async def answer(
        self, tx: TenantConnection | None, call: Call, done: Completion, path: Path
    ) -> bytes: ...


@dataclass(frozen=True, slots=True)
class FixedPlan:
    """A root field that needs no row: `__typename`, or a marker for what the reader may not ask."""

    selected: Selected
    json: bytes
    reads: bool = False

    async def answer(self, tx: TenantConnection | None, call: Call, done: Completion, path: Path) -> bytes:
        """The constant. Raises UnansweredError."""
        return done.finish(self.json, self.selected, path)


@dataclass(frozen=True, slots=True)
class RefusedPlan:
    """A root field whose document already asks for what is refused, such as a page of a thousand."""

    selected: Selected
    error: CodedError
    reads: bool = False

    async def answer(self, tx: TenantConnection | None, call: Call, done: Completion, path: Path) -> bytes:
        """Raises UnansweredError."""
        raise refusal(self.error, self.selected, path, call.session.trace_id)


@dataclass(frozen=True, slots=True)
class StatementPlan:
    """A root field that is one statement."""

    selected: Selected
    compiled: Compiled
    reads: bool = True

    async def answer(self, tx: TenantConnection | None, call: Call, done: Completion, path: Path) -> bytes:
        """The statement's JSON. Raises UnansweredError."""
        assert tx is not None  # noqa: S101 - `reads` said so
        try:
            parameters = [getter(call) for getter in self.compiled.getters]
        except CodedError as error:
            raise refusal(error, self.selected, path, call.session.trace_id) from error
        answer = await self.compiled.fetch_value(tx, parameters)
        answer = await _opened(answer, self.compiled, tx, done)
        return done.finish(answer, self.selected, path)


@dataclass(frozen=True, slots=True)
class PlacePlan:
    """One row by its place; a statement for each type that has been asked for. Also a mutation's node."""

    selected: Selected
    maker: PlanMaker
    find_ref: Callable[[Call], NodeRef]
    compiled: dict[str, Placed] = field(default_factory=dict)
    reads: bool = True

    async def answer(self, tx: TenantConnection | None, call: Call, done: Completion, path: Path) -> bytes:
        """The row's JSON, null when there is none in reach. Raises UnansweredError."""
        try:
            ref = self.find_ref(call)
        except CodedError as error:
            raise refusal(error, self.selected, path, call.session.trace_id) from error
        return await self.answer_ref(ref, tx, call, done, path)

    async def answer_ref(
        self, ref: NodeRef, tx: TenantConnection | None, call: Call, done: Completion, path: Path
    ) -> bytes:
        """The same for a place that is known."""
        assert tx is not None  # noqa: S101 - `reads` said so
        try:
            placed = self.compiled.get(ref.type) or self._compile(ref, call)
            checked_key(ref.key, placed.by_uuid)
        except (CodedError, DeniedError) as error:
            raise refused(error, self.selected, path, call) from error
        answer = None
        if tenant := call.within(placed.scope, ref.tenant):
            parameters = [_placed(getter, tenant, ref.key, call) for getter in placed.compiled.getters]
            answer = await placed.compiled.fetch_value(tx, parameters)
            answer = await _opened(answer, placed.compiled, tx, done)
        return done.finish(answer, placed.selected, path)

    def _compile(self, ref: NodeRef, call: Call) -> Placed:
        type_, source = self.maker.node_type(ref)
        selected, compiler = again(self.selected), self.maker.compiler(call.values)
        compiled = compiler.node_root(selected, type_, {"tenant": _TENANT, "key": _KEY})
        by_uuid = isinstance(source.table.c[source.key[0]].type, Uuid)
        placed = self.compiled[ref.type] = Placed(selected, compiled, source.scope, by_uuid)
        return placed


@dataclass(frozen=True, slots=True)
class Placed:
    """A row's statement for one type, and what its places must be like."""

    selected: Selected
    compiled: Compiled
    scope: ScopeKind
    by_uuid: bool


@dataclass(frozen=True, slots=True)
class PlacesPlan:
    """Rows by their places, in the order asked for, null for what is not in reach; a statement a type."""

    selected: Selected
    maker: PlanMaker
    find_ids: Getter
    compiled: dict[str, tuple[Selected, Compiled]] = field(default_factory=dict)
    reads: bool = True

    async def answer(self, tx: TenantConnection | None, call: Call, done: Completion, path: Path) -> bytes:
        """The rows' JSON. Raises UnansweredError."""
        assert tx is not None  # noqa: S101 - `reads` said so
        try:
            refs = self._refs(call)
            by_type: dict[str, list[int]] = {}
            for at, ref in enumerate(refs):
                by_type.setdefault(ref.type, []).append(at)
            found: dict[int, tuple[Selected, bytes]] = {}
            for places in by_type.values():
                await self._read(tx, call, done, refs, places, found)
        except (CodedError, DeniedError) as error:
            raise refused(error, self.selected, path, call) from error
        items = (done.item(*found[at], (*path, at)) if at in found else b"null" for at in range(len(refs)))
        return b"[" + b",".join(items) + b"]"

    def _refs(self, call: Call) -> list[NodeRef]:
        ids = self.find_ids(call)
        if len(ids) > MOST_IDS:
            raise CodedError(
                "page.size", f"一次最多查询 {MOST_IDS} 个编号。", f"At most {MOST_IDS} ids at once."
            )
        return [parse_id(text) for text in ids]

    async def _read(
        self,
        tx: TenantConnection,
        call: Call,
        done: Completion,
        refs: Sequence[NodeRef],
        places: Sequence[int],
        found: dict[int, tuple[Selected, bytes]],
    ) -> None:
        type_, source = self.maker.node_type(refs[places[0]])
        for at in places:
            self.maker.node_type(refs[at])
        kept = [at for at in places if call.within(source.scope, refs[at].tenant)]
        selected, compiled = self._find(type_, call)
        asked = (kept, [refs[at].tenant for at in kept], [refs[at].key for at in kept])
        parameters = [_placed_set(getter, asked, call) for getter in compiled.getters]
        for at, answer in await compiled.fetch(tx, parameters) if kept else ():
            found[at] = selected, await _opened(answer, compiled, tx, done) or b"null"

    def _find(self, type_: GraphQLObjectType, call: Call) -> tuple[Selected, Compiled]:
        found = self.compiled.get(type_.name)
        if found is None:
            selected, compiler = again(self.selected), self.maker.compiler(call.values)
            places = {"at": _AT, "tenants": _TENANTS, "keys": _KEYS}
            found = self.compiled[type_.name] = selected, compiler.nodes_root(selected, type_, places)
        return found


@dataclass(frozen=True, slots=True)
class ConsistencyPlan:
    """The root field that proves a log's growth: a plain value, worked out in Python.

    It names roots of any size, so of one entry alone: for who reads the `whole` log, as with its files (tenancy/log_reading.py).
    """

    selected: Selected
    whole: bool
    find_tenant: Getter
    find_old: Getter
    find_new: Getter
    reads: bool = True

    async def answer(self, tx: TenantConnection | None, call: Call, done: Completion, path: Path) -> bytes:
        """The proof's JSON; null for a log out of reach or a size that is not published. Raises UnansweredError."""
        assert tx is not None  # noqa: S101 - `reads` said so
        try:
            ref = self.find_tenant(call)
            if ref.type != "Tenant":
                raise refuse_id()
            tenant = call.within(ScopeKind.OWN, ref.tenant)
            reaches = tenant and self.whole
            grown = (
                await prove_growth(tx, tenant, self.find_old(call), self.find_new(call)) if reaches else None
            )
        except CodedError as error:
            raise refusal(error, self.selected, path, call.session.trace_id) from error
        except AuditError as error:
            logger.error("field %s, trace %s: %s", self.selected.key, call.session.trace_id, error)
            raise failure(UNPROVABLE, self.selected, path) from error
        return orjson.dumps(done.field(grown, self.selected, path, plain=True))


async def _opened(
    answer: bytes | None, compiled: Compiled, tx: TenantConnection, done: Completion
) -> bytes | None:
    """A statement's answer with its personal fields opened and its proofs filled in. Raises VaultError."""
    opened = done.open(answer, compiled.personal)
    return opened if opened is None or not compiled.proofs else await fill_proofs(tx, opened)


def _unplaced(_call: Call) -> Any:
    raise AssertionError("a place is filled in by its plan")


def _stand_in() -> Getter:
    """A getter of its own, known by identity; its plan puts the place in its stead."""
    return partial(_unplaced)


_TENANT: Final = _stand_in()
_KEY: Final = _stand_in()
_AT: Final = _stand_in()
_TENANTS: Final = _stand_in()
_KEYS: Final = _stand_in()


def _placed(getter: Getter, tenant: int, key: Any, call: Call) -> Any:
    if getter is _TENANT:
        return tenant
    return key if getter is _KEY else getter(call)


def _placed_set(getter: Getter, asked: tuple[list[int], list[int], list[Any]], call: Call) -> Any:
    for at, stand_in in enumerate((_AT, _TENANTS, _KEYS)):
        if getter is stand_in:
            return asked[at]
    return getter(call)


def refused(error: Exception, selected: Selected, path: Path, call: Call) -> UnansweredError:
    """The failure of a root field that could not even be asked."""
    if isinstance(error, DeniedError):
        return failure(error.code, selected, path)
    return refusal(error, selected, path, call.session.trace_id)


def again(selected: Selected) -> Selected:
    """A copy without what is beneath, for another concrete type."""
    return Selected(selected.key, selected.name, selected.parent, selected.definition, selected.nodes)


@dataclass(frozen=True, slots=True)
class PlanMaker:
    """Makes plans for one operation and one kind of reader; holds no values of a call."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    reader: Reader

    def document(self, values: VariableValues) -> Document:
        """What collecting needs, for one call."""
        return Document(self.schema, self.fragments, values)

    def compiler(self, values: VariableValues) -> Compiler:
        """A compiler for one root field."""
        return Compiler(self.document(values), self.reader)

    def node_type(self, ref: NodeRef) -> tuple[GraphQLObjectType, TypeSource]:
        """The type of a place. Raises CodedError `id.malformed` for no node's type or another kind of key."""
        type_ = self.schema.get_type(ref.type)
        source = find_rows(type_) if isinstance(type_, GraphQLObjectType) else None
        if not isinstance(type_, GraphQLObjectType) or source is None or "id" not in type_.fields:
            raise refuse_id()
        checked_key(ref.key, isinstance(source.table.c[source.key[0]].type, Uuid))
        return type_, source

    def root(self, selected: Selected, values: VariableValues) -> RootPlan:
        """The plan of one root field of a query."""
        if selected.name == TYPENAME:
            return FixedPlan(selected, f'"{selected.parent.name}"'.encode())
        permission = find_permission(selected.definition)
        assert permission is not None, selected.name  # noqa: S101 - checked when the schema was built
        try:
            check_permission(self.reader, permission)
            return self._root(selected, values)
        except DeniedError as denied:
            selected.dirty = True
            return FixedPlan(selected, marker(denied.code).encode())
        except CodedError as error:
            return RefusedPlan(selected, error)

    def _root(self, selected: Selected, values: VariableValues) -> RootPlan:
        source = find_source(selected.definition)
        if isinstance(source, NodeSource):
            arguments = Arguments(selected.definition, selected.nodes[0], values)
            if source.many:
                return PlacesPlan(selected, self, arguments.getter("ids", convert=list))
            return PlacePlan(selected, self, arguments.getter("id", convert=parse_id))
        if isinstance(source, ConsistencySource):
            arguments = Arguments(selected.definition, selected.nodes[0], values)
            self.document(values).hold_plain(selected)
            return ConsistencyPlan(
                selected,
                ReachKind.WHOLE in kinds_of(self.reader.signature, Permission.READ),
                arguments.getter("tenantId", convert=parse_id),
                arguments.getter("fromSize", convert=int),
                arguments.getter("toSize", convert=int)
                if arguments.find("toSize") is not None
                else constant(None),
            )
        assert isinstance(source, RelationSource), selected.name  # noqa: S101 - checked when the schema was built
        if isinstance(source, OneSource) and source.own and not self.reader.signed_in:
            return FixedPlan(selected, b"null")
        return StatementPlan(selected, self.compiler(values).relation_root(selected, source))


class Kept(Generic[Value]):
    """The values used last, at most `size` of them and at most so heavy together; for one event loop."""

    def __init__(self, size: int, heaviest: int) -> None:
        self._size, self._heaviest, self._weight = size, heaviest, 0
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()

    def find(self, key: Hashable) -> Value | None:
        """The value kept under a key, which is now the youngest."""
        kept = self._values.get(key)
        if kept is None:
            return None
        self._values.move_to_end(key)
        return kept[0]

    def keep(self, key: Hashable, value: Value, weight: int) -> Value:
        """Keep a value of some weight under a new key, and drop the oldest beyond the bounds."""
        self._values[key] = value, weight
        self._weight += weight
        while len(self._values) > self._size or self._weight > self._heaviest:
            self._weight -= self._values.popitem(last=False)[1][1]
        return value

    def __len__(self) -> int:
        return len(self._values)
