"""GraphQL over HTTP: one request in, one answer out (specification of the GraphQL over HTTP working group).

A request that never ran is answered 400 under `application/graphql-response+json` and 200 under `application/json`,
as the specification says; what is wrong with the HTTP itself has its own status under both. Whatever ran is 200.
GET runs queries alone. An unexpected error is logged with the trace id and masked. A request has `request_seconds`
from its head to its answer: a body still on its way is refused, work under way is cancelled; its transaction rolls back, or had just committed; the caller asks again with the same request id.

What an answer's document was priced at stands in its header `X-Price`; who has spent a minute's budget is answered 429 (http/budgets.py).

A subscription is answered by a stream of events (xingji/http/stream.py) to whoever accepts one; so is a query of whoever accepts nothing
else. A mutation is not: its answer must be one that a retry gets again.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Final, Generic

import orjson
from graphql import OperationType
from starlette.types import Receive, Scope, Send

from graphql_schema.documents import Operation
from graphql_schema.errors import RequestError, format_error
from xingji.http.admitting import admit
from xingji.http.clients import find_client
from xingji.http.compressing import SHORTEST, accepts_gzip, compress
from xingji.http.errors import HttpError, format_http_error, format_internal
from xingji.http.graphiql import PAGE_HEADERS, PAGE_POLICY
from xingji.http.negotiation import (
    EVENTS,
    HTML,
    JSON,
    RESPONSE,
    accepts_events,
    choose_locale,
    find_media_type,
)
from xingji.http.requests import Asked, check_content_type, parse_body, parse_url, read_body
from xingji.http.settings import HttpSettings, P, S, Service
from xingji.http.stream import once, send_stream
from xingji.http.tokens import read_principal
from xingji.http.watchers import Watcher, Watchers

_log: Final = logging.getLogger("xingji.http")
_VARY: Final = (b"vary", b"accept-encoding")
_GZIP: Final = (b"content-encoding", b"gzip")
_NO_STORE: Final = (b"cache-control", b"no-store")
_TYPES: Final = {
    kind: (b"content-type", f"{kind}; charset=utf-8".encode()) for kind in (JSON, RESPONSE, HTML, EVENTS)
}


@dataclass(frozen=True, slots=True)
class Subscribed(Generic[P, S]):
    """A subscription that is to be streamed, and to whom."""

    operation: Operation
    variables: dict[str, Any] | None
    watcher: Watcher[P, S]
    price: int


class GraphQLEndpoint(Generic[P, S]):
    """The ASGI application at /graphql. The service comes with the application's lifespan, in the scope's state."""

    def __init__(self, settings: HttpSettings, page: bytes | None, watchers: Watchers) -> None:
        """`page` is what a browser is shown at GET; None answers it like any other client."""
        self.settings, self.page, self.watchers = settings, page, watchers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        locale = choose_locale(headers.get(b"accept-language", b""))
        trace_id: str = scope["state"]["trace_id"]
        kind = JSON
        extra: tuple[tuple[bytes, bytes], ...] = ()
        try:
            kind = self._choose_type(scope["method"], headers)
            if kind == HTML and self.page is not None:
                status, body, extra = 200, self.page, PAGE_HEADERS
                scope["state"]["policy"] = PAGE_POLICY
            else:
                answer = await self._answer(scope, headers, receive, locale, kind)
                if isinstance(answer, Subscribed):
                    await self._stream(answer, receive, send)
                    return
                status, body = 200, answer
        except RequestError as refusal:
            status = 200 if kind in (JSON, EVENTS) else 400
            body = orjson.dumps(
                {"errors": [format_error(error, locale, trace_id) for error in refusal.errors]}
            )
        except HttpError as refusal:
            status, extra = refusal.status, refusal.headers
            body = format_http_error(refusal, locale, trace_id)
        except Exception:
            _log.exception("unexpected", extra={"trace_id": trace_id})
            status, body = 500, format_internal(locale, trace_id)
        if kind == EVENTS:
            kind, body = (EVENTS, once(body)) if status == 200 else (RESPONSE, body)
        if len(body) >= SHORTEST:
            extra = (*extra, _VARY)
            if accepts_gzip(headers.get(b"accept-encoding", b"")):
                body, extra = await compress(body), (*extra, _GZIP)
        length = (b"content-length", str(len(body)).encode())
        sent = [_TYPES[kind], length, _NO_STORE, *extra]
        if (price := scope["state"].get("price")) is not None:
            sent.append((b"x-price", str(price).encode()))
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body})

    async def _stream(self, asked: Subscribed[P, S], receive: Receive, send: Send) -> None:
        watcher = asked.watcher
        with self.watchers.enter(), self.watchers.place(watcher.who):
            responses = watcher.responses(
                asked.operation, asked.variables, self.watchers.budgets, asked.price
            )
            await send_stream(receive, send, responses, self.settings, self.watchers, watcher, asked.price)

    def _choose_type(self, method: str, headers: dict[bytes, bytes]) -> str:
        if method not in ("GET", "HEAD", "POST"):
            raise HttpError(
                405,
                "http.method",
                "只接受 GET 和 POST。",
                "Only GET and POST are allowed.",
                headers=[(b"allow", b"GET, HEAD, POST")],
            )
        page = method != "POST" and self.page is not None
        accept = headers.get(b"accept", b"")
        kind = find_media_type(accept, page)
        if kind is None and accepts_events(accept):
            return EVENTS
        if kind is None:
            raise HttpError(
                406,
                "http.not_acceptable",
                f"只能以 {RESPONSE}、{JSON} 或 {EVENTS} 作答。",
                f"Only {RESPONSE}, {JSON} and {EVENTS} are offered.",
            )
        return kind

    async def _answer(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, locale: str, kind: str
    ) -> bytes | Subscribed[P, S]:
        """Read what is asked and run it, within the time a request has; or what is to be streamed."""
        state: dict[str, Any] = scope["state"]
        service: Service[P, S] = state["service"]
        principal = read_principal(service, headers.get(b"authorization"))
        phase = _TOO_SLOW
        try:
            async with asyncio.timeout(self.settings.request_seconds) as clock:
                asked = await self._read(scope, headers, receive, service)
                client = find_client(scope, self.settings.trusted_proxies)
                who = client if principal is None else service.name_client(principal)
                known = principal is not None
                operation, price = admit(service, self.watchers.budgets, asked, who, known=known)
                state["price"] = price
                state["operation"], state["kind"] = operation.name, operation.kind.value
                state["known"] = principal is not None
                if operation.kind is OperationType.SUBSCRIPTION and accepts_events(
                    headers.get(b"accept", b"")
                ):
                    given = headers.get(b"authorization")
                    watcher = Watcher(service, given, locale, state["trace_id"], client)
                    return Subscribed(operation, asked.variables, watcher, price)
                if operation.kind is not OperationType.QUERY:
                    _check_kind(operation.kind, scope["method"], kind)
                phase = _TOO_LONG
                session = service.open_session(principal, locale, state["trace_id"], client)
                if asked.extensions and service.take_extensions is not None:
                    session = service.take_extensions(session, asked.extensions)
                return await service.execute(operation, asked.variables, session)
        except TimeoutError:
            if not clock.expired():
                raise
            raise HttpError(*phase, close=phase is _TOO_SLOW) from None

    async def _read(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, service: Service[P, S]
    ) -> Asked:
        limits = service.documents.limits
        if scope["method"] != "POST":
            return parse_url(scope["query_string"], self.settings.url_bytes, limits)
        check_content_type(headers.get(b"content-type", b""))
        body = await read_body(receive, headers.get(b"content-length", b""), self.settings.body_bytes)
        return parse_body(body, limits)


_TOO_SLOW: Final = (408, "http.body_too_slow", "请求体发送过慢。", "The body arrived too slowly.")
_TOO_LONG: Final = (
    503,
    "timeout",
    "处理超时，已取消；若为变更，请以同一 requestId 重试。",
    "Took too long and was cancelled; repeat a mutation with the same requestId.",
)


def _check_kind(kind: OperationType, method: str, answer: str) -> None:
    """Raise 400 for a subscription, whose answer is a stream, and for a mutation that accepts nothing else; 405 for one by GET."""
    if kind is OperationType.SUBSCRIPTION:
        raise HttpError(
            400,
            "http.subscription",
            f"订阅须以 {EVENTS} 接收（Accept），或经 WebSocket（graphql-transport-ws）。",
            f"A subscription is received as {EVENTS} (Accept), or over a WebSocket (graphql-transport-ws).",
        )
    if method != "POST":
        raise HttpError(
            405,
            "http.query_only",
            "GET 只能查询；变更请用 POST。",
            "GET runs queries alone; send a mutation by POST.",
            headers=[(b"allow", b"POST")],
        )
    if answer == EVENTS:
        raise HttpError(
            400,
            "http.mutation_streamed",
            f"变更不能以 {EVENTS} 作答。",
            f"A mutation is not answered as {EVENTS}.",
        )
