"""A second reader of an exported log, from docs/formats/ledger.md alone: it shares no code with `audit/`.

    python tests/conformance/second_reader.py DIR VKEY [KEPT_HEAD]

Prints `verified SIZE ROOT` and exits 0, or prints the first reason and exits 1. Simple and slow on purpose:
the whole log is in memory and the root is computed by the recursive definition.
"""

import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ORIGIN = r"(?=.{1,200}\Z)[a-z0-9][a-z0-9.-]*(/[a-z0-9][a-z0-9.-]*)*"
NAME, TOKEN, HASH = r"[A-Za-z][A-Za-z0-9_.-]{0,99}", r"[!-~]{1,200}", r"[0-9a-f]{64}"
TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
SIGNATURE = r"[A-Za-z0-9+/]{86}=="
BODY: dict[str, Any] = {
    "actor": {"id": UUID, "key": (None, TOKEN), "origin": ORIGIN, "role": NAME},
    "cites": [{"hash": HASH, "origin": ORIGIN, "seq": int}],
    "intent": dict,
    "operation": NAME,
    "origin": ORIGIN,
    "prev": HASH,
    "request": TOKEN,
    "rows": [{"digest": HASH, "key": r"(?s).{1,200}", "table": r"[a-z_][a-z0-9_]{0,62}"}],
    "seq": int,
    "subject": {"id": UUID, "revision": int, "type": NAME},
    "suite": r"ed25519-sha256",
    "time": TIME,
    "version": int,
}


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


def check_shape(value: Any, shape: Any, where: str) -> None:
    """A dict means exactly these fields, a list any number of these, a str a pattern, a tuple null too."""
    if isinstance(shape, dict):
        need(isinstance(value, dict) and value.keys() == shape.keys(), where)
        for name, inner in shape.items():
            check_shape(value[name], inner, f"{where}.{name}")
    elif isinstance(shape, list):
        need(isinstance(value, list), where)
        for item in value:
            check_shape(item, shape[0], where)
    elif isinstance(shape, tuple):
        if value is not None:
            check_shape(value, shape[1], where)
    elif isinstance(shape, str):
        need(isinstance(value, str) and re.fullmatch(shape, value), where)
    else:
        need(type(value) is shape and (shape is not int or value >= 0), where)


def root_of(hashes: list[bytes]) -> bytes:
    """RFC 6962 §2.1 over leaf hashes."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256(b"")
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\1" + root_of(hashes[:split]) + root_of(hashes[split:]))


class Key:
    """A verifier key: NAME+HASH+BASE64."""

    def __init__(self, vkey: str) -> None:
        self.name, self.id, coded = vkey.split("+", 2)
        data = unbase64(coded)
        need(len(data) == 33 and data[0] == 1, "not an Ed25519 key")
        need(sha256(self.name.encode() + b"\n" + data)[:4].hex() == self.id, "the key's hash")
        self.vkey, self.public = vkey, Ed25519PublicKey.from_public_bytes(data[1:])

    def check(self, signature: bytes, message: bytes, where: str) -> None:
        try:
            self.public.verify(signature, message)
        except InvalidSignature:
            raise RefutedError(f"signature of {where}") from None

    def open_head(self, data: bytes) -> tuple[int, bytes]:
        """Size and root of a signed checkpoint."""
        match = re.fullmatch(
            r"([^\n]+\n(0|[1-9][0-9]*)\n([^\n]+)\n)\n((— [^ \n]+ [^ \n]+\n)+)", data.decode()
        )
        need(match, "the head's form")
        assert match is not None
        mine = f"— {self.name} "
        lines = [line for line in match[4].split("\n") if line.startswith(mine)]
        need(len(lines) == 1 and match[1].startswith(self.name + "\n"), "the head's signer")
        signature = unbase64(lines[0][len(mine) :])
        need(signature[:4].hex() == self.id, "the head's key")
        self.check(signature[4:], match[1].encode(), "the head")
        return int(match[2]), unbase64(match[3])


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


def check_entry(leaf: bytes, seq: int, prev: bytes, key: Key) -> None:
    """One entry in its place."""
    where = f"entry {seq}"
    entry = json.loads(leaf)
    need(canonical(entry) == leaf, f"{where}: canonical form")
    need({"body", "server_sig"} == entry.keys(), f"{where}: envelope (officers have no keys yet)")
    body = entry["body"]
    check_shape(body, BODY, where)
    check_shape(entry["server_sig"], {"key": r"[0-9a-f]{8}", "sig": SIGNATURE}, where)
    need(re.fullmatch(HASH, str(body["intent"].get("arguments"))), f"{where}: arguments")
    rows = [(row["table"], row["key"]) for row in body["rows"]]
    need(rows == sorted(set(rows)), f"{where}: rows")
    need(body["version"] == 1 and body["origin"] == key.name, f"{where}: version or origin")
    need(entry["server_sig"]["key"] == key.id, f"{where}: key")
    key.check(unbase64(entry["server_sig"]["sig"]), canonical({"body": body}), where)
    need(body["seq"] == seq and body["prev"] == prev.hex(), f"{where}: place")
    need((body["operation"] == "ledger.opened") == (seq == 0), f"{where}: opening")
    if seq == 0:
        need(body["intent"].get("origin") == key.name and body["intent"].get("keys") == [key.vkey], "keys")


def read_log(directory: Path, vkey: str, kept: bytes | None = None) -> tuple[int, bytes]:
    """Size and root of a log that holds. Raises RefutedError; OSError and ValueError refute as well."""
    key = Key(vkey)
    size, root = key.open_head((directory / "checkpoint").read_bytes())
    hashes: list[bytes] = []
    for seq, leaf in enumerate(read_leaves(directory, size)):
        check_entry(leaf, seq, hashes[-1] if hashes else bytes(32), key)
        hashes.append(sha256(b"\0" + leaf))
    need(hashes and root_of(hashes) == root, "root")
    bodies = [json.loads(leaf)["body"] for leaf in read_leaves(directory, size)]
    times = [body["time"] for body in bodies]
    need(bodies[0]["intent"].get("times") != "ascending" or times == sorted(times), "times")
    if kept is not None:
        kept_size, kept_root = key.open_head(kept)
        need(kept_size <= size, "rolled back")
        need(root_of(hashes[:kept_size]) == kept_root, "another history")
    return size, root


if __name__ == "__main__":
    try:
        found = read_log(
            Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_bytes() if sys.argv[3:] else None
        )
    except (RefutedError, OSError, ValueError) as error:
        sys.exit(f"refuted: {error}")
    print("verified", found[0], found[1].hex())
