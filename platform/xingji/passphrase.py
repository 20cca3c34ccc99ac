"""Passphrases of the home's own secrets: each in a file, made at the first call."""

import os
import secrets
from contextlib import suppress
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
    return path.read_bytes()
