"""SIGTERM under load: a server of its own process, people who act, and many sockets that watch.

It is gone within its grace, every socket is told to come again (1001), and what was acknowledged is in the log.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.integration.api.kit import Caller, Stage, command, heads_of, rows_of
from tests.integration.api.reviews import COUNTY
from tests.integration.api.test_administering import ADD_PERSON
from tests.integration.api.test_live import cycle as cycle  # noqa: PLC0414 - fixtures
from tests.integration.api.test_live import stage as stage  # noqa: PLC0414
from tests.integration.api.test_live import watched as watched  # noqa: PLC0414
from xingji.demo.cast import PASSWORD

SOCKETS: Final = 60
ACTING: Final = 4
GRACE: Final = 10.0
PROGRAM: Final = """
import sys
from pathlib import Path
from tests.integration.api.kit import make_settings
from xingji.app import create_app
from xingji.http.serving import serve
from xingji.http.settings import HttpSettings
from xingji.service import open_service

home, heads, url, port = sys.argv[1:]
settings = make_settings(Path(home), demo=True, heads=Path(heads))
serve(create_app(HttpSettings(live_each=1000), lambda: open_service(settings, url)), "127.0.0.1", int(port))
"""
WATCH: Final = "subscription($id: ID!) { reviewCycleProgress(cycleId: $id) { sequence } }"
ROOT: Final = Path(__file__).parents[3]


async def watch(port: int, token: str, cycle_id: str) -> ClientConnection:
    """An open socket that was told the state."""
    connection = await connect(
        f"ws://127.0.0.1:{port}/graphql",
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
        proxy=None,
        open_timeout=30,
    )
    await connection.send(json.dumps({"type": "connection_init", "payload": {"token": token}}))
    assert json.loads(await connection.recv())["type"] == "connection_ack"
    payload = {"query": WATCH, "variables": {"id": cycle_id}}
    await connection.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
    assert json.loads(await connection.recv())["type"] == "next"
    return connection


async def end_of(connection: ClientConnection) -> int:
    """The code with which the server closes it."""
    with pytest.raises(ConnectionClosed) as end:
        while True:
            await connection.recv()
    return end.value.rcvd.code if end.value.rcvd is not None else 1006


async def act(admin: Caller, worker: int, acknowledged: list[int], begun: asyncio.Event) -> None:
    """Add people until the server goes; keep what it acknowledged, and tell when all have begun."""
    number = 0
    while True:
        number += 1
        given = {"name": "孙悟空", "login": f"load{worker}x{number}", "password": PASSWORD, "roles": []}
        try:
            done = await admin.act(ADD_PERSON, given)
        except (httpx.HTTPError, json.JSONDecodeError, KeyError):
            return
        acknowledged.append(done["receipt"]["sequence"])
        if len(acknowledged) == ACTING:
            begun.set()


async def test_a_server_that_is_told_to_go_tells_who_watches_and_loses_no_act(
    stage: Stage, cycle: dict[str, Any]
) -> None:
    admin, county = await stage.person(COUNTY.code, "admin"), await stage.person(COUNTY.code, "county")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    heads = heads_of(stage.urls, stage.home)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(stage.home), str(heads), stage.urls.app, str(port)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "platform"), str(ROOT)))},
        stderr=subprocess.PIPE,
    )
    acknowledged: list[int] = []
    begun = asyncio.Event()
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False
        ) as http:
            await wait_until_ready(http, process)
            opening = (watch(port, str(county.token), cycle["id"]) for _ in range(SOCKETS))
            sockets = await asyncio.gather(*opening)
            acting = [
                asyncio.create_task(act(Caller(http, admin.token), worker, acknowledged, begun))
                for worker in range(ACTING)
            ]
            await asyncio.wait_for(begun.wait(), 30)
            process.send_signal(signal.SIGTERM)
            before = time.monotonic()
            ends = [asyncio.create_task(end_of(one)) for one in sockets]
            _, log = await asyncio.to_thread(process.communicate, timeout=60)
            took = time.monotonic() - before
            codes = await asyncio.gather(*ends)
            await asyncio.gather(*acting)
    finally:
        process.kill()
    assert process.returncode == 0 and took < GRACE, log[-2000:]
    assert codes == [1001] * SOCKETS
    rows = await rows_of(stage.urls, "SELECT seq FROM ledger_entries WHERE tenant_id = $1", COUNTY.tenant_id)
    assert set(acknowledged) <= {row["seq"] for row in rows} and len(set(acknowledged)) == len(acknowledged)
    assert (await command(stage.urls, stage.home, "ledger", "check", "--tenant", COUNTY.code)).code == 0


async def wait_until_ready(http: httpx.AsyncClient, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None and time.monotonic() < deadline
        try:
            if (await http.get("/healthz")).status_code == 200:
                return
        except httpx.ConnectError:
            await asyncio.sleep(0.05)
