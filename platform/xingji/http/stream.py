"""GraphQL over Server-Sent Events, distinct connections: one operation, one stream, ended by either side.

    event: next            data: one response, JSON, on one line
    event: complete        data: nothing; no other event follows

What is refused once the stream has begun is a `next` with errors, then `complete`. A server that goes ends the stream without
`complete`, and so does a client that does not take what it is sent: whoever still wants to watch comes again with the sequence seen.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any, Final

import orjson
from starlette.types import Receive, Send

from graphql_schema.errors import RequestError, format_error
from xingji.http.errors import HttpError, format_http_error, format_internal
from xingji.http.negotiation import EVENTS
from xingji.http.settings import HttpSettings
from xingji.http.watchers import Watcher, Watchers

_log: Final = logging.getLogger("xingji.http")
COMPLETE: Final = b"event: complete\ndata:\n\n"
ALIVE: Final = b":\n\n"
HEADERS: Final = [
    (b"content-type", f"{EVENTS}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    # For proxies that would hold events back.
    (b"x-accel-buffering", b"no"),
]


def format_next(response: bytes) -> bytes:
    """The event of one response, whose JSON has no line break."""
    return b"event: next\ndata: " + response + b"\n\n"


def once(response: bytes) -> bytes:
    """The whole stream of an operation with one response."""
    return format_next(response) + COMPLETE


async def send_stream(
    receive: Receive,
    send: Send,
    responses: AsyncGenerator[bytes, None],
    settings: HttpSettings,
    watchers: Watchers,
    watcher: Watcher[Any, Any],
    price: int,
) -> None:
    """Send responses as they come, until they end, the client goes or the server does; `price` is what each costs."""

    async def put(body: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(settings.send_seconds):
            await send({"type": "http.response.body", "body": body, "more_body": more})

    headers = [*HEADERS, (b"x-price", str(price).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    gone = asyncio.ensure_future(_wait_gone(receive))
    stopping = asyncio.ensure_future(watchers.stopping.wait())
    coming = asyncio.ensure_future(_next(responses, watcher))
    try:
        while True:
            done, _ = await asyncio.wait(
                (gone, stopping, coming),
                timeout=settings.keep_alive_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if gone in done:
                return
            if stopping in done:
                await put(b"", more=False)
                return
            if coming not in done:
                await put(ALIVE)
                continue
            body, last = coming.result()
            if last:
                await put(body + COMPLETE, more=False)
                return
            await put(body)
            coming = asyncio.ensure_future(_next(responses, watcher))
    except TimeoutError:
        return
    finally:
        for task in (gone, stopping, coming):
            task.cancel()
        await asyncio.gather(gone, stopping, coming, return_exceptions=True)
        await responses.aclose()


async def _next(responses: AsyncGenerator[bytes, None], watcher: Watcher[Any, Any]) -> tuple[bytes, bool]:
    """The next event, and whether it is the last one."""
    try:
        response = await anext(responses, None)
    except RequestError as refusal:
        errors = [format_error(error, watcher.locale, watcher.trace_id) for error in refusal.errors]
        return format_next(orjson.dumps({"errors": errors})), True
    except HttpError as refusal:
        return format_next(format_http_error(refusal, watcher.locale, watcher.trace_id)), True
    except Exception:
        _log.exception("unexpected", extra={"trace_id": watcher.trace_id})
        return format_next(format_internal(watcher.locale, watcher.trace_id)), True
    return (b"", True) if response is None else (format_next(response), False)


async def _wait_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
