"""The demonstration's clock: rounds and reviews are played on their own days, from 2022 to 2026.

Only domain time moves; tokens and logs keep the wall clock. No setting and no request can reach it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def shanghai(month: int, day: int, hour: int = 9, minute: int = 0, *, year: int = 2022) -> datetime:
    """A moment in Zhoukou."""
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


class StoryClock:
    """Runs on from where it was last set; never back."""

    def __init__(self, start: datetime) -> None:
        self._base, self._set_at = start, time.monotonic()

    def __call__(self) -> datetime:
        """Now, in the story."""
        return self._base + timedelta(seconds=time.monotonic() - self._set_at)

    def travel(self, to: datetime) -> None:
        """Go on to a later moment; an earlier one is ignored."""
        self._base, self._set_at = max(to, self()), time.monotonic()
