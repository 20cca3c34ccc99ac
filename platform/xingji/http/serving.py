"""Serving the application: uvicorn with uvloop and httptools, one process, a graceful stop, JSON lines on stderr.

On SIGTERM or SIGINT the socket closes, live connections are told to come again elsewhere, requests under way have `graceful_seconds`
to finish, then the lifespan closes what it opened. A connection whose next request's head is not there in `HEAD_SECONDS` is cut.
"""

import asyncio
import logging
import signal
import socket
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import orjson
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from xingji.http.envelope import Envelope, write_stderr

UNTAKEN: Final = 60_000
"""Milliseconds after which the system gives up a connection whose peer takes nothing of what was sent."""
SOCKETS_SECONDS: Final = 3.0
"""How long sockets may take to end when the server goes."""
MESSAGE_BYTES: Final = 524_288
"""The longest message of a WebSocket, as the longest body."""
HEAD_SECONDS: Final = 10.0
"""How long a head may be on its way, from the connection's opening or the head's first byte."""
_LEVELS: Final = ("xingji", "audit", "uvicorn.error")


class JsonLines(logging.Handler):
    """A log handler that writes each record to stderr as one JSON object."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record: time, level, logger, message, trace id and traceback if any."""
        line = {
            "event": "log",
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (trace_id := getattr(record, "trace_id", None)) is not None:
            line["trace"] = trace_id
        if record.exc_info:
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        write_stderr(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def open_socket(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 lets the system choose. Raises OSError.

    It names its protocol, because asyncio turns Nagle's algorithm off only then; else each answer of two writes waits
    some 40 ms for the client's acknowledgement.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN)
        listening.bind(address)
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening


class HttpProtocol(HttpToolsProtocol):
    """Uvicorn's, which waits for ever for the head of a request: here it has `HEAD_SECONDS`."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes that belong to no request under way are the next one's head, or stand before it."""
        if self._waiting is None and (self.cycle is None or self.cycle.response_complete):
            self._wait()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._arrived()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _arrived(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class SocketProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's, which waits for a peer that takes nothing, and fails on one that is closing when the server goes: both are cut here."""

    async def run_asgi(self) -> None:
        """Run the application; behind it nobody waits for what the peer does not take."""
        await super().run_asgi()
        if not self.writable.is_set():
            self.transport.abort()

    def handle_ping(self) -> None:
        """Answer a ping; to a peer that takes nothing no pong is put behind what it did not take."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def shutdown(self) -> None:
        """Close, or cut what is half closed."""
        try:
            super().shutdown()
        except InvalidState:
            self.transport.abort()


class Server(uvicorn.Server):
    """Tells the application that it goes, before it waits for connections to end."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let live connections end, then shut down."""
        if isinstance(self.config.app, Envelope):
            self.config.app.stop()
            for server in self.servers:
                server.close()
            await self._let_sockets_end()
        await super().shutdown(sockets)

    async def _let_sockets_end(self) -> None:
        """They say that the server goes before uvicorn cuts them short with a code of its own; many take longer than a few."""
        ends = asyncio.get_running_loop().time() + SOCKETS_SECONDS
        while any(isinstance(one, SocketProtocol) for one in self.server_state.connections):
            if asyncio.get_running_loop().time() >= ends:
                return
            await asyncio.sleep(0.01)


def make_server(
    app: ASGIApp, host: str, port: int, *, graceful_seconds: int = 10, connections: int | None = None
) -> Server:
    """A server not yet started; `connections` above which it answers 503 at once."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="auto",
        http=HttpProtocol,
        ws=SocketProtocol,
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=connections,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=graceful_seconds,
    )
    return Server(config)


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    graceful_seconds: int = 10,
    connections: int | None = None,
    handlers: Sequence[logging.Handler] = (),
) -> None:
    """Serve until SIGTERM or SIGINT, then return; blocks. For the main thread. `handlers` see each line of the log too."""
    for name in _LEVELS:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [JsonLines(), *handlers], False
        logger.setLevel(logging.WARNING)
    server = make_server(app, host, port, graceful_seconds=graceful_seconds, connections=connections)
    with _survive_signals():
        server.run()


@contextmanager
def _survive_signals() -> Iterator[None]:
    """Uvicorn raises again, once stopped, the signal that stopped it: let the caller live to close its own."""
    stops = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(stop, lambda *_: None) for stop in stops]
    try:
        yield
    finally:
        for stop, handler in zip(stops, before, strict=True):
            signal.signal(stop, handler)
