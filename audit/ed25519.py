"""Checking an Ed25519 signature: by libsodium (PyNaCl) where it is installed, and by OpenSSL (`cryptography`) always.

OpenSSL's answer is the answer. libsodium is nearly twice as quick and checks the same equation, but refuses a few keys and
signatures that OpenSSL takes (points of small order, encodings that are not canonical); what it takes, OpenSSL takes. So its yes
counts, and its no is asked again: the verdict is the same with and without it. `tests/unit/audit/test_ed25519.py` holds that.
"""

import importlib.util
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SIGNATURE_SIZE = 64
Check: TypeAlias = Callable[[bytes, bytes, bytes], bool]


def is_signed_by_openssl(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature (64 bytes) over the message is that of the public key (32 bytes)."""
    try:
        _load(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def with_libsodium(otherwise: Check) -> Check:
    """libsodium first; its no is asked again. Raises ModuleNotFoundError where PyNaCl is not installed."""
    from nacl.bindings import crypto_sign_open
    from nacl.exceptions import CryptoError

    def is_signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
        if len(signature) == SIGNATURE_SIZE:
            try:
                crypto_sign_open(signature + message, public_key)
                return True
            except (CryptoError, ValueError, TypeError):
                pass
        return otherwise(public_key, message, signature)

    return is_signed


def find_check() -> Check:
    """The quickest that is installed."""
    absent = importlib.util.find_spec("nacl") is None
    return is_signed_by_openssl if absent else with_libsodium(is_signed_by_openssl)


@lru_cache(maxsize=1024)
def _load(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)


is_signed: Check = find_check()
