"""The vocabulary in which a GraphQL type says, once, where its fields come from.

    @node(units, permission=Permission.READ)
    class Unit(Node):
        name: str = column(units.c.name, description="…")
        parent: Unit | None = to_one({units.c.id: units.c.parent_id}, description="…")
        children: Connection[Unit] = connection({units.c.parent_id: units.c.id}, order="sort_key", description="…")

A declaration holds data and small pure functions over columns; nothing here runs or compiles a statement (readpath/ does). What joins
two tables of one tenant never names the tenant: the compiler puts `child.tenant_id = parent.tenant_id` first. Only a reference into another
tenant names the column that holds it (`tenant=`), and such a row must lie within the reader's scope as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, Generic, Optional, Protocol, TypeVar, dataclass_transform

import strawberry
from graphql import GraphQLField, GraphQLInputField, GraphQLObjectType
from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Table,
    Text,
    false,
)
from sqlalchemy.types import TypeEngine
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from graphql_schema.ids import NodeRef
from graphql_schema.permissions import Permission, ReachKind

SOURCE: Final = "xingji.source"
PERMISSION: Final = "xingji.permission"
DEFAULT_PAGE: Final = 20
LARGEST_PAGE: Final = 100
LARGEST_LIST: Final = 100

T = TypeVar("T")
Predicate = Callable[[FromClause, ColumnElement[Any]], ColumnElement[bool]]
Join = Mapping[Column[Any], Column[Any]]


class Parameters(Protocol):
    """What an expression may ask of the request, as bound parameters."""

    @property
    def now(self) -> ColumnElement[Any]: ...
    @property
    def person_id(self) -> ColumnElement[Any]: ...
    @property
    def tenant_id(self) -> ColumnElement[Any]: ...
    @property
    def own_tenants(self) -> ColumnElement[Any]: ...
    @property
    def shared_tenants(self) -> ColumnElement[Any]: ...


Build = Callable[[FromClause, Parameters], ColumnElement[Any]]
Through = Callable[[FromClause, FromClause], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Mask:
    """Outside the reach of `permission` the field shows `cover(value)` instead."""

    permission: Permission
    cover: Callable[[ColumnElement[Any]], ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """A column of the type's own table."""

    column: Column[Any]


@dataclass(frozen=True, slots=True)
class ExpressionSource:
    """An SQL expression over the row; `nullable` says whether it may be NULL."""

    build: Build
    nullable: bool = True
    mask: Mask | None = None


@dataclass(frozen=True, slots=True)
class PersonalSource:
    """A value sealed behind a commitment of the row, opened by Python (readpath/personal.py); the subject is the row.

    Whole within the reach of `permission`, and logged; else what `cover` makes of it. With `own` it is whole in the reader's own tenant
    alone. Without a permission the row is the reader's own: whole, and not logged.
    """

    commitment: Column[Any]
    field: str
    cover: Callable[[str], str]
    permission: Permission | None
    own: bool = False


@dataclass(frozen=True, slots=True)
class ProofSource:
    """The row is an entry of the ledger: its proof under the published checkpoint (readpath/proofs.py)."""


@dataclass(frozen=True, slots=True)
class ConsistencySource:
    """The root field that proves a log's growth between two sizes (readpath/proofs.py)."""


@dataclass(frozen=True, slots=True)
class IdSource:
    """The row's global id."""


@dataclass(frozen=True, slots=True)
class RelationSource:
    """Rows of another type. `on` pairs the other's column with ours; `within` means that whoever reaches us reaches them."""

    on: Join = field(default_factory=dict)
    tenant: Column[Any] | None = None
    where: Build | None = None
    within: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class OneSource(RelationSource):
    """At most one row."""


@dataclass(frozen=True, slots=True)
class SecretSource(OneSource):
    """At most one row, found by a secret that its holder types in: the column holds the digest, and every try is counted."""

    column: Column[Any] | None = None
    digest: Callable[[str], bytes] = bytes.fromhex


@dataclass(frozen=True, slots=True)
class ListSource(RelationSource):
    """A bounded list of rows in a fixed order."""

    order: Sequence[Column[Any] | Build] = ()
    limit: int = LARGEST_LIST


@dataclass(frozen=True, slots=True)
class Extension:
    """What a connection's own rule adds to its rows: conditions, and columns that a page's rows have beside the table's."""

    where: Sequence[ColumnElement[bool]]
    columns: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)


Extend = Callable[[FromClause, Mapping[str, ColumnElement[Any]], Parameters], Extension]
"""Of a row, the values that were asked for by name (only those that were given), and the request."""


@dataclass(frozen=True, slots=True)
class ConnectionSource(RelationSource):
    """A Relay connection, paged by key. `order` names the default sort column; `extend` takes `asked` arguments and filter fields.

    `through` says of a row and of ours that they belong together, where no pair of columns does. `guard`: which of our rows the reader
    must reach to be shown any of these, where everybody sees ours.
    """

    order: str = "id"
    descending: bool = False
    extend: Extend | None = None
    asked: Mapping[str, TypeEngine[Any]] = field(default_factory=dict)
    through: Through | None = None
    guard: Reach | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """An SQL expression over the row and the field's arguments, which are bound by name."""

    build: Callable[[FromClause, Mapping[str, ColumnElement[Any]]], ColumnElement[Any]]


Need = Column[Any] | Build | Asked


@dataclass(frozen=True, slots=True)
class ComputedSource:
    """A Python function of declared columns (by name, as JSON values) and the session; it reads nothing else.

    The field's arguments come with the columns, by their names, None when absent; `arguments` are those names.
    """

    needs: Mapping[str, Need]
    compute: Callable[[Mapping[str, Any], Any], Any]
    arguments: Mapping[str, TypeEngine[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeSource:
    """The root field that finds one row by global id, or with `many` each of a list."""

    many: bool = False


@dataclass(frozen=True, slots=True)
class ActSource:
    """A mutation: its resolver answers an Outcome."""


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A subscription: its resolver answers a Topic (graphql_schema/topics.py)."""


Source = (
    ColumnSource
    | ExpressionSource
    | PersonalSource
    | ProofSource
    | ConsistencySource
    | IdSource
    | OneSource
    | ListSource
    | ConnectionSource
    | ComputedSource
    | NodeSource
    | ActSource
    | FeedSource
)


class Compare(Enum):
    """How a filter field restricts the rows."""

    EQUALS = "equals"
    ONE_OF = "one_of"
    REFERS = "refers"
    TENANT = "tenant"
    ASKED = "asked"
    SINCE = "since"
    BEFORE = "before"


@dataclass(frozen=True, slots=True)
class FilterSource:
    """One field of a filter input. `type` is the GraphQL type that a global id must have; `kind` of a value that is asked for.

    `means`: the column's values that a given one stands for, when it is none itself. `guard`: of which rows the reader may ask it.
    """

    compare: Compare
    column: Column[Any] | None = None
    type: str | None = None
    tenant: Column[Any] | None = None
    kind: TypeEngine[Any] | None = None
    means: Callable[[Any], Sequence[Any]] | None = None
    guard: Reach | None = None


def nothing(_row: FromClause, _reached: ColumnElement[Any]) -> ColumnElement[bool]:
    """No row."""
    return false()


@dataclass(frozen=True, slots=True)
class Reach:
    """Which rows of a type readers of less than a tenant see: None is every row, else a predicate over the row and what they reach.

    A street's and a community's readers reach the array of their units, a review team's member what is assigned to the person: of
    `team` the second argument is the reader's pseudonym, and a type that does not say it shows a team nothing.
    """

    street: Predicate | None
    community: Predicate | None
    team: Predicate | None = nothing

    def predicate(self, kind: ReachKind) -> Predicate | None:
        if kind is ReachKind.TEAM:
            return self.team
        return self.street if kind is ReachKind.STREET else self.community


WHOLE_TENANT_ONLY: Final = Reach(nothing, nothing)
ALL_BUT_TEAMS: Final = Reach(None, None)
EVERYBODY: Final = Reach(None, None, None)


class ScopeKind(Enum):
    """Which tenants' rows a type shows: the reader's own and granted ones, the shared ones too, all of a registry, or public lists."""

    OWN = "own"
    SHARED = "shared"
    REGISTRY = "registry"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class TypeSource:
    """Where a type's rows are, and who may see them; `only` holds for whoever asks."""

    table: Table
    permission: Permission
    reach: Reach
    key: tuple[str, ...]
    public: bool = False
    only: Build | None = None

    @property
    def tenant_column(self) -> str:
        return "tenant_id" if "tenant_id" in self.table.c else "id"

    @property
    def scope(self) -> ScopeKind:
        if self.public:
            return ScopeKind.PUBLIC
        if "tenant_id" not in self.table.c:
            return ScopeKind.REGISTRY
        return ScopeKind.SHARED if "shared" in self.table.info.get("policies", ()) else ScopeKind.OWN


@dataclass(frozen=True, slots=True)
class Outcome:
    """A mutation's answer: the union member, its plain values, and the rows that the read path selects after commit."""

    typename: str
    values: Mapping[str, Any] = field(default_factory=dict)
    nodes: Mapping[str, NodeRef] = field(default_factory=dict)


_SOURCE_ATTRIBUTE: Final = "__xingji_rows__"


@dataclass_transform(kw_only_default=True)
def rows(
    table: Table,
    *,
    permission: Permission,
    reach: Reach = ALL_BUT_TEAMS,
    description: str,
    name: str | None = None,
    public: bool = False,
    only: Build | None = None,
) -> Callable[[type[T]], type[T]]:
    """An object type whose rows are a table's. The key is the primary key without the tenant.

    Without `reach` everybody with the permission sees every row, but a review team's member sees none.
    `public`: everybody reads the rows, and so no more of them than the type's fields say. `only`: which of the shared rows
    concern the reader at all; the others are as absent as what does not exist, by whatever way they are asked for.
    """
    key = tuple(column.name for column in table.primary_key.columns if column.name != "tenant_id")

    def declare(cls: type[T]) -> type[T]:
        setattr(cls, _SOURCE_ATTRIBUTE, TypeSource(table, permission, reach, key, public, only))
        return strawberry.type(cls, name=name, description=description)

    return declare


def column(source: Column[Any], *, description: str) -> Any:
    """A field that is a column."""
    return _field(ColumnSource(source), description)


def expression(build: Build, *, description: str, nullable: bool = True, mask: Mask | None = None) -> Any:
    """A field that is an SQL expression; its SQLAlchemy type decides how it is printed."""
    return _field(ExpressionSource(build, nullable, mask), description)


def personal(
    commitment: Column[Any],
    stored_as: str,
    *,
    cover: Callable[[str], str] = str,
    permission: Permission | None = None,
    own: bool = False,
    description: str,
) -> Any:
    """A personal field (see PersonalSource); null once it was erased. `stored_as` is its name in `personal_values`."""
    return _field(PersonalSource(commitment, stored_as, cover, permission, own), description)


def proof(*, description: str) -> Any:
    """A field that is the proof of a ledger's entry, or null."""
    return _field(ProofSource(), description)


def consistency(*, permission: Permission, description: str) -> Any:
    """The root field that proves a log's growth."""
    made = _field(ConsistencySource(), description, permission)
    sizes: tuple[tuple[str, Any, str], ...] = (
        ("tenant_id", strawberry.ID, "Whose log (租户)."),
        ("from_size", int, "The size that was known before (原条数)."),
        ("to_size", Optional[int], "The later size; null: that of the published checkpoint (现条数)."),  # noqa: UP045
    )
    made.arguments = [
        StrawberryArgument(name, None, StrawberryAnnotation(type_), description=text)
        for name, type_, text in sizes
    ]
    return made


def to_one(
    on: Join | None = None,
    *,
    description: str,
    tenant: Column[Any] | None = None,
    where: Build | None = None,
    within: bool = False,
    own: bool = False,
    permission: Permission | None = None,
) -> Any:
    """A field that is one row of another type, or null. `own`: of the reader's own tenant."""
    return _field(OneSource(on or {}, tenant, where, within, own), description, permission)


def by_secret(source: Column[Any], digest: Callable[[str], bytes], *, description: str) -> Any:
    """A root field that is the row whose `source` is the digest of the argument `code`, or null; tries are limited."""
    made = _field(SecretSource(column=source, digest=digest), description, Permission.PUBLIC)
    made.arguments = [
        StrawberryArgument(
            "code", None, StrawberryAnnotation(str), description="The code that was given (查询码)."
        )
    ]
    return made


def to_many(
    on: Join | None = None,
    *,
    order: Sequence[Column[Any] | Build],
    description: str,
    limit: int = LARGEST_LIST,
    tenant: Column[Any] | None = None,
    where: Build | None = None,
    within: bool = False,
    permission: Permission | None = None,
) -> Any:
    """A field that is a list of at most `limit` rows, for what is bounded by nature."""
    return _field(
        ListSource(on or {}, tenant, where, within, False, tuple(order), limit), description, permission
    )


def connection(
    on: Join | None = None,
    *,
    order: str,
    description: str,
    descending: bool = False,
    filter_input: type | None = None,
    order_input: type | None = None,
    where: Build | None = None,
    within: bool = False,
    permission: Permission | None = None,
    extend: Extend | None = None,
    asked: Mapping[str, tuple[Any, str]] | None = None,
    through: Through | None = None,
    guard: Reach | None = None,
) -> Any:
    """A Relay connection. `order` is a NOT NULL column; `order_input` lets the client choose among others.

    `asked`: name → type and description of arguments that `extend` takes.
    """
    kinds = {name: kind_of(type_) for name, (type_, _) in (asked or {}).items()}
    source = ConnectionSource(
        on or {}, None, where, within, False, order, descending, extend, kinds, through, guard
    )
    made = _field(source, description, permission)
    arguments: list[tuple[str, Any, str]] = [
        (
            "first",
            int,
            f"How many, from the start: at most {LARGEST_PAGE}; {DEFAULT_PAGE} when nothing is said.",
        ),
        ("after", str, "Only what comes after this cursor."),
        ("last", int, f"How many, from the end: at most {LARGEST_PAGE}; not together with `first`."),
        ("before", str, "Only what comes before this cursor."),
    ]
    if filter_input is not None:
        arguments.append(("filter", filter_input, "Which rows (筛选)."))
    if order_input is not None:
        arguments.append(("order_by", order_input, "In which order (排序)."))
    made.arguments = [_argument(*argument) for argument in arguments]
    made.arguments += [
        StrawberryArgument(name, None, StrawberryAnnotation(type_), description=text)
        for name, (type_, text) in (asked or {}).items()
    ]
    return made


def kind_of(type_: Any) -> TypeEngine[Any]:
    """How an argument of that type is bound."""
    of: dict[Any, TypeEngine[Any]] = {
        int: Integer(),
        date: Date(),
        datetime: DateTime(timezone=True),
    }
    return next((kind for one, kind in of.items() if type_ in (one, Optional[one])), Text())  # noqa: UP045


def computed(
    needs: Mapping[str, Need],
    compute: Callable[[Mapping[str, Any], Any], Any],
    *,
    description: str,
    arguments: Mapping[str, tuple[Any, str]] | None = None,
) -> Any:
    """A field that Python computes from columns, only when it is asked for.

    `arguments`: name → type and description; `compute` has them beside the needs, and a need that is `Asked` before.
    """
    given = arguments or {}
    bound = {name: kind_of(type_) for name, (type_, _) in given.items()}
    made = _field(ComputedSource(needs, compute, bound), description)
    made.arguments = [
        StrawberryArgument(name, None, StrawberryAnnotation(type_), description=text)
        for name, (type_, text) in given.items()
    ]
    return made


def identity() -> Any:
    """The field `id` of a node."""
    return _field(IdSource(), "Global id, opaque (全局编号).")


def find_node(*, many: bool, description: str, permission: Permission) -> Any:
    """The root field `node` or `nodes`."""
    made = _field(NodeSource(many), description, permission)
    ids: Any = list[strawberry.ID] if many else strawberry.ID
    name = "ids" if many else "id"
    made.arguments = [
        StrawberryArgument(name, None, StrawberryAnnotation(ids), description="Global id (全局编号).")
    ]
    return made


def act(resolver: Callable[..., Any], *, answers: Any, permission: Permission, description: str) -> Any:
    """A mutation: `async resolver(root: Session, …) -> Outcome`; `answers` is its result union or type."""
    return strawberry.mutation(
        resolver=resolver,
        graphql_type=answers,
        description=description,
        metadata={SOURCE: ActSource(), PERMISSION: permission},
    )


def feed(resolver: Callable[..., Any], *, answers: Any, permission: Permission, description: str) -> Any:
    """A subscription: `async resolver(root: Session, …) -> Topic`; `answers` is the type of its events."""
    return strawberry.field(
        resolver=resolver,
        graphql_type=answers,
        description=description,
        metadata={SOURCE: FeedSource(), PERMISSION: permission},
    )


def equals(source: Column[Any], description: str) -> Any:
    """A filter field: the column equals the value."""
    return _filter(FilterSource(Compare.EQUALS, source), description)


def among(source: Column[Any], description: str) -> Any:
    """A filter field: the column is one of the values; an empty list finds nothing."""
    return _filter(FilterSource(Compare.ONE_OF, source), description)


def among_meant(source: Column[Any], means: Callable[[Any], Sequence[Any]], description: str) -> Any:
    """A filter field: the column is one of the values that those given stand for."""
    return _filter(FilterSource(Compare.ONE_OF, source, means=means), description)


def since(source: Column[Any], description: str) -> Any:
    """A filter field: the column is at the value or behind it."""
    return _filter(FilterSource(Compare.SINCE, source), description)


def before(source: Column[Any], description: str) -> Any:
    """A filter field: the column is before the value."""
    return _filter(FilterSource(Compare.BEFORE, source), description)


def refers(
    source: Column[Any],
    type_name: str,
    description: str,
    tenant: Column[Any] | None = None,
    guard: Reach | None = None,
) -> Any:
    """A filter field: a global id of `type_name`; `tenant` is the column of its tenant when that is not the row's own.

    `guard`: the rows whose reference the reader may know, where not all who see the row see what it refers to.
    """
    return _filter(FilterSource(Compare.REFERS, source, type_name, tenant, guard=guard), description)


def asked(kind: TypeEngine[Any], description: str, type_name: str | None = None) -> Any:
    """A filter field that the connection's own rule takes; with `type_name` the key of a global id of that type."""
    return _filter(FilterSource(Compare.ASKED, type=type_name, kind=kind), description)


def in_tenant(description: str) -> Any:
    """A filter field: the global id of the tenant that the rows belong to."""
    return _filter(FilterSource(Compare.TENANT, type="Tenant"), description)


def _field(source: Source, description: str, permission: Permission | None = None) -> Any:
    metadata: dict[str, Any] = {SOURCE: source}
    if permission is not None:
        metadata[PERMISSION] = permission
    return strawberry.field(description=description, metadata=metadata)


def _filter(source: FilterSource, description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, description=description, metadata={SOURCE: source})


def _argument(name: str, type_: Any, description: str) -> StrawberryArgument:
    annotation = StrawberryAnnotation(Optional[type_])  # noqa: UP045 - built at run time
    return StrawberryArgument(name, None, annotation, description=description)


def metadata_of(definition: GraphQLField | GraphQLInputField) -> Mapping[str, Any]:
    """The metadata of a schema's field; empty for graphql-core's own."""
    declared = definition.extensions.get("strawberry-definition")
    return {} if declared is None else declared.metadata


def find_source(definition: GraphQLField) -> Source | None:
    """Where a field comes from, if it says so."""
    return metadata_of(definition).get(SOURCE)


def find_permission(definition: GraphQLField) -> Permission | None:
    """The permission a field declares, if it does."""
    return metadata_of(definition).get(PERMISSION)


def find_rows(type_: GraphQLObjectType) -> TypeSource | None:
    """Where a type's rows are; None for a type of plain values."""
    declared = type_.extensions.get("strawberry-definition")
    return None if declared is None else getattr(declared.origin, _SOURCE_ATTRIBUTE, None)


@strawberry.interface(description="Anything with a global id (节点).")
class Node:
    """Relay's Node."""

    id: strawberry.ID = identity()


@strawberry.type(description="Where a page lies (分页信息).")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = strawberry.field(description="More rows follow.")
    has_previous_page: bool = strawberry.field(description="Rows come before.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row here.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row here.")


@strawberry.type(description="A row and its place.")
class Edge(Generic[T]):
    """Relay's Edge."""

    cursor: str = strawberry.field(description="Opaque place of the row in this order (游标).")
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="A page of rows (分页列表).")
class Connection(Generic[T]):
    """Relay's Connection."""

    edges: list[Edge[T]] = strawberry.field(description="The rows of this page.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(
        description="How many rows there are in all; counted only when asked for."
    )


@strawberry.enum(description="Direction of an order (排序方向).")
class Direction(Enum):
    """Ascending or descending."""

    ASC = "asc"
    DESC = "desc"
