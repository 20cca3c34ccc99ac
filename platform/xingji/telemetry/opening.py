"""Telemetry as the settings ask for it: numbers, spans, both or neither."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from graphql_schema.documents import Operation
from xingji.errors import SettingInvalidError
from xingji.settings import Settings
from xingji.telemetry.metrics import Counting, Gauge, Metrics, serving_metrics
from xingji.telemetry.tracing import Tracing, exporting


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What watches a process. Without either part every method is next to nothing."""

    metrics: Metrics | None = None
    tracing: Tracing | None = None

    @property
    def told(self) -> Callable[[Any], None] | None:
        """What is told of each statement, for `Database.connect`."""
        return None if self.tracing is None else self.tracing.take_statement

    @property
    def handlers(self) -> tuple[logging.Handler, ...]:
        """What sees each line of the log."""
        return () if self.metrics is None else (Counting(self.metrics),)

    def watch(self, name: str, text: str, labels: Sequence[str], gauge: Gauge) -> None:
        """Show a gauge, where numbers are shown."""
        if self.metrics is not None:
            self.metrics.watch(name, text, labels, gauge)

    def operation(self, operation: Operation) -> AbstractContextManager[None]:
        """Around an operation that runs."""
        return nullcontext() if self.tracing is None else self.tracing.operation(operation)

    @contextmanager
    def acts(self) -> Iterator[Callable[[Sequence[Context]], None]]:
        """Around a transaction of a lane; what is given is called with the contexts of those who share it."""
        with ExitStack() as stack:
            share = None if self.tracing is None else stack.enter_context(self.tracing.acts())

            def take(contexts: Sequence[Context]) -> None:
                if self.metrics is not None:
                    self.metrics.take_transaction(len(contexts))
                if share is not None:
                    share(contexts)

            yield take


@contextmanager
def open_telemetry(settings: Settings) -> Iterator[Telemetry]:
    """What the settings ask for. Raises SettingInvalidError for an address that cannot be had."""
    with ExitStack() as stack:
        metrics = tracing = None
        if settings.metrics is not None:
            metrics = Metrics()
            try:
                stack.enter_context(serving_metrics(metrics, *settings.metrics))
            except OSError as error:
                raise SettingInvalidError(name="XINGJI_METRICS", reason=str(error)) from error
        if settings.traces is not None:
            tracer = stack.enter_context(exporting(settings.traces))
            tracing = Tracing(tracer, settings.trusted_proxies)
        yield Telemetry(metrics, tracing)
