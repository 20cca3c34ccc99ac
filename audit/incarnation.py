"""Incarnation: the entry by which a log owns up to having been put back, and goes on.

After a restore the stored head is behind the head kept outside the database, and the guard refuses to sign. An operator then has one
entry appended, behind the stored head, that names the head given up, the head it goes on from, and why:

    operation  ledger.incarnation
    intent     {"arguments", "kept": {"key", "root", "size"}, "reason", "stored": {"hash", "root", "size"}}

`kept` is the head given up: key hash, root (hex) and size. `stored` is the log before this entry: the last entry's hash, root and
size, which a reader holds against the entries themselves. Whoever keeps a head between the two sees growth refuted, with this
entry named: what was lost is not hidden, and not brought back. The reason is free text of 1 to 500 characters without personal data.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from audit.canonical import digest
from audit.checkpoint import Checkpoint
from audit.entry import Actor, Draft, Entry, Subject
from audit.errors import EntryMalformedError
from audit.head import Head
from audit.schema import Schema, check_fields, is_hash, is_key_id, is_natural
from audit.signer import Signer

INCARNATED: Final = "ledger.incarnation"
MAX_REASON: Final = 500
_KEPT: Final[Schema] = {"key": is_key_id, "root": is_hash, "size": is_natural}
_STORED: Final[Schema] = {"hash": is_hash, "root": is_hash, "size": is_natural}


@dataclass(frozen=True, slots=True)
class Incarnation:
    """What an incarnation entry says: in which place, instead of which head, behind which, and why."""

    seq: int
    kept: Checkpoint
    stored: Checkpoint
    reason: str

    def owns_up_to(self, head: Checkpoint) -> bool:
        """Whether a head that contradicts the log is of the history that this entry gave up, as far as sizes and roots tell."""
        if head.size == self.kept.size:
            return head.root == self.kept.root
        return self.stored.size < head.size < self.kept.size

    def told(self) -> dict[str, object]:
        """What a verdict says of it."""
        return {"stored": self.stored.size, "size": self.kept.size, "reason": self.reason}


def draft_incarnation(
    kept: Checkpoint, stored: Head, signer: Signer, reason: str, actor: UUID, time: datetime
) -> Draft:
    """The draft of the entry. Raises EntryMalformedError for a reason that is empty or too long."""
    if not (reason.strip() and len(reason) <= MAX_REASON and reason.isprintable()):
        raise EntryMalformedError(field=f"reason (1 to {MAX_REASON} characters on one line)")
    stated: dict[str, object] = {
        "kept": {"key": signer.key_id, "root": kept.root.hex(), "size": kept.size},
        "reason": reason,
        "stored": {
            "hash": stored.hash.hex(),
            "root": stored.frontier.root().hex(),
            "size": stored.size,
        },
    }
    return Draft(
        operation=INCARNATED,
        request_id=request_id(kept),
        time=time,
        actor=Actor(actor, "system", stored.origin),
        subject=Subject("ledger", uuid5(NAMESPACE_URL, stored.origin), stored.size),
        intent={"arguments": digest(stated).hex(), **stated},
    )


def request_id(kept: Checkpoint) -> str:
    """The same for every try at giving up the same head."""
    return f"{INCARNATED}:{kept.size}:{kept.root.hex()}"


def find_incarnation(entry: Entry) -> Incarnation | None:
    """What an incarnation entry says, or None when its intent is malformed."""
    intent: Any = entry.draft.intent
    try:
        kept = check_fields(intent.get("kept"), _KEPT, "kept")
        stored = check_fields(intent.get("stored"), _STORED, "stored")
    except EntryMalformedError:
        return None
    reason = intent.get("reason")
    if type(reason) is not str or not 0 < len(reason) <= MAX_REASON or stored["hash"] != entry.prev.hex():
        return None
    return Incarnation(
        entry.seq,
        Checkpoint(entry.origin, kept["size"], bytes.fromhex(kept["root"])),
        Checkpoint(entry.origin, stored["size"], bytes.fromhex(stored["root"])),
        reason,
    )
