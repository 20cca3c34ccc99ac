"""Everything of attacks.py and wire.py against a server as a process: refused with its code, cheaply, and its memory stays flat.

Cost is the process' CPU time against that of a good document of some size that it has not seen before, measured beside it. Nothing here
waits for a clock where it can wait for an answer. `./dev torture siege` sends each a thousand times.
"""

import json
import socket
import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests.integration.siege.attacks import ATTACKS, WHO, attacker
from tests.integration.siege.besieged import MIB, Besieged
from tests.integration.siege.costs import DEAREST, attack, cost_of_good, repeat_all
from tests.integration.siege.wire import (
    FEED,
    HEAD,
    closed_with,
    end_of,
    flood_with_pings,
    frame,
    half_sent,
    open_socket,
    open_sockets,
    raw_socket,
    subscribe,
)
from xingji.http.serving import MESSAGE_BYTES
from xingji.http.settings import HttpSettings

EACH = HttpSettings().live_each


@pytest.fixture(scope="module")
def good(place: Besieged) -> float:
    return cost_of_good(place, 12)


@pytest.fixture(autouse=True)
def _whole(place: Besieged):
    yield
    assert place.failures() == []
    with attacker(place) as somebody:
        assert somebody.ask("{ __typename }").body == b'{"data":{"__typename":"Query"}}'


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_cheaply(place: Besieged, good: float, name: str):
    assert attack(place, ATTACKS[name], range(2)) < DEAREST * good


def test_memory_is_flat_however_often(place: Besieged):
    repeat_all(place, 1)  # what may be kept of the refused is kept
    before = place.memory()
    repeat_all(place, 2)
    assert place.memory() - before < 8 * MIB


def test_what_is_refused_tells_nothing_of_the_schema(place: Besieged):
    """Introspection is off, so no message helps with a name that was nearly right."""
    near = (
        "{ viewr { personId } }",
        "{ viewer { personID } }",
        "{ applications(filtr: {}) { totalCount } }",
        "{ applications(filter: {statu: DRAFT}) { totalCount } }",
        "{ applications(orderBy: {field: CREATED, direction: ASC}) { totalCount } }",
        "{ node(id: 1) { ... on Applicatio { id } } }",
        "query($x: ApplicationFilte) { __typename }",
        "{ viewer @inclde(if: true) { personId } }",
    )
    with attacker(place) as somebody:
        for text in near:
            answer = somebody.ask(text)
            assert answer.code == "document.invalid" and b"Did you mean" not in answer.body, text
        # Values too: by variables nothing is told that the document would not tell.
        enum = "query($o: ApplicationOrder) { applications(orderBy: $o) { totalCount } }"
        answer = somebody.ask(enum, {"o": {"feld": "CREATED_AT", "direction": "ASCC"}})
        assert answer.code == "variables.invalid" and b"Did you mean" not in answer.body


def test_guessed_tokens_are_refused_cheaply(place: Besieged, good: float):
    with attacker(place) as somebody:
        real = place.bearer(WHO)["Authorization"]
        before = place.cpu()
        for number in range(100):
            for guess in (f"{real[:-6]}{number:06}", f"Bearer {number}", "Bearer " + "x" * 8_000):
                answer = somebody.send(b'{"query":"{ __typename }"}', {"Authorization": guess})
                assert answer.status == 401
        assert (place.cpu() - before) / 300 < good


def test_half_sent_heads_and_bodies_cost_nobody_else_anything(place: Besieged):
    with (
        half_sent(place, 100, HEAD),
        half_sent(place, 100, HEAD + 'content-length: 400\r\n\r\n{"query":'),
        half_sent(place, 100, ""),
        attacker(place) as somebody,
    ):
        started = time.monotonic()
        assert somebody.ask("{ viewer { personId } }").status == 200
        assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "head",
    [
        "content-length: 99999999999999999999\r\n",
        "content-length: -1\r\n",
        "content-length: 20\r\ncontent-length: 30\r\n",
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "x: " + "y" * 200_000 + "\r\n",
    ],
    ids=lambda head: head[:24],
)
def test_a_head_that_says_two_things_or_too_much_is_refused(place: Besieged, head: str):
    with half_sent(place, 1, f"{HEAD}{head}\r\n") as (opened,):
        opened.settimeout(20)
        said = opened.recv(4_096)
    assert said.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 ", b"HTTP/1.1 431 ")), said


def test_a_body_in_chunks_without_end_is_cut(place: Besieged):
    with half_sent(place, 1, HEAD + "transfer-encoding: chunked\r\n\r\n") as (opened,):
        sent = 0
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        with pytest.raises(ConnectionError):
            while sent < 64 * MIB:
                sent += opened.send(chunk)
    assert sent < 16 * MIB


def test_one_client_has_so_many_sockets(place: Besieged):
    with open_sockets(place, EACH + 20, "stranger") as opened:
        greeted = 0
        for raw in opened:
            try:
                greeted += json.loads(raw.recv(timeout=20))["type"] == "connection_ack"
            except ConnectionClosed as closed:
                assert closed.rcvd is not None and closed.rcvd.code == 1013
        assert greeted == EACH


def test_one_client_has_so_many_streams(place: Besieged):
    cycle = place.people[WHO].own["ReviewCycle"]
    body = json.dumps({"query": FEED, "variables": {"id": cycle}})
    token = place.bearer(WHO)["Authorization"]
    text = f"{HEAD}accept: text/event-stream\r\nauthorization: {token}\r\ncontent-length: {len(body)}\r\n\r\n{body}"
    with half_sent(place, EACH + 20, text) as opened:
        statuses = sorted(one.recv(4_096).split(b" ")[1] for one in opened)
    assert statuses == [b"200"] * EACH + [b"429"] * 20


def test_one_socket_has_so_many_operations(place: Besieged):
    with open_socket(place, WHO) as raw:
        assert json.loads(raw.recv(timeout=20))["type"] == "connection_ack"
        cycle = place.people[WHO].own["ReviewCycle"]
        for number in range(120):
            raw.send(subscribe(str(number), FEED, id=cycle))
        refused = 0
        while refused < 100:
            told = json.loads(raw.recv(timeout=20))
            refused += told["type"] == "error"
            if told["type"] == "error":
                assert told["payload"][0]["extensions"]["code"] == "live.operations"
        raw.send(subscribe("0", FEED, id=cycle))
        assert end_of(raw) == 4409


def test_a_socket_gives_the_same_refusals(place: Besieged, good: float):
    with open_socket(place, WHO) as raw:
        raw.recv(timeout=20)
        before = place.cpu()
        documents = [
            name
            for name in ATTACKS
            if ATTACKS[name].code in {"limit.depth", "limit.fields", "document.invalid"}
        ]
        for number, name in enumerate(documents):
            query = json.loads(ATTACKS[name].make(number))["query"]
            raw.send(subscribe(name, query))
            told = json.loads(raw.recv(timeout=20))
            assert (told["id"], told["type"]) == (name, "error")
            assert told["payload"][0]["extensions"]["code"] == ATTACKS[name].code
        assert (place.cpu() - before) / len(documents) < DEAREST * good


def test_whoever_does_not_say_who_they_are_is_closed(place: Besieged):
    with open_sockets(place, 20) as opened:
        assert {end_of(raw) for raw in opened} == {4408}


def test_giant_and_inflating_frames_are_refused(place: Besieged):
    """A frame is refused by the length that it claims; no extension is agreed upon, so a compressed one is none."""
    offered = "sec-websocket-extensions: permessage-deflate; client_max_window_bits"
    for first, size, code in (
        (0x81, MESSAGE_BYTES + 1, 1009),
        (0x81, 1 << 62, 1009),
        (0xC1, 100, 1002),
        (0x01, 1 << 40, 1009),
    ):
        opened, said = raw_socket(place, offered)
        assert b"101" in said and b"sec-websocket-extensions" not in said.lower()
        opened.sendall(frame(first, b"x" * 100, size))
        assert closed_with(opened) == code
    opened, _ = raw_socket(place)
    opened.settimeout(20)
    part = frame(0x01, b"x" * 60_000)
    with pytest.raises(ConnectionError):
        opened.sendall(part)
        for _ in range(600):  # a message in pieces, without end
            opened.sendall(frame(0x00, b"x" * 60_000))
            time.sleep(0.002)
    opened.close()


def test_pings_whose_pongs_nobody_takes_fill_no_memory(place: Besieged):
    before = place.memory()
    assert flood_with_pings(place, 16) >= 16 * MIB
    assert place.memory() - before < 8 * MIB


def test_thousands_of_silent_connections_are_refused_or_carried(place: Besieged):
    before = place.memory()
    opened = [socket.create_connection(("127.0.0.1", place.port)) for _ in range(200)]
    assert place.memory() - before < 8 * MIB
    for one in opened:
        one.close()
