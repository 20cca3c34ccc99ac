"""Tokens: what is taken, and every way of not being ours."""

import base64
import hashlib
import hmac
import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tenancy.errors import TokenError
from tenancy.identity import Principal, Role, RoleName
from tenancy.tokens import LIFETIME, TokenKeys, read_key

NOW = datetime(2022, 4, 25, 1, tzinfo=UTC)
ROLE = Role(RoleName.CITY_OFFICER, UUID(int=5), "city")
PRINCIPAL = Principal(1, UUID(int=7), (ROLE,), (2, 3), (), demo=True)


@pytest.fixture
def keys(tmp_path: Path) -> TokenKeys:
    return TokenKeys(tmp_path / "tokens")


def newest(tmp_path: Path) -> Ed25519PrivateKey:
    return read_key(max((tmp_path / "tokens").glob("*.pem")))


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = token.split(".")
    return tuple(json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims))


def test_principal_comes_back_whole(keys: TokenKeys) -> None:
    token = keys.issue(PRINCIPAL, NOW)
    assert keys.read(token, NOW) == PRINCIPAL
    assert keys.read(token, NOW + LIFETIME - timedelta(seconds=1)) == PRINCIPAL


@pytest.mark.parametrize("at", [NOW + LIFETIME, NOW + timedelta(days=1), NOW - timedelta(seconds=1)])
def test_token_is_refused_outside_its_ten_minutes(keys: TokenKeys, at: datetime) -> None:
    token = keys.issue(PRINCIPAL, NOW)
    keys.read(token, NOW)
    with pytest.raises(TokenError):
        keys.read(token, at)


def test_rotation_keeps_the_key_before_and_retires_the_one_before_that(keys: TokenKeys) -> None:
    token = keys.issue(PRINCIPAL, NOW)
    keys.rotate()
    assert keys.read(token, NOW) == PRINCIPAL
    assert parts(keys.issue(PRINCIPAL, NOW))[0]["kid"] == "00000002"
    keys.rotate()
    with pytest.raises(TokenError):
        keys.read(token, NOW)


def test_another_process_sees_a_rotation(keys: TokenKeys, tmp_path: Path) -> None:
    other = TokenKeys(tmp_path / "tokens")
    old = other.issue(PRINCIPAL, NOW)
    assert keys.read(old, NOW) == PRINCIPAL
    keys.rotate()
    assert other.read(keys.issue(PRINCIPAL, NOW), NOW) == PRINCIPAL
    keys.rotate()
    with pytest.raises(TokenError):
        other.read(old, NOW)


def test_rotation_at_once_elsewhere_breaks_nothing(keys: TokenKeys, tmp_path: Path) -> None:
    """The other process's key is taken; no half-written file stays behind."""
    token = keys.issue(PRINCIPAL, NOW)
    (tmp_path / "tokens" / "00000002.pem").write_bytes((tmp_path / "tokens" / "00000001.pem").read_bytes())
    keys._keys = {"00000001": keys._keys["00000001"]}
    keys._seen = (tmp_path / "tokens").stat().st_mtime_ns
    with pytest.raises(FileExistsError):
        keys.rotate()
    assert keys.read(token, NOW) == PRINCIPAL
    assert sorted(path.name for path in (tmp_path / "tokens").iterdir()) == ["00000001.pem", "00000002.pem"]


def b64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def hs256_with_the_public_key(claims: dict[str, Any], key: Ed25519PrivateKey) -> str:
    """Signed by hand: the library itself refuses to make it."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    signed = f"{b64({'alg': 'HS256', 'kid': '00000001', 'typ': 'JWT'})}.{b64(claims)}"
    mac = hmac.new(raw, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


FORGERIES: dict[str, Callable[[dict[str, Any], Ed25519PrivateKey], str]] = {
    "alg none": lambda claims, key: f"{b64({'alg': 'none', 'kid': '00000001'})}.{b64(claims)}.",
    "HS256 confusion": hs256_with_the_public_key,
    "another key": lambda claims, key: jwt.encode(
        claims, Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": "00000001"}
    ),
    "unknown kid": lambda claims, key: jwt.encode(claims, key, "EdDSA", headers={"kid": "00000009"}),
    "path as kid": lambda claims, key: jwt.encode(
        claims, key, "EdDSA", headers={"kid": "../tokens/00000001"}
    ),
    "no kid": lambda claims, key: jwt.encode(claims, key, "EdDSA"),
    "another issuer": lambda claims, key: jwt.encode(
        claims | {"iss": "other"}, key, "EdDSA", headers={"kid": "00000001"}
    ),
    "no expiry": lambda claims, key: jwt.encode(
        {name: value for name, value in claims.items() if name != "exp"},
        key,
        "EdDSA",
        headers={"kid": "00000001"},
    ),
    "tenant is text": lambda claims, key: jwt.encode(
        claims | {"tenant": "1"}, key, "EdDSA", headers={"kid": "00000001"}
    ),
    "unknown role": lambda claims, key: jwt.encode(
        claims | {"roles": [["root", str(UUID(int=1)), "city"]]}, key, "EdDSA", headers={"kid": "00000001"}
    ),
    "empty": lambda claims, key: "",
    "not a token": lambda claims, key: "a.b.c",
    "endless": lambda claims, key: "x" * 100_000,
}


@pytest.mark.parametrize("name", FORGERIES)
def test_token_that_is_not_ours_is_refused(keys: TokenKeys, tmp_path: Path, name: str) -> None:
    claims = parts(keys.issue(PRINCIPAL, NOW))[1]
    with pytest.raises(TokenError):
        keys.read(FORGERIES[name](claims, newest(tmp_path)), NOW)


def test_any_altered_byte_is_refused(keys: TokenKeys) -> None:
    token = keys.issue(PRINCIPAL, NOW)
    for at in range(len(token) - 1):
        altered = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(TokenError):
            keys.read(altered, NOW)


def test_keys_are_for_their_owner_alone(keys: TokenKeys, tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
