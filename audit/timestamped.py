"""What a log records of the time tokens over its own published checkpoints: that there is one, over which bytes, and its hash.

    operation  ledger.timestamped
    intent     {"arguments", "note": SHA-256 of the published note, "size": its entries, "token": SHA-256 of the token}

The rule: a token is kept only together with its entry, so whoever deletes, changes or exchanges one contradicts the log. The entry is evidence of
that and of nothing else: what a token is worth its authority's signature says (`audit.timestamp`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from audit.canonical import digest
from audit.entry import Actor, Draft, Entry, Subject
from audit.verdict import RefutedError

TIMESTAMPED: Final = "ledger.timestamped"


@dataclass(frozen=True, slots=True)
class Timestamped:
    """A record: the entry's sequence, the checkpoint's size, SHA-256 (32 bytes) of its note and of the token."""

    seq: int
    size: int
    note: bytes
    token: bytes


def draft_timestamped(recorded: Timestamped, origin: str, actor: UUID, time: datetime) -> Draft:
    """The draft of the entry at `recorded.seq`, the next of the log."""
    stated: dict[str, object] = {
        "note": recorded.note.hex(),
        "size": recorded.size,
        "token": recorded.token.hex(),
    }
    return Draft(
        operation=TIMESTAMPED,
        request_id=f"{TIMESTAMPED}:{recorded.size}",
        time=time,
        actor=Actor(actor, "system", origin),
        subject=Subject("ledger", uuid5(NAMESPACE_URL, origin), recorded.seq),
        intent={"arguments": digest(stated).hex(), **stated},
    )


def find_timestamped(entry: Entry) -> Timestamped | None:
    """What this entry records. Raises RefutedError for one that should and does not as it must."""
    if entry.draft.operation != TIMESTAMPED:
        return None
    size = entry.draft.intent.get("size")
    note, token = (_hash(entry.draft.intent.get(name)) for name in ("note", "token"))
    if type(size) is not int or not 1 <= size <= entry.seq or note is None or token is None:
        raise RefutedError("timestamped_malformed", entry.seq)
    return Timestamped(entry.seq, size, note, token)


def _hash(value: object) -> bytes | None:
    if type(value) is not str:
        return None
    try:
        found = bytes.fromhex(value)
    except ValueError:
        return None
    return found if len(found) == 32 and found.hex() == value else None
