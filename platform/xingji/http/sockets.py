"""GraphQL over WebSocket, sub-protocol `graphql-transport-ws`: several queries and subscriptions in one connection.

    → connection_init {payload: {"Authorization": "Bearer …"} or {"token": "…"}, or none for a stranger}    ← connection_ack
    → subscribe {id, payload: {query, operationName, variables}}        ← next {id, payload} …   ← complete {id} or error {id, payload}
    → complete {id}          ↔ ping, pong

| closed with | because |
|---|---|
| 1001 | the server goes; come again |
| 1013 | too many connections; come again later |
| 4400 | the message is none of the protocol's |
| 4401 | a subscribe before the acknowledgement |
| 4403 | the token is refused, or has ended; come again with another, and `after` |
| 4406 | the sub-protocol is not offered |
| 4408 | no connection_init in time |
| 4409 | the id is taken |
| 4429 | a second connection_init |

Mutations go by POST, where a retry has its answer. A page of another origin may not open a socket, although no cookie would speak for
it. An operation holds one event at a time: what a slow client misses meanwhile is told by the next, which is the latest state.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing, suppress
from typing import Any, Final, Generic
from urllib.parse import urlsplit

import orjson
from graphql import OperationType
from starlette.types import Receive, Scope, Send

from graphql_schema.errors import CodedError, RequestError, format_error
from xingji.http.admitting import admit
from xingji.http.clients import find_client
from xingji.http.errors import HttpError, format_internal
from xingji.http.negotiation import choose_locale
from xingji.http.requests import Asked, parse_asked
from xingji.http.settings import HttpSettings, P, S, Service
from xingji.http.watchers import Watcher, Watchers

PROTOCOL: Final = "graphql-transport-ws"
LONGEST_ID: Final = 128
_log: Final = logging.getLogger("xingji.http")


class ClosedError(Exception):
    """The socket is to be closed with this code and reason (at most 123 bytes)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class SocketEndpoint(Generic[P, S]):
    """The ASGI application for WebSockets at /graphql."""

    def __init__(self, settings: HttpSettings, watchers: Watchers) -> None:
        self.settings, self.watchers = settings, watchers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        if not is_welcome(dict(scope["headers"]), self.settings.origins):
            await send({"type": "websocket.close"})  # before the handshake: 403
            return
        if PROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 4406, "reason": "Subprotocol not acceptable"})
            return
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        try:
            with self.watchers.enter():
                code, reason = await Socket[P, S](self.settings, self.watchers, scope, receive, send).run()
        except HttpError:
            code, reason = 1013, "Try again later"
        scope["state"]["closed"] = code
        if reason is not None:
            # A client that takes nothing does not take this either.
            with suppress(OSError):
                async with asyncio.timeout(1):
                    await send({"type": "websocket.close", "code": code, "reason": reason})


def is_welcome(headers: dict[bytes, bytes], origins: tuple[str, ...]) -> bool:
    """Whether the page that opens the socket, if it is one, is ours or a trusted one's."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    return (
        not origin
        or origin in origins
        or urlsplit(origin).netloc == headers.get(b"host", b"").decode("latin-1")
    )


class Socket(Generic[P, S]):
    """One connection, from its acceptance to its end."""

    def __init__(
        self, settings: HttpSettings, watchers: Watchers, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._settings, self._watchers, self._scope = settings, watchers, scope
        self._receive, self._send = receive, send
        self._service: Service[P, S] = scope["state"]["service"]
        self._watcher: Watcher[P, S] | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._places = ExitStack()
        self._sending = asyncio.Lock()
        self._failed: asyncio.Future[ClosedError] = asyncio.get_running_loop().create_future()

    async def run(self) -> tuple[int, str | None]:
        """Until the end: its code, and the reason when it is ours to close."""
        stopping = asyncio.ensure_future(self._watchers.stopping.wait())
        init = asyncio.ensure_future(asyncio.sleep(self._settings.init_seconds))
        ending: asyncio.Future[Any] | None = None
        reading = asyncio.ensure_future(self._receive())
        try:
            while True:
                waiting: set[asyncio.Future[Any]] = {stopping, reading, self._failed, ending or init}
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if stopping in done:
                    raise ClosedError(1001, "Going away")
                if self._failed in done:
                    raise self._failed.result()
                if init in done and ending is None:
                    raise ClosedError(4408, "Connection initialisation timeout")
                if ending in done:
                    raise ClosedError(4403, "Forbidden")
                if reading in done:
                    message = reading.result()
                    if message["type"] == "websocket.disconnect":
                        return message.get("code", 1005), None
                    await self._take(message.get("text"))
                    if self._watcher is not None and ending is None:
                        init.cancel()
                        ending = asyncio.ensure_future(_sleep(self._watcher.seconds_left()))
                    reading = asyncio.ensure_future(self._receive())
        except ClosedError as closed:
            return closed.code, closed.reason
        except OSError:
            return 1008, "Too slow"
        finally:
            tasks: list[asyncio.Future[Any]] = [
                stopping,
                init,
                reading,
                *self._running.values(),
                *([ending] if ending else []),
            ]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._failed.cancel()
            self._places.close()

    async def _take(self, text: str | None) -> None:
        """One message of the client's. Raises ClosedError."""
        message = _parse(text)
        match message.get("type"):
            case "connection_init":
                await self._open(message.get("payload"))
            case "ping":
                await self._put({"type": "pong"})
            case "pong":
                pass
            case "subscribe":
                await self._start(_id_of(message), message.get("payload"))
            case "complete":
                task = self._running.pop(_id_of(message), None)
                if task is not None:
                    task.cancel()
            case _:
                raise ClosedError(4400, "Unknown message")

    async def _open(self, payload: Any) -> None:
        if self._watcher is not None:
            raise ClosedError(4429, "Too many initialisation requests")
        headers = dict(self._scope["headers"])
        locale = choose_locale(headers.get(b"accept-language", b""))
        client = find_client(self._scope, self._settings.trusted_proxies)
        trace_id = self._scope["state"]["trace_id"]
        try:
            watcher = Watcher(self._service, _token_of(payload), locale, trace_id, client)
            self._places.enter_context(self._watchers.place(watcher.who))
        except HttpError as refusal:
            code = 4403 if refusal.status == 401 else 1013
            raise ClosedError(code, "Forbidden" if code == 4403 else "Try again later") from None
        self._watcher = watcher
        await self._put({"type": "connection_ack"})

    async def _start(self, id_: str, payload: Any) -> None:
        watcher = self._watcher
        if watcher is None:
            raise ClosedError(4401, "Unauthorized")
        if id_ in self._running:
            raise ClosedError(4409, f"Subscriber for {id_} already exists"[:123])
        if not isinstance(payload, dict):
            raise ClosedError(4400, "A subscribe has a payload")
        try:
            asked = parse_asked(payload, self._service.documents.limits)
        except HttpError as refusal:
            raise ClosedError(4400, refusal.en) from None
        except RequestError as refusal:
            await self._put_errors(watcher, id_, refusal)
            return
        if len(self._running) >= self._settings.operations_each:
            error = CodedError(
                "live.operations", "同一连接的订阅过多。", "Too many operations in this connection."
            )
            await self._put_errors(watcher, id_, RequestError([error]))
            return
        self._running[id_] = asyncio.ensure_future(self._operate(watcher, id_, asked))

    async def _operate(self, watcher: Watcher[P, S], id_: str, asked: Asked) -> None:
        """One operation to its end. What ends the socket is left in `_failed`."""
        try:
            async with aclosing(self._responses(watcher, asked)) as responses:
                async for response in responses:
                    await self._put_raw(
                        b'{"id":%b,"type":"next","payload":%b}' % (orjson.dumps(id_), response)
                    )
            self._forget(id_)
            await self._put({"id": id_, "type": "complete"})
        except RequestError as refusal:
            self._forget(id_)
            await self._put_errors(watcher, id_, refusal)
        except HttpError as refusal:
            self._forget(id_)
            if refusal.status == 401:
                self._fail(ClosedError(4403, "Forbidden"))
            else:
                await self._put_errors(watcher, id_, RequestError([refusal.as_error()]))
        except OSError:
            self._fail(ClosedError(1008, "Too slow"))
        except Exception:
            self._forget(id_)
            _log.exception("unexpected", extra={"trace_id": watcher.trace_id})
            told = orjson.loads(format_internal(watcher.locale, watcher.trace_id))["errors"]
            await self._put({"id": id_, "type": "error", "payload": told})

    async def _responses(self, watcher: Watcher[P, S], asked: Asked) -> AsyncGenerator[bytes, None]:
        """What an operation answers. Raises RequestError, HttpError."""
        known = watcher.principal is not None
        operation, price = admit(self._service, self._watchers.budgets, asked, watcher.who, known=known)
        if operation.kind is OperationType.MUTATION:
            raise HttpError(400, "live.mutation", "变更请用 POST。", "Send a mutation by POST.")
        if operation.kind is OperationType.SUBSCRIPTION:
            async with aclosing(
                watcher.responses(operation, asked.variables, self._watchers.budgets, price)
            ) as responses:
                async for response in responses:
                    yield response
            return
        try:
            async with asyncio.timeout(self._settings.request_seconds):
                answer = await self._service.execute(operation, asked.variables, watcher.open_session())
        except TimeoutError:
            raise HttpError(
                503, "timeout", "处理超时，已取消。", "Took too long and was cancelled."
            ) from None
        yield answer

    def _forget(self, id_: str) -> None:
        """The id may be used again, unless it already is."""
        if self._running.get(id_) is asyncio.current_task():
            del self._running[id_]

    def _fail(self, closed: ClosedError) -> None:
        if not self._failed.done():
            self._failed.set_result(closed)

    async def _put_errors(self, watcher: Watcher[P, S], id_: str, refusal: RequestError) -> None:
        errors = [format_error(error, watcher.locale, watcher.trace_id) for error in refusal.errors]
        await self._put({"id": id_, "type": "error", "payload": errors})

    async def _put(self, message: dict[str, Any]) -> None:
        await self._put_raw(orjson.dumps(message))

    async def _put_raw(self, message: bytes) -> None:
        """Send one message, behind those that are being sent. Raises TimeoutError, or OSError when the client is gone."""
        async with asyncio.timeout(self._settings.send_seconds), self._sending:
            await self._send({"type": "websocket.send", "text": message.decode()})


def _parse(text: str | None) -> dict[str, Any]:
    """A message. Raises ClosedError for what is no JSON object in a text frame."""
    try:
        message = orjson.loads(text if text is not None else "")
    except orjson.JSONDecodeError:
        message = None
    if not isinstance(message, dict):
        raise ClosedError(4400, "A message is a JSON object")
    return message


def _id_of(message: dict[str, Any]) -> str:
    id_ = message.get("id")
    if not isinstance(id_, str) or not 0 < len(id_) <= LONGEST_ID:
        raise ClosedError(4400, f"An id is a text of 1 to {LONGEST_ID} characters")
    return id_


def _token_of(payload: Any) -> bytes | None:
    """What the connection says of its authority, as the HTTP header would; None for a stranger. Raises ClosedError."""
    if payload is None:
        return None
    if not isinstance(payload, dict):
        raise ClosedError(4400, "The payload is an object")
    given = payload.get("Authorization", payload.get("authorization"))
    if given is None and payload.get("token") is not None:
        given = f"Bearer {payload['token']}" if isinstance(payload["token"], str) else payload["token"]
    if given is None:
        return None
    if not isinstance(given, str):
        raise ClosedError(4400, "The token is a text")
    return given.encode("latin-1", "replace")


async def _sleep(seconds: float | None) -> None:
    """For so long, or for ever."""
    if seconds is None:
        await asyncio.get_running_loop().create_future()
    else:
        await asyncio.sleep(seconds)
