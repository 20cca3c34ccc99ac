"""A real server, as a process of its own, before the world of walls.py: who attacks it, and what it costs it.

    async with besieged(postgres, walled) as place:     the suite's, over a clone
    async with from_nothing() as place:                 `./dev torture`'s, with a PostgreSQL of its own

Tokens are made with the home's keys, for who stood before the walls; their roles are those of that moment.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tenancy.identity import Principal
from tenancy.tokens import LIFETIME, TokenKeys
from tests.integration.api.kit import World, found_world, serve_world, verify_all
from tests.integration.api.walls import Walled, Watched, play_and_build
from tests.integration.demo.kit import play_until
from tests.support import DatabaseUrls, clone_database
from xingji import migrate
from xingji.demo.clock import shanghai
from xingji.demo.run import BEGINS, place_programmes
from xingji.postgres import EmbeddedPostgres

SCRIPT = Path(__file__).parent / "serve.py"
MIB = 1 << 20


@dataclass
class Besieged:
    """The server's process and everybody before it."""

    urls: DatabaseUrls
    home: Path
    walled: Walled
    log: Path
    port: int
    process: subprocess.Popen[bytes]
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def people(self) -> dict[str, Watched]:
        """Who stands before the walls, by name: `411602/county`, `stranger`."""
        return self.walled.walls.people

    def principal(self, name: str) -> Principal:
        """Who somebody was when the walls were built; the server is none of a demonstration."""
        keys = TokenKeys(self.home / "tokens")
        token = self.people[name].caller.token
        assert token is not None
        return replace(keys.read(token, datetime.fromtimestamp(keys.ends(token) - 1, UTC)), demo=False)

    def bearer(self, name: str) -> dict[str, str]:
        """The header of somebody, with a token that lives for a while yet; nothing for the stranger."""
        if name == "stranger":
            return {}
        made, token = self._tokens.get(name, (0.0, ""))
        if not token or time.monotonic() - made > LIFETIME.total_seconds() / 2:
            token = TokenKeys(self.home / "tokens").issue(self.principal(name), datetime.now(UTC))
            self._tokens[name] = (time.monotonic(), token)
        return {"Authorization": f"Bearer {token}"}

    def cpu(self) -> float:
        """Seconds of CPU that the process has used, in all its threads."""
        return time.clock_gettime(~self.process.pid << 3 | 2)  # Linux: CPUCLOCK_SCHED of a process

    def memory(self) -> int:
        """Bytes of it that are resident."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGESIZE")

    def failures(self) -> list[str]:
        """What the server logged of failures of its own: unmasked there, so that somebody may see to it."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if '"level":"error"' in line or '"status":500' in line]

    async def check_whole(self) -> None:
        """Every log, and every audited row with it, verifies in the database. Raises AssertionError."""
        verdicts = await verify_all(self.urls, self.home)
        wrong = {code: one.en for code, one in verdicts.items() if not one.ok}
        assert not wrong, wrong


@asynccontextmanager
async def besieged(postgres: EmbeddedPostgres, walled: Walled) -> AsyncIterator[Besieged]:
    """A process that serves a clone until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="xt-", dir="/tmp"))
    async with clone_database(postgres, walled.world.template) as urls:
        home = walled.world.home
        arguments = (str(home), urls.app, str(port), walled.moment.isoformat())
        with (folder / "serve.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, str(SCRIPT), *arguments],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        place = Besieged(urls, home, walled, folder / "serve.log", port, process)
        try:
            await _wait_until_ready(place)
            yield place
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    shutil.rmtree(folder)


async def _wait_until_ready(place: Besieged) -> None:
    async with httpx.AsyncClient(base_url=place.address, trust_env=False) as http:
        for _ in range(600):
            assert place.process.poll() is None, place.log.read_text()[-3000:]
            try:
                if (await http.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
    raise AssertionError("the server did not become ready")


@asynccontextmanager
async def from_nothing() -> AsyncIterator[Besieged]:
    """Founded, played and walled in a folder of its own; then the same."""
    folder = Path(tempfile.mkdtemp(prefix="xt-", dir="/tmp"))
    folder.chmod(0o711)
    home = folder / "world"
    home.mkdir()
    try:
        with EmbeddedPostgres.start(folder / "home", durable=False) as postgres:
            await asyncio.to_thread(migrate.upgrade, postgres.url("owner"))
            async with clone_database(postgres, "xingji") as urls:
                await found_world(urls, home, BEGINS)
                place_programmes(home)
                async with serve_world(urls, home, BEGINS) as stage:
                    await play_until(stage, 10)
                    stage.clock.travel(shanghai(5, 20))
                    walls = await play_and_build(stage)
                    moment = stage.clock()
                async with besieged(postgres, Walled(World(urls.name, home), moment, walls)) as place:
                    yield place
    finally:
        shutil.rmtree(folder)
