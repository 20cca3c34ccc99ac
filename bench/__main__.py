"""`./dev bench reads|peers|append|endorse|start|scale|growth|verify|all`: measures on this machine, prints Markdown tables, writes JSON on request.

    ./dev bench all --rounds 3 --seconds 2 --json figures.json

Progress goes to standard error, tables to standard output. Exit codes: 0 measured, 2 unusable argument; a failure is a traceback. The data is
built at the first run, in `bench` beneath the home (XINGJI_HOME or .xingji).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import uvloop

from bench.append import bench_append
from bench.data import prepare
from bench.endorse import bench_endorse
from bench.growth import SHARED_BUFFERS, bench_growth, shapes
from bench.peers.measuring import bench_peers
from bench.reads import bench_reads
from bench.rounds import Table, format_table, machine, write_json
from bench.scale import bench_scale
from bench.start import bench_start
from bench.verify import bench_verify
from xingji import migrate
from xingji.postgres import EmbeddedPostgres
from xingji.postgres.binaries import get_binaries

NAMES: Final = ("reads", "peers", "append", "endorse", "start", "scale", "growth", "verify")
ON_DATA: Final = {
    "reads": bench_reads,
    "peers": bench_peers,
    "append": bench_append,
    "endorse": bench_endorse,
}
"""Those that run on the data of bench/data.py."""
BUSY: Final = 0.3
"""Load a core above which other programs take so much that one process is at a disadvantage to pgbench's many."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what is asked."""
    arguments = _parser().parse_args(argv)
    names = NAMES if arguments.name == "all" else (arguments.name,)
    home = Path(os.environ.get("XINGJI_HOME") or ".xingji").absolute() / "bench"
    begun, load = datetime.now(UTC), os.getloadavg()[0]
    tables = list(_run(names, home, arguments.rounds, arguments.seconds, arguments.entries, arguments.plot))
    run = {
        "at": begun.isoformat(timespec="seconds"),
        "load_before": load,
        "postgresql": get_binaries(os.environ).major,
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
    }
    if arguments.json is not None:
        write_json(arguments.json, tables, run)
    return 0


def _run(
    names: Sequence[str], home: Path, rounds: int, seconds: float, entries: int, plot: Path | None
) -> Iterator[Table]:
    """The tables, each printed when it is measured."""
    major, load = get_binaries(os.environ).major, os.getloadavg()[0]
    print(f"{machine()}, PostgreSQL {major}, {datetime.now(UTC):%Y-%m-%d}; load average before {load:.1f}")
    print(f"{rounds} rounds of {seconds:g} s, medians", flush=True)
    if load > BUSY * (os.cpu_count() or 1):
        print(
            "机器正忙，数字不可信。· The machine is busy with other things: do not trust the figures.",
            file=sys.stderr,
        )
    if ON_DATA.keys() & set(names):
        home.parent.mkdir(parents=True, exist_ok=True)
        with EmbeddedPostgres.start(home) as server:
            database = prepare(server, _say)
            for name in names:
                if name in ON_DATA:
                    # In `append` the process that asks is the one that is measured, so it has the server's loop.
                    run = uvloop.run if name == "append" else asyncio.run
                    yield _show(run(ON_DATA[name](server, database, rounds, seconds)))
    if "scale" in names:
        home.parent.mkdir(parents=True, exist_ok=True)
        with EmbeddedPostgres.start(home) as server:
            migrate.upgrade(server.url("owner"))
            yield _show(asyncio.run(bench_scale(server, rounds, _say)))
    if "growth" in names:
        home.parent.mkdir(parents=True, exist_ok=True)
        with EmbeddedPostgres.start(home, shared_buffers=SHARED_BUFFERS) as server:
            databases = [prepare(server, _say, shape) for shape in shapes()]
            table, picture = asyncio.run(bench_growth(server, databases, rounds, seconds, _say))
            if plot is not None:
                plot.write_text(picture, encoding="utf-8")
            yield _show(table)
    if "start" in names:
        home.mkdir(parents=True, exist_ok=True)
        yield _show(asyncio.run(bench_start(home, rounds)))
    if "verify" in names:
        home.mkdir(parents=True, exist_ok=True)
        yield _show(bench_verify(home, rounds, entries, _say))


def _show(table: Table) -> Table:
    print(f"\n{format_table(table)}", flush=True)
    return table


def _say(text: str) -> None:
    print(f"  {text} …", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./dev bench", description="性能测量 · measure, as ratios within one run"
    )
    parser.add_argument("name", choices=(*NAMES, "all"))
    parser.add_argument("--rounds", type=_positive_int, default=5, metavar="N", help="轮数 · rounds (5)")
    parser.add_argument(
        "--seconds", type=_positive, default=4.0, metavar="S", help="每次秒数 · of each turn (4)"
    )
    parser.add_argument(
        "--entries",
        type=_entries,
        default=1_000_000,
        metavar="N",
        help="验证的账目数 · entries to verify (10^6)",
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="增长曲线 SVG · draw growth as SVG")
    parser.add_argument("--json", type=Path, metavar="FILE", help="另存 JSON · write JSON too")
    return parser


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number <= 600:
        raise argparse.ArgumentTypeError("from 0 to 600")
    return number


def _entries(text: str) -> int:
    number = int(text)
    if not 1_000 <= number <= 100_000_000:
        raise argparse.ArgumentTypeError("from 1,000 to 100,000,000")
    return number


def _positive_int(text: str) -> int:
    number = int(text)
    if not 0 < number <= 100:
        raise argparse.ArgumentTypeError("from 1 to 100")
    return number


if __name__ == "__main__":
    sys.exit(main())
