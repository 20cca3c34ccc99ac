"""The load against small servers on loopback: it must count what was answered, and notice what was not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bench.load import Load, ask, drive, post

REQUEST = post("/graphql", b"{}", "token")


def response(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\ncontent-length: %d\r\n\r\n" % len(body) + body


@asynccontextmanager
async def answering(answer: Callable[[int], list[bytes]]) -> AsyncIterator[int]:
    """A server that sends `answer(n)` in those pieces, n from 1; no piece hangs up."""
    number = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal number
        try:
            while True:
                await reader.readexactly(len(REQUEST))
                number += 1
                pieces = answer(number)
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
                if not pieces:
                    return
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def only(count: int) -> Callable[[int], bytes | None]:
    return lambda number: REQUEST if number <= count else None


async def test_counts_every_answer_when_requests_end_early() -> None:
    whole = response(b'{"data":1}')
    async with answering(lambda _: [whole[:9], whole[9:30], whole[30:]]) as port:
        load = await drive(port, only(25), connections=4, seconds=30)
    assert len(load.latencies) == 25
    assert 0 < load.seconds < 30
    assert load.rate == pytest.approx(25 / load.seconds)


async def test_stops_at_the_deadline() -> None:
    async with answering(lambda _: [response(b'{"data":1}')]) as port:
        load = await drive(port, lambda _: REQUEST, connections=2, seconds=0.2)
    assert 0.2 <= load.seconds < 5


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([response(b'{"data":1}', b"503 Service Unavailable")], id="another status"),
        pytest.param([response(b'{"data":{"a":null},"errors":[{"message":"no"}]}')], id="errors"),
        pytest.param([response(b'{"data":{"giveOpinion":{"__typename":"Refusal"}}}')], id="a refusal"),
        pytest.param([], id="a connection that is lost"),
    ],
)
async def test_one_bad_answer_among_many_fails_the_load(pieces: list[bytes]) -> None:
    good = [response(b'{"data":{"giveOpinion":{"__typename":"ApplicationRecorded"}}}')]
    async with answering(lambda number: pieces if number == 7 else good) as port:
        with pytest.raises(RuntimeError, match="bad answers"):
            await drive(port, only(20), connections=2, seconds=30, expect=b'"ApplicationRecorded"')


async def test_ask_gives_the_body_and_refuses_another_status() -> None:
    async with answering(lambda _: [response(b"body")]) as port:
        assert await ask(port, REQUEST) == b"body"
    async with answering(lambda _: [response(b"no", b"404 Not Found")]) as port:
        with pytest.raises(RuntimeError, match="404"):
            await ask(port, REQUEST)


def test_percentile_is_of_the_latencies() -> None:
    load = Load(seconds=1, latencies=[number / 1000 for number in range(100, 0, -1)])
    assert load.percentile(0.99) == pytest.approx(100)
    assert load.percentile(0.5) == pytest.approx(51)
