"""From a selection to one SQL statement (ADR 0006).

A row of a type is an alias; a field is text of JSON over that alias; a relation is a scalar subquery correlated with it. `tenant_id` comes first in
every join, and in the root as `= $n` or `= ANY ($n)`. What a reader's roles reach is compiled in; which tenants and units they are is not.

    SELECT concat('{"name":', to_json(r0.name), ',"parent":', coalesce((SELECT concat(…) FROM units AS r1
      WHERE r1.tenant_id = r0.tenant_id AND r1.id = r0.parent_id), 'null'), '}') FROM units AS r0 WHERE r0.tenant_id = $1 AND r0.id = $2

One compiler compiles one root field and is then thrown away. It runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_non_null_type,
)
from sqlalchemy import (
    ARRAY,
    BindParameter,
    Column,
    ColumnElement,
    FromClause,
    Integer,
    LargeBinary,
    Select,
    Uuid,
    and_,
    any_,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.types import TypeEngine

from graphql_schema.declare import (
    SOURCE,
    Asked,
    ColumnSource,
    Compare,
    ComputedSource,
    ConnectionSource,
    ExpressionSource,
    Extension,
    FilterSource,
    IdSource,
    ListSource,
    Mask,
    Need,
    PersonalSource,
    ProofSource,
    Reach,
    RelationSource,
    ScopeKind,
    SecretSource,
    TypeSource,
    find_rows,
    find_source,
    metadata_of,
)
from graphql_schema.errors import CodedError
from graphql_schema.ids import parse_id
from graphql_schema.permissions import Permission, ReachKind, kinds_of
from graphql_schema.readpath.access import DeniedError, check_permission
from graphql_schema.readpath.arguments import Arguments
from graphql_schema.readpath.call import Getter, Reader
from graphql_schema.readpath.collect import TYPENAME, Document, Selected
from graphql_schema.readpath.cursors import cursor_pieces
from graphql_schema.readpath.encode import (
    NO_NULL,
    NULL,
    Piece,
    concat,
    key,
    marker,
    otherwise,
    raw,
    scalar,
    text_literal,
)
from graphql_schema.readpath.paging import Paging
from graphql_schema.readpath.personal import PersonalField, print_token
from graphql_schema.readpath.proofs import print_proof
from graphql_schema.readpath.slots import Slots, checked_key, constant, stored
from tenancy.statements import statement

if TYPE_CHECKING:
    import asyncpg

    from tenancy.database import TenantConnection

RANK: Final = "_rank"
SIZE: Final = "_size"


@dataclass(slots=True, eq=False)
class Compiled:
    """PostgreSQL text, where its parameters come from, in their order, the personal fields that its answer holds sealed, and whether it holds places of proofs.

    Most of what strangers make up is never asked twice: at its first time a statement leaves nothing in its connection, and from then
    on (`seen`) each connection keeps it ready.
    """

    sql: str
    getters: tuple[Getter, ...]
    personal: tuple[PersonalField, ...]
    proofs: bool = False
    seen: bool = False

    async def fetch(self, tx: TenantConnection, parameters: Sequence[object]) -> Sequence[asyncpg.Record]:
        """Its rows."""
        if self.seen:
            return await tx.raw.fetch(self.sql, *parameters)
        self.seen = True
        return await tx.once(self.sql, *parameters)

    async def fetch_value(self, tx: TenantConnection, parameters: Sequence[object]) -> Any:
        """The first value of its first row; None without any."""
        if self.seen:
            return await tx.raw.fetchval(self.sql, *parameters)
        found = await self.fetch(tx, parameters)
        return found[0][0] if found else None


class Compiler:
    """Compiles one root field for one kind of reader."""

    def __init__(self, document: Document, reader: Reader) -> None:
        self.document, self.reader = document, reader
        self.slots = Slots({})
        self.personal: list[PersonalField] = []
        self.proofs = False
        self._rows = 0
        self._asked: list[Arguments] = []

    def finish(self, query: Select[Any]) -> Compiled:
        """The text, with the getters in the order of `$1`, `$2`, …"""
        made = statement(query)
        by_name: dict[str, Getter] = {name: constant(value) for name, value in made.fixed.items()}
        by_name.update((bind.key, getter) for bind, getter in self.slots.found.values())
        return Compiled(
            made.sql, tuple(by_name[name] for name in made.names), tuple(self.personal), self.proofs
        )

    # -- root fields

    def relation_root(self, selected: Selected, source: RelationSource) -> Compiled:
        """A root field that is a relation of nothing: a row, a list or a connection within the scope."""
        pieces = self._relation(selected, source, None, None)
        return self.finish(select(_bytes(concat(pieces))))

    def node_root(
        self, selected: Selected, type_: GraphQLObjectType, place: Mapping[str, Getter]
    ) -> Compiled:
        """One row of `type_` by its place (`tenant`, `key`); no row when there is none in reach."""
        source = self._rows_of(type_)
        row = self._alias(source)
        pieces = self._object(selected, type_, source, row)
        key_column = row.c[source.key[0]]
        where = [
            row.c[source.tenant_column] == self.slots.bind("tenant", Integer(), place["tenant"]),
            key_column == self.slots.bind("key", key_column.type, place["key"]),
            *self._reached(source, row),
        ]
        return self.finish(select(_bytes(concat(pieces))).select_from(row).where(*where))

    def nodes_root(
        self, selected: Selected, type_: GraphQLObjectType, places: Mapping[str, Getter]
    ) -> Compiled:
        """Rows `(at, json)` of `type_` for arrays of places (`at`, `tenants`, `keys`)."""
        source = self._rows_of(type_)
        row = self._alias(source)
        pieces = self._object(selected, type_, source, row)
        key_column = row.c[source.key[0]]
        asked = (
            func.unnest(
                self.slots.bind("at", ARRAY(Integer()), places["at"]),
                self.slots.bind("tenants", ARRAY(Integer()), places["tenants"]),
                self.slots.bind("keys", ARRAY(key_column.type), places["keys"]),
            )
            .table_valued("at", "tenant", "key")
            .render_derived(name="asked")
        )
        on = and_(row.c[source.tenant_column] == asked.c.tenant, key_column == asked.c.key)
        query = select(asked.c.at, _bytes(concat(pieces))).select_from(asked.join(row, on))
        return self.finish(query.where(*self._reached(source, row)))

    # -- objects and their fields

    def _object(
        self, selected: Selected, type_: GraphQLObjectType, source: TypeSource, row: FromClause
    ) -> list[Piece]:
        children = self.document.beneath(type_, selected.nodes)
        pieces = self._braced(children, lambda child: self._field(child, type_, source, row))
        selected.hold(children)
        return pieces

    def _braced(self, children: Iterable[Selected], value: Any) -> list[Piece]:
        pieces: list[Piece] = ["{"]
        for child in children:
            pieces += [key(child.key) if len(pieces) == 1 else "," + key(child.key), *value(child)]
        return [*pieces, "}"]

    def _field(  # noqa: PLR0911 - a table
        self, selected: Selected, type_: GraphQLObjectType, source: TypeSource, row: FromClause
    ) -> list[Piece]:
        if selected.name == TYPENAME:
            return [f'"{type_.name}"']
        none = _none(selected.definition)
        named = get_named_type(selected.definition.type)
        match find_source(selected.definition):
            case ColumnSource(column):
                nullable = bool(column.nullable)
                return scalar(row.c[column.name], named, nullable=nullable, none=none)
            case ExpressionSource(build, nullable, mask):
                value = build(row, self.slots)
                if mask is not None:
                    value = self._masked(value, mask, source, row)
                return scalar(value, named, nullable=nullable, none=none)
            case PersonalSource() as personal:
                self.personal.append(PersonalField(type_.name, selected.name, personal))
                whole = self._whole(personal, source, row)
                return [print_token(len(self.personal) - 1, personal, whole, row, source.key[0])]
            case ProofSource():
                self.proofs = True
                return print_proof(row)
            case IdSource():
                return self._id(type_, source, row)
            case ComputedSource() as computed:
                selected.computed, selected.dirty = computed, True
                self.document.hold_plain(selected)
                return self._needs(selected, computed, row)
            case RelationSource() as relation:
                return self._relation(selected, relation, source, row)
            case other:
                raise CodedError("internal.error", "内部错误", f"{type_.name}.{selected.name}: {other}")

    def _id(self, type_: GraphQLObjectType, source: TypeSource, row: FromClause) -> list[Piece]:
        return [f'"{type_.name}.', row.c[source.tenant_column], ".", row.c[source.key[0]], '"']

    def _needs(self, selected: Selected, computed: ComputedSource, row: FromClause) -> list[Piece]:
        pieces: list[Piece] = ["{"]
        arguments = self._arguments(selected)
        asked: dict[str, ColumnElement[Any]] = {}
        for name, type_ in computed.arguments.items():
            meaning = (id(arguments), name, len(self.slots.found))
            # Whether it is there is part of the plan's key; `$name` is no key of the variables when it is not.
            given = arguments.find(_camel(name)) is not None
            getter = arguments.getter(_camel(name), convert=stored) if given else constant(None)
            asked[name] = self.slots.bind(meaning, type_, getter)
        needs = {name: self._need(need, row, asked) for name, need in computed.needs.items()}
        for name, value in (needs | asked).items():
            pieces += [key(name) if len(pieces) == 1 else "," + key(name), *raw(value)]
        return [*pieces, "}"]

    def _need(
        self, need: Need, row: FromClause, asked: Mapping[str, ColumnElement[Any]]
    ) -> ColumnElement[Any]:
        match need:
            case Column():
                return row.c[need.name]
            case Asked(build):
                return build(row, asked)
            case _:
                return need(row, self.slots)

    def _masked(
        self, value: ColumnElement[Any], mask: Mask, source: TypeSource, row: FromClause
    ) -> ColumnElement[Any]:
        kinds = kinds_of(self.reader.signature, mask.permission)
        if not kinds:
            return mask.cover(value)
        reached = self._reach_of(mask.permission, source, row)
        return value if reached is None else case((reached, value), else_=mask.cover(value))

    def _whole(self, personal: PersonalSource, source: TypeSource, row: FromClause) -> Piece:
        """1 where the reader sees the value whole, else 0."""
        if personal.permission is None:
            return "1"
        if not kinds_of(self.reader.signature, personal.permission):
            return "0"
        reached = self._reach_of(personal.permission, source, row)
        conditions = [] if reached is None else [reached]
        if personal.own:
            conditions.append(row.c.tenant_id == self.slots.tenant_id)
        if not conditions:
            return "1"
        return case((and_(*conditions), text_literal("1")), else_=text_literal("0"))

    # -- relations

    def _relation(
        self,
        selected: Selected,
        relation: RelationSource,
        parent: TypeSource | None,
        outer: FromClause | None,
    ) -> list[Piece]:
        try:
            match relation:
                case ListSource():
                    return self._list(selected, relation, outer)
                case ConnectionSource():
                    return self._connection(selected, relation, outer)
                case _:
                    return self._one(selected, relation, outer)
        except DeniedError as denied:
            selected.dirty = True
            return [marker(denied.code)]

    def _one(self, selected: Selected, relation: RelationSource, outer: FromClause | None) -> list[Piece]:
        type_, source = self._target(selected.definition)
        row = self._alias(source)
        pieces = self._object(selected, type_, source, row)
        where = self._joined(relation, source, row, outer, narrowed=False)
        if isinstance(relation, SecretSource) and relation.column is not None:
            where.append(row.c[relation.column.name] == self._secret(selected, relation))
        query = _within(select(concat(pieces)).select_from(row).where(*where), outer)
        return [otherwise(query.scalar_subquery(), _none(selected.definition))]

    def _secret(self, selected: Selected, relation: SecretSource) -> ColumnElement[Any]:
        arguments = self._arguments(selected)
        getter = arguments.getter("code", convert=relation.digest)
        return self.slots.bind((id(arguments), "code"), LargeBinary(), getter)

    def _list(self, selected: Selected, relation: ListSource, outer: FromClause | None) -> list[Piece]:
        type_, source = self._target(selected.definition)
        row = self._alias(source)
        where = self._joined(relation, source, row, outer, narrowed=False)
        page = _within(
            select(row)
            .where(*where)
            .order_by(*(self._need(by, row, {}) for by in relation.order))
            .limit(literal_column(str(relation.limit), Integer)),
            outer,
        ).subquery(self._name())
        item = concat(self._object(selected, type_, source, page))
        return [select(concat(["[", _listed(item), "]"])).select_from(page).scalar_subquery()]

    def _joined(
        self,
        relation: RelationSource,
        source: TypeSource,
        row: FromClause,
        outer: FromClause | None,
        *,
        narrowed: bool,
    ) -> list[ColumnElement[bool]]:
        """Which rows: the tenant first, then the key, then what the reader reaches."""
        where: list[ColumnElement[bool]] = []
        tenant = row.c[source.tenant_column]
        if outer is not None and relation.tenant is not None:
            where += [tenant == outer.c[relation.tenant.name], *self._scope(source, tenant)]
        elif relation.own:
            where.append(tenant == self.slots.tenant_id)
        elif outer is not None and source.scope is not ScopeKind.REGISTRY:
            where.append(tenant == outer.c.tenant_id)
        elif outer is None and not narrowed:
            where += self._scope(source, tenant)
        if outer is not None:
            where += [row.c[theirs.name] == outer.c[ours.name] for theirs, ours in relation.on.items()]
        if relation.where is not None:
            where.append(relation.where(row, self.slots))
        if isinstance(relation, ConnectionSource) and outer is not None:
            if relation.through is not None:
                where.append(relation.through(row, outer))
            if relation.guard is not None:
                guarded = self._reach_by(source.permission, relation.guard, outer)
                where += [] if guarded is None else [guarded]
        return where if relation.within else [*where, *self._reached(source, row)]

    # -- connections

    def _connection(
        self, selected: Selected, relation: ConnectionSource, outer: FromClause | None
    ) -> list[Piece]:
        connection = get_named_type(selected.definition.type)
        assert isinstance(connection, GraphQLObjectType)  # noqa: S101 - declared so
        children = self.document.beneath(connection, selected.nodes)
        arguments = self._arguments(selected)
        edge_type = get_named_type(connection.fields["edges"].type)
        assert isinstance(edge_type, GraphQLObjectType)  # noqa: S101 - declared so
        type_, source = self._target(edge_type.fields["node"])
        paging = Paging.of(self.slots, self.reader, relation, source, arguments)
        filters, narrowed = self._filters(selected.definition, arguments, source)
        asked = {} if relation.extend is None else self._asked_for(selected.definition, arguments, relation)

        def extend(row: FromClause) -> Extension:
            return Extension(()) if relation.extend is None else relation.extend(row, asked, self.slots)

        def rows(row: FromClause) -> list[ColumnElement[bool]]:
            joined = self._joined(relation, source, row, outer, narrowed=narrowed is not None)
            narrow = [] if narrowed is None else [narrowed(row)]
            return [*narrow, *joined, *(restrict(row) for restrict in filters)]

        wide = any(child.name == "pageInfo" for child in children)
        page = self._page(paging, source, rows, extend, outer, wide=wide)

        def value(child: Selected) -> list[Piece]:
            match child.name:
                case "edges":
                    return self._edges(child, edge_type, type_, source, paging, page)
                case "pageInfo":
                    return self._page_info(child, paging, source, page)
                case "totalCount":
                    row = self._alias(source)
                    where = [*rows(row), *extend(row).where]
                    query = _within(select(func.count()).select_from(row).where(*where), outer)
                    return [query.scalar_subquery()]
                case _:
                    return [f'"{connection.name}"']

        pieces = self._braced(children, value)
        selected.hold(children)
        one_row = select(concat(pieces)).select_from(page).having(literal_column("true"))
        return [one_row.scalar_subquery()]

    def _page(
        self,
        paging: Paging,
        source: TypeSource,
        rows: Any,
        extend: Any,
        outer: FromClause | None,
        *,
        wide: bool,
    ) -> FromClause:
        """The rows of the page, and one more when somebody asks whether there is one."""
        row = self._alias(source)
        more: Extension = extend(row)
        query = select(row, *(value.label(name) for name, value in more.columns.items()))
        query = query.where(*rows(row), *more.where, *paging.beyond(row)).order_by(*paging.order_by(row))
        if wide or paging.backward:
            query = query.limit(paging.limit + literal_column("1", Integer))
        else:
            query = query.limit(paging.limit)
        cut = _within(query, outer).subquery(self._name())
        if not (wide or paging.backward):
            return cut
        numbered = select(cut, func.row_number().over().label(RANK), func.count().over().label(SIZE))
        return numbered.subquery(self._name())

    def _edges(
        self,
        selected: Selected,
        edge_type: GraphQLObjectType,
        type_: GraphQLObjectType,
        source: TypeSource,
        paging: Paging,
        page: FromClause,
    ) -> list[Piece]:
        children = self.document.beneath(edge_type, selected.nodes)

        def value(child: Selected) -> list[Piece]:
            match child.name:
                case "node":
                    return self._object(child, type_, source, page)
                case "cursor":
                    return cursor_pieces(page, paging.column, source.key, source.tenant_column)
                case _:
                    return [f'"{edge_type.name}"']

        item = concat(self._braced(children, value))
        selected.hold(children)
        return ["[", _listed(item, paging, page), "]"]

    def _page_info(
        self, selected: Selected, paging: Paging, source: TypeSource, page: FromClause
    ) -> list[Piece]:
        type_ = get_named_type(selected.definition.type)
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - declared so
        children = self.document.beneath(type_, selected.nodes)
        cursor = concat(cursor_pieces(page, paging.column, source.key, source.tenant_column))
        more = case((func.count() > paging.limit, literal_column("'true'")), else_=literal_column("'false'"))
        nearest = page.c[RANK] == literal_column("1")
        farthest = page.c[RANK] == func.least(paging.limit, page.c[SIZE])

        def at(place: ColumnElement[bool]) -> list[Piece]:
            shown = and_(place, page.c[RANK] <= paging.limit)
            return [otherwise(func.max(case((shown, cursor))), NULL)]

        def value(child: Selected) -> list[Piece]:
            match child.name:
                case "hasNextPage":
                    return [("true" if paging.before else "false") if paging.backward else more]
                case "hasPreviousPage":
                    return [more if paging.backward else ("true" if paging.after else "false")]
                case "startCursor":
                    return at(farthest if paging.backward else nearest)
                case "endCursor":
                    return at(nearest if paging.backward else farthest)
                case _:
                    return [f'"{type_.name}"']

        pieces = self._braced(children, value)
        selected.hold(children)
        return pieces

    def _filters(
        self, definition: GraphQLField, arguments: Arguments, source: TypeSource
    ) -> tuple[list[Any], Any]:
        """Predicates over a row, and the one that names its tenant, if any, which stands in for the scope."""
        given = arguments.find("filter") or {}
        if not given:
            return [], None
        input_type = get_named_type(definition.args["filter"].type)
        assert isinstance(input_type, GraphQLInputObjectType)  # noqa: S101 - declared so
        filters: list[Any] = []
        narrowed: list[Any] = []
        for name, value in given.items():
            declared: FilterSource = metadata_of(input_type.fields[name])[SOURCE]
            if value is not None and declared.compare is not Compare.ASKED:
                self._filter(declared, arguments, name, source, filters, narrowed)
        if not narrowed:
            return filters, None
        return [*filters, *narrowed[1:]], narrowed[0]

    def _asked_for(
        self, definition: GraphQLField, arguments: Arguments, relation: ConnectionSource
    ) -> dict[str, ColumnElement[Any]]:
        """What a connection's own rule takes, by name: arguments and filter fields that were given."""
        found: dict[str, ColumnElement[Any]] = {}
        for name, kind in relation.asked.items():
            if arguments.find(_camel(name)) is not None:
                meaning = (id(arguments), name)
                found[name] = self.slots.bind(meaning, kind, arguments.getter(_camel(name), convert=stored))
        filter_ = definition.args.get("filter")
        input_type = None if filter_ is None else get_named_type(filter_.type)
        for name, value in (arguments.find("filter") or {}).items():
            assert isinstance(input_type, GraphQLInputObjectType)  # noqa: S101 - declared so
            declared: FilterSource = metadata_of(input_type.fields[name])[SOURCE]
            if value is not None and declared.compare is Compare.ASKED and declared.kind is not None:
                convert = stored if declared.type is None else partial(_key_of, type_name=declared.type)
                getter = arguments.getter("filter", name, convert=convert)
                found[name] = self.slots.bind((id(arguments), "filter", name), declared.kind, getter)
        return found

    def _filter(
        self,
        declared: FilterSource,
        arguments: Arguments,
        name: str,
        source: TypeSource,
        filters: list[Any],
        narrowed: list[Any],
    ) -> None:
        def slot(type_: TypeEngine[Any], convert: Any) -> BindParameter[Any]:
            meaning = (id(arguments), name, len(self.slots.found))
            return self.slots.bind(meaning, type_, arguments.getter("filter", name, convert=convert))

        def place(type_: TypeEngine[Any], read: Any) -> BindParameter[Any]:
            """A parameter that depends on the call as well as on the value."""
            meaning = (id(arguments), name, len(self.slots.found))
            value = arguments.getter("filter", name, convert=lambda text: parse_id(text, declared.type))
            return self.slots.bind(meaning, type_, lambda call: read(call, value(call)))

        column = declared.column
        match declared.compare:
            case Compare.EQUALS if column is not None:
                equal = slot(column.type, stored)
                filters.append(lambda row: row.c[column.name] == equal)
            case Compare.ONE_OF if column is not None:
                means = declared.means or (lambda value: (stored(value),))
                values = slot(
                    ARRAY(column.type), lambda listed: [one for value in listed for one in means(value)]
                )
                filters.append(lambda row: row.c[column.name] == any_(values))
            case Compare.SINCE if column is not None:
                first = slot(column.type, stored)
                filters.append(lambda row: row.c[column.name] >= first)
            case Compare.BEFORE if column is not None:
                end = slot(column.type, stored)
                filters.append(lambda row: row.c[column.name] < end)
            case Compare.REFERS if column is not None:
                is_uuid = isinstance(column.type, Uuid)
                wanted = place(column.type, lambda _call, ref: checked_key(ref.key, is_uuid))
                filters.append(lambda row: row.c[column.name] == wanted)
                if declared.guard is not None:
                    filters.append(partial(self._guarded, source.permission, declared.guard))
                if declared.tenant is not None:
                    theirs = declared.tenant.name
                    tenant = place(Integer(), lambda _call, ref: ref.tenant)
                    filters.append(lambda row: row.c[theirs] == tenant)
                else:
                    narrow = place(Integer(), lambda call, ref: call.within(source.scope, ref.tenant))
                    narrowed.append(lambda row: row.c[source.tenant_column] == narrow)
            case _:
                narrow = place(Integer(), lambda call, ref: call.within(source.scope, ref.tenant))
                narrowed.append(lambda row: row.c[source.tenant_column] == narrow)

    # -- who sees what

    def _target(self, definition: GraphQLField) -> tuple[GraphQLObjectType, TypeSource]:
        named = get_named_type(definition.type)
        assert isinstance(named, GraphQLObjectType)  # noqa: S101 - declared so
        return named, self._rows_of(named)

    def _rows_of(self, type_: GraphQLObjectType) -> TypeSource:
        """A type's rows. Raises DeniedError when the reader lacks its permission."""
        source = find_rows(type_)
        assert source is not None, type_.name  # noqa: S101 - declared so
        check_permission(self.reader, source.permission)
        return source

    def _scope(self, source: TypeSource, tenant: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        scope = source.scope
        if scope is ScopeKind.REGISTRY:
            return []
        if not self.reader.many(scope):
            return [tenant == self.slots.tenant_id]
        tenants = self.slots.bind(scope, ARRAY(Integer()), lambda call: call.tenants(scope))
        return [tenant == any_(tenants)]

    def _reached(self, source: TypeSource, row: FromClause) -> list[ColumnElement[bool]]:
        reached = self._reach_of(source.permission, source, row)
        conditions = [] if reached is None else [reached]
        return conditions if source.only is None else [*conditions, source.only(row, self.slots)]

    def _reach_of(
        self, permission: Permission, source: TypeSource, row: FromClause
    ) -> ColumnElement[bool] | None:
        """The rows that a permission reaches; None: all."""
        return self._reach_by(permission, source.reach, row)

    def _reach_by(self, permission: Permission, reach: Reach, row: FromClause) -> ColumnElement[bool] | None:
        kinds = kinds_of(self.reader.signature, permission)
        if ReachKind.WHOLE in kinds or permission is Permission.PUBLIC:
            return None
        conditions: list[ColumnElement[bool]] = []
        for kind in sorted(kinds):
            predicate = reach.predicate(kind)
            if predicate is None:
                return None
            conditions.append(predicate(row, self._units(permission, kind)))
        return or_(*conditions)

    def _guarded(self, permission: Permission, guard: Reach, row: FromClause) -> ColumnElement[bool]:
        reached = self._reach_by(permission, guard, row)
        return true() if reached is None else reached

    def _units(self, permission: Permission, kind: ReachKind) -> ColumnElement[Any]:
        """What a kind of reach is compared with: the reader's units, or of a team the reader."""
        if kind is ReachKind.TEAM:
            return self.slots.person_id
        return self.slots.bind(
            (permission, kind), ARRAY(Uuid()), lambda call: call.access.units(permission, kind)
        )

    def _arguments(self, selected: Selected) -> Arguments:
        """The arguments of a field, kept: parameters are known by their identity, which a later one's must not be."""
        made = Arguments(selected.definition, selected.nodes[0], self.document.variables)
        self._asked.append(made)
        return made

    def _alias(self, source: TypeSource) -> FromClause:
        return source.table.alias(self._name())

    def _name(self) -> str:
        self._rows += 1
        return f"r{self._rows}"


def _camel(name: str) -> str:
    """An argument's name in the schema."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _key_of(text: str, type_name: str) -> Any:
    return checked_key(parse_id(text, type_name).key, is_uuid=True)


def _none(definition: GraphQLField) -> str:
    return NO_NULL if is_non_null_type(definition.type) else NULL


def _within(query: Select[Any], outer: FromClause | None) -> Select[Any]:
    return query if outer is None else query.correlate(outer)


def _listed(item: ColumnElement[Any], paging: Paging | None = None, page: FromClause | None = None) -> Piece:
    """The items with commas between: those of the page when it holds one more, in reading order when it was read backward."""
    if page is None or paging is None or RANK not in page.c:
        return func.string_agg(item, literal_column("','"))
    comma: Any = literal_column("','")
    if paging.backward:
        comma = aggregate_order_by(comma, page.c[RANK].desc())
    return func.string_agg(item, comma).filter(page.c[RANK] <= paging.limit)


def _bytes(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """The text as bytes: what the response needs, and neither side decodes it."""
    return func.convert_to(text, literal_column("'UTF8'"))
