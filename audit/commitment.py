"""Commitments: how a personal value is named in the ledger without being in it.

    HMAC-SHA-256(key = salt, message = "xingji-commitment-1" || 0x00 || field name || 0x00 || value)

The salt is 32 secret random bytes of its own for each value, stored beside the value and erased with it.
Without the salt the commitment tells nothing, not even to somebody who tries every phone number; with it,
the value cannot be denied. The field name separates domains, so that a commitment of one field is never
taken for that of another. Making the salt is the caller's: rules hold no randomness.
"""

import hashlib
import hmac

SALT_SIZE = 32
_DOMAIN = b"xingji-commitment-1"


def commit(field: str, value: bytes, salt: bytes) -> bytes:
    """The commitment (32 bytes) to `value` of `field`.

    Raises ValueError for a salt that is not 32 bytes or a NUL in the name.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError("a salt has 32 bytes")
    if not field or "\0" in field:
        raise ValueError("a field name is non-empty and holds no NUL")
    return hmac.digest(salt, _DOMAIN + b"\0" + field.encode() + b"\0" + value, hashlib.sha256)


def opens(commitment: bytes, field: str, value: bytes, salt: bytes) -> bool:
    """Whether `commitment` is to this value, compared in constant time."""
    return hmac.compare_digest(commitment, commit(field, value, salt))
