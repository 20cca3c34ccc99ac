"""A process of its own: it logs JSON lines, finishes what is under way on a signal, closes, and goes on to its end."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
from graphql_schema.documents import Documents
from graphql_schema.limits import Limits
from tests.http_door import SCHEMA_OBJECT, Backend, make_door
from xingji.http.envelope import write_stderr
from xingji.http.serving import serve
from xingji.http.settings import HttpSettings

backend = Backend()
app = make_door(backend, Documents(SCHEMA_OBJECT, Limits()), HttpSettings(), write_stderr)
serve(app, "127.0.0.1", int(sys.argv[1]))
print("closed" if backend.closed else "open")
"""


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_signal_lets_work_finish_and_the_caller_go_on(stop: signal.Signals) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = os.pathsep.join((str(ROOT / "platform"), str(ROOT)))
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(port)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 20
        while True:
            assert process.poll() is None and time.monotonic() < deadline
            try:
                assert httpx.get(url + "/healthz").status_code == 200
                break
            except httpx.ConnectError:
                time.sleep(0.05)
        assert httpx.get(url + "/graphql", params={"query": "{ boom }"}).status_code == 500
        answers: list[httpx.Response] = []
        slow = {"query": "{ slow(seconds: 1.5) }"}
        asking = threading.Thread(target=lambda: answers.append(httpx.get(url + "/graphql", params=slow)))
        asking.start()
        time.sleep(0.5)
        process.send_signal(stop)
        out, log = process.communicate(timeout=20)
        asking.join()
    finally:
        process.kill()
    assert answers[0].json() == {"data": {"slow": "done"}}
    assert (process.returncode, out.strip()) == (0, "closed")
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["path"] for line in lines if line["event"] == "request"} == {"/healthz", "/graphql"}
    [failure] = [line for line in lines if line["event"] == "log"]
    assert failure["level"] == "error" and "ZeroDivisionError: secret detail" in failure["traceback"]
    assert failure["trace"] in {line["trace"] for line in lines if line.get("status") == 500}
