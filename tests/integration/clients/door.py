"""A door before the server, as bad as a network is: what it does to an endorsement is said beforehand, one word for each try.

busy   503, and nothing is passed on
lost   passed on, and the connection is cut before the answer is told
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

MARK = b'"requestId"'


@dataclass(slots=True)
class Door:
    """`moods` are used up from the left; behind them everything is passed on."""

    http: httpx.AsyncClient
    moods: list[str]
    address: str = ""
    broken: Callable[[bool], Awaitable[object]] | None = None
    seen: list[bytes] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            lines = (line.split(": ", 1) for line in head[1:] if line)
            headers = {name.lower(): value for name, value in lines}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            mood = ""
            if MARK in body:
                self.seen.append(body)
                mood = self.moods.pop(0) if self.moods else ""
            if mood == "busy":
                writer.write(
                    b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            else:
                if mood == "ended":
                    headers["authorization"] += "x"
                answer = await self._pass_on(head[0], headers, body, mood == "broken")
                if mood != "lost":
                    writer.write(answer)
            await writer.drain()
        finally:
            writer.close()

    async def _pass_on(self, line: str, headers: dict[str, str], body: bytes, broken: bool) -> bytes:
        method, path, _ = line.split(" ")
        if broken and self.broken is not None:
            await self.broken(True)
        kept = {name: headers[name] for name in ("authorization", "content-type") if name in headers}
        answer = await self.http.request(method, path, headers=kept, content=body)
        if broken and self.broken is not None:
            await self.broken(False)
        if MARK in body:
            self.passed.append(answer.status_code)
        head = f"HTTP/1.1 {answer.status_code} -\r\nContent-Type: application/json\r\nContent-Length: {len(answer.content)}\r\nConnection: close\r\n\r\n"
        return head.encode() + answer.content


@asynccontextmanager
async def bad_door(http: httpx.AsyncClient, *moods: str) -> AsyncIterator[Door]:
    """A door before the server that `http` speaks to."""
    door = Door(http, list(moods))
    server = await asyncio.start_server(door.serve, "127.0.0.1", 0)
    door.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield door
