"""What makes an act's intent the same twice: once when it is shown to the officer, and again when it comes back signed.

Salts are secret and random, and stand behind commitments in the intent. So that the second call finds the first one's, they derive
from a secret that this process keeps for `LIFETIME` and then forgets: nobody can work them out afterwards, and erasing value and
salt stays an erasure. Another process, or a restart in between, makes other salts; the officer is then asked to sign anew.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from audit.entry import format_time
from certification.signing.model import Given

LIFETIME: Final = timedelta(minutes=5)


@dataclass(slots=True)
class Offers:
    """The secrets of this process, one for each stretch of `LIFETIME`."""

    _secrets: dict[int, bytes] = field(default_factory=dict, repr=False)

    def salts(self, place: str, expires: datetime, now: datetime) -> Callable[[], bytes]:
        """Salts (32 bytes each) of an act at this place, the same ones for the same end as long as it has not come."""
        self._secrets = {epoch: one for epoch, one in self._secrets.items() if epoch >= _epoch(now)}
        secret = self._secrets.setdefault(_epoch(expires), secrets.token_bytes(32))
        numbers = count()
        told = f"{place}/{format_time(expires)}/"
        return lambda: hmac.digest(secret, f"{told}{next(numbers)}".encode(), "sha256")


@dataclass(frozen=True, slots=True)
class Signing:
    """A request's signature, if it carries one, beside the secrets that make its intent again."""

    offers: Offers
    given: Given | None = None

    def expires(self, now: datetime) -> datetime:
        """The end that the intent names: the one given if it can be, or a new one."""
        given = None if self.given is None else self.given.expires
        return given if given is not None and now < given <= now + LIFETIME else now + LIFETIME


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp() // LIFETIME.total_seconds())
