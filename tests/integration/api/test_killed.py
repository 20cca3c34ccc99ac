"""`kill -9` in the middle of a load of endorsements: nothing acknowledged is lost, nothing is half-written.

In each county a clerk and a street officer work in turn: file, fill in, submit, endorse or refuse; then from the start. What was not
answered is asked again with the same request id. `XINGJI_KILLS=40` kills more often than the suite does.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.integration.api.kit import Caller, found_world, verify_all
from tests.support import DatabaseUrls
from xingji import migrate
from xingji.demo import documents as q
from xingji.demo.cast import CITY, PASSWORD, County, counties
from xingji.demo.client import SIGN_IN
from xingji.demo.run import BEGINS
from xingji.demo.words import form_of
from xingji.postgres import EmbeddedPostgres

KILLS = int(os.environ.get("XINGJI_KILLS", "2"))
WHOM = ("server", "backend", "postmaster", "both")
LOAD_SECONDS = 0.8
SCRIPT = Path(__file__).parent / "serve_story.py"

STORED = "SELECT h.origin, e.seq, e.hash FROM ledger_entries e JOIN ledger_heads h USING (tenant_id)"
# An act makes one entry, one revision and its rows: whatever breaks this was half-written.
HALVES = """
SELECT a.tenant_id, a.id, a.status, a.revision,
  (SELECT count(*) FROM ledger_entries e WHERE e.tenant_id = a.tenant_id AND e.subject_id = a.id) AS entries,
  (SELECT count(*) FROM form_versions f WHERE f.tenant_id = a.tenant_id AND f.application_id = a.id) AS forms,
  (SELECT count(*) FROM opinions o WHERE o.tenant_id = a.tenant_id AND o.application_id = a.id) AS opinions
FROM applications a"""
SHAPES = {
    ("draft", 1): (0, 0),
    ("draft", 2): (1, 0),
    ("submitted", 3): (1, 0),
    ("rejected", 4): (1, 1),
}


@dataclass
class Worker:
    """A county's clerk and street officer; `asked` is the act that has no answer yet."""

    county: County
    campaign: str
    callers: dict[str, Caller] = field(default_factory=dict)
    receipts: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    rounds: int = 0
    asked: tuple[str, str, str, dict[str, Any]] | None = None
    endorsed: int = 0
    replayed: int = 0

    def steps(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(login, mutation, input), each made from the answer before, which is sent in."""
        county, place = self.county, self.county.nominee
        unit = f"Unit.{county.tenant_id}.{place.id}"
        while True:
            wanted = {"campaignId": self.campaign, "level": "provincial", "communityId": unit}
            application = yield "clerk", q.FILE_APPLICATION, wanted  # type: ignore[misc]
            bound = {"applicationId": application["id"]}
            form = {**bound, **form_of(county.name, county.street.name, place.name)}
            bound["formHash"] = (yield "clerk", q.SAVE_FORM, form)["form"]["hash"]  # type: ignore[misc]
            yield "clerk", q.SUBMIT_APPLICATION, bound
            yield (
                "street",
                q.GIVE_OPINION,
                {**bound, "stage": "STREET", "verdict": "REFUSE", "text": "材料不实。"},
            )
            self.endorsed += 1

    async def work(self, enough: asyncio.Event) -> None:
        """Act until it is enough, or until the first request without an answer."""
        while not enough.is_set():
            if self.asked is None:
                self.rounds += 1
                login, mutation, values = self._next
                self.asked = (login, mutation, f"{self.county.code}:{self.rounds}", values)
            login, mutation, request_id, values = self.asked
            try:
                response = await self.callers[login].send(
                    mutation, {"requestId": request_id, "input": values}
                )
                answer = response.json()
            except (httpx.TransportError, ValueError):
                return
            if response.status_code != 200 or "errors" in answer:
                return  # no answer to rely on: ask again
            (result,) = answer["data"].values()
            assert "receipt" in result, (request_id, result)
            one = result["receipt"]
            self.replayed += one["replayed"]
            self.receipts[request_id] = (one["origin"], one["sequence"], one["hash"])
            self.asked = None
            self._next = self._steps.send(result["application"])  # type: ignore[attr-defined]

    def __post_init__(self) -> None:
        self._steps = self.steps()
        self._next = next(self._steps)


@dataclass
class Installation:
    """A home of its own, durable, and the process that serves it."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start the process and wait until it is ready."""
        log = (self.home.parent / "serve.log").open("ab")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(self.home), str(self.port)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        log.close()
        async with httpx.AsyncClient(base_url=self.address, trust_env=False) as http:
            for _ in range(600):
                assert self.process.poll() is None, (self.home.parent / "serve.log").read_text()[-3000:]
                try:
                    if (await http.get("/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError("the server did not become ready")

    def postmaster(self) -> int:
        """The process id of PostgreSQL's parent process."""
        (file,) = self.home.rglob("postmaster.pid")
        return int(file.read_text().split()[0])

    def stop(self, number: int) -> None:
        """Signal the serving process and wait for its end."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(30)

    async def kill(self, whom: str) -> None:
        """Kill without warning; afterwards the service stands again."""
        postmaster = self.postmaster()
        if whom == "backend":
            # The parent notices, ends all others and recovers; the serving process goes on.
            for child in _children(postmaster, "xingji_app"):
                os.kill(child, signal.SIGKILL)
                break
            await self._wait_until_ready()
            return
        if whom in {"postmaster", "both"}:
            os.kill(postmaster, signal.SIGKILL)
        if whom in {"server", "both"}:
            self.stop(signal.SIGKILL)
        else:
            await asyncio.sleep(0.2)
            self.stop(signal.SIGTERM)
        await self.start()

    async def _wait_until_ready(self) -> None:
        async with httpx.AsyncClient(base_url=self.address, trust_env=False) as http:
            for _ in range(200):
                if (await http.get("/readyz")).status_code == 200:
                    return
                await asyncio.sleep(0.05)
        raise AssertionError("the server did not find its database again")


def _children(parent: int, word: str) -> list[int]:
    """Child processes whose title holds a word, from /proc or ps."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    found = [line.split(None, 2) for line in listed]
    return [int(pid) for pid, ppid, args in found if int(ppid) == parent and word in args]


@asynccontextmanager
async def installed(
    folder: Path, found_more: Callable[[DatabaseUrls, Path], Awaitable[None]] | None = None
) -> AsyncIterator[tuple[Installation, DatabaseUrls]]:
    """Founded, `found_more` too, and served by a process."""
    home = folder / "home"
    with EmbeddedPostgres.start(home) as server:
        await asyncio.to_thread(migrate.upgrade, server.url("owner"))
        urls = DatabaseUrls("xingji", server.url("app"), server.url("owner"), server.url("superuser"))
        await found_world(urls, home, BEGINS)
        if found_more is not None:
            await found_more(urls, home)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    installation = Installation(home, port)
    await installation.start()
    try:
        yield installation, urls
    finally:
        installation.stop(signal.SIGTERM)


async def sign_in(http: httpx.AsyncClient, code: str, login: str) -> Caller:
    values = {"tenantCode": code, "login": login, "password": PASSWORD}
    return Caller(http, (await Caller(http).get(SIGN_IN, input=values))["signIn"]["token"])


async def check_whole(
    urls: DatabaseUrls, home: Path, workers: list[Worker], only: Collection[str] = ()
) -> None:
    """Every receipt is there, every chain (or those of `only`) verifies, nothing is half-written."""
    conn = await asyncpg.connect(urls.superuser)
    try:
        stored = {(row["origin"], row["seq"]): row["hash"].hex() for row in await conn.fetch(STORED)}
        halves = await conn.fetch(HALVES)
    finally:
        await conn.close()
    for worker in workers:
        for origin, seq, hash_ in worker.receipts.values():
            assert stored.get((origin, seq)) == hash_
    for row in halves:
        assert row["entries"] == row["revision"], row
        assert SHAPES[row["status"], row["revision"]] == (row["forms"], row["opinions"]), row
    verdicts = await verify_all(urls, home, only)
    assert {one.code for one in verdicts.values()} == {"verified"}, verdicts


async def test_what_was_acknowledged_outlives_every_kill(short_folder: Path):
    async with installed(short_folder) as (installation, urls):
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(
            base_url=installation.address, trust_env=False, timeout=10, limits=limits
        ) as http:
            leader = await sign_in(http, CITY, "leader")
            opened = await leader.act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
            workers = [Worker(county, opened["campaign"]["id"]) for county in counties()[:6]]
            for worker in workers:
                for login in ("clerk", "street"):
                    worker.callers[login] = await sign_in(http, worker.county.code, login)
            for number, whom in enumerate(islice(cycle(WHOM), KILLS)):
                before = sum(len(worker.receipts) for worker in workers)
                enough = asyncio.Event()
                load = [asyncio.create_task(worker.work(enough)) for worker in workers]
                await asyncio.sleep(LOAD_SECONDS)
                assert not any(task.done() for task in load)
                await installation.kill(whom)
                enough.set()
                await asyncio.gather(*load)
                assert sum(len(worker.receipts) for worker in workers) > before
                # Two counties in turn; all of them in the end.
                some = {workers[n % len(workers)].county.code for n in (2 * number, 2 * number + 1)}
                await check_whole(urls, installation.home, workers, some)
            enough = asyncio.Event()
            load = [asyncio.create_task(worker.work(enough)) for worker in workers]
            await asyncio.sleep(LOAD_SECONDS)
            enough.set()
            await asyncio.gather(*load)
            assert all(worker.asked is None for worker in workers), "each request was answered in the end"
            await check_whole(urls, installation.home, workers)
            assert sum(worker.endorsed for worker in workers) > KILLS
