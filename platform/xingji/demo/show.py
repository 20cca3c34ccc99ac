"""What the demonstration prints: progress while it runs, then what happened. On a terminal the line under way is rewritten."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from xingji.demo.telling import Refused, Told


class Screen:
    """Progress on standard output; the time since the start behind each line."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._live = sys.stdout.isatty()

    def step(self, title: str, outcome: str = "") -> None:
        """A finished step."""
        clear = "\r\x1b[K" if self._live else ""
        line = f"{clear}{time.monotonic() - self._began:6.1f}s  {title}" + (
            f" —— {outcome}" if outcome else ""
        )
        print(line, flush=True)

    def count(self, title: str, done: int, total: int) -> None:
        """A step under way; on a terminal only."""
        if self._live:
            print(f"\r\x1b[K         {title} {done}/{total}", end="", flush=True)


def print_told(told: Told) -> None:
    """Who was recommended, selected and certified; who was refused, why, and by which clause."""
    _print_list("各县（市、区）推荐 · recommended", told.recommended)
    _print_list("市局选出并公示 · selected and publicised", told.selected)
    _print_list("省厅认定省级 · certified", told.certified)
    _print_list(
        "省厅认定星级 · certified star（三年复查据纸质材料补录 · on legacy-attested reviews）", told.stars
    )
    _print_list("2026 年省厅认定星级 · certified star (2023–2025 on the ledger)", told.later)
    print("\n不予办理 · refused")
    for one in told.refused:
        print(_format_refusal(one))


def _print_list(title: str, names: Sequence[str]) -> None:
    print(f"\n{title}（{len(names)}）")
    for name in names:
        print(f"  · {name}")


def _format_refusal(one: Refused) -> str:
    clause = f"  依据：{one.clause}" if one.clause else ""
    return f"  × {one.who}：{one.what}\n      {one.reason} [{one.code}]{clause}"
