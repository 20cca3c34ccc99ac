"""`./dev bench start`: how long until `xingji demo` serves and until its whole story is told, from nothing and again.

Cold begins with an empty home and includes initdb, migrations, the founding of every tenant from the real divisions and their keys. Warm
is the same command on the home that cold left. Serving is when /readyz answers 200. The limit is PostgreSQL alone: initdb and start for cold,
start for warm. Ratios are how many times as long.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.rounds import Measure, Table, make_row
from xingji.postgres import EmbeddedPostgres

PROGRAM: Final = "import sys; from xingji.cli import main; sys.exit(main())"
ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass(frozen=True, slots=True)
class Started:
    """Seconds until the first readiness and until the end."""

    serving: float
    whole: float


async def bench_start(folder: Path, rounds: int) -> Table:
    """Measure `rounds` homes, each cold and then warm, in a temporary folder beneath `folder`."""
    cold, warm, cold_limit, warm_limit = [], [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=folder, prefix="start-") as place:
            await asyncio.to_thread(
                Path(place).chmod, 0o711
            )  # its server runs as another user when we are root
            cold_limit.append(await asyncio.to_thread(_start_postgres, Path(place) / "bare"))
            cold.append(await _demonstrate(Path(place) / "home"))
            warm_limit.append(await asyncio.to_thread(_start_postgres, Path(place) / "bare"))
            warm.append(await _demonstrate(Path(place) / "home"))
    pairs = {
        "cold, until it serves": [(a, b.serving) for a, b in zip(cold_limit, cold, strict=True)],
        "cold, the whole of `demo --exit`": [(a, b.whole) for a, b in zip(cold_limit, cold, strict=True)],
        "warm, until it serves": [(a, b.serving) for a, b in zip(warm_limit, warm, strict=True)],
        "warm, the whole of `demo --exit`": [(a, b.whole) for a, b in zip(warm_limit, warm, strict=True)],
    }
    rows = [
        make_row(case, "s", [(Measure(limit), Measure(ours)) for limit, ours in measured])
        for case, measured in pairs.items()
    ]
    notes = {"the limit": "cold: initdb, roles and start of PostgreSQL alone; warm: its start alone"}
    return Table("Start", "PostgreSQL alone", tuple(rows), notes)


def _start_postgres(home: Path) -> float:
    begun = time.perf_counter()
    with EmbeddedPostgres.start(home):
        return time.perf_counter() - begun


async def _demonstrate(home: Path) -> Started:
    """Run the demonstration on a home. Raises RuntimeError when it fails or never serves."""
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    for name in ("XINGJI_DATABASE_URL", "XINGJI_MIGRATOR_URL"):
        environ.pop(name, None)
    begun = time.perf_counter()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, "demo", "--exit", "--port", "0", "--home", str(home),
        env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert child.stdout is not None
    serving, said = None, []
    async for raw in child.stdout:
        line = raw.decode(errors="replace")
        said.append(line)
        if serving is None and (address := ADDRESS.search(line)) is not None:
            await asyncio.to_thread(_wait_ready, address[0])
            serving = time.perf_counter() - begun
    code = await child.wait()
    if code != 0 or serving is None:
        raise RuntimeError(f"the demonstration ended with {code}:\n{''.join(said)[-3000:]}")
    return Started(serving, time.perf_counter() - begun)


def _wait_ready(address: str) -> None:
    """Ask /readyz until it answers 200, ten seconds at most. Raises OSError."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 10
    while True:
        try:
            opener.open(f"{address}/readyz", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
