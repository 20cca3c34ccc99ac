"""The demonstration's clock: the round is played on its own days of 2022.

Only domain time moves; tokens and logs keep the wall clock. No setting and no request can reach it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def shanghai(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of 2022 in Zhoukou."""
    return datetime(2022, month, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


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
