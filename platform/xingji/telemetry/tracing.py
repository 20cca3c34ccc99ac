"""Spans for OpenTelemetry, from HTTP to SQL: `XINGJI_TRACES=http://127.0.0.1:4318/v1/traces`, with the extra `otel`.

    POST /graphql                  the request, in the trace that a trusted proxy names, else in one of its own with a link to what was named
      query Tray                   the operation, behind parsing and planning
        SELECT …                   each statement as PostgreSQL was sent it, from the pool's connections
      mutation Endorse
        SELECT …                   selecting the payload
    acts                           a transaction of a lane, a trace of its own, linked to the acts that shared it

A statement's text has placeholders and the numbers of tenants, never a value. What is kept of it all is the sampler's business:
`OTEL_TRACES_SAMPLER` and its like are read by the library.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from importlib import import_module
from typing import Any, Final, Protocol

from opentelemetry import trace
from opentelemetry.propagators.textmap import Getter
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphql_schema.documents import Operation
from xingji.errors import SettingInvalidError
from xingji.http.clients import Network, is_from

_LONGEST: Final = 4_000
_PROPAGATOR: Final = TraceContextTextMapPropagator()
_NANO: Final = 1_000_000_000


class LoggedQuery(Protocol):
    """What asyncpg tells of a statement that it ran."""

    query: str
    elapsed: float
    exception: BaseException | None


class _Headers(Getter[Scope]):
    def get(self, carrier: Scope, key: str) -> list[str] | None:
        wanted = key.lower().encode()
        found = [value.decode("latin-1") for name, value in carrier["headers"] if name == wanted]
        return found or None

    def keys(self, carrier: Scope) -> list[str]:
        return [name.decode("latin-1") for name, _ in carrier["headers"]]


class Tracing:
    """Makes the spans, by a tracer of the library."""

    def __init__(self, tracer: Tracer, trusted: Sequence[Network] = ()) -> None:
        """`trusted`: the peers in whose traces a request goes on."""
        self._tracer, self._trusted = tracer, trusted

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application with a span around each request of HTTP; a socket's operations have theirs alone."""

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            given = _PROPAGATOR.extract(scope, getter=_Headers())
            inside = is_from(scope, self._trusted)
            remote = trace.get_current_span(given).get_span_context()
            links = [] if inside or not remote.is_valid else [Link(remote)]
            route = "/" + scope["path"].split("/", 2)[1][:40]
            attributes = {
                "http.request.method": scope["method"],
                "http.route": route,
                "xingji.request_id": scope["state"]["trace_id"],
            }
            with self._tracer.start_as_current_span(
                f"{scope['method']} {route}",
                given if inside else trace.set_span_in_context(trace.INVALID_SPAN),
                SpanKind.SERVER,
                attributes,
                links,
            ) as span:

                async def send_told(message: Message) -> None:
                    if message["type"] == "http.response.start":
                        _tell_status(span, message["status"])
                    await send(message)

                await app(scope, receive, send_told)

        return traced

    @contextmanager
    def operation(self, operation: Operation) -> Iterator[None]:
        """A span around an operation that runs."""
        kind, name = operation.kind.value, operation.name
        attributes = {"graphql.operation.type": kind} | ({"graphql.operation.name": name} if name else {})
        with self._tracer.start_as_current_span(f"{kind} {name or ''}".strip(), attributes=attributes):
            yield

    @contextmanager
    def acts(self) -> Iterator[Callable[[Sequence[Context]], None]]:
        """A trace of its own around a transaction of a lane; what is given is called with the contexts of those who share it."""
        outside = trace.set_span_in_context(trace.INVALID_SPAN)
        with self._tracer.start_as_current_span("acts", outside) as span:

            def share(contexts: Sequence[Context]) -> None:
                span.set_attribute("xingji.acts", len(contexts))
                for context in contexts:
                    asked = context.run(trace.get_current_span).get_span_context()
                    if asked.is_valid:
                        span.add_link(asked)

            yield share

    def take_statement(self, told: LoggedQuery) -> None:
        """A span for a statement, under the span that was open in the caller; by now that one may have ended."""
        if not trace.get_current_span().get_span_context().trace_flags.sampled:
            return
        ended = time.time_ns()
        begun = ended - int(told.elapsed * _NANO)
        attributes = {"db.system.name": "postgresql", "db.query.text": told.query[:_LONGEST]}
        name = _name(told.query)
        span = self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes, start_time=begun)
        if told.exception is not None:
            span.set_attribute("error.type", type(told.exception).__name__)
            span.set_status(StatusCode.ERROR)
        span.end(ended)


def _name(sql: str) -> str:
    """The first word; BEGIN for what begins a transaction, be it behind the end of the one before."""
    first = sql.split(None, 1)[0][:20].upper() if sql.strip() else "statement"
    return "BEGIN" if "BEGIN" in first.split(";") else first


def _tell_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(StatusCode.ERROR)


@contextmanager
def exporting(url: str) -> Iterator[Tracer]:
    """A tracer whose spans are sent to an OTLP collector by HTTP, the last ones on leaving. Raises SettingInvalidError without the extra."""
    try:
        resources: Any = import_module("opentelemetry.sdk.resources")
        sdk: Any = import_module("opentelemetry.sdk.trace")
        export: Any = import_module("opentelemetry.sdk.trace.export")
        otlp: Any = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError as error:
        raise SettingInvalidError(
            name="XINGJI_TRACES", reason=f"the extra otel is missing: {error}"
        ) from error
    resource = resources.Resource.create({"service.name": "xingji"})
    provider = sdk.TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter(endpoint=url, timeout=5)))
    try:
        yield provider.get_tracer("xingji")
    finally:
        provider.shutdown()
