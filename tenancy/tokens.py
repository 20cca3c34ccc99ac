"""Bearer tokens: Ed25519 JWTs of ten minutes, with keys that rotate.

The rule upheld here: one algorithm, named by us and never by the token; a key is found by its `kid` among the
files of a folder, and a token whose key is gone is refused, remembered or not. The newest key signs; the one
before it still verifies, so that a rotation ends no session. A third is deleted: rotate no faster than a token
lives.

    folder/00000007.pem     PKCS 8, mode 0600; the name is the kid, and its order the age

Several processes may share the folder: a change of it is noticed at the next token. Time is passed in.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tenancy.errors import InvalidScopeError, TokenError
from tenancy.identity import Principal, Role, RoleName

ALGORITHM: Final = "EdDSA"
ISSUER: Final = "xingji"
LIFETIME: Final = timedelta(minutes=10)
KEPT: Final = 2
LONGEST: Final = 32_768
REMEMBERED: Final = 16_384
"""Tokens verified once: room for those who work at the same time in 3,000 counties, some two kilobytes each."""
CLAIMS: Final = ("iss", "sub", "tenant", "roles", "granted", "shared", "demo", "iat", "exp")


@dataclass(frozen=True, slots=True)
class Verified:
    """A token whose signature held, and the seconds since the epoch between which it counts."""

    principal: Principal
    issued: int
    expires: int


class TokenKeys:
    """The keys in one folder; the first is made when there is none."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen = -1
        self._keys: Mapping[str, Ed25519PrivateKey] = {}
        self._verified = lru_cache(maxsize=REMEMBERED)(self._verify)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._current():
            with suppress(FileExistsError):
                self.rotate()

    def rotate(self) -> str:
        """Make a new signing key, delete all but it and the one before; returns its kid.

        Raises FileExistsError when another process rotated at this moment: its key will do.
        """
        kids = sorted(self._current())
        kid = format(int(kids[-1]) + 1 if kids else 1, "08d")
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with NamedTemporaryFile(dir=self._directory, prefix=".") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
            os.link(file.name, self._directory / f"{kid}.pem")
        for old in [*kids, kid][:-KEPT]:
            (self._directory / f"{old}.pem").unlink(missing_ok=True)
        self._seen = -1
        return kid

    def issue(self, principal: Principal, now: datetime) -> str:
        """A token for the principal, good for ten minutes from `now`."""
        issued = int(now.timestamp())
        keys = self._current()
        kid = max(keys)
        claims = {
            "iss": ISSUER,
            "sub": str(principal.person_id),
            "tenant": principal.tenant_id,
            "roles": [[role.name.value, str(role.unit_id), role.unit_kind] for role in principal.roles],
            "granted": list(principal.granted),
            "shared": list(principal.shared),
            "demo": principal.demo,
            "iat": issued,
            "exp": issued + int(LIFETIME.total_seconds()),
        }
        return jwt.encode(claims, keys[kid], algorithm=ALGORITHM, headers={"kid": kid})

    def read(self, token: str, now: datetime) -> Principal:
        """The principal of a token of ours that counts at `now`. Raises TokenError for any other."""
        self._current()
        verified = self._verified(token)
        if not verified.issued <= now.timestamp() < verified.expires:
            raise TokenError
        return verified.principal

    def ends(self, token: str) -> int:
        """When a token of ours ends, in seconds since the epoch. Raises TokenError for any other."""
        self._current()
        return self._verified(token).expires

    def _current(self) -> Mapping[str, Ed25519PrivateKey]:
        changed = self._directory.stat().st_mtime_ns
        if changed != self._seen:
            self._keys = {path.stem: read_key(path) for path in self._directory.glob("*.pem")}
            self._verified.cache_clear()
            self._seen = changed
        return self._keys

    def _verify(self, token: str) -> Verified:
        """1. length; 2. algorithm and key by the header; 3. signature, issuer, claims; 4. their shape."""
        if len(token) > LONGEST:
            raise TokenError
        try:
            header = jwt.get_unverified_header(token)
            key = self._keys.get(header.get("kid", ""))
            if header.get("alg") != ALGORITHM or key is None:
                raise TokenError
            claims = jwt.decode(
                token,
                key.public_key(),
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                options={"require": list(CLAIMS), "verify_exp": False, "verify_iat": False},
            )
            return parse_claims(claims)
        except (jwt.InvalidTokenError, InvalidScopeError, ValueError, TypeError) as error:
            raise TokenError from error


def parse_claims(claims: Mapping[str, Any]) -> Verified:
    """The principal in verified claims. Raises ValueError, TypeError or InvalidScopeError otherwise."""
    roles = tuple(Role(RoleName(name), UUID(unit_id), str(kind)) for name, unit_id, kind in claims["roles"])
    principal = Principal(
        tenant_id=claims["tenant"],
        person_id=UUID(claims["sub"]),
        roles=roles,
        granted=tuple(claims["granted"]),
        shared=tuple(claims["shared"]),
        demo=bool(claims["demo"]),
    )
    principal.scope()
    return Verified(principal, int(claims["iat"]), int(claims["exp"]))


def read_key(path: Path) -> Ed25519PrivateKey:
    """An unencrypted PKCS 8 Ed25519 key. Raises ValueError for any other."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path.name} holds no Ed25519 key")
    return key
