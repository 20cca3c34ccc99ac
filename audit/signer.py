"""What signs a tenant's log:

an interface, so that a KMS or HSM can stand where the key files stand (`audit.keys`).
"""

from typing import Protocol


class Signer(Protocol):
    """One tenant's Ed25519 signer."""

    @property
    def origin(self) -> str:
        """The log's origin; also the key's name in notes."""
        ...

    @property
    def key_id(self) -> str:
        """The C2SP key hash, 8 hex digits."""
        ...

    @property
    def public_key(self) -> bytes:
        """The raw public key, 32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature (64 bytes) over `message`."""
        ...
