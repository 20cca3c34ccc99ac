"""What an attacker sends: each is refused cheaply, and the door stays open and its memory flat.

Time bounds are generous for a busy machine; without the limits these take minutes or do not end.
"""

import gc
import json
import socket
import time
import tracemalloc
from contextlib import suppress

import pytest

from graphql_schema.documents import Documents
from graphql_schema.errors import RequestError
from graphql_schema.limits import Limits
from tests.http_door import SCHEMA_OBJECT, Running, run_door
from xingji.http import serving
from xingji.http.settings import HttpSettings

BOMB = "{ tree { ...F0 } }" + "".join(
    f"fragment F{i} on Tree {{ ...F{i + 1} ...F{i + 1} }}" for i in range(40)
)
ATTACKS = {
    "deep": ("{" + "tree{" * 190 + "name" + "}" * 191, "limit.depth"),
    "deeper than the parser goes": ("{" + "tree{" * 4_000, "document.syntax"),
    "wide": ("{ tree {" + " name" * 2_000 + "} }", "limit.fields"),
    "aliased": ("{" + " ".join(f"a{i}: hello" for i in range(1_000)) + "}", "limit.root_fields"),
    "aliased below": ("{ tree {" + " ".join(f"a{i}: name" for i in range(1_000)) + "} }", "limit.aliases"),
    "bomb": (BOMB + "fragment F40 on Tree { name }", "limit.fields"),
    "deep through fragments": (
        "{ tree { ...F0 } }"
        + "".join(f"fragment F{i} on Tree {{ tree {{ ...F{i + 1} }} }}" for i in range(30))
        + "fragment F30 on Tree { name }",
        "limit.depth",
    ),
    "cycle": (
        "{ tree { ...A } } fragment A on Tree { ...B } fragment B on Tree { ...A }",
        "document.invalid",
    ),
    "many fragments": (
        "{ tree {"
        + "".join(f" ...F{i}" for i in range(400))
        + "} }"
        + "".join(f" fragment F{i} on Tree {{ name }}" for i in range(400)),
        "limit.repeats",
    ),
    "conflicts": ("{" + "tree{" * 3 + "trees{name} " * 110 + "}" * 4, "limit.repeats"),
    "directives": ("{ hello" + " @skip(if: false)" * 600 + "}", "limit.directives"),
    "errors": ("{ tree {" + " ".join(f"x{i}" for i in range(490)) + "} }", "document.invalid"),
    "10,000 errors": ("{ tree {" + " ".join(f"x{i}" for i in range(10_000)) + "} }", "limit.tokens"),
    "unused fragments": (
        "{ hello }" + "".join(f" fragment F{i} on Tree {{ name }}" for i in range(600)),
        "limit.repeats",
    ),
    "variables defined": (
        "query(" + " ".join(f"$v{i}: Int" for i in range(1_200)) + ") { hello }",
        "document.invalid",
    ),
    "block string": ('{ count(numbers: """' + "\n" * 30_000 + '""") }', "document.invalid"),
    "introspection nested": (
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
        "document.invalid",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused_cheaply(door: Running, name: str) -> None:
    query, code = ATTACKS[name]
    started = time.process_time()
    answer = door.post(query)
    assert time.process_time() - started < 2
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert errors[0]["extensions"]["code"] == code
    assert len(errors) <= 20 and len(answer.content) < 20_000
    assert door.backend.sessions == []


def test_worst_document_within_the_limits_is_bounded_in_time() -> None:
    """The dearest shapes we know that pass every limit."""
    worst = [
        "{" + "tree{" * 3 + "trees{name} " * 70 + "}" * 4,
        "{ tree {"
        + "".join(f" ...F{i}" for i in range(60))
        + "} }"
        + "".join(f" fragment F{i} on Tree {{ name }}" for i in range(60)),
    ]
    for query in worst:
        started = time.process_time()
        Documents(SCHEMA_OBJECT, Limits()).prepare(query)
        assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"n": list(range(60_000))}, "limit.variable_values"),
        ({"n": [[[]]] * 30_000}, "limit.variable_values"),
        ({f"v{i}": i for i in range(25_000)}, "limit.variable_values"),
        (json.loads('{"n":' + "[" * 500 + "]" * 500 + "}"), "limit.variable_depth"),
    ],
)
def test_huge_variables_are_refused(door: Running, variables: dict[str, object], code: str) -> None:
    started = time.process_time()
    answer = door.post("query($n: [Int!]!) { count(numbers: $n) }", variables=variables)
    assert time.process_time() - started < 2
    assert answer.json()["errors"][0]["extensions"]["code"] == code


def test_thousands_of_bad_values_give_few_errors(door: Running) -> None:
    started = time.process_time()
    answer = door.post("query($n: [Int!]!) { count(numbers: $n) }", variables={"n": ["x"] * 15_000})
    assert time.process_time() - started < 5
    assert len(answer.json()["errors"]) <= 21


def test_slow_body_is_cut() -> None:
    with (
        run_door(HttpSettings(request_seconds=0.5)) as door,
        socket.create_connection(("127.0.0.1", door.port)) as slow,
    ):
        slow.settimeout(10)
        head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n"
        started = time.monotonic()
        slow.sendall(head.encode() + b'{"query":')
        time.sleep(0.2)
        slow.sendall(b" ")
        answer = b""
        while chunk := slow.recv(65_536):
            answer += chunk
        assert answer.startswith(b"HTTP/1.1 408 ") and b"http.body_too_slow" in answer
        assert 0.4 < time.monotonic() - started < 5
        assert door.post("{ hello }").status_code == 200


GOOD = b'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 19\r\n\r\n{"query":"{hello}"}'
DRIPS = {
    "nothing": (b"", b""),
    "half a head": (b"POST /graphql HTTP/1.1\r\nhost: x\r\nx-a: ", b"a"),
    "blank lines": (b"", b"\r\n"),
    "blank lines behind an answer": (GOOD, b"\r\n"),
    "half a head behind an answer": (GOOD + b"POST /gra", b"x"),
}


@pytest.mark.parametrize("name", DRIPS)
def test_slow_head_is_cut(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.5)
    begun, drip = DRIPS[name]
    with run_door() as door, socket.create_connection(("127.0.0.1", door.port)) as slow:
        slow.settimeout(0.1)
        slow.sendall(begun)
        started, told = time.monotonic(), b""
        with suppress(ConnectionError):
            while time.monotonic() - started < 8:
                try:
                    chunk = slow.recv(65_536)
                    if not chunk:
                        break
                    told += chunk
                except TimeoutError:
                    slow.sendall(drip)
        assert 0.4 < time.monotonic() - started < 5
        assert (b"200 OK" in told) is (begun.startswith(GOOD))
        assert door.post("{ hello }").status_code == 200


def test_request_slower_than_a_head_may_be_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.2)
    with run_door() as door:
        assert door.post("{ slow(seconds: 0.6) }").json() == {"data": {"slow": "done"}}


def test_a_message_quotes_little_of_what_was_sent(door: Running) -> None:
    answer = door.post('{ count(numbers: ["' + "x" * 50_000 + '"]) }')
    assert answer.json()["errors"][0]["extensions"]["code"] == "document.invalid"
    assert len(answer.content) < 3_000


def test_client_that_leaves_in_the_middle_harms_nothing(door: Running) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", door.port)) as leaving:
            leaving.sendall(
                b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n{"
            )
    assert door.post("{ hello }").status_code == 200
    assert [line for line in door.log if line["status"] == 500] == []


def test_memory_is_flat_under_documents_that_are_never_the_same() -> None:
    limits = Limits(cached_documents=50, cached_bytes=50_000, cached_refusals=50)
    documents = Documents(SCHEMA_OBJECT, limits)

    def flood(start: int) -> None:
        for i in range(start, start + 150):
            documents.prepare(f"query Q{i} {{ tree {{ name tree {{ name }} }} }}")
            with pytest.raises(RequestError):
                documents.prepare(f"{{ tree {{ x{i} }} }}")

    flood(0)
    gc.collect()
    tracemalloc.start()
    try:
        flood(1_000)
        gc.collect()
        first = tracemalloc.get_traced_memory()[0]
        flood(2_000)
        gc.collect()
        second = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert second - first < 300_000
