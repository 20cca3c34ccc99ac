"""The schema, walked: every type, argument and input field of it, with something to ask each for.

What a walk cannot fill in is a KeyError: a new field, argument or type must be learned here, and is then asked by everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from graphql_schema.declare import (
    SOURCE,
    FilterSource,
    TypeSource,
    find_permission,
    find_rows,
    metadata_of,
)
from graphql_schema.mutations import Mutation
from graphql_schema.permissions import Permission
from graphql_schema.queries import Query
from graphql_schema.schema import build_schema
from graphql_schema.subscriptions import Subscription

SCHEMA: Final = build_schema(Query, Mutation, Subscription)._schema
PAGING: Final = frozenset({"first", "last", "after", "before"})
UUIDS: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

IDS: Final = {
    "campaignId": "Campaign",
    "communityId": "Unit",
    "parentId": "Unit",
    "applicationId": "Application",
    "publicityId": "Roster",
    "rankingId": "Roster",
    "reportId": "Roster",
    "personId": "Person",
    "unitId": "Unit",
    "roleId": "RoleAssignment",
    "grantId": "Grant",
    "erasureId": "Erasure",
    "keyId": "OfficerKey",
    "policyId": "SigningPolicy",
    "subjectId": "Person",
    "granteeId": "Tenant",
    "tenantId": "Tenant",
    "beneficiaryTenantId": "Tenant",
    "recordId": "LegacyRecord",
    "certificationId": "Certification",
    "changeId": "CertificationChange",
    "unitChangeId": "UnitChange",
    "communityIds": "Unit",
    "carriedIds": "Unit",
    "toTenantId": "Tenant",
    "toParentId": "Unit",
    "objectionId": "Objection",
    "extensionId": "Extension",
    "noticeId": "PublicNotice",
    "barredIds": "Unit",
    "inspectorId": "Inspector",
    "cycleId": "ReviewCycle",
    "reviewId": "AnnualReview",
    "conclusionId": "ReviewVerdict",
    "correctionId": "ReviewCorrection",
    "drawId": "Draw",
    "drawnFromId": "ReviewCycle",
    "teamId": "ReviewTeam",
    "streetId": "Unit",
}
"""Name of an input field that holds a global id → the type that it names."""

UUID_FIELDS: Final = {"personId": "Person", "subjectId": "Application", "drawnFrom": "ReviewCycle"}
"""Name of a filter field that holds a bare key → the type whose key it is."""

VALUES: Final[Mapping[str, Any]] = {
    "Date": "2022-05-20",
    "DateTime": "2022-08-10T00:00:00+08:00",
    "Hex": "00" * 32,
    "Int": 1,
    "SafeInt": 1,
    "Level": "provincial",
    "StandardPart": "platform",
    "Boolean": True,
    "UUID": "5b1f2d3c-8f0e-5a52-9d59-0d3c4c1c7d12",
    "String": "理由充分，材料齐全，现予以说明。",
}
NAMED: Final[Mapping[str, Any]] = {
    "programme": "zhoukou-2022",
    "password": "long enough",
    "login": "walker",
    "name": "甲某",
    "code": "1.1",
    "stage": "city_review",
    "year": 2018,
    "documentNumber": "豫人社函〔2022〕9号",
    "fixedPhone": "0394-8000000",
    "mobilePhone": "13800000000",
}


# -- what the schema has


def node_types() -> dict[str, TypeSource]:
    """Every type with a global id, with the table of its rows."""
    node = SCHEMA.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    found = {}
    for type_ in SCHEMA.get_possible_types(node):
        source = find_rows(type_)
        assert source is not None, type_.name
        found[type_.name] = source
    return found


def is_public(field: GraphQLField) -> bool:
    """Whether it is answered without signing in."""
    return find_permission(field) is Permission.PUBLIC


def queries() -> dict[str, GraphQLField]:
    assert SCHEMA.query_type is not None
    return dict(SCHEMA.query_type.fields)


def connections() -> dict[str, GraphQLField]:
    """Every root field that is a connection; what strangers read as well is test_objections.py's."""
    return {
        name: one
        for name, one in queries().items()
        if get_named_type(one.type).name.endswith("Connection") and not is_public(one)
    }


def mutations() -> dict[str, GraphQLField]:
    """Every mutation but those of strangers: signing in, and objecting (test_objections.py)."""
    assert SCHEMA.mutation_type is not None
    return {name: field for name, field in SCHEMA.mutation_type.fields.items() if not is_public(field)}


def object_type(name: str) -> GraphQLObjectType:
    type_ = SCHEMA.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    return type_


def node_of(field: GraphQLField) -> GraphQLObjectType:
    """The type of a connection's rows."""
    edge: Any = get_named_type(get_named_type(field.type).fields["edges"].type)
    type_ = get_named_type(edge.fields["node"].type)
    assert isinstance(type_, GraphQLObjectType)
    return type_


def select(type_: GraphQLObjectType, depth: int) -> str:
    """Every field of a type, so deep; connections by a short page."""
    return " ".join(_parts(type_, depth)) or "__typename"


def selections(type_: GraphQLObjectType, depth: int, most: int = 300) -> Iterator[str]:
    """The same in pieces of about so many fields at most, for types that have more than one document may ask."""
    piece, size = [], 0
    for part in _parts(type_, depth):
        fields = len(re.findall(r"\w+", part))
        if piece and size + fields > most:
            yield " ".join(piece)
            piece, size = [], 0
        piece.append(part)
        size += fields
    yield " ".join(piece) or "__typename"


def _parts(type_: GraphQLObjectType, depth: int) -> list[str]:
    parts = []
    for name, field in type_.fields.items():
        named = get_named_type(field.type)
        if is_leaf_type(named):
            parts.append(name)
        elif isinstance(named, GraphQLObjectType) and depth > 0:
            if named.name.endswith("Connection"):
                inner = select(node_of(field), depth - 1)
                parts.append(f"{name}(first: 3) {{ edges {{ node {{ {inner} }} }} }}")
            else:
                needed = {key: one for key, one in field.args.items() if isinstance(one.type, GraphQLNonNull)}
                parts.append(f"{name}{arguments(needed)} {{ {select(named, depth - 1)} }}")
    return parts


def arguments(needed: Mapping[str, GraphQLArgument]) -> str:
    """Literal values of arguments that are numbers, enums or filters, which then say nothing."""
    values = [f"{key}: {literal(one.type)}" for key, one in sorted(needed.items())]
    return f"({', '.join(values)})" if values else ""


WHOLE_LOG: Final = "ledgerConsistency"
"""The root field that is null for who does not read the whole log."""
LITERALS: Final = {
    "Int": "1",
    "Level": '"provincial"',
    "Date": '"2022-07-20"',
    "DateTime": '"2022-08-10T00:00:00+08:00"',
}
KNOWN: Final = PAGING | {"filter", "orderBy", "id", "ids", "code"}
"""Arguments of root fields that the walks give themselves."""


def in_brackets(field: GraphQLField, *more: str, tenant: int = 1) -> str:
    """All that a root field is asked beside, each by a literal, with `more`; of this tenant."""
    own = [
        f"{key}: {literal(one.type, tenant)}" for key, one in sorted(field.args.items()) if key not in KNOWN
    ]
    given = ", ".join((*own, *more))
    return f"({given})" if given else ""


def named(type_: GraphQLObjectType) -> str:
    """The fields by which a row is told: its global id, where it has one."""
    return "id" if "id" in type_.fields else "__typename"


def literal(type_: Any, tenant: int = 1) -> str:
    named = get_named_type(type_)
    if named.name == "ID":
        return f'"Tenant.{tenant}.{tenant}"'
    if isinstance(named, GraphQLInputObjectType):
        return "{}"
    return next(iter(named.values)) if isinstance(named, GraphQLEnumType) else LITERALS[named.name]


def nested_arguments() -> Iterator[tuple[str, str, str]]:
    """(Type with an id, field, selection of it with one argument given): `$c` stands for a cursor."""
    for name in node_types():
        for key, field in object_type(name).fields.items():
            named = get_named_type(field.type)
            for argument, declared in field.args.items():
                if argument in PAGING:
                    size = "last: 5" if argument == "before" else "first: 5"
                    given = (
                        f"({size}, {argument}: $c)" if argument in {"after", "before"} else f"({argument}: 5)"
                    )
                    inner = select(node_of(field), 0)
                    yield name, key, f"{given} {{ totalCount edges {{ cursor node {{ {inner} }} }} }}"
                else:
                    needed = {argument: declared} | {
                        other: one
                        for other, one in field.args.items()
                        if isinstance(one.type, GraphQLNonNull)
                    }
                    assert isinstance(named, GraphQLObjectType)
                    yield name, key, f"{arguments(needed)} {{ {select(named, 0)} }}"


def filters() -> Iterator[tuple[str, str, str, FilterSource]]:
    """Every (root field, input type, filter field, what it compares)."""
    for name, field in connections().items():
        argument = field.args.get("filter")
        if argument is not None:
            type_ = get_named_type(argument.type)
            assert isinstance(type_, GraphQLInputObjectType)
            for key, one in type_.fields.items():
                yield name, type_.name, key, metadata_of(one)[SOURCE]


def nested_filters() -> Iterator[tuple[str, str, str, str, FilterSource]]:
    """The same of connections beneath a type with an id: (that type, field, input type, filter field, what it compares)."""
    for name in node_types():
        for field, one in object_type(name).fields.items():
            if "filter" in one.args:
                type_ = get_named_type(one.args["filter"].type)
                assert isinstance(type_, GraphQLInputObjectType)
                for key, compared in type_.fields.items():
                    yield name, field, type_.name, key, metadata_of(compared)[SOURCE]


def feeds() -> dict[str, GraphQLField]:
    """Every subscription."""
    assert SCHEMA.subscription_type is not None
    return dict(SCHEMA.subscription_type.fields)


# -- values


def value_of(name: str, type_: Any, ids: Mapping[str, str], text: str | None = None) -> Any:
    """A value of an input field; `text`: the value of every string. A KeyError here is a new field that must be learned."""
    if isinstance(type_, GraphQLNonNull):
        return value_of(name, type_.of_type, ids, text)
    if isinstance(type_, GraphQLList):
        return [value_of(name, type_.of_type, ids, text)]
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        return {key: value_of(key, one.type, ids, text) for key, one in type_.fields.items()}
    if type_.name == "ID":
        return ids[name] if name in ids else ids[IDS[name]]
    if type_.name == "String" and text is not None:
        return text
    value = NAMED.get(name, VALUES[type_.name])
    return value if isinstance(value, type(VALUES[type_.name])) else VALUES[type_.name]


def id_leaves(type_: Any) -> Iterator[str]:
    """The names of the input fields that hold a global id, however deep."""
    named = get_named_type(type_)
    assert isinstance(named, GraphQLInputObjectType)
    for key, one in named.fields.items():
        inner = get_named_type(one.type)
        if inner.name == "ID":
            yield key
        elif isinstance(inner, GraphQLInputObjectType):
            yield from id_leaves(inner)


@dataclass(frozen=True)
class Asked:
    """A field of a document: its text, with `$name` for its own variables, and those: (GraphQL type, value) by name."""

    text: str
    variables: Mapping[str, tuple[str, Any]]


def documents(
    fields: Iterable[Asked], kind: str = "query", size: int = 20
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Documents of so many fields each, under the aliases `a0`, `a1`, …, with their variables."""
    listed = list(fields)
    for start in range(0, len(listed), size):
        heading, texts, values = [], [], {}
        for number, one in enumerate(listed[start : start + size]):
            text = one.text
            for name, (type_, value) in one.variables.items():
                text = text.replace(f"${name}", f"${name}{number}_")
                heading.append(f"${name}{number}_: {type_}")
                values[f"{name}{number}_"] = value
            texts.append(f"a{number}: {text}")
        named = f"({', '.join(heading)})" if heading else ""
        yield f"{kind}{named} {{ {' '.join(texts)} }}", values


def mutation(name: str, field: GraphQLField, values: Any, request_id: str) -> Asked:
    """The mutation, asking for its refusal."""
    type_ = get_named_type(field.args["input"].type).name
    variables: dict[str, tuple[str, Any]] = {"input": (f"{type_}!", values)}
    first = ""
    if "requestId" in field.args:
        variables["rid"], first = ("ID!", request_id), "requestId: $rid, "
    text = f"{name}({first}input: $input) {{ __typename ... on Refusal {{ code messageZh messageEn clause traceId }} }}"
    return Asked(text, variables)


# -- answers


def strings(value: Any) -> Iterator[tuple[str, str]]:
    """Every (key, text) of an answer."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if isinstance(one, str):
                yield key, one
            else:
                yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def without_traces(value: Any) -> Any:
    """An answer without what is of one request alone."""
    if isinstance(value, Mapping):
        return {key: without_traces(one) for key, one in value.items() if key != "traceId"}
    return [without_traces(one) for one in value] if isinstance(value, list) else value
