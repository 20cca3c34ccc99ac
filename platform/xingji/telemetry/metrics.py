"""Numbers for Prometheus, served on an address of their own: `XINGJI_METRICS=127.0.0.1:9464`, then GET /metrics there.

| name | what |
|---|---|
| `xingji_requests_seconds{operation,kind,status}` | how long requests took, and by `_count` how many there were |
| `xingji_transaction_acts` | how many acts shared a transaction of a lane (graphql_schema/lanes.py) |
| `xingji_connections{state}` | connections to PostgreSQL, `taken` and `free` |
| `xingji_waiting_acts` | acts that wait for their lane |
| `xingji_live_connections` | sockets and streams |
| `xingji_troubled_tenants{trouble}` | the tenants that /readyz names under each word |
| `xingji_log_records_total{level}` | lines of the log, by level: an `error` is something that was masked |
| `process_…` | processor time, memory and open files, by the library |

`operation` is the name that a client gave its document, once the document was found valid; of those who did not sign in it is `(stranger)`, and behind the first
`NAMES` names it is `(other)`: what strangers send never makes the table longer. `kind` is query, mutation, subscription, or the route of what is no GraphQL.

The page is served by a thread of the library's own, without authority: the address is for the machine itself or a network of one's own.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

NAMES: Final = 200
STRANGER: Final = "(stranger)"
OTHER: Final = "(other)"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_ACTS: Final = (1, 2, 4, 8, 16, 32, 64, 128)
_ROUTES: Final = frozenset({"graphql", "ledger", "evidence", "imports", "healthz", "readyz"})

Gauge = Callable[[], Mapping[str, float]]
"""The present values of a gauge, by the value of its label; under "" where it has none."""


@dataclass(slots=True, eq=False)
class Metrics(Collector):
    """The numbers of one process. `gauges` are asked whenever the page is read, from another thread: they only look."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    gauges: dict[str, tuple[str, Sequence[str], Gauge]] = field(default_factory=dict)
    _requests: Histogram = field(init=False)
    _acts: Histogram = field(init=False)
    _records: Counter = field(init=False)
    _names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._requests = Histogram(
            "xingji_requests_seconds",
            "Seconds from a request's head to its answer",
            ("operation", "kind", "status"),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._acts = Histogram(
            "xingji_transaction_acts",
            "Acts that shared a transaction",
            registry=self.registry,
            buckets=_ACTS,
        )
        self._records = Counter("xingji_log_records", "Lines of the log", ("level",), registry=self.registry)
        ProcessCollector(registry=self.registry)
        self.registry.register(self)

    def take_request(self, scope: Mapping[str, Any], status: int, seconds: float) -> None:
        """Count what an ASGI scope asked for, how it ended and how long it took."""
        state = scope["state"]
        kind = state.get("kind") or self._route(scope["path"])
        operation = self._name(state.get("operation"), bool(state.get("known")))
        self._requests.labels(operation, kind, str(status)).observe(seconds)

    def take_transaction(self, acts: int) -> None:
        """Count the acts of one transaction of a lane."""
        self._acts.observe(acts)

    def take_record(self, level: str) -> None:
        """Count one line of the log."""
        self._records.labels(level).inc()

    def watch(self, name: str, text: str, labels: Sequence[str], gauge: Gauge) -> None:
        """Show a gauge of this name from now on; another one of the same name gives way."""
        self.gauges[name] = text, labels, gauge

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges, for the library."""
        for name, (text, labels, gauge) in tuple(self.gauges.items()):
            family = GaugeMetricFamily(name, text, labels=labels)
            for label, value in gauge().items():
                family.add_metric([label] if labels else [], value)
            yield family

    def _name(self, operation: str | None, known: bool) -> str:
        if operation is None:
            return ""
        if not known:
            return STRANGER
        if operation not in self._names:
            if len(self._names) >= NAMES:
                return OTHER
            self._names.add(operation)
        return operation

    def _route(self, path: str) -> str:
        first = path.split("/", 2)[1]
        return first if first in _ROUTES else OTHER


class Counting(logging.Handler):
    """A log handler that counts records by their level."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__(logging.WARNING)
        self._metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        """Count one record."""
        self._metrics.take_record(record.levelname.lower())


@contextmanager
def serving_metrics(metrics: Metrics, host: str, port: int) -> Iterator[int]:
    """Serve the page; gives the port. Raises OSError for an address that cannot be had."""
    server, thread = start_http_server(port, host, registry=metrics.registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
