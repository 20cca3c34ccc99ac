"""graphql-transport-ws, message by message, against a real server: what is answered, and with which code a socket is closed."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.http_door import Running, run_door
from xingji.http.serving import MESSAGE_BYTES
from xingji.http.settings import HttpSettings

PROTOCOL = "graphql-transport-ws"
INIT = {"type": "connection_init", "payload": {"Authorization": "Bearer good-alice"}}
ACK = {"type": "connection_ack"}


class Client:
    """A client that speaks in dictionaries."""

    def __init__(self, raw: ClientConnection) -> None:
        self.raw = raw

    def put(self, *messages: Any) -> None:
        for message in messages:
            self.raw.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def get(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.raw.recv(timeout=10))
        return message

    def subscribe(self, id_: str, query: str, **variables: Any) -> None:
        self.put({"type": "subscribe", "id": id_, "payload": {"query": query, "variables": variables}})

    def closed(self) -> tuple[int, str]:
        """How the server closes; what comes before it is read away."""
        with pytest.raises(ConnectionClosed) as end:
            while True:
                self.raw.recv(timeout=10)
        assert end.value.rcvd is not None
        return end.value.rcvd.code, end.value.rcvd.reason


@contextmanager
def opened(
    door: Running, *, init: Any = INIT, protocols: tuple[str, ...] = (PROTOCOL,), **more: Any
) -> Iterator[Client]:
    with connect(
        f"ws://127.0.0.1:{door.port}/graphql",
        subprotocols=list(protocols) or None,  # type: ignore[arg-type]
        proxy=None,
        compression=None,
        **more,
    ) as raw:
        client = Client(raw)
        if init is not None:
            client.put(init)
            assert client.get() == ACK
        yield client


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_subscription_is_told_and_completed(door: Running):
    with opened(door) as client:
        assert client.raw.subprotocol == PROTOCOL
        client.subscribe("1", "subscription($to: Int!) { count(to: $to) }", to=3)
        told = [client.get() for _ in range(4)]
    assert told == [
        *({"id": "1", "type": "next", "payload": {"data": {"count": n}}} for n in (1, 2, 3)),
        {"id": "1", "type": "complete"},
    ]


def test_query_is_answered_and_mutation_is_not(door: Running):
    before = door.backend.touched
    with opened(door) as client:
        client.subscribe("q", "{ whoami }")
        assert client.get() == {"id": "q", "type": "next", "payload": {"data": {"whoami": "alice"}}}
        assert client.get() == {"id": "q", "type": "complete"}
        client.subscribe("m", "mutation { touch }")
        refused = client.get()
        assert refused["type"] == "error" and refused["payload"][0]["extensions"]["code"] == "live.mutation"
        client.subscribe("bad", "{ nothing }")
        refused = client.get()
        assert (
            refused["type"] == "error" and refused["payload"][0]["extensions"]["code"] == "document.invalid"
        )
    assert door.backend.touched == before


def test_several_operations_share_a_socket_and_end_one_by_one(door: Running):
    with opened(door) as client:
        for id_ in ("a", "b"):
            client.subscribe(id_, "subscription { tick }")
        assert {client.get()["id"], client.get()["id"]} == {"a", "b"}
        wait_for(lambda: door.backend.watching == 2)
        client.put({"type": "complete", "id": "a"}, {"type": "complete", "id": "never"})
        wait_for(lambda: door.backend.watching == 1)
        door.backend.ticks += 1
        assert client.get()["id"] == "b"
        client.subscribe("a", "subscription { tick }")
        assert client.get()["id"] == "a"
    wait_for(lambda: door.backend.watching == 0)


def test_ping_is_answered_before_and_after_the_acknowledgement(door: Running):
    with opened(door, init=None) as client:
        client.put({"type": "ping", "payload": {"x": 1}})
        assert client.get() == {"type": "pong"}
        client.put(INIT, {"type": "pong"}, {"type": "ping"})
        assert [client.get(), client.get()] == [ACK, {"type": "pong"}]


@pytest.mark.parametrize(
    "payload",
    [{"token": "good-alice"}, {"authorization": "bearer good-alice"}, {"Authorization": "Bearer good-alice"}],
    ids=str,
)
def test_token_is_taken_as_clients_send_it(door: Running, payload: Any):
    with opened(door, init={"type": "connection_init", "payload": payload}) as client:
        client.subscribe("1", "{ whoami }")
        assert client.get()["payload"] == {"data": {"whoami": "alice"}}


@pytest.mark.parametrize("init", [{"type": "connection_init"}, {"type": "connection_init", "payload": {}}])
def test_who_gives_no_token_is_a_stranger(door: Running, init: Any):
    with opened(door, init=init) as client:
        client.subscribe("1", "{ whoami }")
        assert client.get()["payload"] == {"data": {"whoami": None}}


WRONG = {
    "no JSON": ([INIT, "{"], 4400),
    "bytes": ([INIT, b'{"type":"ping"}'], 4400),
    "a list": ([INIT, "[]"], 4400),
    "no type": ([INIT, {}], 4400),
    "another type": ([INIT, {"type": "start", "id": "1"}], 4400),
    "no id": ([INIT, {"type": "subscribe", "payload": {"query": "{ hello }"}}], 4400),
    "an empty id": ([INIT, {"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}}], 4400),
    "a long id": ([INIT, {"type": "subscribe", "id": "x" * 129, "payload": {"query": "{ hello }"}}], 4400),
    "no payload": ([INIT, {"type": "subscribe", "id": "1"}], 4400),
    "no query": ([INIT, {"type": "subscribe", "id": "1", "payload": {}}], 4400),
    "odd variables": (
        [INIT, {"type": "subscribe", "id": "1", "payload": {"query": "{ hello }", "variables": []}}],
        4400,
    ),
    "a payload of another kind": ([{"type": "connection_init", "payload": "x"}], 4400),
    "a token of another kind": ([{"type": "connection_init", "payload": {"token": 7}}], 4400),
    "before the acknowledgement": (
        [{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }"}}],
        4401,
    ),
    "a bad token": ([{"type": "connection_init", "payload": {"token": "bad"}}], 4403),
    "an odd token": ([{"type": "connection_init", "payload": {"token": "\u4e16\x00"}}], 4403),
    "no bearer": ([{"type": "connection_init", "payload": {"Authorization": "Basic x"}}], 4403),
    "twice": ([INIT, INIT], 4429),
    "an id twice": (
        [INIT, *[{"type": "subscribe", "id": "1", "payload": {"query": "subscription { tick }"}}] * 2],
        4409,
    ),
    "too long": ([INIT, json.dumps({"type": "ping", "payload": "x" * MESSAGE_BYTES})], 1009),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_closes_the_socket_with_its_code(door: Running, what: str):
    messages, code = WRONG[what]
    with opened(door, init=None) as client:
        client.put(*messages)
        assert client.closed()[0] == code
    wait_for(lambda: door.backend.watching == 0)


def test_other_subprotocols_are_not_accepted(door: Running):
    for protocols in ((), ("graphql-ws",)):
        with opened(door, init=None, protocols=protocols) as client:
            assert client.closed()[0] == 4406


def test_what_cannot_be_told_is_an_error_of_its_operation(door: Running):
    with opened(door) as client:
        client.subscribe("1", "subscription { absent }")
        [error] = client.get()["payload"]
        assert error["extensions"]["code"] == "not_found" and error["message"] == "未找到：记录"
        client.subscribe("1", "subscription { broken }")
        message = client.get()
        assert message["type"] == "error" and message["payload"][0]["extensions"]["code"] == "internal"
        assert "secret" not in json.dumps(message)


def test_end_of_the_token_closes_the_socket(door: Running):
    until = time.time() + 1
    init = {"type": "connection_init", "payload": {"token": f"good-alice-until-{until}"}}
    with opened(door, init=init) as client:
        client.subscribe("1", "subscription { tick }")
        client.get()
        assert client.closed() == (4403, "Forbidden")
        assert 0.9 < time.time() - until + 1 < 3
    wait_for(lambda: door.backend.watching == 0)


def test_pages_of_other_origins_open_nothing(door: Running):
    host = f"127.0.0.1:{door.port}"
    with opened(door, origin=f"http://{host}") as client:
        client.subscribe("1", "{ hello }")
        assert client.get()["type"] == "next"
    for origin in ("https://evil.example", f"http://{host}.evil.example", "null"):
        with pytest.raises(InvalidStatus) as refused, opened(door, origin=origin):
            raise AssertionError("opened")
        assert refused.value.response.status_code == 403


def test_a_socket_is_only_at_its_address(door: Running):
    with (
        pytest.raises(InvalidStatus),
        connect(f"ws://127.0.0.1:{door.port}/healthz", subprotocols=[PROTOCOL], proxy=None),  # type: ignore[list-item]
    ):
        raise AssertionError("opened")


def test_bounds_of_operations_sockets_and_time():
    settings = HttpSettings(operations_each=2, live_each=2, live_at_once=3, init_seconds=0.5)
    with run_door(settings) as door:
        with opened(door, init=None) as client:
            assert client.closed()[0] == 4408
        with opened(door) as client, opened(door):
            for id_ in "123":
                client.subscribe(id_, "subscription { tick }")
            told = [client.get() for _ in range(3)]
            assert [one["id"] for one in told if one["type"] == "error"] == ["3"]
            with opened(door, init=None) as third:
                third.put(INIT)
                assert third.closed()[0] == 1013
            other = {"type": "connection_init", "payload": {"token": "good-bob"}}
            with opened(door, init=other), opened(door, init=None) as fourth:
                assert fourth.closed()[0] == 1013
        with opened(door), opened(door):
            pass


def test_slow_client_is_told_the_latest_and_holds_nothing_up():
    """A client that reads nothing: the events between are never made, the server keeps its memory, and others go on."""
    with run_door(HttpSettings(send_seconds=60)) as door:
        door.backend.filling = 100_000
        with connect(
            f"ws://127.0.0.1:{door.port}/graphql",
            subprotocols=[PROTOCOL],  # type: ignore[list-item]
            proxy=None,
            compression=None,
            max_queue=1,
            ping_interval=None,
        ) as raw:
            slow = Client(raw)
            slow.put(INIT)
            assert slow.get() == ACK
            slow.subscribe("1", "subscription { tick }")
            wait_for(lambda: door.backend.watching == 1)
            for _ in range(400):
                door.backend.ticks += 1
                time.sleep(0.006)
            with opened(door) as other:
                other.subscribe("1", "{ hello }")
                assert other.get()["type"] == "next"
            seen = [slow.get()["payload"]["data"]["tick"]]
            while seen[-1] != 400:
                seen.append(slow.get()["payload"]["data"]["tick"])
        assert seen == sorted(set(seen)) and len(seen) < 200


def test_client_that_takes_nothing_is_let_go():
    with run_door(HttpSettings(send_seconds=0.5)) as door:
        door.backend.filling = 4_000_000
        with socket.create_connection(("127.0.0.1", door.port)) as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with connect(
                f"ws://127.0.0.1:{door.port}/graphql",
                subprotocols=[PROTOCOL],  # type: ignore[list-item]
                proxy=None,
                compression=None,
                sock=raw,
                max_size=None,
                max_queue=1,
                ping_interval=None,
                close_timeout=0.1,
            ) as held:
                client = Client(held)
                client.put(INIT)
                client.get()
                client.subscribe("1", "subscription { tick }")
                for _ in range(4):
                    door.backend.ticks += 1
                    time.sleep(0.3)
                wait_for(lambda: door.backend.watching == 0)


def test_stopping_says_so_and_takes_little_time():
    with run_door() as door, opened(door) as client:
        client.subscribe("1", "subscription { tick }")
        client.get()
        door.server.should_exit = True
        before = time.monotonic()
        assert client.closed() == (1001, "Going away")
        assert time.monotonic() - before < 5
    assert door.backend.watching == 0


def test_the_log_has_one_line_a_socket_and_no_token(door: Running):
    def lines() -> list[dict[str, Any]]:
        return [line for line in door.log if line["method"] == "SOCKET" and line["path"] == "/graphql"]

    before = len(lines())
    with opened(door):
        pass
    wait_for(lambda: len(lines()) > before)
    assert lines()[-1]["status"] == 1000
    assert "good-alice" not in json.dumps(door.log)
