"""The second reader's small parts, from docs/formats/ledger.md alone: canonical JSON, keys, notes, bundles. Shares no code with `audit/`."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ORIGIN = r"(?=.{1,200}\Z)[a-z0-9][a-z0-9.-]*(/[a-z0-9][a-z0-9.-]*)*"
NAME = r"[A-Za-z][A-Za-z0-9_.-]{0,99}"
TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
REASON = r"(?!\s*\Z)[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,500}"


class RefutedError(Exception):
    """The first reason why the log does not hold."""


def need(holds: object, reason: str) -> None:
    """Refute unless it holds."""
    if not holds:
        raise RefutedError(reason)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def canonical(value: object) -> bytes:
    """RFC 8785 for values without floats."""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return b"{" + b",".join(canonical(key) + b":" + canonical(item) for key, item in items) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(canonical, value)) + b"]"
    need(not isinstance(value, float), "a float")
    need(not isinstance(value, int) or abs(value) < 2**53, "an integer too large")
    need(not isinstance(value, str) or "\0" not in value, "NUL")
    return json.dumps(value, ensure_ascii=False).encode()


def unbase64(text: str) -> bytes:
    data = base64.b64decode(text)
    need(base64.b64encode(data).decode() == text, "base64 not canonical")
    return data


def check_signature(public: bytes, signature: bytes, message: bytes, where: str) -> None:
    """Ed25519."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        raise RefutedError(f"signature of {where}") from None


class Key:
    """A verifier key: NAME+HASH+BASE64."""

    def __init__(self, vkey: str) -> None:
        self.vkey, (self.name, self.id, coded) = vkey, vkey.split("+", 2)
        data = unbase64(coded)
        need(len(data) == 33 and data[0] == 1, "not an Ed25519 key")
        need(sha256(self.name.encode() + b"\n" + data)[:4].hex() == self.id, "the key's hash")
        self.public = data[1:]


def open_head(data: bytes, pinned: list[Key], in_force: Key | None) -> tuple[int, bytes, bool]:
    """Size, root, whether a pinned key signed; each line by a pinned key holds, and so does one by `in_force`, if given."""
    form = r"(([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n)\n((?:— [^ \n]+ [^ \n]+\n)+)"
    match = re.fullmatch(form, data.decode())
    need(match and match[2] == pinned[0].name, "the head's form")
    text, _, size, root, lines = match.groups() if match else ("",) * 5
    mine = [line.split(" ")[2] for line in lines.splitlines() if line.split(" ")[1] == pinned[0].name]
    signatures = [unbase64(one) for one in mine]
    for key in {key.vkey: key for key in [*pinned, in_force] if key is not None}.values():
        own = [one[4:] for one in signatures if one[:4].hex() == key.id]
        need(len(own) == 1 or (key is not in_force and not own), "the head's key")
        for signature in own:
            check_signature(key.public, signature, text.encode(), "the head")
    need(signatures, "the head's signer")
    return int(size), unbase64(root), any(one[:4].hex() in {key.id for key in pinned} for one in signatures)


def read_leaves(directory: Path, size: int) -> list[bytes]:
    """Every leaf of every bundle."""
    leaves: list[bytes] = []
    while len(leaves) < size:
        index, width = len(leaves) // 256, min(256, size - len(leaves))
        groups = [f"{index // 1000**n % 1000:03d}" for n in range(5) if n == 0 or index >= 1000**n]
        path = "/x".join(reversed(groups))
        path = ("x" if len(groups) > 1 else "") + path + (f".p/{width}" if width < 256 else "")
        data = (directory / "tile/entries" / path).read_bytes()
        for _ in range(width):
            end = 2 + int.from_bytes(data[:2], "big")
            need(2 <= end <= len(data), f"bundle {path}")
            leaves.append(data[2:end])
            data = data[end:]
        need(not data, f"bytes after bundle {path}")
    return leaves
