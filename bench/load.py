"""A bounded HTTP/1.1 load on loopback: N kept-alive connections, each sending its next request when answered.

Plain asyncio protocols, because a full client library costs more than the servers under test. It checks every status line and keeps
every latency. It does not follow redirects, speak TLS or read chunked bodies.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Make = Callable[[int], bytes | None]
"""The n-th request, from 1; None when there is nothing left to ask, which ends the run early."""


@dataclass(slots=True)
class Load:
    """What one run measured. `latencies` are seconds, in order of completion."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    sample: bytes = b""

    @property
    def rate(self) -> float:
        """Answered requests a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency below which `share` of the requests lay, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class _Connection(asyncio.Protocol):
    """One connection: request, whole answer, next request, until the deadline."""

    def __init__(self, run: _Run) -> None:
        self.run = run
        self.buffer = b""
        self.expected = -1
        self.sent_at = 0.0
        self.is_waiting = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._send()

    def _send(self) -> None:
        assert self.transport is not None
        request = self.run.next_request()
        if request is None:
            self.is_waiting = False
            self.transport.close()
            return
        self.is_waiting = True
        self.sent_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.expected < 0:
            head_end = self.buffer.find(b"\r\n\r\n")
            if head_end < 0:
                return
            head = self.buffer[:head_end].lower()
            at = head.index(b"content-length:") + 15
            end = head.find(b"\r\n", at)
            self.expected = head_end + 4 + int(head[at : end if end > 0 else None])
        if len(self.buffer) >= self.expected:
            self.run.answered(self.buffer, time.perf_counter() - self.sent_at)
            self.buffer, self.expected = b"", -1
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self.run.closed(lost=self.is_waiting)


class _Run:
    """What the connections of one load share: the next request, the deadline, the answers."""

    def __init__(self, make: Make, connections: int, seconds: float, expect: bytes) -> None:
        self.make = make
        self.expect = expect
        self.open = connections
        self.number = 0
        self.load = Load()
        self.started = time.perf_counter()
        self.deadline = self.started + seconds
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def next_request(self) -> bytes | None:
        if time.perf_counter() >= self.deadline:
            return None
        self.number += 1
        return self.make(self.number)

    def answered(self, response: bytes, latency: float) -> None:
        right = response.startswith(b"HTTP/1.1 200") and self.expect in response
        if right and response.rfind(b',"errors":[', -4096) < 0:
            self.load.latencies.append(latency)
        else:
            self.fail(response)

    def fail(self, response: bytes) -> None:
        self.load.failures += 1
        self.load.sample = response

    def closed(self, *, lost: bool) -> None:
        self.open -= 1
        if lost:
            self.fail(b"the server closed the connection before it answered")
        if not self.open and not self.done.done():
            self.done.set_result(None)


async def drive(
    port: int, make: Make, *, connections: int, seconds: float, expect: bytes = b'"data"'
) -> Load:
    """Load 127.0.0.1:`port` for `seconds` with requests from `make`; every answer must hold `expect`.

    Raises:
        RuntimeError: an answer was not a 200 without errors that holds `expect`, or none came.
    """
    run = _Run(make, connections, seconds, expect)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port)
    await asyncio.wait_for(run.done, seconds + 30)
    run.load.seconds = time.perf_counter() - run.started
    if run.load.failures or not run.load.latencies:
        raise RuntimeError(f"{run.load.failures} bad answers, e.g. {run.load.sample[:600]!r}")
    return run.load


async def ask(port: int, request: bytes) -> bytes:
    """The body of one answer. Raises RuntimeError unless it is a 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        body = await reader.readexactly(length)
    finally:
        writer.close()
        await writer.wait_closed()
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{head!r} {body[:600]!r}")
    return body


def post(path: str, body: bytes, token: str | None = None, tenant: int | None = None) -> bytes:
    """The bytes of a POST of a JSON body; `tenant` is for a server that reads no token."""
    auth = f"Authorization: Bearer {token}\r\n" if token else ""
    auth += f"X-Tenant: {tenant}\r\n" if tenant else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Accept: application/graphql-response+json\r\n{auth}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
