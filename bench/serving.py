"""The two servers under test, each one process of its own: `python -m bench.serving ours|limit`.

A child listens on a free port of loopback and prints it. Both run uvicorn with uvloop and httptools, as `xingji serve` does, with as many
connections to PostgreSQL. Settings and the URL with its password come by the environment. Ours is the real application; only its clock is
moved into the campaign's window.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp

from audit.errors import SigningRefusedError
from audit.guard import Guard
from audit.head import Head
from audit.heads import HeadStore
from audit.signer import Signer
from audit.statements import Connection
from bench.data import CITY, STARTED
from bench.limit import create_limit
from xingji.app import create_app
from xingji.http.serving import make_server
from xingji.http.settings import HttpSettings
from xingji.service import Clock, open_service
from xingji.settings import read_settings

ROOT: Final = Path(__file__).parents[1]
PATIENCE: Final = 60  # seconds for a start


@asynccontextmanager
async def serving(side: str, url: str, home: Path) -> AsyncIterator[int]:
    """A server of that side, as its port; it ends with the block.

    Raises:
        RuntimeError: it did not start.
    """
    environ = {**os.environ, "XINGJI_DATABASE_URL": url, "XINGJI_HOME": str(home)}
    environ.pop("XINGJI_MIGRATOR_URL", None)
    heads = tempfile.mkdtemp(prefix="xb-")
    environ["XINGJI_HEADS"] = heads
    try:
        async with listening(side, [sys.executable, "-m", "bench.serving", side], ROOT, environ) as port:
            yield port
    finally:
        shutil.rmtree(heads)


@asynccontextmanager
async def listening(
    side: str, command: Sequence[str], folder: Path, environ: Mapping[str, str]
) -> AsyncIterator[int]:
    """The port that a command prints when it listens; it ends with the block.

    Raises:
        RuntimeError: it did not start.
    """
    child = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert child.stdout is not None
        line = await asyncio.wait_for(child.stdout.readline(), PATIENCE)
        if not line:
            raise RuntimeError(f"the server of {side!r} did not start")
        yield int(line)
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
        await child.wait()


def main(side: str) -> None:
    """Serve one side until SIGTERM; blocks."""
    settings = read_settings(os.environ)
    url = settings.database_url
    assert url is not None
    app: ASGIApp
    if side == "limit":
        app = create_limit(url, settings.pool, CITY)
    else:
        clock, guard = moved_clock(), UndoneGuard(HeadStore(settings.heads_folder))
        app = create_app(
            HttpSettings(graphiql=False, budget=PLENTY, stranger_budget=PLENTY),
            lambda: open_service(settings, url, clock=clock, guard=guard),
        )
    listening = socket.create_server(("127.0.0.1", 0))
    server = make_server(app, "127.0.0.1", 0)
    print(listening.getsockname()[1], flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.run([listening])


PLENTY = 10**15
"""A budget that is counted and never spent: one client stands for thousands here."""


class UndoneGuard(Guard):
    """Does all its work, but takes it that a turn of `endorse` puts the database back under the server."""

    async def check(self, conn: Connection, head: Head, signer: Signer) -> None:
        try:
            await super().check(conn, head, signer)
        except SigningRefusedError:
            memory = self._memories[head.origin]
            memory.seen, memory.refused = head, None


def moved_clock() -> Clock:
    """A clock that began within the window in which streets give opinions."""
    begun = time.monotonic()
    return lambda: STARTED + timedelta(hours=1, seconds=time.monotonic() - begun)


if __name__ == "__main__":
    main(sys.argv[1])
