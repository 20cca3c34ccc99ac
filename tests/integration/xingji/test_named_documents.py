"""Documents by their hash, and budgets, through every transport: HTTP by POST and GET, events, sockets."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.http_door import Running, run_door
from tests.integration.xingji.test_sockets import opened
from tests.integration.xingji.test_streams import events_of
from xingji.http.settings import HttpSettings

HELLO, TICK, TOUCH = (
    "query Hello { hello }",
    "subscription($to: Int!) { count(to: $to) }",
    "mutation { touch }",
)
JSON = {"accept": "application/json"}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}


def code_of(answer: httpx.Response) -> Any:
    return answer.json()["errors"][0]["extensions"]["code"]


@pytest.fixture(scope="module")
def only() -> Iterator[Running]:
    with run_door(trusted=(HELLO, TICK, TOUCH), only=True) as running:
        yield running


def test_an_automatic_query_is_sent_once(door: Running) -> None:
    text = "query Once { hello }"
    for headers, status in ((None, 400), (JSON, 200)):
        unknown = door.post(raw=json.dumps({"extensions": persisted(text)}).encode(), headers=headers)
        assert unknown.status_code == status
        assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
        assert code_of(unknown) == "PERSISTED_QUERY_NOT_FOUND"
    assert "data" in door.post(text, extensions=persisted(text)).json()
    again = door.post(raw=json.dumps({"extensions": persisted(text)}).encode())
    assert again.json() == {"data": {"hello": "世界"}}
    assert door.get(extensions=json.dumps(persisted(text))).json() == again.json()
    assert door.get(documentId=f"sha256:{digest(text)}").json() == again.json()
    named = door.post(raw=json.dumps({"documentId": f"sha256:{digest(text)}"}).encode())
    assert named.json() == again.json()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": HELLO, "extensions": persisted("{ hello }")}, "document.hash"),
        ({"documentId": f"sha256:{digest('never sent')}"}, "document.unknown"),
        ({"documentId": digest(HELLO)}, "http.parameters"),
        ({"documentId": "sha256:" + digest(HELLO).upper()}, "http.parameters"),
        ({"documentId": f"sha256:{digest(HELLO)}", "query": HELLO}, "http.parameters"),
        ({"documentId": 7}, "http.parameters"),
        ({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": digest(HELLO)}}}, "http.parameters"),
        ({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}}, "http.parameters"),
        ({"extensions": {"persistedQuery": {"version": 1}}}, "http.parameters"),
        ({"extensions": {"persistedQuery": []}}, "http.parameters"),
        ({"extensions": {}}, "http.parameters"),
        ({}, "http.parameters"),
    ],
)
def test_what_names_no_document_is_refused(door: Running, body: dict[str, Any], code: str) -> None:
    answer = door.post(raw=json.dumps(body).encode())
    assert (answer.status_code, code_of(answer)) == (400, code)


def test_a_named_mutation_does_not_go_by_get(only: Running) -> None:
    answer = only.get(documentId=f"sha256:{digest(TOUCH)}")
    assert (answer.status_code, code_of(answer)) == (405, "http.query_only")
    assert only.backend.touched == 0
    assert only.post(raw=json.dumps({"documentId": f"sha256:{digest(TOUCH)}"}).encode()).json()["data"]


def test_only_listed_documents_are_served_by_any_transport(only: Running) -> None:
    other = "{ hello }"
    for answer in (
        only.post(other),
        only.post(other, extensions=persisted(other)),
        only.get(query=other, headers={"accept": "application/graphql-response+json"}),
        only.post("{ nonsense"),
    ):
        assert (answer.status_code, code_of(answer)) == (400, "document.untrusted")
    assert only.post(HELLO).json() == {"data": {"hello": "世界"}}
    events = {"accept": "text/event-stream"}
    refused = httpx.post(
        only.url + "/graphql", json={"query": "subscription { count(to: 1) }"}, headers=events
    )
    assert "document.untrusted" in refused.text
    told = httpx.post(
        only.url + "/graphql",
        json={"documentId": f"sha256:{digest(TICK)}", "variables": {"to": 2}},
        headers=events,
    )
    assert [data for name, data in events_of(told) if name == "next"] == [
        '{"data":{"count":1}}',
        '{"data":{"count":2}}',
    ]
    with opened(only) as client:
        client.put({"type": "subscribe", "id": "1", "payload": {"query": other}})
        assert client.get()["payload"][0]["extensions"]["code"] == "document.untrusted"
        client.put({"type": "subscribe", "id": "2", "payload": {"extensions": persisted(HELLO)}})
        assert client.get()["payload"] == {"data": {"hello": "世界"}}


def test_an_answer_tells_its_price_and_a_spent_budget_is_refused() -> None:
    texts = ("{ hello }", "{ a: hello b: hello c: hello }", "{ a: hello b: hello }", TICK)
    with run_door(HttpSettings(budget=10, stranger_budget=5), trusted=texts) as door:
        token = {"authorization": "Bearer good-alice"}
        prices = [door.post("{ hello }", headers=token) for _ in range(12)]
        assert [one.status_code for one in prices] == [200] * 10 + [429] * 2
        assert prices[0].headers["x-price"] == "1" and "x-price" not in prices[-1].headers
        refused = prices[-1]
        assert code_of(refused) == "limit.budget" and int(refused.headers["retry-after"]) in range(1, 7)
        told = refused.json()["errors"][0]["extensions"]
        assert (told["price"], told["left"], str(told["seconds"])) == (1, 0, refused.headers["retry-after"])
        assert len(door.backend.sessions) == 10
        other = {"authorization": "Bearer good-bob"}
        assert door.post("{ hello }", headers=other).status_code == 200
        with opened(door) as client:
            client.subscribe("1", "{ a: hello b: hello c: hello }")
            told = client.get()["payload"][0]["extensions"]
            assert (told["code"], told["price"], told["seconds"] > 0) == ("limit.budget", 3, True)
        watched = {"accept": "text/event-stream", "authorization": "Bearer good-carol"}
        asked = {"query": TICK, "variables": {"to": 9}}
        stream = httpx.post(door.url + "/graphql", json=asked, headers=watched)
        assert stream.text.count("event: next") == 9 and stream.headers["x-price"] == "1"
        carol = {"authorization": "Bearer good-carol"}
        assert door.post("{ a: hello b: hello }", headers=carol).status_code == 429
        again = httpx.post(
            door.url + "/graphql", json={**asked, "query": "subscription { tick }"}, headers=watched
        )
        assert (again.status_code, code_of(again)) == (429, "limit.budget")
        assert [door.post("{ hello }").status_code for _ in range(7)].count(200) in {5, 6}


def test_new_texts_are_charged_for_being_read_by_every_transport() -> None:
    with run_door(HttpSettings(budget=2_500, stranger_budget=2_500)) as door:
        answers = [door.post(f"query Q{number} {{ hello }}") for number in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 429, 429]
        assert answers[0].headers["x-price"] == "1"  # reading is paid once
        assert door.post("query Q0 { hello }").status_code == 200
        assert code_of(door.post("{ nonsense")) == "limit.budget"
        with opened(door) as client:
            client.subscribe("1", "query Q1 { hello }")
            assert client.get()["payload"] == {"data": {"hello": "世界"}}
            assert client.get()["type"] == "complete"
            for number in range(9):
                client.subscribe(f"{number}n", f"query N{number} {{ hello }}")
            kinds = [client.get() for _ in range(9)]
            assert "limit.budget" in {
                one["payload"][0]["extensions"]["code"] for one in kinds if one["type"] == "error"
            }
