"""The national suite: an SM2 signature over SM3 (GB/T 32918, GB/T 32905) beside the Ed25519 one, never instead of it.

    "suite": "ed25519-sha256+sm2-sm3"
    "server_sig": {"key", "sig", "sm2": {"key": 8 hex digits, "sig": base64 of r || s, 32 bytes each}}

Both sign the same bytes; SM2 with the identity 1234567812345678. The chain and the tree stay SHA-256's. The key is declared by an entry
`ledger.suite_set`, which carries the new suite and the new key's signature itself; from there on every entry carries both, so that
nobody can leave one away. Another such entry changes the SM2 key. Where the old one is at hand it hands over: `old` names it, and
`proof` is its signature over

    xingji-sm2-rotation 1\n ORIGIN \n SEQ \n PREV in hex \n old x || y in hex \n new x || y in hex \n        (without the blanks)

beside the new one's over the entry itself. Where it is lost, the change is by the Ed25519 key's word alone.

The primitives are GmSSL's (the optional extra `sm`), loaded when they are first asked for. Who has not got it verifies everything else,
and says that SM2 was not checked. No certified module is claimed.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from audit.canonical import digest
from audit.entry import Actor, Draft, Entry, Subject
from audit.errors import NationalMissingError, NoteMalformedError
from audit.head import Head
from audit.note import decode_base64, encode_base64

SUITE_SET: Final = "ledger.suite_set"
IDENTITY: Final = b"1234567812345678"
SIGNATURE_SIZE: Final = 64
_PUBLIC: Final = re.compile(r"[0-9a-f]{128}")


@cache
def find_library() -> Any:
    """GmSSL, or None where the extra `sm` is not installed."""
    try:
        return import_module("gmssl_pyx")
    except ImportError:
        return None


@dataclass(frozen=True, slots=True)
class NationalKey:
    """An SM2 public key (x || y, 64 bytes) under the log's name."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> str:
        """First 8 hex digits of SHA-256(name || 0x0A || 0xFF || "sm2-sm3" || public key): a key hash as in C2SP signed-note."""
        return hashlib.sha256(self.name.encode() + b"\n\xffsm2-sm3" + self.public_key).hexdigest()[:8]

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (r || s) is this key's over `message`. Raises NationalMissingError."""
        library = find_library()
        if library is None:
            raise NationalMissingError
        r, s = (int.from_bytes(half) for half in (signature[:32], signature[32:]))
        try:
            return bool(library.sm2_verify(self.public_key, message, encode_dss_signature(r, s), IDENTITY))
        except library.GmsslInnerError:
            return False


@dataclass(frozen=True, slots=True)
class NationalSigner:
    """An SM2 private key (32 bytes) and what it signs as."""

    key: NationalKey
    private_key: bytes

    @classmethod
    def generate(cls, origin: str) -> "NationalSigner":
        """A new one. Raises NationalMissingError."""
        library = find_library()
        if library is None:
            raise NationalMissingError
        public, private = library.sm2_key_generate()
        return cls(NationalKey(origin, public), private)

    def __repr__(self) -> str:
        return f"NationalSigner({self.key!r})"

    def sign(self, message: bytes) -> bytes:
        """The signature (r || s, 64 bytes) over `message`. Raises NationalMissingError."""
        library = find_library()
        if library is None:
            raise NationalMissingError
        der = library.sm2_sign(self.private_key, self.key.public_key, message, IDENTITY)
        r, s = decode_dss_signature(der)
        return r.to_bytes(32) + s.to_bytes(32)


def draft_suite(
    head: Head, key: NationalKey, actor: UUID, time: datetime, old: NationalSigner | None = None
) -> Draft:
    """The draft of the entry from which on every entry carries this key's signature too; `old` hands over to it. Raises NationalMissingError."""
    given: dict[str, object] = {"sm2": key.public_key.hex()}
    if old is not None:
        proof = old.sign(_handover_text(head.origin, head.size, head.hash, old.key, key))
        given |= {"old": old.key.public_key.hex(), "proof": encode_base64(proof)}
    return Draft(
        operation=SUITE_SET,
        request_id=f"{SUITE_SET}:{head.size}:{key.key_id}",
        time=time,
        actor=Actor(actor, "system", head.origin),
        subject=Subject("ledger", uuid5(NAMESPACE_URL, head.origin), head.size),
        intent={"arguments": digest(given).hex(), **given},
    )


def find_declared(draft: Draft, origin: str) -> NationalKey | None:
    """The key that a `ledger.suite_set` declares; None for a malformed one, and for every other entry."""
    told = draft.intent.get("sm2")
    if draft.operation != SUITE_SET or type(told) is not str or not _PUBLIC.fullmatch(told):
        return None
    fields = {"arguments", "sm2"} | ({"old", "proof"} if "old" in draft.intent else set())
    return NationalKey(origin, bytes.fromhex(told)) if draft.intent.keys() == fields else None


def find_fault(entry: Entry, in_force: NationalKey | None) -> str | None:
    """The code of what is wrong with the suite of an entry whose Ed25519 signature holds; None: nothing, as far as can be checked."""
    key = in_force
    if entry.draft.operation == SUITE_SET:
        key = find_declared(entry.draft, entry.origin)
        fault = "suite_wrong" if key is None else _find_handover_fault(entry, key, in_force)
        if fault is not None:
            return fault
    if key is None:
        return None if entry.sm2 is None else "suite_undeclared"
    if entry.sm2 is None:
        return "suite_downgraded"
    if entry.sm2.key != key.key_id:
        return "sm2_key_unknown"
    if find_library() is not None and not key.holds(entry.signed, entry.sm2.sig):
        return "sm2_altered"
    return None


def _find_handover_fault(entry: Entry, key: NationalKey, in_force: NationalKey | None) -> str | None:
    """What is wrong with the old SM2 key's word for the new one, if the entry says that there is one."""
    intent: Any = entry.draft.intent
    if "old" not in intent:
        return None
    if in_force is None or key == in_force or intent["old"] != in_force.public_key.hex():
        return "suite_wrong"
    try:
        proof = decode_base64(intent["proof"])
    except (NoteMalformedError, TypeError):
        return "suite_wrong"
    text = _handover_text(entry.origin, entry.seq, entry.prev, in_force, key)
    if find_library() is not None and not (len(proof) == SIGNATURE_SIZE and in_force.holds(text, proof)):
        return "sm2_handover_wrong"
    return None


def _handover_text(origin: str, seq: int, prev: bytes, old: NationalKey, new: NationalKey) -> bytes:
    """What the old SM2 key signs of the new one."""
    lines = (
        "xingji-sm2-rotation 1",
        origin,
        str(seq),
        prev.hex(),
        old.public_key.hex(),
        new.public_key.hex(),
    )
    return "".join(f"{line}\n" for line in lines).encode()
