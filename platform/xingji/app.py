"""The ASGI application: routes, the envelope around them, and a lifespan that opens and closes what stands behind.

    app = create_app(HttpSettings(), open_service)
    serve(app, host="127.0.0.1", port=8000)

`open_service` is an async context manager: it opens the database inside the server's event loop and closes it after
the last request. Nothing is opened before that.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from xingji.http.console import console_routes
from xingji.http.envelope import Envelope, write_stderr
from xingji.http.errors import format_refusal
from xingji.http.evidence import evidence_routes
from xingji.http.graphiql import FOLDER, MOUNT, format_page, is_built
from xingji.http.graphql import GraphQLEndpoint
from xingji.http.health import answer_health, make_ready
from xingji.http.imports import import_routes
from xingji.http.ledger import ledger_routes
from xingji.http.negotiation import choose_locale
from xingji.http.public import public_routes
from xingji.http.settings import HttpSettings, P, S, Service
from xingji.http.sockets import SocketEndpoint
from xingji.http.watchers import Watchers
from xingji.telemetry.opening import Telemetry


def create_app(
    settings: HttpSettings,
    open_service: Callable[[], AbstractAsyncContextManager[Service[P, S]]],
    *,
    routes: Sequence[BaseRoute] = (),
    write_log: Callable[[bytes], None] = write_stderr,
    telemetry: Telemetry | None = None,
) -> ASGIApp:
    """The application. `routes` are further ones, after ours; `write_log` takes each access log line."""
    watched = telemetry or Telemetry()
    watchers = Watchers(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with open_service() as service:
            yield {"service": service}

    ours: list[BaseRoute] = [
        Route("/healthz", answer_health),
        Route("/readyz", make_ready(settings.ready_seconds)),
        *ledger_routes(),
        *evidence_routes(settings),
        *import_routes(settings),
        *console_routes(),
        *public_routes(settings, watchers.budgets),
    ]
    if settings.graphiql and is_built():
        ours.append(Mount(MOUNT, StaticFiles(directory=FOLDER)))
    router = Starlette(
        routes=[*ours, *routes], exception_handlers={HTTPException: _answer_refusal}, lifespan=lifespan
    )
    graphql = GraphQLEndpoint[P, S](settings, format_page() if settings.graphiql else None, watchers)
    sockets = SocketEndpoint[P, S](settings, watchers)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        """The one hot path goes straight to its endpoint: the router would cost as much as the endpoint does."""
        if scope["type"] == "lifespan" or scope["path"] != "/graphql":
            await router(scope, receive, send)
        elif scope["type"] == "http":
            await graphql(scope, receive, send)
        else:
            await sockets(scope, receive, send)

    app: ASGIApp = dispatch
    observe = None
    if watched.tracing is not None:
        app = watched.tracing.around(app)
    if watched.metrics is not None:
        observe = watched.metrics.take_request
        watched.metrics.watch(
            "xingji_live_connections", "Sockets and streams", (), lambda: {"": watchers.number}
        )
    return Envelope(app, write_log, watchers.stop, observe)


async def _answer_refusal(request: Request, error: Exception) -> Response:
    """The router's 404 and 405, in the shape of every other refusal."""
    assert isinstance(error, HTTPException)  # noqa: S101
    locale = choose_locale(request.headers.get("accept-language", "").encode("latin-1"))
    code, zh, en = {
        404: ("http.not_found", "没有此地址。", "There is nothing at this address."),
        405: ("http.method", "此地址不接受该方法。", "This address does not take that method."),
    }.get(error.status_code, ("http.refused", "请求被拒绝。", "The request was refused."))
    body = format_refusal(code, zh, en, locale, request.state.trace_id)
    return Response(body, error.status_code, error.headers, media_type="application/json")
