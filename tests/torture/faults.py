"""Faults: the server dies at every step of an act in turn, before it and behind it, and is started again as if nothing had been.

Afterwards the client asks again with the same request id. What it was told, at the first or the second time, stands in the log once; the log
grows from what was published; and nothing was repaired by hand.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx

from tests.torture.hammer import PATIENCE, Hammer
from tests.torture.land import Applicant, Land

SCRIPT = Path(__file__).parent / "faulty.py"
MODES = ("before", "after")
MOST_STEPS = 400


@dataclass
class Zygote:
    """The process that forks servers, so that a start costs no imports."""

    process: subprocess.Popen[str]
    port: int
    log: Path
    pid: int | None = None

    async def start(self, mode: str, step: int) -> None:
        """A server that will die at a step; waits until it is ready."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{self.port} {mode} {step}\n")
        self.process.stdin.flush()
        self.pid = int(self.process.stdout.readline())
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False) as http:
            for _ in range(600):
                assert self.is_alive(), self.log.read_text()[-3000:]
                try:
                    if (await http.get("/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.02)
        raise AssertionError("the server did not become ready")

    def arm(self) -> None:
        """From now on steps count."""
        assert self.pid is not None
        os.kill(self.pid, signal.SIGUSR1)

    def is_alive(self) -> bool:
        """Whether the server of now runs."""
        assert self.pid is not None
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    async def stop(self, number: int) -> None:
        """Signal the server and wait for its end."""
        if self.pid is None:
            return
        if self.is_alive():
            os.kill(self.pid, number)
        deadline = time.monotonic() + 30
        while self.is_alive():
            assert time.monotonic() < deadline, "the server does not end"
            await asyncio.sleep(0.01)
        self.pid = None


@contextmanager
def zygote(home: Path, port: int) -> Iterator[Zygote]:
    """The forking process; it ends with the block."""
    log = home.parent / "faulty.log"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])}
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(home)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield Zygote(process, port, log)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


@dataclass
class Told:
    """How a torture went: deaths by what had been answered before them."""

    steps: int = 0
    unanswered: int = 0
    answered: int = 0


async def torture_steps(land: Land, stride: int = 1, offset: int = 0) -> Told:
    """Die at every `stride`-th step of an act and its publication, in each mode, until an act goes through whole."""
    installation, told = land.installation, Told()
    installation.stop(signal.SIGTERM)
    async with httpx.AsyncClient(base_url=installation.address, trust_env=False, timeout=30) as http:
        client = Hammer(land, http, Random(0))
        applicants = [land.applicant(county) for county in land.counties]
        with zygote(installation.home, installation.port) as servers:
            for mode in MODES:
                for number, step in enumerate(range(1 + offset, MOST_STEPS, stride)):
                    applicant = applicants[number % len(applicants)]
                    if not await _die_at(client, servers, applicant, (mode, step), told):
                        break
                    told.steps += 1
                else:
                    raise AssertionError("an act does not end")
    await installation.start()
    return told


async def _die_at(
    client: Hammer, servers: Zygote, applicant: Applicant, fault: tuple[str, int], told: Told
) -> bool:
    """One death, and all that must hold after it; False when act and publication ended before the step."""
    county, (login, mutation, values) = applicant.county, applicant.step
    request_id = str(uuid4())
    await servers.start(*fault)
    servers.arm()
    receipt = None
    try:
        first = await client.act(county, login, mutation, values, request_id)
        receipt = first["receipt"]
        deadline = time.monotonic() + PATIENCE
        while (await client.head(county))[0] <= receipt["sequence"]:
            assert time.monotonic() < deadline, "the act is not published"
            await asyncio.sleep(0.02)
        await servers.stop(signal.SIGTERM)
        died = False
    except httpx.TransportError:
        died = True
    await servers.stop(signal.SIGKILL)
    told.answered += died and receipt is not None
    told.unanswered += died and receipt is None
    await servers.start("never", 0)
    again = await client.act(county, login, mutation, values, request_id)
    place = (again["receipt"]["sequence"], again["receipt"]["hash"])
    assert receipt is None or (receipt["sequence"], receipt["hash"]) == place, "another receipt"
    client.receipts.append((county, *place, time.monotonic()))
    applicant.answered(again["application"])
    await client.settle()
    await servers.stop(signal.SIGTERM)
    return died
