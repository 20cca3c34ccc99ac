"""Signing keys outside the database: one Ed25519 key a tenant, each in a file encrypted at rest.

A file is PKCS #8 in PEM, encrypted under the store's passphrase, mode 0600, named after the origin (`/`
becomes `_`, which no origin holds). A key is made once and never overwritten; a half-written file is never
seen under its name. Loaded keys stay in memory until their file is another. When a log's key is rotated, the key to come is
prepared in `next/` and the old file goes to `retired/`, where nothing signs with it. The passphrase is handed in: where it comes
from, and the entry that hands the log over (`audit.rotation`), are not this module's.
"""

import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from audit.checkpoint import is_origin
from audit.errors import KeyExistsError, KeyMissingError, KeyUnreadableError
from audit.national import NationalKey, NationalSigner
from audit.national_keys import NationalKeys
from audit.note import VerifierKey

NEXT: Final = "next"
RETIRED: Final = "retired"


class Ed25519Signer:
    """A signer that holds its private key in memory."""

    __slots__ = ("_found", "_key", "_nationals", "key_id", "origin", "public_key")

    def __init__(self, origin: str, key: Ed25519PrivateKey, nationals: NationalKeys | None = None) -> None:
        self._key = key
        self._nationals = nationals
        self._found: dict[NationalKey, NationalSigner] = {}
        self.origin = origin
        self.public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = VerifierKey(origin, self.public_key).key_id

    def sign(self, message: bytes) -> bytes:
        """The signature (64 bytes) over `message`."""
        return self._key.sign(message)

    def find_national(self, key: NationalKey) -> NationalSigner | None:
        """The signer of an SM2 key of this log, where the store has it. Raises KeyUnreadableError."""
        if key not in self._found and self._nationals is not None:
            found = self._nationals.find(key)
            if found is not None:
                self._found[key] = found
        return self._found.get(key)

    @property
    def verifier_key(self) -> VerifierKey:
        """The public half, to be pinned by auditors."""
        return VerifierKey(self.origin, self.public_key)


@dataclass(slots=True)
class FileKeyStore:
    """Keys in `directory` (made 0700), encrypted under `passphrase`."""

    directory: Path
    passphrase: bytes = field(repr=False)
    _loaded: dict[Path, tuple[tuple[int, int], Ed25519Signer]] = field(default_factory=dict, repr=False)

    @property
    def nationals(self) -> NationalKeys:
        """The SM2 keys beside."""
        return NationalKeys(self.directory, self.passphrase)

    def create(self, origin: str) -> Ed25519Signer:
        """Make and store a new key. Raises KeyExistsError."""
        return self._create(origin, self._path(origin))

    def prepare(self, origin: str) -> Ed25519Signer:
        """The key that is to come next, made at the first call; nobody signs entries with it yet. Raises KeyUnreadableError."""
        path = self._path(origin, NEXT)
        return self._find(origin, path) or self._create(origin, path)

    def find_prepared(self, origin: str) -> Ed25519Signer | None:
        """The key that is to come next, if one was made. Raises KeyUnreadableError."""
        return self._find(origin, self._path(origin, NEXT))

    def promote(self, origin: str, old: VerifierKey, ended: int) -> None:
        """The prepared key takes the place of `old`, which ended with entry `ended` and whose file, if it is there, goes to the archive.

        Raises KeyMissingError when no key is prepared. Cut in between, it is called again.
        """
        fresh, path = self._path(origin, NEXT), self._path(origin)
        if self.find_prepared(origin) is None:
            raise KeyMissingError(origin=origin)
        if path.exists():
            archive = self._path(origin, RETIRED).with_suffix(f".{old.key_id}.{ended}.pem")
            archive.parent.mkdir(mode=0o700, exist_ok=True)
            with suppress(FileExistsError):
                os.link(path, archive)
            _sync(archive.parent)
        fresh.replace(path)
        _sync(self.directory)

    def former(self, origin: str) -> tuple[tuple[VerifierKey, int], ...]:
        """The archived keys of a log, each with the last entry that it signed. Raises KeyUnreadableError."""
        path = self._path(origin, RETIRED)
        found = []
        for one in sorted(path.parent.glob(f"{path.stem}.*.pem")):
            signer, ended = self._find(origin, one), one.name.split(".")[-2]
            if signer is not None and ended.isdecimal():
                found.append((signer.verifier_key, int(ended)))
        return tuple(found)

    def adopt(self, origin: str, other: "FileKeyStore") -> None:
        """This log's key and the one to come are the other store's from now on; archived and SM2 keys are added to ours.

        Nobody else may use this store meanwhile.
        """
        path = other._path(origin)
        for folder in ("", NEXT):
            self._path(origin, folder).unlink(missing_ok=True)
        for pattern in (
            path.name,
            f"{NEXT}/{path.name}",
            f"{RETIRED}/{path.stem}.*.pem",
            f"{path.stem}.*.sm2",
        ):
            for one in other.directory.glob(pattern):
                ours = self.directory / one.relative_to(other.directory)
                ours.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                if not ours.exists():
                    _write_private(ours, one.read_bytes())

    def _create(self, origin: str, path: Path) -> Ed25519Signer:
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(self.passphrase))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.parent / f".{secrets.token_hex(8)}"
        try:
            _write_private(temporary, pem)
            os.link(temporary, path)
        except FileExistsError:
            raise KeyExistsError(origin=origin) from None
        finally:
            temporary.unlink(missing_ok=True)
        _sync(path.parent)
        return Ed25519Signer(origin, key, self.nationals)

    def find(self, origin: str) -> Ed25519Signer | None:
        """The signer of an origin, or None when there is no key. Raises KeyUnreadableError."""
        return self._find(origin, self._path(origin))

    def _find(self, origin: str, path: Path) -> Ed25519Signer | None:
        """What lies at the path, read again only if it is another file than before: another process may have rotated."""
        try:
            status = path.stat()
            stamp = status.st_ino, status.st_mtime_ns
            known = self._loaded.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            mode = stat.S_IMODE(status.st_mode)
            pem = path.read_bytes()
        except FileNotFoundError:
            return None
        if mode & 0o077:
            raise KeyUnreadableError(origin=origin, reason=f"others may read it (mode {mode:04o})")
        try:
            key = load_pem_private_key(pem, self.passphrase)
        except (ValueError, TypeError) as error:
            raise KeyUnreadableError(origin=origin, reason="wrong passphrase or damaged") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnreadableError(origin=origin, reason="not Ed25519")
        signer = Ed25519Signer(origin, key, self.nationals)
        self._loaded[path] = stamp, signer
        return signer

    def get(self, origin: str) -> Ed25519Signer:
        """The signer of an origin. Raises KeyMissingError or KeyUnreadableError."""
        signer = self.find(origin)
        if signer is None:
            raise KeyMissingError(origin=origin)
        return signer

    def _path(self, origin: str, folder: str = "") -> Path:
        if not is_origin(origin):
            raise KeyUnreadableError(origin=origin, reason="not an origin")
        return self.directory / folder / (origin.replace("/", "_") + ".pem")


def _write_private(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
