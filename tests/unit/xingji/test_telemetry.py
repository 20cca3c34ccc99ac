"""Spans as a collector gets them over HTTP, and what is said when they cannot be sent."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from xingji.errors import SettingInvalidError
from xingji.settings import read_settings
from xingji.telemetry import tracing
from xingji.telemetry.opening import open_telemetry
from xingji.telemetry.tracing import exporting


def test_spans_reach_a_collector_before_the_process_ends() -> None:
    bodies: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with (
                exporting(f"http://127.0.0.1:{server.server_port}/v1/traces") as tracer,
                tracer.start_as_current_span("a request"),
            ):
                pass
        finally:
            server.shutdown()
            thread.join()
    sent = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    [resource] = [one for request in sent for one in request.resource_spans]
    assert [span.name for scope in resource.scope_spans for span in scope.spans] == ["a request"]
    assert ("service.name", "xingji") in [
        (one.key, one.value.string_value) for one in resource.resource.attributes
    ]


def test_want_of_the_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(tracing, "import_module", absent)
    with pytest.raises(SettingInvalidError, match=r"XINGJI_TRACES.*otel"), exporting("http://127.0.0.1:1"):
        pass


def test_an_address_that_is_taken_is_told() -> None:
    with open_telemetry(read_settings({"XINGJI_METRICS": "127.0.0.1:0"})) as telemetry:
        assert telemetry.tracing is None and len(telemetry.handlers) == 1
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        settings = read_settings({"XINGJI_METRICS": f"127.0.0.1:{server.server_port}"})
        with pytest.raises(SettingInvalidError, match="XINGJI_METRICS"), open_telemetry(settings):
            pass
