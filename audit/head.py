"""A ledger's state after its last entry, and the signed note over it.

It is valid to append to only under its lock (`audit.ledger.lock_head`). It knows when the last entry was recorded, so that
no entry is recorded before its predecessor, whatever a clock says.
"""

from dataclasses import dataclass
from datetime import datetime

from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.errors import SignerMismatchError, SignerRetiredError
from audit.signer import Signer
from audit.tree import Frontier


@dataclass(frozen=True, slots=True)
class Head:
    """`hash` (32 bytes) of the last entry, the frontier over all; `recorded_at` is the last entry's time, where it is known.

    `key_id` is the key that signs what comes next, `asks` the operations that the signing policy names: both as the entries say.
    `national` (64 bytes): the SM2 key that signs every entry beside the server's, where one was declared.
    """

    tenant_id: int
    origin: str
    hash: bytes
    frontier: Frontier
    recorded_at: datetime | None = None
    key_id: str | None = None
    asks: frozenset[str] = frozenset()
    national: bytes | None = None

    @property
    def size(self) -> int:
        """The number of entries, and the sequence of the next."""
        return self.frontier.size

    def not_before(self, now: datetime) -> datetime:
        """When the next entry is recorded: `now`, or the last entry's time if the clock was put back since."""
        return now if self.recorded_at is None else max(now, self.recorded_at)


def check_signer(head: Head, signer: Signer) -> None:
    """The signer is this log's, with the key in force. Raises SignerMismatchError or SignerRetiredError."""
    if signer.origin != head.origin:
        raise SignerMismatchError(signer=signer.origin, origin=head.origin)
    if head.key_id not in {None, signer.key_id}:
        raise SignerRetiredError(key=signer.key_id, origin=head.origin)


def sign_head(head: Head, signer: Signer) -> str:
    """The signed note over a head. Raises SignerMismatchError or SignerRetiredError."""
    check_signer(head, signer)
    return sign_checkpoint(Checkpoint(head.origin, head.size, head.frontier.root()), signer)
