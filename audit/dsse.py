"""What an officer's key signs: the DSSE pre-authentication encoding, and the two kinds of text that go into it.

    PAE(type, body) = "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body          SP is one space, LEN decimal bytes

    application/vnd.xingji.intent+json        the JCS of the intent of an act
    application/vnd.xingji.officer-key+json   the JCS of {"key", "origin", "person"}: this key is mine (proof of possession)

The kind stands inside what is signed, so a signature of one kind is none of the other. Source: secure-systems-lab/dsse,
protocol.md. What an intent must hold so that it serves one act alone is `audit.keyring`'s.
"""

import hashlib
from typing import Any, Final
from uuid import UUID

from audit.canonical import encode

INTENT: Final = "application/vnd.xingji.intent+json"
POSSESSION: Final = "application/vnd.xingji.officer-key+json"


def pae(kind: str, body: bytes) -> bytes:
    """The bytes that are signed over a body of this kind."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(body), body)


def intent_pae(intent: Any) -> bytes:
    """What the officer signs of an act."""
    return pae(INTENT, encode(intent))


def possession_pae(origin: str, person: UUID, public_key: bytes) -> bytes:
    """What a new key signs when the officer of the home log `origin` shows that it is theirs."""
    return pae(
        POSSESSION, encode({"key": officer_key_id(public_key), "origin": origin, "person": str(person)})
    )


def officer_key_id(public_key: bytes) -> str:
    """The name of an officer's key: SHA-256 of the raw public key (32 bytes), in hex."""
    return hashlib.sha256(public_key).hexdigest()
