"""Interleaved rounds and their medians: A B A B …, so that a drifting machine moves both sides alike."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Side = Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Row:
    """One measured case: the median of each side, and the ratio ours/limit with its spread over the rounds."""

    case: str
    limit: float
    ours: float
    ratio: float
    low: float
    high: float
    unit: str = "1/s"


async def compare(case: str, limit: Side, ours: Side, rounds: int) -> Row:
    """Measure both sides in turn `rounds` times; each gives a rate (higher is better)."""
    await limit()
    await ours()
    pairs = [(await limit(), await ours()) for _ in range(rounds)]
    ratios = [b / a for a, b in pairs]
    return Row(
        case,
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
    )


def machine() -> str:
    """What it ran on, in one line."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def print_table(title: str, rows: list[Row], notes: Mapping[str, str]) -> None:
    """The rows as a table for people, on stdout."""
    print(f"\n{title} — {machine()}")
    print(f"{'case':44} {'limit':>10} {'xingji':>10} {'ratio':>7}  spread")
    for row in rows:
        print(
            f"{row.case:44} {row.limit:10,.0f} {row.ours:10,.0f} {row.ratio:7.2f}  {row.low:.2f}-{row.high:.2f}"
        )
    for name, value in notes.items():
        print(f"{name}: {value}")


def write_json(path: Path, rows: list[Row], notes: Mapping[str, str]) -> None:
    """The same for machines."""
    document = {
        "machine": machine(),
        "rows": [{name: getattr(row, name) for name in Row.__slots__} for row in rows],
        "notes": dict(notes),
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
