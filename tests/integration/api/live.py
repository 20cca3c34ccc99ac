"""Watching through the front door: sockets and streams of a served world, as clients that read dictionaries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
from websockets.asyncio.client import ClientConnection, connect

from tests.integration.api.kit import Caller

WATCH: Final = """subscription($id: ID!, $after: SafeInt) { reviewCycleProgress(cycleId: $id, after: $after) {
  sequence cycle { id status closesOn revision progress { planned assigned cancelled total } } } }"""
PATIENCE: Final = 10


@dataclass(slots=True)
class Socket:
    """A graphql-transport-ws connection that was acknowledged."""

    raw: ClientConnection

    async def put(self, **message: Any) -> None:
        await self.raw.send(json.dumps(message))

    async def get(self, seconds: float = PATIENCE) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            message: dict[str, Any] = json.loads(await self.raw.recv())
        return message

    async def watch(
        self, cycle_id: str, after: int | None = None, *, id: str = "1", query: str = WATCH
    ) -> None:
        payload = {"query": query, "variables": {"id": cycle_id, "after": after}}
        await self.put(type="subscribe", id=id, payload=payload)

    async def event(self) -> dict[str, Any]:
        """The event that comes next."""
        message = await self.get()
        assert message["type"] == "next", message
        data: dict[str, Any] = message["payload"]["data"]["reviewCycleProgress"]
        return data

    async def error(self) -> list[str]:
        """The codes of the error that comes next."""
        message = await self.get()
        assert message["type"] == "error", message
        return [one["extensions"]["code"] for one in message["payload"]]

    async def is_silent(self, seconds: float = 0.4) -> bool:
        try:
            await self.get(seconds)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def socket(address: str, caller: Caller) -> AsyncIterator[Socket]:
    """Somebody's connection to a server."""
    url = address.replace("http", "ws") + "/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"], proxy=None, compression=None) as raw:  # type: ignore[list-item]
        opened = Socket(raw)
        payload = {"token": caller.token} if caller.token else None
        await opened.put(type="connection_init", **({"payload": payload} if payload else {}))
        assert await opened.get() == {"type": "connection_ack"}
        yield opened


async def stream(
    http: httpx.AsyncClient, caller: Caller, cycle_id: str, after: int | None = None
) -> AsyncIterator[dict[str, Any]]:
    """The responses of a stream, until it is completed."""
    headers = {"accept": "text/event-stream"}
    if caller.token:
        headers["authorization"] = f"Bearer {caller.token}"
    asked = {"query": WATCH, "variables": {"id": cycle_id, "after": after}}
    async with http.stream("POST", "/graphql", json=asked, headers=headers) as response:
        assert response.status_code == 200
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                yield json.loads(line[6:])
