"""Passphrases of the home's own secrets: each in a file, made at the first call; the vault's is renewed.

    secrets/vault-passphrase           what opens the vault
    secrets/vault-passphrase.next      while it is being renewed: the one to come, under which keys are made already
    secrets/vault-passphrase.former    the one before, for a backup made before; deleted by `forget`

Renewing is `prepare`, then whatever is to lie under the new one, then `turn`; cut anywhere, all that opens anything is still there,
and it is done again. No copy of these files is in a backup.
"""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


def get_passphrase(path: Path) -> bytes:
    """The passphrase in a file of mode 0600, made when there is none; never seen half-written under its name."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.parent / f".{secrets.token_hex(8)}"
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_urlsafe(32).encode())
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
        _sync(path.parent)
    return path.read_bytes()


@dataclass(frozen=True, slots=True)
class RenewedPassphrase:
    """The passphrase at `path`, with the one to come and the one before beside it."""

    path: Path

    def read(self) -> tuple[bytes, ...]:
        """All that are at hand, newest first; the current one is made when there is none."""
        # In this order: one that changes places meanwhile is seen twice, never missed.
        coming, current, former = _find(self._next), get_passphrase(self.path), _find(self._former)
        return tuple(one for one in (coming, current, former) if one is not None)

    @property
    def is_turning(self) -> bool:
        """Whether a renewal was begun and not ended."""
        return self._next.exists()

    def prepare(self) -> None:
        """Have one to come, made now if none was."""
        get_passphrase(self.path)
        get_passphrase(self._next)

    def turn(self) -> None:
        """The prepared one becomes the current one, that the former one; the former one before is gone."""
        if not self.is_turning:
            return  # another process has
        fresh = self.path.parent / f".{secrets.token_hex(8)}"
        os.link(self.path, fresh)
        fresh.replace(self._former)
        _sync(self.path.parent)
        self._next.replace(self.path)
        _sync(self.path.parent)

    def forget(self) -> None:
        """Delete the former one."""
        self._former.unlink(missing_ok=True)
        _sync(self.path.parent)

    @property
    def _next(self) -> Path:
        return self.path.with_name(f"{self.path.name}.next")

    @property
    def _former(self) -> Path:
        return self.path.with_name(f"{self.path.name}.former")


def _find(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
