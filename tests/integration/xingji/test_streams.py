"""GraphQL over server-sent events, distinct connections, against a real server."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.http_door import Running, run_door
from xingji.http.settings import HttpSettings

EVENTS = {"accept": "text/event-stream"}
COMPLETE = ("complete", "")


def events_of(response: httpx.Response) -> Iterator[tuple[str, str]]:
    """Events as (name, data); comments as ("", "")."""
    name = data = ""
    for line in response.iter_lines():
        if line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            data = line[5:].strip()
        elif line.startswith(":"):
            yield "", ""
            name = "skip"
        elif not line and name != "skip":
            yield name, data
            name = data = ""
        else:
            name = ""


@contextmanager
def streaming(
    door: Running, query: str, *, token: str | None = "good-alice", method: str = "POST", **headers: str
) -> Iterator[httpx.Response]:
    sent = {**EVENTS, **({"authorization": f"Bearer {token}"} if token else {}), **headers}
    given = {"json": {"query": query}} if method == "POST" else {"params": {"query": query}}
    with httpx.stream(method, door.url + "/graphql", headers=sent, timeout=20, **given) as response:  # type: ignore[arg-type]
        yield response


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_subscription_is_streamed_and_completed(door: Running, method: str):
    sent = {"query": "subscription($to: Int!) { count(to: $to) }", "variables": {"to": 2}}
    if method == "POST":
        answer = httpx.post(door.url + "/graphql", json=sent, headers=EVENTS)
    else:
        given = {**sent, "variables": json.dumps(sent["variables"])}
        answer = httpx.get(door.url + "/graphql", params=given, headers=EVENTS)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store" and answer.headers["x-accel-buffering"] == "no"
    assert answer.text == (
        'event: next\ndata: {"data":{"count":1}}\n\nevent: next\ndata: {"data":{"count":2}}\n\n'
        "event: complete\ndata:\n\n"
    )


def test_query_of_who_accepts_nothing_else_is_streamed(door: Running):
    with streaming(door, "{ whoami }") as response:
        assert list(events_of(response)) == [("next", '{"data":{"whoami":"alice"}}'), COMPLETE]
    with streaming(door, "{ nothing }") as response:
        (name, data), last = events_of(response)
    assert name == "next" and last == COMPLETE
    assert json.loads(data)["errors"][0]["extensions"]["code"] == "document.invalid"


@pytest.mark.parametrize(
    "accept",
    [
        "application/json, text/event-stream",
        "text/event-stream, */*",
        "application/json;q=0.1, text/event-stream",
    ],
)
def test_who_accepts_both_has_json_for_queries_and_a_stream_for_subscriptions(door: Running, accept: str):
    answer = httpx.post(door.url + "/graphql", json={"query": "{ hello }"}, headers={"accept": accept})
    assert answer.json() == {"data": {"hello": "世界"}}
    asked = {"query": "subscription { count(to: 1) }", "variables": {"to": 1}}
    answer = httpx.post(door.url + "/graphql", json=asked, headers={"accept": accept})
    assert answer.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/*", "text/event-stream;q=0, */*"])
def test_subscription_without_a_stream_is_refused_with_the_way_to_ask(door: Running, accept: str):
    answer = httpx.post(
        door.url + "/graphql", json={"query": "subscription { tick }"}, headers={"accept": accept}
    )
    if accept == "text/*":
        assert answer.status_code == 406
        return
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "http.subscription"


def test_what_is_wrong_with_the_request_has_its_status(door: Running):
    before = door.backend.touched
    for query, token, status, code in (
        ("mutation { touch }", "good-alice", 400, "http.mutation_streamed"),
        ("subscription { tick }", "bad", 401, "token.expired"),
    ):
        with streaming(door, query, token=token) as response:
            response.read()
            assert response.status_code == status
            assert response.json()["errors"][0]["extensions"]["code"] == code
    assert door.backend.touched == before


@pytest.mark.parametrize(("field", "code"), [("absent", "not_found"), ("broken", "internal")])
def test_what_cannot_be_told_is_told_and_completed(door: Running, field: str, code: str):
    with streaming(door, f"subscription {{ {field} }}") as response:
        assert response.status_code == 200
        (name, data), last = events_of(response)
    assert (name, last) == ("next", COMPLETE) and "secret" not in data
    assert json.loads(data)["errors"][0]["extensions"]["code"] == code


def test_end_of_the_token_is_told_and_completes_the_stream(door: Running):
    until = time.time() + 1
    with streaming(door, "subscription { tick }", token=f"good-alice-until-{until}") as response:
        first, (name, data), last = events_of(response)
    assert first[0] == name == "next" and last == COMPLETE
    assert json.loads(data)["errors"][0]["extensions"]["code"] == "token.ended"
    assert 0 <= time.time() - until < 2
    assert door.backend.watching == 0


def test_client_that_goes_ends_its_subscription(door: Running):
    with streaming(door, "subscription { tick }") as response:
        events = events_of(response)
        assert next(events)[0] == "next" and door.backend.watching == 1
    wait_for(lambda: door.backend.watching == 0)


def test_silence_is_kept_alive_and_places_are_counted():
    with run_door(HttpSettings(keep_alive_seconds=0.1, live_each=1)) as door:
        with streaming(door, "subscription { tick }") as response:
            events = events_of(response)
            assert [next(events)[0], next(events), next(events)] == ["next", ("", ""), ("", "")]
            with streaming(door, "subscription { tick }") as second:
                second.read()
                assert second.status_code == 429
            with streaming(door, "subscription { tick }", token="good-bob") as other:
                others = events_of(other)
                assert next(others)[0] == "next"
        wait_for(lambda: door.backend.watching == 0)
        with streaming(door, "subscription { tick }") as response:
            assert next(events_of(response))[0] == "next"


def test_client_that_takes_nothing_is_let_go():
    with run_door(HttpSettings(send_seconds=0.5)) as door:
        door.backend.filling = 4_000_000
        with streaming(door, "subscription { tick }"):
            ticking = threading.Event()

            def tick() -> None:
                while not ticking.wait(0.05):
                    door.backend.ticks += 1

            thread = threading.Thread(target=tick)
            thread.start()
            wait_for(lambda: door.backend.watching == 1)
            wait_for(lambda: door.backend.watching == 0)
            ticking.set()
            thread.join()


def test_stopping_ends_streams_without_completing_them():
    with run_door() as door, streaming(door, "subscription { tick }") as response:
        events = events_of(response)
        next(events)
        door.server.should_exit = True
        assert list(events) == []
    assert door.backend.watching == 0
