"""The vault: what opens a subject's data key, kept outside the database.

The rule upheld here: the database holds data keys only wrapped, and what unwraps them never enters it. Each tenant has
its key-encryption keys (KEKs); the newest wraps, older ones only unwrap. A wrapped key is bound to tenant, subject and
KEK, so a row moved elsewhere does not unwrap.

    folder/3/00000002-9f86d081.kek      tenant 3's second KEK: docs/formats/vault.md

Files have mode 0600 and are encrypted under a passphrase, which is handed in: a new KEK under the newest, and it stays under that
one for good, so an older file opens with no later passphrase. `Vault` is what another keeper of keys (an HSM, a key service) has to
offer. What a data key seals is tenancy/personal.py's.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic
from typing import Final, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tenancy.errors import UnopenableError, VaultError

KEY_SIZE: Final = 32
NONCE_SIZE: Final = 12

_WRAP: Final = b"xingji-data-key-1"
_KEK: Final = b"xingji-kek-1"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key as the database holds it."""

    kek_id: str
    sealed: bytes


class Vault(Protocol):
    """Wraps and unwraps data keys (32 bytes)."""

    def wrap(self, tenant_id: int, subject_id: UUID, key: bytes) -> Wrapped:
        """The key under the tenant's newest KEK. Raises VaultError."""

    def unwrap(self, tenant_id: int, subject_id: UUID, wrapped: Wrapped) -> bytes:
        """The key. Raises UnopenableError for what was not wrapped here for this subject; VaultError."""


def seal(key: bytes, plain: bytes, bound: bytes) -> bytes:
    """AES-256-GCM: a random nonce (12 bytes) and the ciphertext with its tag; `bound` is the associated data."""
    nonce = secrets.token_bytes(NONCE_SIZE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def unseal(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """What was sealed. Raises UnopenableError for another key, other associated data or changed bytes."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], bound)
    except (InvalidTag, ValueError) as error:
        raise UnopenableError from error


@dataclass(slots=True)
class FileVault:
    """KEKs in `folder`, encrypted under one of `passphrases`, newest first; a tenant's first is made when it first wraps.

    Several processes may share the folder: another's new KEK is seen when the next key is wrapped, and the passphrases are asked
    for anew with each file that is opened.
    """

    folder: Path
    passphrases: Callable[[], Sequence[bytes]] = field(repr=False)
    _loaded: dict[tuple[int, str], bytes] = field(default_factory=dict, repr=False)
    _newest: dict[int, tuple[int, str]] = field(default_factory=dict, repr=False)

    def wrap(self, tenant_id: int, subject_id: UUID, key: bytes) -> Wrapped:
        """See `Vault`."""
        kek_id = self._find_newest(tenant_id) or self.rotate(tenant_id)
        kek = self._load(tenant_id, kek_id)
        return Wrapped(kek_id, seal(kek, key, _bound(_WRAP, tenant_id, str(subject_id), kek_id)))

    def unwrap(self, tenant_id: int, subject_id: UUID, wrapped: Wrapped) -> bytes:
        """See `Vault`."""
        kek = self._load(tenant_id, wrapped.kek_id)
        return unseal(kek, wrapped.sealed, _bound(_WRAP, tenant_id, str(subject_id), wrapped.kek_id))

    def rotate(self, tenant_id: int) -> str:
        """Make a new KEK, which wraps from now on; returns its id. What older ones wrapped is the caller's to wrap anew."""
        folder = self.folder / str(tenant_id)
        for one in (self.folder, folder):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = self._list(tenant_id)
        number = int(known[-1].partition("-")[0]) + 1 if known else 1
        kek_id = f"{number:08d}-{secrets.token_hex(4)}"
        kek, salt = secrets.token_bytes(KEY_SIZE), secrets.token_bytes(16)
        sealed = seal(_derive(self.passphrases()[0], salt), kek, _bound(_KEK, tenant_id, kek_id))
        text = json.dumps({"kek": sealed.hex(), "salt": salt.hex()})
        with NamedTemporaryFile(dir=folder, prefix=".") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
            os.link(file.name, folder / f"{kek_id}.kek")
        _sync(folder)
        self._loaded[tenant_id, kek_id] = kek
        return kek_id

    def forget(self, tenant_id: int, used: Collection[str]) -> None:
        """Delete the KEKs that are not among `used`: those under which data keys are wrapped."""
        for kek_id in self._list(tenant_id):
            if kek_id not in used:
                (self.folder / str(tenant_id) / f"{kek_id}.kek").unlink(missing_ok=True)
                self._loaded.pop((tenant_id, kek_id), None)

    def is_renewed(self, tenant_id: int, kek_ids: Collection[str]) -> bool:
        """Whether these KEKs lie under the newest passphrase, and need no other. Raises VaultError, UnopenableError."""
        newest = self.passphrases()[:1]
        return all(self._read(tenant_id, kek_id, newest) is not None for kek_id in kek_ids)

    def find_closed(self) -> Iterator[int]:
        """The tenants whose newest KEK no passphrase at hand opens. Raises VaultError."""
        for folder in sorted(self.folder.glob("[0-9]*")):
            known = self._list(int(folder.name))
            if known and self._read(int(folder.name), known[-1], self.passphrases()) is None:
                yield int(folder.name)

    def _list(self, tenant_id: int) -> list[str]:
        return sorted(path.stem for path in (self.folder / str(tenant_id)).glob("*.kek"))

    def _find_newest(self, tenant_id: int) -> str | None:
        try:
            changed = (self.folder / str(tenant_id)).stat().st_mtime_ns
        except FileNotFoundError:
            return None
        seen = self._newest.get(tenant_id)
        if seen is None or seen[0] != changed:
            known = self._list(tenant_id)
            if not known:
                return None
            seen = self._newest[tenant_id] = changed, known[-1]
        return seen[1]

    def _load(self, tenant_id: int, kek_id: str) -> bytes:
        known = self._loaded.get((tenant_id, kek_id))
        if known is not None:
            return known
        kek = self._read(tenant_id, kek_id, self.passphrases())
        if kek is None:
            raise VaultError(
                kek=kek_id, reason_zh="口令不符或文件损坏", reason_en="wrong passphrase or damaged"
            )
        self._loaded[tenant_id, kek_id] = kek
        return kek

    def _read(self, tenant_id: int, kek_id: str, passphrases: Sequence[bytes]) -> bytes | None:
        """The KEK, None when none of the passphrases opens it. Raises UnopenableError for one that is not there; VaultError."""
        # The id comes from the database: it is compared with the files that are there, never made a path.
        if kek_id not in self._list(tenant_id):
            raise UnopenableError
        path = self.folder / str(tenant_id) / f"{kek_id}.kek"
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise VaultError(kek=kek_id, reason_zh="他人可读", reason_en="others may read it")
        for passphrase in passphrases:
            with suppress(UnopenableError, ValueError, KeyError, TypeError):
                told = json.loads(path.read_bytes())
                derived = _derive(passphrase, bytes.fromhex(told["salt"]))
                return unseal(derived, bytes.fromhex(told["kek"]), _bound(_KEK, tenant_id, kek_id))
        return None


@dataclass(slots=True)
class RememberingVault:
    """Another vault with the data keys unwrapped last: at most `size` of them, each for `seconds`.

    A key is remembered by all of its row, so an erased, moved or rewrapped one is not found here.
    """

    behind: Vault
    size: int = 4096
    seconds: float = 300.0
    clock: Callable[[], float] = monotonic
    _known: OrderedDict[tuple[int, UUID, Wrapped], tuple[float, bytes]] = field(
        default_factory=OrderedDict, repr=False
    )

    def wrap(self, tenant_id: int, subject_id: UUID, key: bytes) -> Wrapped:
        """See `Vault`."""
        return self.behind.wrap(tenant_id, subject_id, key)

    def unwrap(self, tenant_id: int, subject_id: UUID, wrapped: Wrapped) -> bytes:
        """See `Vault`."""
        place, now = (tenant_id, subject_id, wrapped), self.clock()
        while self._known and next(iter(self._known.values()))[0] <= now:
            self._known.popitem(last=False)
        found = self._known.get(place)
        if found is not None:
            return found[1]
        key = self.behind.unwrap(tenant_id, subject_id, wrapped)
        self._known[place] = now + self.seconds, key
        if len(self._known) > self.size:
            self._known.popitem(last=False)
        return key


def _derive(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_SIZE, n=2**14, r=8, p=1).derive(passphrase)


def _bound(kind: bytes, tenant_id: int, *names: str) -> bytes:
    return b"\0".join((kind, str(tenant_id).encode(), *(name.encode() for name in names)))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
