"""What an operator watches: numbers over HTTP and spans as a collector gets them, of a served world, with nothing in them that people wrote."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from ipaddress import ip_network
from uuid import uuid4

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.api.kit import Stage, World, serve_world
from tests.integration.api.test_administering import ADD_PERSON
from tests.support import clone_database
from xingji.demo.cast import counties
from xingji.demo.run import BEGINS
from xingji.postgres import EmbeddedPostgres
from xingji.telemetry.metrics import NAMES, Metrics, serving_metrics
from xingji.telemetry.opening import Telemetry
from xingji.telemetry.tracing import Tracing

COUNTY = counties()[0]
TRAY = "query Tray { campaigns(first: 1) { edges { node { id } } } }"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
SECRETS = ("孙悟空", "wukong-72-changes", "sunwukong")


@dataclass(frozen=True, slots=True)
class Watched:
    """A stage, the address of its numbers, and its spans as they come."""

    stage: Stage
    address: str
    kept: InMemorySpanExporter
    telemetry: Telemetry

    def spans(self, trace: int | None = None) -> tuple[ReadableSpan, ...]:
        return tuple(one for one in self.kept.get_finished_spans() if trace in (None, one.context.trace_id))

    async def numbers(self) -> dict[tuple[str, ...], float]:
        """Every sample by its name and the values of its labels, these in the order of their names."""
        async with httpx.AsyncClient(trust_env=False) as http:
            page = (await http.get(self.address)).text
        assert not any(secret in page for secret in SECRETS)
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
        }


@pytest.fixture(params=[(), ("127.0.0.0/8",)], ids=["strange", "trusted"])
async def watched(
    request: pytest.FixtureRequest, postgres: EmbeddedPostgres, founded: World
) -> AsyncIterator[Watched]:
    kept, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("xingji")
    networks = tuple(ip_network(text) for text in request.param)
    telemetry = Telemetry(Metrics(), Tracing(tracer, networks))
    assert telemetry.metrics is not None
    async with clone_database(postgres, founded.template) as urls:
        with serving_metrics(telemetry.metrics, "127.0.0.1", 0) as port:
            async with serve_world(urls, founded.home, BEGINS, telemetry=telemetry) as stage:
                yield Watched(stage, f"http://127.0.0.1:{port}/metrics", kept, telemetry)
    provider.shutdown()


@pytest.mark.parametrize("watched", [()], indirect=True)
async def test_numbers_are_counted_by_operation(watched: Watched) -> None:
    stage = watched.stage
    admin = await stage.person(COUNTY.code, "admin")
    before = await watched.numbers()
    for _ in range(3):
        await admin.get(TRAY)
    await stage.stranger.ask(TRAY)
    await stage.http.post("/graphql", json={"query": "query Broken { nothing }"})
    await stage.http.get("/nowhere")
    person = {"name": "孙悟空", "login": "sunwukong", "password": "wukong-72-changes", "roles": []}
    await asyncio.gather(*(admin.act(ADD_PERSON, {**person, "login": f"sunwukong{n}"}) for n in range(5)))
    after = await watched.numbers()

    def grown(*key: str) -> float:
        return after.get(key, 0) - before.get(key, 0)

    count = "xingji_requests_seconds_count"
    assert grown(count, "query", "Tray", "200") == 3
    assert grown(count, "query", "(stranger)", "200") == 1
    assert grown(count, "graphql", "", "200") == 1, "what is no document has no operation"
    assert grown(count, "(other)", "", "404") == 1
    assert grown("xingji_transaction_acts_sum") == 5
    assert (
        after["xingji_connections", "taken"]
        <= 2
        <= sum(after["xingji_connections", one] for one in ("free", "taken"))
    )
    assert after["xingji_waiting_acts",] == after["xingji_live_connections",] == 0
    assert after["process_resident_memory_bytes",] > 0


@pytest.mark.parametrize("watched", [()], indirect=True)
async def test_strange_names_do_not_lengthen_the_page(watched: Watched) -> None:
    metrics = watched.telemetry.metrics
    assert metrics is not None
    state = {"operation": "", "kind": "query", "known": True}
    for number in range(NAMES + 50):
        for known in (True, False):
            scope = {"path": "/graphql", "state": {**state, "operation": f"Name{number}", "known": known}}
            metrics.take_request(scope, 200, 0.1)
    for number in range(50):
        metrics.take_request({"path": f"/{number}", "state": {}}, 404, 0.1)
    found = [key for key in await watched.numbers() if key[0] == "xingji_requests_seconds_count"]
    assert NAMES <= len(found) <= NAMES + 5


async def test_spans_go_from_http_to_sql(watched: Watched, request: pytest.FixtureRequest) -> None:
    stage, trusted = watched.stage, "trusted" in request.node.callspec.id
    admin = await stage.person(COUNTY.code, "admin")
    await admin.get(TRAY)
    watched.kept.clear()
    headers = {"authorization": f"Bearer {admin.token}", "x-request-id": "asked-by-me", **PARENT}
    answer = await stage.http.post("/graphql", json={"query": TRAY}, headers=headers)
    assert "errors" not in answer.json()
    [door] = [one for one in watched.spans() if one.name == "POST /graphql"]
    found = {one.name: one for one in watched.spans(door.context.trace_id)}
    operation = found["query Tray"]
    assert door.attributes is not None and operation.parent is not None
    assert door.attributes["http.response.status_code"] == 200
    assert door.attributes["xingji.request_id"] == "asked-by-me"
    assert operation.parent.span_id == door.context.span_id
    statements = [
        one
        for one in watched.spans(door.context.trace_id)
        if one.attributes and "db.query.text" in one.attributes
    ]
    assert {one.name for one in statements} >= {"BEGIN", "SELECT"}
    for one in statements:
        assert one.parent is not None and one.parent.span_id == operation.context.span_id
        assert one.start_time is not None and operation.start_time is not None
        assert one.start_time >= operation.start_time - 5_000_000
    if trusted:
        assert f"{door.context.trace_id:032x}" == TRACE and not door.links
    else:
        assert f"{door.context.trace_id:032x}" != TRACE
        assert [f"{link.context.trace_id:032x}" for link in door.links] == [TRACE]


@pytest.mark.parametrize("watched", [()], indirect=True)
async def test_a_lanes_transaction_is_linked_to_those_who_share_it(watched: Watched) -> None:
    admin = await watched.stage.person(COUNTY.code, "admin")
    watched.kept.clear()
    person = {"name": "孙悟空", "login": "sunwukong", "password": "wukong-72-changes", "roles": []}
    requests = [admin.act(ADD_PERSON, {**person, "login": f"sunwukong{n}"}, str(uuid4())) for n in range(6)]
    await asyncio.gather(*requests)
    lanes = [one for one in watched.spans() if one.name == "acts"]
    asked = {one.context.span_id for one in watched.spans() if one.name.startswith("mutation")}
    linked = [link.context.span_id for one in lanes for link in one.links]
    assert len(asked) == 6 and sorted(linked) == sorted(asked)
    assert len({one.context.trace_id for one in lanes}) == len(lanes) and not any(one.parent for one in lanes)
    beneath = [
        one for one in watched.spans() if one.parent and one.parent.span_id == lanes[0].context.span_id
    ]
    assert any("ledger_entries" in str((one.attributes or {}).get("db.query.text")) for one in beneath)
    assert any(one.name == "COMMIT" for one in beneath)
    everything = json.dumps([json.loads(one.to_json()) for one in watched.spans()], ensure_ascii=False)
    assert not any(secret in everything for secret in SECRETS)
