"""SM2 keys in files beside the log's own key, each sealed under the store's passphrase.

    KEYS/xingji.example_411602.9f86d081.sm2       {"public", "salt", "sealed"} in hex; the name ends with the key hash

`sealed` is nonce (12 bytes) || AES-256-GCM(scrypt(passphrase, salt, N=16384, r=8, p=1, 32 bytes), private key), bound to
"xingji-sm2-1" || 0x00 || public key. A key is made once and never overwritten. Which one signs, the log says (`audit.national`).
"""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from audit.errors import KeyUnreadableError
from audit.national import NationalKey, NationalSigner

_BOUND = b"xingji-sm2-1\0"


@dataclass(frozen=True, slots=True)
class NationalKeys:
    """Keys in `directory`."""

    directory: Path
    passphrase: bytes = field(repr=False)

    def create(self, origin: str) -> NationalSigner:
        """Make and store a new key. Raises NationalMissingError."""
        made, salt, nonce = NationalSigner.generate(origin), secrets.token_bytes(16), secrets.token_bytes(12)
        public = made.key.public_key
        sealed = nonce + AESGCM(self._derive(salt)).encrypt(nonce, made.private_key, _BOUND + public)
        text = json.dumps({"public": public.hex(), "salt": salt.hex(), "sealed": sealed.hex()})
        handle = os.open(self._path(made.key), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return made

    def find(self, key: NationalKey) -> NationalSigner | None:
        """The signer of a key, or None when it is not here. Raises KeyUnreadableError."""
        path = self._path(key)
        if not path.exists():
            return None
        try:
            told = json.loads(path.read_bytes())
            sealed = bytes.fromhex(told["sealed"])
            opening = AESGCM(self._derive(bytes.fromhex(told["salt"])))
            return NationalSigner(key, opening.decrypt(sealed[:12], sealed[12:], _BOUND + key.public_key))
        except (InvalidTag, ValueError, KeyError, TypeError) as error:
            raise KeyUnreadableError(origin=key.name, reason="SM2: wrong passphrase or damaged") from error

    def _path(self, key: NationalKey) -> Path:
        return self.directory / f"{key.name.replace('/', '_')}.{key.key_id}.sm2"

    def _derive(self, salt: bytes) -> bytes:
        return Scrypt(salt=salt, length=32, n=2**14, r=8, p=1).derive(self.passphrase)
