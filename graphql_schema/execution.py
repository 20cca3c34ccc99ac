"""One operation in, one response out: `{"data":…,"errors":…}` as bytes.

A query reads in one READ ONLY transaction: BEGIN with the tenant's settings, a statement a root field, COMMIT. A mutation runs its fields one
after the other; each resolver commits its own transaction before its payload is selected, in a read of its own, by the same compiler that
serves queries. Introspection has no rows and is left to graphql-core.

Nothing here knows HTTP. What a resolver raises that is not meant for clients is logged and masked; PostgreSQL's errors likewise.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import orjson
import strawberry
from graphql import (
    DocumentNode,
    GraphQLObjectType,
    GraphQLSchema,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
    get_named_type,
)
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from strawberry.types.arguments import convert_arguments

from graphql_schema.declare import (
    ConnectionSource,
    Outcome,
    ScopeKind,
    SecretSource,
    find_permission,
    find_rows,
    find_source,
)
from graphql_schema.errors import CodedError, RequestError, format_error
from graphql_schema.ids import NodeRef, refuse_id
from graphql_schema.readpath.access import DeniedError, check_permission
from graphql_schema.readpath.call import Call, Reader, Standpoints
from graphql_schema.readpath.collect import TYPENAME, Selected
from graphql_schema.readpath.complete import (
    Completion,
    Path,
    UnansweredError,
    failure,
    join_object,
    locate,
    python_name,
    read_plain,
    refusal,
)
from graphql_schema.readpath.plans import Kept, OperationLike, PlacePlan, PlanMaker, RootPlan, shape_of
from graphql_schema.session import Session
from graphql_schema.strangers import check_tries
from tenancy.access import record_reads, record_refusal
from tenancy.database import Scope, TenantConnection
from tenancy.errors import ThrottledError
from tenancy.identity import load_roles

logger = logging.getLogger(__name__)

PlainTypes = tuple[dict[str, type], bool]

PLAIN: Final[Mapping[str, type]] = {"ID": str, "String": str, "Int": int, "Boolean": bool}
LARGEST_INT: Final = 2**31
BEYOND: Final = "tenant.beyond_reach"
INTROSPECTION: Final = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class OperationPlan:
    """An operation's root fields in order; a query's have plans, those of introspection and mutations do not."""

    maker: PlanMaker
    roots: tuple[tuple[Selected, RootPlan | None], ...]
    reads: bool
    public: bool
    tries: int
    payloads: dict[tuple[str, str], Payload] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Payload:
    """The fields that a mutation's selection asks of one member of its result union."""

    children: tuple[Selected, ...]
    places: dict[str, PlacePlan]


class Engine:
    """A schema with its plans; one for a process."""

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        introspection: bool = True,
        plans: int = 2000,
        plan_bytes: int = 2_097_152,
    ) -> None:
        """`plans` are kept, of documents of `plan_bytes` together: a plan weighs some 100 times its document's text."""
        self.strawberry = schema
        self.schema: GraphQLSchema = schema._schema
        self.introspection = introspection
        self.plans: Kept[OperationPlan] = Kept(plans, plan_bytes)
        self.standpoints = Standpoints()
        self._plain: Kept[PlainTypes] = Kept(plans, plan_bytes)

    def call(self, operation: OperationLike, variables: Mapping[str, Any] | None, session: Session) -> Call:
        """The request's values. Raises RequestError when the variables do not fit."""
        standpoint = self.standpoints.get(session.principal)
        definition = operation.definition
        if not definition.variable_definitions:
            return Call(session, standpoint, {}, _no_variables)
        plain = self._plain.find(operation.key) or self._plain.keep(
            operation.key, plain_types(definition), operation.weight
        )
        coerced = find_plain(plain, variables)
        coerce = partial(
            coerce_variables, self.schema, definition, variables, hide_suggestions=not self.introspection
        )
        return Call(session, standpoint, coerce().coerced if coerced is None else coerced, coerce)

    def plan(self, operation: OperationLike, call: Call) -> OperationPlan:
        """The plan for this operation, kind of reader and shape of variables."""
        reader = call.standpoint.reader
        key = (operation.key, reader, shape_of(call.variables) if call.variables else None)
        return self.plans.find(key) or self.plans.keep(
            key, self._plan(operation, reader, call.values), operation.weight
        )

    def _plan(self, operation: OperationLike, reader: Reader, values: VariableValues) -> OperationPlan:
        definition = operation.definition
        root = self.schema.get_root_type(definition.operation)
        assert root is not None  # noqa: S101 - validation has run
        maker = PlanMaker(self.schema, operation.fragments, reader)
        queries = definition.operation is OperationType.QUERY
        roots = tuple(
            (
                selected,
                maker.root(selected, values) if queries and selected.name not in INTROSPECTION else None,
            )
            for selected in maker.document(values).root(root, definition.selection_set)
        )
        reads = any(plan.reads for _, plan in roots if plan is not None)
        sources = [find_source(selected.definition) for selected, _ in roots]
        public = queries and any(_is_public(selected) for selected, _ in roots)
        tries = sum(isinstance(source, SecretSource) for source in sources)
        return OperationPlan(maker, roots, reads, public, tries)


def _is_public(selected: Selected) -> bool:
    """Whether a root field reads public lists."""
    type_ = get_named_type(selected.definition.type)
    for name in ("edges", "node") if isinstance(find_source(selected.definition), ConnectionSource) else ():
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - declared so
        type_ = get_named_type(type_.fields[name].type)
    rows = find_rows(type_) if isinstance(type_, GraphQLObjectType) else None
    return rows is not None and rows.scope is ScopeKind.PUBLIC


async def execute(
    engine: Engine, operation: OperationLike, variables: Mapping[str, Any] | None, session: Session
) -> bytes:
    """The response of one operation.

    Raises:
        RequestError: the variables do not fit; nothing has run.
    """
    call = engine.call(operation, variables, session)
    plan, done = engine.plan(operation, call), Completion(session)
    try:
        if operation.definition.operation is OperationType.QUERY:
            data = await _query(engine, plan, operation, call, done)
        else:
            data = await _mutate(engine, plan, operation, call, done)
    except UnansweredError as unanswered:
        done.errors.append(unanswered.error)
        data = b"null"
    if done.reads.found:
        data = await keep_reads(data, done)
    return respond(data, done)


async def keep_reads(data: bytes, done: Completion) -> bytes:
    """The data, once the access log holds which personal values it shows; null when that fails."""
    session = done.session
    try:
        assert session.principal is not None  # noqa: S101 - strangers are shown nothing whole
        await record_reads(
            session.database, session.principal, done.reads.targets(), session.trace_id, session.now
        )
    except Exception:
        logger.exception("a reading of personal values could not be logged, trace %s", session.trace_id)
        done.errors.append(
            CodedError(
                "personal.unlogged",
                "个人信息的查阅未能记录，不予显示；请稍后重试。",
                "Reading personal values could not be logged, so they are not shown; try again later.",
            )
        )
        return b"null"
    return data


def plain_types(definition: OperationDefinitionNode) -> PlainTypes:
    """The Python type of each variable when all are required and of a built-in scalar, else nothing."""
    found: dict[str, type] = {}
    for variable in definition.variable_definitions or ():
        required = variable.type
        named = required.type if isinstance(required, NonNullTypeNode) else None
        if not isinstance(named, NamedTypeNode) or named.name.value not in PLAIN:
            return {}, False
        found[variable.variable.name.value] = PLAIN[named.name.value]
    return found, True


def find_plain(plain: PlainTypes, variables: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The variables as they came, when each is exactly of its plain type; None leaves them to graphql-core."""
    types, usable = plain
    if not usable or variables is None:
        return None
    found: dict[str, Any] = {}
    for name, type_ in types.items():
        value = variables.get(name)
        if type(value) is not type_ or (type(value) is int and not -LARGEST_INT <= value < LARGEST_INT):
            return None
        found[name] = value
    return found


def _no_variables() -> VariableValues:
    return VariableValues({}, {})


def coerce_variables(
    schema: GraphQLSchema,
    definition: OperationDefinitionNode,
    variables: Mapping[str, Any] | None,
    *,
    hide_suggestions: bool = False,
) -> VariableValues:
    """The operation's variables. `hide_suggestions`: no message helps with a name that was nearly right. Raises RequestError."""
    if not definition.variable_definitions:
        return _no_variables()
    values = get_variable_values(
        schema,
        definition.variable_definitions,
        dict(variables or {}),
        max_errors=20,
        hide_suggestions=hide_suggestions,
    )
    if isinstance(values, list):
        for error in values:
            error.extensions = {"code": "variables.invalid", **(error.extensions or {})}
            # Its frames hold the list that it is in, and the values: a ring that would keep them until garbage is searched.
            error.__traceback__ = error.__context__ = error.__cause__ = None
        raise RequestError(values)
    return values


def respond(data: bytes, done: Completion) -> bytes:
    """The response around finished data."""
    if not done.errors:
        return b'{"data":' + data + b"}"
    session = done.session
    errors = [format_error(error, session.locale, session.trace_id) for error in done.errors]
    return b'{"data":' + data + b',"errors":' + orjson.dumps(errors) + b"}"


async def _query(
    engine: Engine, plan: OperationPlan, operation: OperationLike, call: Call, done: Completion
) -> bytes:
    scope = _scope_of(plan, call)
    if plan.tries:
        await _count_tries(plan, call)
    if scope is None or not plan.reads:
        return await _roots(engine, plan, operation, call, done, None)
    async with call.session.database.read(scope) as tx:
        data = await _roots(engine, plan, operation, call, done, tx)
    if call.beyond:
        fields = ",".join(selected.name for selected, _ in plan.roots)
        await log_attempt(call.session, fields, ",".join(map(str, sorted(call.beyond))), BEYOND)
    return data


def _scope_of(plan: OperationPlan, call: Call) -> Scope | None:
    """What the reading transaction sees; public lists only when they are asked for. None: nothing, for a stranger."""
    scope, public = call.standpoint.scope, call.session.public
    if not plan.public:
        return scope
    return Scope.of_public(public) if scope is None else replace(scope, public=public)


async def _count_tries(plan: OperationPlan, call: Call) -> None:
    """Count the secrets that are tried, before any is. Raises UnansweredError for the first field when there were too many."""
    try:
        await check_tries(call.session, plan.tries)
    except ThrottledError as refused:
        selected = next(one for one, _ in plan.roots if isinstance(find_source(one.definition), SecretSource))
        error = locate(refused.code, refused.zh, refused.en, selected, (selected.key,))
        error.extensions = {**(error.extensions or {}), "retryAfter": refused.details["seconds"]}
        raise UnansweredError(error) from refused


async def _roots(
    engine: Engine,
    plan: OperationPlan,
    operation: OperationLike,
    call: Call,
    done: Completion,
    tx: TenantConnection | None,
) -> bytes:
    parts: list[tuple[str, bytes]] = []
    for selected, root in plan.roots:
        path: Path = (selected.key,)
        try:
            if root is None:
                parts.append((selected.key, _introspect(engine, operation, selected, call, path)))
            else:
                parts.append((selected.key, await root.answer(tx, call, done, path)))
        except UnansweredError as unanswered:
            done.fail(unanswered, selected.definition)
            parts.append((selected.key, b"null"))
        except Exception as error:
            raise refusal(error, selected, path, call.session.trace_id) from error
    return join_object(parts)


def _introspect(
    engine: Engine, operation: OperationLike, selected: Selected, call: Call, path: Path
) -> bytes:
    """`__schema` or `__type`, by graphql-core. Raises UnansweredError when introspection is off."""
    if not engine.introspection:
        raise UnansweredError(
            locate(
                "introspection.disabled",
                "本服务未开放结构查询。",
                "Introspection is off here.",
                selected,
                path,
            )
        )
    alone = OperationDefinitionNode(
        operation=OperationType.QUERY,
        variable_definitions=operation.definition.variable_definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=selected.nodes),
    )
    document = DocumentNode(definitions=(alone, *operation.fragments.values()))
    result = execute_sync(engine.schema, document, variable_values=dict(call.variables))
    assert result.data is not None and not result.errors  # noqa: S101 - it reads the schema only
    return orjson.dumps(result.data[selected.key])


async def _mutate(
    engine: Engine, plan: OperationPlan, operation: OperationLike, call: Call, done: Completion
) -> bytes:
    parts: list[tuple[str, bytes]] = []
    for selected, _ in plan.roots:
        try:
            parts.append((selected.key, await _act(engine, plan, operation, selected, call, done)))
        except UnansweredError as unanswered:
            done.fail(unanswered, selected.definition)
            parts.append((selected.key, b"null"))
    return join_object(parts)


async def _act(
    engine: Engine,
    plan: OperationPlan,
    operation: OperationLike,
    selected: Selected,
    call: Call,
    done: Completion,
) -> bytes:
    """One mutation and its payload. Raises UnansweredError."""
    path: Path = (selected.key,)
    if selected.name == TYPENAME:
        return orjson.dumps(selected.parent.name)
    permission = find_permission(selected.definition)
    assert permission is not None, selected.name  # noqa: S101 - checked when the schema was built
    try:
        check_permission(plan.maker.reader, permission)
        outcome = await _resolve(engine, selected, call)
        try:
            return await select_outcome(plan, selected, outcome, call.after(), done, path)
        except UnansweredError:
            again = await _as_now(engine, call)
            if again is None:
                raise
        plan = engine.plan(operation, again)
        selected = next(one for one, _ in plan.roots if one.key == selected.key)
        return await select_outcome(plan, selected, outcome, again.after(), done, path)
    except UnansweredError:
        raise
    except DeniedError as denied:
        await log_attempt(call.session, selected.name, "-", denied.code)
        raise failure(denied.code, selected, path) from denied
    except Exception as error:
        raise refusal(error, selected, path, call.session.trace_id) from error


async def _as_now(engine: Engine, call: Call) -> Call | None:
    """The call with the roles of this moment, where they are others than the token's: acting goes by them, so what was recorded is shown
    by them too. None: they are the same."""
    session, principal = call.session, call.session.principal
    if principal is None or session.desk is None:
        return None
    async with session.database.read(principal.scope()) as tx:
        roles = await load_roles(tx, principal.tenant_id, principal.person_id, session.desk.now())
    if roles == principal.roles:
        return None
    fresh = replace(principal, roles=roles)
    return replace(call, session=replace(session, principal=fresh), standpoint=engine.standpoints.get(fresh))


async def log_attempt(session: Session, operation: str, target: str, code: str) -> None:
    """Note what somebody known tried beyond their reach; strangers are in the server's own log."""
    if session.principal is not None:
        await record_refusal(
            session.database, session.principal, operation, target, code, session.trace_id, session.now
        )


async def _resolve(engine: Engine, selected: Selected, call: Call) -> Outcome:
    outcome = await call_resolver(engine, selected, call)
    assert isinstance(outcome, Outcome)  # noqa: S101 - our own resolvers
    return outcome


async def call_resolver(engine: Engine, selected: Selected, call: Call) -> object:
    """What a root field's own function answers to its arguments."""
    declared = selected.definition.extensions["strawberry-definition"]
    given = get_argument_values(selected.definition, selected.nodes[0], call.values)
    config, scalars = engine.strawberry.config, engine.strawberry.schema_converter.scalar_registry
    arguments = convert_arguments(given, declared.arguments, scalars, config)
    return await declared.base_resolver.wrapped_func(call.session, **arguments)


async def select_outcome(
    plan: OperationPlan,
    selected: Selected,
    outcome: Outcome,
    call: Call,
    done: Completion,
    path: Path,
    tx: TenantConnection | None = None,
) -> bytes:
    """The payload: plain values by Python, rows by the read path, in the order of selection; rows in `tx` if there is one."""
    payload = _payload(plan, selected, outcome, call)
    parts: list[tuple[str, bytes]] = []
    async with AsyncExitStack() as stack:
        for child in payload.children:
            beneath: Path = (*path, child.key)
            place = payload.places.get(child.key)
            ref = None if place is None else outcome.nodes.get(python_name(child))
            if place is None or ref is None:
                value = None if place is not None else read_plain(outcome.values, child)
                parts.append((child.key, orjson.dumps(done.field(value, child, beneath, plain=True))))
                continue
            if tx is None:
                assert call.standpoint.scope is not None  # noqa: S101 - rows have readers
                tx = await stack.enter_async_context(call.session.database.read(call.standpoint.scope))
            try:
                parts.append((child.key, await place.answer_ref(ref, tx, call, done, beneath)))
            except UnansweredError as unanswered:
                done.fail(unanswered, child.definition)
                parts.append((child.key, b"null"))
    return join_object(parts)


def _payload(plan: OperationPlan, selected: Selected, outcome: Outcome, call: Call) -> Payload:
    """What is asked of the outcome's type; kept in the plan, since it holds no value of the call."""
    kept = plan.payloads.get((selected.key, outcome.typename))
    if kept is not None:
        return kept
    schema = plan.maker.schema
    type_ = schema.get_type(outcome.typename)
    answers = get_named_type(selected.definition.type)
    assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - our own resolvers
    assert type_ is answers or schema.is_sub_type(answers, type_), outcome.typename  # type: ignore[arg-type]  # noqa: S101
    document = plan.maker.document(call.values)
    children = document.beneath(type_, selected.nodes)
    places: dict[str, PlacePlan] = {}
    for child in children:
        named = get_named_type(child.definition.type)
        if isinstance(named, GraphQLObjectType) and find_rows(named) is not None:
            places[child.key] = PlacePlan(child, plan.maker, _known)
        else:
            document.hold_plain(child)
    return plan.payloads.setdefault((selected.key, outcome.typename), Payload(children, places))


def _known(_call: Call) -> NodeRef:
    raise refuse_id()
