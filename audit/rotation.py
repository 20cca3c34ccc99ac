"""A log gets another key: handed over by the old one, or, when that is lost, taken over by the new one.

    operation  ledger.key_rotated      signed by the OLD key
    intent     {"arguments", "compromised": bool, "new": vkey, "old": vkey, "proof", "reason"}

    operation  ledger.key_replaced     signed by the NEW key, believed only by who has pinned it
    intent     {"arguments", "new": vkey, "old": vkey, "reason"}

`proof` is the new key's signature over

    xingji-key-rotation 1\\n ORIGIN \\n SEQ \\n PREV in hex \\n old vkey \\n new vkey \\n        (without the blanks)

It covers the hash before, so the new key vouches for all that was there when it came: whoever pins a later key needs no earlier
one. From the next entry on the new key alone signs, entries and heads. The reason is 1 to 500 characters on one line.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from audit.canonical import digest
from audit.entry import Actor, Draft, Entry, Subject
from audit.errors import EntryMalformedError, NoteMalformedError
from audit.head import Head
from audit.note import VerifierKey, decode_base64, encode_base64
from audit.signer import Signer

ROTATED: Final = "ledger.key_rotated"
REPLACED: Final = "ledger.key_replaced"
MAX_REASON: Final = 500
_REASON: Final = re.compile(rf"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{{1,{MAX_REASON}}}")


@dataclass(frozen=True, slots=True)
class Rotation:
    """What such an entry says; `proof` (64 bytes) is empty for a replacement."""

    old: VerifierKey
    new: VerifierKey
    compromised: bool
    reason: str
    proof: bytes


def rotation_text(origin: str, seq: int, prev: bytes, old: VerifierKey, new: VerifierKey) -> bytes:
    """What the new key signs as its proof."""
    lines = ("xingji-key-rotation 1", origin, str(seq), prev.hex(), old.format(), new.format())
    return "".join(f"{line}\n" for line in lines).encode()


def draft_rotation(
    head: Head, old: Signer, new: Signer, reason: str, compromised: bool, actor: UUID, time: datetime
) -> Draft:
    """The draft of a handing over, to be appended behind exactly this head by the old key. Raises EntryMalformedError."""
    was, now = (VerifierKey(head.origin, one.public_key) for one in (old, new))
    proof = new.sign(rotation_text(head.origin, head.size, head.hash, was, now))
    stated = {"compromised": compromised, "proof": encode_base64(proof)}
    return _draft(ROTATED, head, was, now, reason, stated, actor, time)


def draft_replacement(
    head: Head, old: VerifierKey, new: Signer, reason: str, actor: UUID, time: datetime
) -> Draft:
    """The draft of a taking over, to be appended by the new key. Raises EntryMalformedError."""
    now = VerifierKey(head.origin, new.public_key)
    return _draft(REPLACED, head, old, now, reason, {}, actor, time)


def find_rotation(entry: Entry) -> Rotation | None:
    """What such an entry says, or None when its intent is malformed. Checks no signature and no place."""
    intent: Any = entry.draft.intent
    rotated = entry.draft.operation == ROTATED
    fields = {"arguments", "new", "old", "reason"} | ({"compromised", "proof"} if rotated else set())
    reason, compromised = intent.get("reason"), intent.get("compromised", True)
    if intent.keys() != fields or not is_reason(reason) or type(compromised) is not bool:
        return None
    try:
        old, new = (VerifierKey.parse(intent[name]) for name in ("old", "new"))
        proof = decode_base64(intent["proof"]) if rotated else b""
    except (NoteMalformedError, TypeError):
        return None
    if {old.name, new.name} != {entry.origin} or old == new:
        return None
    return Rotation(old, new, compromised, reason, proof)


def is_reason(value: Any) -> bool:
    """1 to 500 characters on one line. Not `isprintable`: what that is, every version of Unicode says anew."""
    return type(value) is str and bool(value.strip()) and _REASON.fullmatch(value) is not None


def _draft(
    operation: str,
    head: Head,
    old: VerifierKey,
    new: VerifierKey,
    reason: str,
    stated: dict[str, object],
    actor: UUID,
    time: datetime,
) -> Draft:
    if not is_reason(reason):
        raise EntryMalformedError(field=f"reason (1 to {MAX_REASON} characters on one line)")
    given: dict[str, object] = {"new": new.format(), "old": old.format(), "reason": reason, **stated}
    return Draft(
        operation=operation,
        request_id=f"{operation}:{head.size}:{new.key_id}",
        time=time,
        actor=Actor(actor, "system", head.origin),
        subject=Subject("ledger", uuid5(NAMESPACE_URL, head.origin), head.size),
        intent={"arguments": digest(given).hex(), **given},
    )
