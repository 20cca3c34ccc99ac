"""Judging the time tokens of a log, one after another: each is the one that an entry recorded, and holds where an authority is trusted.

The same for tokens in a database and in an export. Without a trusted authority the hashes alone are compared, and the answer says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.x509 import Certificate

from audit.entry import format_time
from audit.errors import TimestampRefusedError
from audit.timestamp import Stamp, check_token
from audit.timestamped import Timestamped
from audit.verdict import RefutedError, Stamps


@dataclass(slots=True)
class StampCheck:
    """Tokens are judged in the order of their entries; `authorities` are pinned certificates."""

    authorities: Sequence[Certificate] = ()
    count: int = 0
    size: int = 0
    latest: Stamp | None = None

    def check(self, recorded: Timestamped, note: bytes, token: bytes) -> None:
        """A token and its note, which the entry recorded. Raises RefutedError."""
        if self.authorities:
            try:
                self.latest = check_token(token, note, self.authorities)
            except TimestampRefusedError as error:
                reason = error.details["reason"]
                code = str(error.details["finding"])
                raise RefutedError(code, recorded.seq, size=recorded.size, reason=reason) from error
        self.count, self.size = self.count + 1, recorded.size

    def conclude(self) -> Stamps | None:
        """What there was; None where nobody asked and there is nothing."""
        if self.latest is not None:
            time = format_time(self.latest.time)
            return Stamps(self.count, self.size, time, self.latest.authority)
        return Stamps(self.count) if self.count or self.authorities else None


def is_recorded(data: bytes | None, hash_: bytes) -> bool:
    """Whether these are the bytes that an entry recorded the hash of."""
    return data is not None and sha256(data).digest() == hash_
