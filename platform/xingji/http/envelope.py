"""What every answer wears, whatever route it came from: a trace id, security headers, one line in the access log.

The id is the client's `X-Request-Id` if it is well-formed, else a new one; it is sent back, logged, and stands in
every error. The content policy forbids everything, unless a page left one of its own in the scope's state. The log line has no query string, no variables, no token and no body. An exception that no route
caught is logged and masked here.
"""

import logging
import os
import re
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xingji.http.errors import format_internal
from xingji.http.negotiation import CHINESE

_log: Final = logging.getLogger("xingji.http")
_WELL_FORMED: Final = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_NO_SNIFF: Final = (b"x-content-type-options", b"nosniff")
_POLICY: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


Observer = Callable[[Scope, int, float], None]
"""Takes a scope, the status of its answer and its seconds."""


def write_stderr(line: bytes) -> None:
    """Write one log line in one call, so that lines of several processes do not mix."""
    os.write(2, line)


class Envelope:
    """The outermost ASGI layer. `write` takes one log line, a JSON object and a newline."""

    def __init__(
        self,
        app: ASGIApp,
        write: Callable[[bytes], None] = write_stderr,
        stop: Callable[[], None] = lambda: None,
        observe: Observer | None = None,
    ) -> None:
        """`stop` is called when the server goes, before it waits for what is under way; `observe` with what each line of the log tells."""
        self.app, self.write, self.stop, self.observe = app, write, stop, observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        trace_id = given.decode() if _WELL_FORMED.fullmatch(given) else os.urandom(16).hex()
        state: dict[str, Any] = scope.setdefault("state", {})
        state["trace_id"] = trace_id
        if scope["type"] == "websocket":
            await self._watch_socket(scope, receive, send, started)
            return
        status = 0

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                identity = (b"x-request-id", trace_id.encode())
                policy = state.get("policy", _POLICY)
                message["headers"] = [*message.get("headers", ()), policy, _NO_SNIFF, identity]
            await send(message)

        try:
            await self.app(scope, receive, send_dressed)
        except Exception:
            _log.exception("unexpected", extra={"trace_id": trace_id})
            if status:
                raise
            await _send_internal(send_dressed, trace_id)
        finally:
            self._tell(scope, status, perf_counter() - started)

    async def _watch_socket(self, scope: Scope, receive: Receive, send: Send, started: float) -> None:
        """A socket: one line at its end, whose status is the code it closed with."""
        state = scope["state"]
        try:
            await self.app(scope, receive, send)
        except Exception:
            _log.exception("unexpected", extra={"trace_id": state["trace_id"]})
        finally:
            self._tell(scope, state.get("closed", 0), perf_counter() - started)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        self.write(_format_line(scope, scope["state"], status, seconds))
        if self.observe is not None:
            self.observe(scope, status, seconds)


async def _send_internal(send: Send, trace_id: str) -> None:
    body = format_internal(CHINESE, trace_id)
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _format_line(scope: Scope, state: dict[str, Any], status: int, seconds: float) -> bytes:
    """One access log line; `status` 0 is an answer that never began."""
    line = {
        "event": "request",
        "method": scope.get("method", "SOCKET"),
        "path": scope["path"][:200],
        "status": status,
        "ms": round(seconds * 1000, 2),
        "operation": state.get("operation"),
        "trace": state["trace_id"],
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
