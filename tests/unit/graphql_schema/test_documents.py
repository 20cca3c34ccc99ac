"""Text to operation: what is refused, what is remembered, and what is given away."""

import hashlib

import pytest
from graphql import OperationType, build_schema

from graphql_schema.documents import READING, Documents, Wanted, prepare
from graphql_schema.errors import RequestError, format_error
from graphql_schema.limits import Limits

SCHEMA = build_schema("type Query { name: String } type Mutation { touch: Int }")


def refuse(query: str, limits: Limits | None = None, name: str | None = None) -> RequestError:
    with pytest.raises(RequestError) as caught:
        prepare(SCHEMA, query, name, limits or Limits())
    return caught.value


def test_operation_is_found_by_name() -> None:
    text = "query A { ...F } mutation B { touch } fragment F on Query { name }"
    documents = Documents(SCHEMA, Limits())
    first, second = documents.prepare(text, "A"), documents.prepare(text, "B")
    assert (first.kind, second.kind) == (OperationType.QUERY, OperationType.MUTATION)
    assert first.document is second.document and first.key != second.key
    assert list(first.fragments) == ["F"]
    assert documents.prepare(text, "A") is first


def test_only_operation_goes_without_its_name() -> None:
    assert prepare(SCHEMA, "query A { name }", None, Limits()).name == "A"


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ("{", None, "document.syntax"),
        ("", None, "document.syntax"),
        ("{ nothing }", None, "document.invalid"),
        ("query A { name }", "B", "operation.unknown"),
        ("query A { name }", "", "operation.unknown"),
        ("query A { name } query B { name }", None, "operation.ambiguous"),
        ("fragment F on Query { name }", None, "document.invalid"),
        ("type A { b: Int }", None, "document.invalid"),
        ("{ name " + "#" * 70_000 + "\n}", None, "limit.document_bytes"),
        ("{ name }" + "#\n" * 5_001, None, "limit.tokens"),
        ("{ " + "name " * 5_000 + "}", None, "limit.tokens"),
        ("{ name(x: " + "[" * 300 + "]" * 300 + ") }", None, "document.syntax"),
    ],
)
def test_refusal_has_its_code_in_both_languages(query: str, name: str | None, code: str) -> None:
    refusal = refuse(query, name=name)
    assert refusal.code == code
    chinese, english = (format_error(refusal.errors[0], locale, "t1") for locale in ("zh-CN", "en"))
    assert chinese["message"] != english["message"] and english["message"].isascii()
    assert chinese["extensions"] == {"code": code, "traceId": "t1"}


def test_comments_count_as_tokens() -> None:
    assert refuse("{ name }" + "#\n" * 21, Limits(tokens=20)).code == "limit.tokens"


def test_errors_are_capped() -> None:
    query = "{" + " ".join(f"f{i}" for i in range(20)) + " name @a @b @c @d }"
    assert len(refuse(query, Limits(errors=7, root_fields=30)).errors) == 7


def test_introspection_off_hides_schema_and_suggestions() -> None:
    closed = Limits(introspection=False)
    assert refuse("{ __schema { types { name } } }", closed).code == "document.invalid"
    assert refuse('{ __type(name: "Query") { name } }', closed).code == "document.invalid"
    assert "Did you mean" not in refuse("{ nam }", closed).errors[0].message
    assert "Did you mean" in refuse("{ nam }").errors[0].message
    assert prepare(SCHEMA, "{ __typename }", None, closed)


def test_location_survives_in_a_refusal_that_holds_no_document() -> None:
    error = refuse("{\n  nothing }").errors[0]
    assert format_error(error, "en", "t")["locations"] == [{"line": 2, "column": 3}]
    assert error.nodes is None and error.source is None


def test_stores_are_bounded_in_count_and_weight() -> None:
    documents = Documents(SCHEMA, Limits(cached_documents=5, cached_bytes=10_000, cached_refusals=3))
    kept = documents.prepare("{ name }")
    for i in range(50):
        with pytest.raises(RequestError):
            documents.prepare(f"{{ nothing{i} }}")
    assert documents.prepare("{ name }") is kept
    assert len(documents._refused) == 3
    for i in range(20):
        documents.prepare(f"query Q{i} {{ name }}")
    assert len(documents._known._kept) == 5
    documents.prepare("{ name } #" + "x" * 9_980)
    assert documents._known._weight <= 10_000 and len(documents._known._kept) == 1


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def refused(documents: Documents, wanted: Wanted, known: bool = True) -> str:
    with pytest.raises(RequestError) as caught:
        documents.find(wanted, known=known)
    return caught.value.code


def test_strangers_do_not_push_out_what_others_sent() -> None:
    documents = Documents(SCHEMA, Limits(cached_documents=5))
    kept = documents.find(Wanted("{ name }"))
    for number in range(20):
        documents.find(Wanted(f"query Q{number} {{ name }}"), known=False)
    assert documents.find(Wanted(None, digest("{ name }")), known=False) is kept
    assert documents.find(Wanted("query Q19 { name }")) is documents.find(
        Wanted(None, digest("query Q19 { name }"))
    )
    assert refused(documents, Wanted(None, digest("query Q1 { name }"))) == "document.unknown"


def test_a_hash_names_a_text_once_it_was_sent() -> None:
    documents, text = Documents(SCHEMA, Limits()), "{ name }"
    assert refused(documents, Wanted(None, digest(text))) == "document.unknown"
    assert refused(documents, Wanted(None, digest(text), automatic=True)) == "PERSISTED_QUERY_NOT_FOUND"
    assert refused(documents, Wanted("{ nothing }", digest(text), automatic=True)) == "document.hash"
    assert (
        refused(documents, Wanted("{ nothing }", digest("{ nothing }"), automatic=True)) == "document.invalid"
    )
    assert (
        refused(documents, Wanted(None, digest("{ nothing }"), automatic=True)) == "PERSISTED_QUERY_NOT_FOUND"
    )
    sent = documents.find(Wanted(text, digest(text), automatic=True))
    assert documents.find(Wanted(None, digest(text), automatic=True)) is sent is documents.find(Wanted(text))


def test_only_trusted_documents_are_served_where_that_is_asked_for() -> None:
    text = "query Known { name }"
    documents = Documents(SCHEMA, Limits(cached_documents=1), [text], only=True)
    assert documents.find(Wanted(None, digest(text))) is documents.find(Wanted(text))
    for other in ("{ name }", "{ nothing }", "{"):
        assert refused(documents, Wanted(other)) == "document.untrusted"
        assert refused(documents, Wanted(other, digest(other), automatic=True)) == "document.untrusted"
    assert refused(documents, Wanted("{ name }", digest(text))) == "document.hash"
    documents.prepare("{ name }")  # our own texts are ours
    assert refused(documents, Wanted(None, digest("{ name }"))) == "document.unknown"
    with pytest.raises(RequestError):
        Documents(SCHEMA, Limits(), ["{ nothing }"])


PAGED = "query($n: Int, $m: Int = 3, $ids: [ID!]) { units(first: $n, ids: $ids) { children(first: $m) { name } } }"
TREE = build_schema(
    """type Query { units(first: Int, last: Int, ids: [ID!]): [Unit!]! }
       type Unit { name: String, children(first: Int): [Unit!]! }"""
)


@pytest.mark.parametrize(
    ("variables", "price"),
    [
        ({"n": 2, "m": 5}, 2 + 10 + 10),
        ({"n": 1, "m": 1}, 3),
        ({"n": 100, "m": 100}, 100 + 10_000 + 10_000),
        ({"n": 10**9, "m": 1}, 100 + 100 + 100),
        ({"n": "two", "m": 1}, 100 + 100 + 100),
        ({"n": -1, "m": 1}, 100 + 100 + 100),
        ({"n": True, "m": 1}, 100 + 100 + 100),
        ({}, 20 + 60 + 60),  # what is given when nothing is said, and a default
        (None, 20 + 60 + 60),
        ({"n": None, "m": None}, 20 + 400 + 400),
        ({"n": 0, "m": 0}, 1 + 1 + 1),
        ({"ids": ["a", "b", "c", "d"], "m": 1}, 4 + 4 + 4),
        ({"n": None, "ids": ["a"] * 200, "m": 1}, 100 + 100 + 100),
    ],
)
def test_a_page_is_priced_as_the_variables_say(variables: dict[str, object] | None, price: int) -> None:
    documents = Documents(TREE, Limits())
    operation = documents.prepare(PAGED)
    assert [documents.price(operation, variables) for _ in range(2)] == [price, price]


@pytest.mark.parametrize(
    ("query", "variables", "price"),
    [
        ("query($n: Int) { units(first: $n, last: 100) { name } }", {"n": None}, 100 + 100),
        ("{ units(first: null) { name } }", {}, 20 + 20),
        ("{ units { name } }", {}, 20 + 20),
        ("{ units(first: null, last: 50) { name } }", {}, 50 + 50),
        ("query($n: Int) { units(first: 5, last: $n) { name } }", {"n": 70}, 70 + 70),
        ('query($n: [ID!] = ["a", "b"]) { units(ids: $n) { name } }', {}, 2 + 2),
    ],
)
def test_the_larger_of_two_pages_is_priced(query: str, variables: dict[str, object], price: int) -> None:
    documents = Documents(TREE, Limits())
    assert documents.price(documents.prepare(query), variables) == price


def test_each_operation_has_its_own_defaults() -> None:
    documents = Documents(TREE, Limits())
    text = "query A($n: Int = 2) { ...F } query B($n: Int = 9) { ...F } fragment F on Query { units(first: $n) { name } }"
    prices = [documents.price(documents.prepare(text, name), None) for name in ("A", "B")]
    assert prices == [2 + 2, 9 + 9]


def test_reading_a_new_text_is_charged_before_it_is_read() -> None:
    documents, charged = Documents(SCHEMA, Limits(), ["query Trusted { name }"]), list[int]()

    def find(text: str) -> None:
        documents.find(Wanted(text), charge=charged.append)

    for text in ("{ name }", "{ name }", "query Trusted { name }"):
        find(text)
    for _ in range(2):
        with pytest.raises(RequestError):
            find("{ nothing }")
    assert charged == [READING + len(text) for text in ("{ name }", "{ nothing }", "{ nothing }")]

    def refuse_all(_: int) -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        documents.find(Wanted("{ other: name }"), charge=refuse_all)
    assert refused(documents, Wanted(None, digest("{ other: name }"))) == "document.unknown"


def test_what_the_variables_make_too_dear_is_refused() -> None:
    documents = Documents(TREE, Limits(price=1_000, cached_prices=2))
    operation = documents.prepare(PAGED)
    for number in range(1, 9):
        assert documents.price(operation, {"n": number, "m": 1}) == 3 * number
    assert len(documents._prices) == 2
    with pytest.raises(RequestError, match="values that may be answered"):
        documents.price(operation, {"n": 50, "m": 50})


def test_refusal_is_remembered() -> None:
    documents = Documents(SCHEMA, Limits())
    refusals = []
    for _ in range(2):
        with pytest.raises(RequestError) as caught:
            documents.prepare("{ nothing }")
        refusals.append(caught.value)
    assert refusals[0].errors is refusals[1].errors
    assert refusals[0] is not refusals[1]
