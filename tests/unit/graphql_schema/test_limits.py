"""What documents come to, and that counting never expands them."""

import pytest
from graphql import get_introspection_query, parse

from graphql_schema.limits import Limits, Size, find_excess, find_variable_excess, measure_document
from graphql_schema.mutations import Mutation
from graphql_schema.price import find_pages
from graphql_schema.queries import Query
from graphql_schema.schema import build_schema
from graphql_schema.subscriptions import Subscription


def size(text: str) -> Size:
    return measure_document(parse(text))[0][0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ a }", Size(1, 1, 0, 0, 1, 1)),
        ("query { a { ...F } } fragment F on A { x: b { c } }", Size(3, 3, 1, 0, 1, 3)),
        ("{ a { ... on A { b } } }", Size(2, 2, 0, 0, 1, 2)),
        ("query @d { ...R @d } fragment R on Query { a @d b: a }", Size(1, 2, 1, 3, 2, 2)),
        ("{ ...F ...F } fragment F on Query { a { b } }", Size(2, 4, 0, 0, 2, 4)),
        ("{ ...Missing }", Size()),
        ("{ ...F } fragment F on Query { a ...F }", Size(1, 1, 0, 0, 1, 1)),
        ("{ ...F } fragment F on Query { a ...G } fragment G on Query { b ...F }", Size(1, 2, 0, 0, 2, 2)),
    ],
)
def test_size_counts_fragments_where_they_are_spread(text: str, expected: Size) -> None:
    assert size(text) == expected


PAGES = {"many": 20, "list": 10}


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("{ a { b } }", 2),
        ("{ many { edges { node { b } } } }", 80),
        ("{ many(first: 3) { edges { node { b } } } }", 12),
        ("{ many(last: 3) { edges { node { b } } } }", 12),
        ("{ many(first: 0) { b } }", 2),
        ("{ many(first: 99999999999) { b } }", 200),
        ("query($n: Int) { many(first: $n) { b } }", 2),
        ("{ many(filter: {a: 1}) { b } }", 40),
        ('{ list(ids: ["x", "y"]) { b } }', 4),
        ("query($ids: [ID!]!) { list(ids: $ids) { b } }", 2),
        ("{ list { leaf } }", 1010),
        ("{ list { many } }", 20),
        ("{ many(first: 2) { ...F } } fragment F on A { list { b } }", 42),
        ("{ many(first: 2) { ... on A { list { b } } } }", 42),
        ("{ many { many { many { many { many { many { many { b } } } } } } } }", 10**9),
    ],
)
def test_price_multiplies_the_pages_around_a_field(text: str, price: int) -> None:
    assert measure_document(parse(text), PAGES)[0][0].price == price


def test_pages_in_pages_are_refused_before_they_run() -> None:
    bomb = "{ many(first: 100) { many(first: 100) { many(first: 100) { b } } } }"
    excess = find_excess(parse(bomb), Limits(), PAGES)
    assert excess is not None and excess.code == "limit.price"


def test_pages_are_found_in_the_schema() -> None:
    pages = find_pages(build_schema(Query, Mutation, Subscription)._schema)
    assert {"units": 20, "children": 20, "opinions": 10, "comparison": 30}.items() <= pages.items()
    assert "edges" not in pages and "types" not in pages and "community" not in pages


def test_a_value_is_not_priced_as_a_page_of_its_name() -> None:
    pages = find_pages(build_schema(Query, Mutation, Subscription)._schema)
    text = "{ standings(first: 100) { edges { node { certifiedOn } } } }"
    assert measure_document(parse(text), pages)[0][0].price == 400


def test_bomb_is_counted_by_its_text() -> None:
    bomb = "{ ...F0 }" + "".join(f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(300))
    counted = size(bomb + "fragment F300 on Query { a }")
    assert counted.fields == counted.root_fields == 10**9


def test_long_chain_of_fragments_is_counted_without_recursion() -> None:
    chain = "{ ...F0 }" + "".join(f"fragment F{i} on Query {{ ...F{i + 1} }}" for i in range(3000))
    assert size(chain + "fragment F3000 on Query { a { b } }").depth == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{" + "a{" * 16 + "a" + "}" * 17, "limit.depth"),
        ("{ a {" + " ".join(f"x{i}: b" for i in range(61)) + "} }", "limit.aliases"),
        ("{" + " ".join(f"f{i}" for i in range(21)) + "}", "limit.root_fields"),
        ("{ a {" + " ".join(f"f{i}" for i in range(500)) + "} }", "limit.fields"),
        ("{ a {" + " ".join("b" for i in range(101)) + "} }", "limit.repeats"),
        ("{ a " + "@skip(if: true) " * 101 + "}", "limit.directives"),
        (" ".join(f"query Q{i} {{ a }}" for i in range(11)), "limit.operations"),
    ],
)
def test_each_limit_refuses_one_more_with_its_code(text: str, code: str) -> None:
    excess = find_excess(parse(text), Limits())
    assert excess is not None
    assert excess.code == code
    assert excess.zh.startswith("查询过大") and excess.en.startswith("Too large")


@pytest.mark.parametrize(
    "text",
    [
        "{" + "a{" * 15 + "a" + "}" * 16,
        "{ a {" + " ".join(f"x{i}: b" for i in range(60)) + "} }",
        "{" + " ".join(f"f{i}" for i in range(20)) + "}",
        "{ a {" + " ".join(f"f{i}" for i in range(499)) + "} }",
        "{ a {" + " ".join("b" for i in range(99)) + "} }",
        " ".join(f"query Q{i} {{ a }}" for i in range(10)),
        get_introspection_query(specified_by_url=True, input_value_deprecation=True, schema_description=True),
    ],
)
def test_the_limit_itself_is_allowed(text: str) -> None:
    assert find_excess(parse(text), Limits()) is None


def test_variables_are_counted_in_number_and_depth() -> None:
    limits = Limits(variable_values=10, variable_depth=3)
    assert find_variable_excess({}, limits) is None
    assert find_variable_excess({"a": [1, 2, {"b": "长文" * 1000}]}, limits) is None
    wide = find_variable_excess({"a": list(range(10))}, limits)
    deep = find_variable_excess({"a": [[[1]]]}, limits)
    assert wide is not None and wide.code == "limit.variable_values"
    assert deep is not None and deep.code == "limit.variable_depth"
