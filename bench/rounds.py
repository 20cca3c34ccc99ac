"""Interleaved rounds and their medians: A B A B …, so that a drifting machine moves both sides alike.

A ratio is taken within a round and its median over the rounds; the spread beside it is the lowest and the highest. The first turn of each side
warms it and counts for nothing. It decides nothing about what is measured.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Unit = Literal["1/s", "s", "ms"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One turn of one side: a rate or seconds, and the 99th percentile of the latency in milliseconds where there is one."""

    value: float
    p99: float | None = None


Side = Callable[[], Awaitable[Measure]]


@dataclass(frozen=True, slots=True)
class Row:
    """One measured case: the median of each side, and the ratio ours/limit with its spread over the rounds."""

    case: str
    unit: Unit
    limit: float
    ours: float
    ratio: float
    low: float
    high: float
    limit_p99: float | None
    ours_p99: float | None


async def compare(case: str, limit: Side, ours: Side, rounds: int, slices: int = 1) -> Row:
    """Measure both sides in turn; see `measure_all`."""
    turns = await measure_all([limit, ours], rounds, slices)
    return make_row(case, "1/s", [(one, other) for one, other in turns])


async def measure_all(sides: Sequence[Side], rounds: int, slices: int = 1) -> list[list[Measure]]:
    """Round by round what each side measured, behind a turn of each that warms; rates, so higher is better.

    Within a round the sides alternate `slices` times, and the means count: the finer, the less another program's burst falls on
    one side alone.
    """
    for side in sides:
        await side()
    found = []
    for _ in range(rounds):
        turns = [[await side() for side in sides] for _ in range(slices)]
        found.append([_mean(one) for one in zip(*turns, strict=True)])
    return found


def _mean(measures: Sequence[Measure]) -> Measure:
    tails = [one.p99 for one in measures if one.p99 is not None]
    value = statistics.fmean(one.value for one in measures)
    return Measure(value, statistics.fmean(tails) if tails else None)


def make_row(case: str, unit: Unit, pairs: Sequence[tuple[Measure, Measure]]) -> Row:
    """The row of pairs (limit, ours), at least one, each pair from one round."""
    ratios = [ours.value / limit.value for limit, ours in pairs]
    return Row(
        case,
        unit,
        statistics.median(limit.value for limit, _ in pairs),
        statistics.median(ours.value for _, ours in pairs),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        _median_p99([limit for limit, _ in pairs]),
        _median_p99([ours for _, ours in pairs]),
    )


def _median_p99(measures: Sequence[Measure]) -> float | None:
    known = [one.p99 for one in measures if one.p99 is not None]
    return statistics.median(known) if known else None


@dataclass(frozen=True, slots=True)
class Table:
    """What one bench gives: rows, the names of their two sides, and notes by name that a reader needs beside them."""

    title: str
    limit: str
    rows: tuple[Row, ...]
    notes: Mapping[str, str]
    ours: str = "Xingji"


def machine() -> str:
    """What it ran on, in one line; no name of it."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def format_table(table: Table) -> str:
    """The table for people, as Markdown, so that docs/performance.md can carry it as it is."""
    lines = [
        f"### {table.title}",
        "",
        f"| | {table.limit} | {table.ours} | ratio | spread | p99 ms |",
        "|---|---:|---:|---:|---|---|",
    ]
    for row in table.rows:
        figures = " | ".join(_format_value(value, row.unit) for value in (row.limit, row.ours))
        spread = f"{row.low:.2f} – {row.high:.2f}"
        lines.append(f"| {row.case} | {figures} | **{row.ratio:.2f}** | {spread} | {_format_p99(row)} |")
    notes = [f"- {name}: {text}" for name, text in table.notes.items()]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def _format_value(value: float, unit: Unit) -> str:
    return {"1/s": f"{value:,.0f} /s", "s": f"{value:.2f} s", "ms": f"{value:.1f} ms"}[unit]


def _format_p99(row: Row) -> str:
    if row.limit_p99 is None or row.ours_p99 is None:
        return "–"
    return f"{row.limit_p99:.1f} → {row.ours_p99:.1f}"


def format_json(tables: Sequence[Table], run: Mapping[str, object]) -> str:
    """The same for machines; `run` says how it was run."""
    document = {"machine": machine(), **run, "tables": [asdict(table) for table in tables]}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def write_json(path: Path, tables: Sequence[Table], run: Mapping[str, object]) -> None:
    """Write `format_json` to a file."""
    path.write_text(format_json(tables, run), encoding="utf-8")
