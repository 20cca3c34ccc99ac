"""What somebody sends to make us work, fail or tell: documents, variables and bodies, each with how it is refused.

A text that was refused once is refused again without being read, so each attack is made anew for every number it is asked for. All are
sent as a county officer, who may ask more than a stranger; `{n}` in what is sent is the number.
"""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from tests.integration.api.walls import OURS
from tests.integration.siege.besieged import Besieged

WHO: Final = f"{OURS.code}/county"
JSON: Final = {"Content-Type": "application/json"}
GOOD: Final = """query Good{n} { viewer { personId } applications(first: 20) { totalCount edges { cursor node {
  id status form { hash } community { name } opinions { id verdict } } } } }"""
DEEPEST: Final = 5_000


@dataclass(frozen=True, slots=True)
class Attack:
    """`make(n)` is a body; `code` is that of its first error, None where it is answered well."""

    make: Callable[[int], bytes]
    code: str | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    @property
    def code(self) -> str | None:
        """Of the first error."""
        errors = json.loads(self.body).get("errors")
        return str(errors[0]["extensions"]["code"]) if errors else None


class Attacker:
    """Somebody with one connection."""

    def __init__(self, place: Besieged, who: str = WHO) -> None:
        self.place, self.who = place, who
        self._http = http.client.HTTPConnection("127.0.0.1", place.port, timeout=30)

    def send(self, body: bytes, headers: Mapping[str, str] = JSON) -> Answer:
        """The answer to one body."""
        with suppress(BrokenPipeError):  # refused before it had all been sent
            self._http.request("POST", "/graphql", body, {**JSON, **self.place.bearer(self.who), **headers})
        response = self._http.getresponse()
        return Answer(response.status, response.read())

    def ask(self, query: str, variables: Any = None) -> Answer:
        """The answer to a document."""
        return self.send(encode(query, variables))

    def close(self) -> None:
        self._http.close()


@contextmanager
def attacker(place: Besieged, who: str = WHO) -> Iterator[Attacker]:
    """An attacker whose connection ends with the block."""
    found = Attacker(place, who)
    try:
        yield found
    finally:
        found.close()


def encode(query: str, variables: Any = None) -> bytes:
    """A body."""
    return json.dumps({"query": query, "variables": variables}).encode()


def _document(text: str, variables: Any = None) -> Callable[[int], bytes]:
    """The body of a document, which begins with a comment that no other has."""
    return lambda n: encode(f"# {n}\n{text}", variables)


def _fields(count: int, text: str = "name") -> str:
    return " ".join(f"a{number}: {text}" for number in range(count))


def _nested(name: str, depth: int) -> str:
    return "{" + f"{name}{{" * depth + "__typename" + "}" * (depth + 1)


_PAGE: Final = "(first: 100) { edges { node { "
_PAGES: Final = f"reviewCycles{_PAGE} reviews{_PAGE} " + "id " * 12 + "} } } " * 2
_LIST: Final = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
_INNER: Final = (
    'mutation($input: GiveOpinionInput!) { giveOpinion(requestId: "1", input: $input) { __typename } }'
)

DOCUMENTS: Final[Mapping[str, Attack]] = {
    name: Attack(_document(*text) if isinstance(text, tuple) else _document(text), code)
    for name, text, code in (
        ("deep", _nested("parent", 190), "limit.depth"),
        ("deeper than a parser goes", _nested("parent", DEEPEST), "document.syntax"),
        (
            "deep in lists of a value",
            "{ nodes(ids: " + "[" * 1_000 + "]" * 1_000 + ") { id } }",
            "document.syntax",
        ),
        ("wide", "{ viewer {" + " personId" * 2_000 + "} }", "limit.fields"),
        ("aliased × 1000", "{" + _fields(1_000, "__typename") + "}", "limit.root_fields"),
        ("aliased × 1000 below", "{ viewer {" + _fields(1_000, "personId") + "} }", "limit.aliases"),
        (
            "pages of pages",
            f"{{ {_PAGES} }}",
            "limit.price",
        ),
        (
            "fragment bomb",
            "{ viewer { ...F0 } }"
            + "".join(f" fragment F{i} on Viewer {{ ...F{i + 1} ...F{i + 1} }}" for i in range(60))
            + " fragment F60 on Viewer { personId }",
            "limit.fields",
        ),
        (
            "cyclic fragments",
            "{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }",
            "document.invalid",
        ),
        (
            "long cycle",
            "{ viewer { ...F0 } }"
            + "".join(f" fragment F{i} on Viewer {{ ...F{(i + 1) % 400} }}" for i in range(400)),
            "limit.repeats",
        ),
        ("fields that must be merged", "{" + "viewer{" * 3 + "personId " * 300 + "}" * 4, "limit.repeats"),
        ("directives", "{ viewer { personId" + " @skip(if: false)" * 600 + "} }", "limit.directives"),
        ("directives that are not", "{ viewer { personId" + " @no" * 99 + "} }", "document.invalid"),
        ("errors", "{ viewer {" + " ".join(f"x{i}" for i in range(490)) + "} }", "document.invalid"),
        ("10,000 errors", "{ viewer {" + " ".join(f"x{i}" for i in range(10_000)) + "} }", "limit.tokens"),
        ("10,000 missing values", (_LIST, {"ids": [None] * 10_000}), "variables.invalid"),
        (
            "unused fragments",
            "{ __typename }" + "".join(f" fragment F{i} on Viewer {{ personId }}" for i in range(600)),
            "limit.repeats",
        ),
        (
            "variables that nobody uses",
            "query(" + " ".join(f"$v{i}: Int" for i in range(1_200)) + ") { __typename }",
            "document.invalid",
        ),
        ("operations", " ".join(f"query Q{i} {{ __typename }}" for i in range(1_000)), "limit.operations"),
        ("a number without end", "{ units(first: " + "9" * 60_000 + ") { totalCount } }", "document.invalid"),
        (
            "a float without end",
            "{ units(first: 1e" + "9" * 60_000 + ") { totalCount } }",
            "document.invalid",
        ),
        ("a text without end", '{ node(id: "' + "x" * 60_000 + '") { id } }', "id.malformed"),
        ("a block of lines", '{ node(id: """' + "\n" * 30_000 + '""") { id } }', "id.malformed"),
        ("larger than a document", "{ __typename }" + " " * 66_000, "limit.document_bytes"),
        ("comments", "#\n" * 30_000 + "{ __typename }", "limit.tokens"),
        ("many ids", (_LIST, {"ids": [f"Unit.{n}.1" for n in range(1, 19_000)]}), "page.size"),
        ("many values", (_LIST, {"ids": ["x"] * 60_000}), "limit.variable_values"),
        ("many variables", (_LIST, {f"v{n}": n for n in range(25_000)}), "limit.variable_values"),
        ("deep variables", (_LIST, {"ids": json.loads("[" * 500 + "]" * 500)}), "limit.variable_depth"),
        (
            "values of another kind",
            (_INNER, {"input": {f"x{n}": n for n in range(15_000)}}),
            "variables.invalid",
        ),
        ("a long value", (_LIST, {"ids": ["x" * 400_000]}), "id.malformed"),
        ("introspection", "{ __schema { types { name } } }", "document.invalid"),
        (
            "introspection of a type",
            '{ __type(name: "Person") { fields { name } } }',
            "document.invalid",
        ),
        (
            "introspection nested",
            "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
            "document.invalid",
        ),
    )
}

_ONE: Final = b'{"query":"{ __typename }"}'
_BOMB: Final = gzip.compress(b" " * (50 << 20))
BODIES: Final[Mapping[str, Attack]] = {
    "no JSON": Attack(lambda n: b"{" * 1_000, "http.json", 400),
    "deep JSON": Attack(lambda n: b'{"query":' + b"[" * 200_000, "http.json", 400),
    "a list of requests": Attack(lambda n: b"[" + b",".join([_ONE] * 1_000) + b"]", "http.batch", 400),
    "not UTF-8": Attack(lambda n: b'{"query":"{ \xff\xfe\xc0\x80 }"}', "http.json", 400),
    "surrogates": Attack(lambda n: b'{"query":"{ \\ud800 }"}', "http.json", 400),
    "UTF-16": Attack(lambda n: _ONE.decode().encode("utf-16"), "http.json", 400),
    "a mark of byte order": Attack(lambda n: b"\xef\xbb\xbf" + _ONE, "http.json", 400),
    "another charset": Attack(
        lambda n: _ONE, "http.content_type", 415, {"Content-Type": "application/json; charset=utf-16"}
    ),
    "a form": Attack(
        lambda n: b"query=%7B__typename%7D",
        "http.content_type",
        415,
        {"Content-Type": "application/x-www-form-urlencoded"},
    ),
    "an inflating body": Attack(lambda n: _BOMB, "http.json", 400, {"Content-Encoding": "gzip"}),
    "the same key twice": Attack(lambda n: b'{"query":"{ x }","query":"{ __typename }"}', None),
    "an object of keys": Attack(
        lambda n: b'{"query":"{ __typename }",' + b",".join(b'"%d":1' % k for k in range(30_000)) + b"}", None
    ),
    "numbers without end": Attack(
        lambda n: b'{"query":"{ __typename }","variables":{"a":' + b"9" * 400_000 + b"}}", "http.json", 400
    ),
    "larger than a body": Attack(lambda n: b" " * 600_000, "http.body_too_large", 413),
}
ATTACKS: Final = {**DOCUMENTS, **BODIES}
