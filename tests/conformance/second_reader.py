"""A second reader of an exported log, from docs/formats/ledger.md alone: it shares no code with `audit/`.

    python -m tests.conformance.second_reader DIR VKEY [KEPT_HEAD]

Prints `verified SIZE ROOT` and exits 0, or prints the first reason and exits 1. VKEY may be several, by blanks. Simple and
slow on purpose: the whole log is in memory and the root is computed by the recursive definition. Of SM2 signatures it checks
only that they are where they must be, and says so. Notes and keys: `second_notes`; officers: `second_officers`.
"""

import json
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.conformance.second_notes import (
    NAME,
    ORIGIN,
    REASON,
    TIME,
    UUID,
    Key,
    RefutedError,
    canonical,
    check_signature,
    need,
    open_head,
    read_leaves,
    sha256,
    unbase64,
)
from tests.conformance.second_officers import Officers

TOKEN, HASH, SHORT, SIGNATURE = r"[!-~]{1,200}", r"[0-9a-f]{64}", r"[0-9a-f]{8}", r"[A-Za-z0-9+/]{86}=="
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
    "suite": r"ed25519-sha256(\+sm2-sm3)?",
    "time": TIME,
    "version": int,
}
ROTATION = {"arguments": HASH, "new": str, "old": str, "reason": REASON}


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


class Log:
    """The entries so far: `keys` is the key in force behind each; `sm2` the SM2 key that was declared."""

    def __init__(self, pinned: list[Key]) -> None:
        self.pinned, self.origin, self.officers = pinned, pinned[0].name, Officers(pinned[0].name)
        self.hashes: list[bytes] = []
        self.keys: list[Key] = []
        self.sm2: str | None = None
        self.time: str | None = None

    def take(self, leaf: bytes) -> None:
        """One entry in its place."""
        seq, entry = len(self.hashes), json.loads(leaf)
        where = f"entry {seq}"
        need(canonical(entry) == leaf and len(leaf) < 65_536, f"{where}: canonical form")
        need({"body", "server_sig"} == entry.keys() - {"officer_sig"}, f"{where}: envelope")
        body, server, suite = entry["body"], entry["server_sig"], entry["body"].get("suite")
        check_shape(body, BODY, where)
        dual = {"sm2": {"key": SHORT, "sig": SIGNATURE}} if suite != "ed25519-sha256" else {}
        check_shape(server, {"key": SHORT, "sig": SIGNATURE, **dual}, where)
        if "officer_sig" in entry:
            check_shape(entry["officer_sig"], {"key": TOKEN, "sig": SIGNATURE}, where)
        need(re.fullmatch(HASH, str(body["intent"].get("arguments"))), f"{where}: arguments")
        need(datetime.fromisoformat(body["time"]), f"{where}: time")
        rows = [(row["table"], row["key"]) for row in body["rows"]]
        need(rows == sorted(set(rows)), f"{where}: rows")
        need(body["version"] == 1 and body["origin"] == self.origin, f"{where}: version or origin")
        key = self.signer(body["operation"], body["intent"], seq)
        need(server["key"] == key.id, f"{where}: key")
        signed = {name: part for name, part in entry.items() if name != "server_sig"}
        check_signature(key.public, unbase64(server["sig"]), canonical(signed), where)
        self.check_suite(body, server.get("sm2"), where)
        prev = self.hashes[-1] if seq else bytes(32)
        need(body["seq"] == seq and body["prev"] == prev.hex(), f"{where}: place")
        self.officers.check(entry, where)
        self.officers.take(entry, where)
        self.keys.append(self.next_key(body, key, where))
        if self.time is not None or (seq == 0 and body["intent"].get("times") == "ascending"):
            need(self.time is None or self.time <= body["time"], f"{where}: times")
            self.time = body["time"]
        if body["operation"] == "ledger.incarnation":
            stored = {"hash": prev.hex(), "root": root_of(self.hashes).hex(), "size": seq}
            need(body["intent"].get("stored") == stored, f"{where}: incarnation")
        self.hashes.append(sha256(b"\0" + leaf))

    def signer(self, operation: str, intent: dict[str, Any], seq: int) -> Key:
        """The key that must have signed."""
        need((operation == "ledger.opened") == (seq == 0), f"entry {seq}: opening")
        if seq == 0:
            declared = intent.get("keys")
            need(isinstance(declared, list) and len(declared) == 1, "keys")
            need(intent.get("origin") == self.origin == declared[0].split("+")[0], "keys")
            return Key(declared[0])
        if operation == "ledger.key_replaced":
            need(intent.get("new") in [key.vkey for key in self.pinned], f"entry {seq}: not pinned")
            return Key(intent["new"])
        return self.keys[-1]

    def next_key(self, body: dict[str, Any], key: Key, where: str) -> Key:
        """The key in force behind an entry."""
        intent, rotated = body["intent"], body["operation"] == "ledger.key_rotated"
        if not rotated and body["operation"] != "ledger.key_replaced":
            return key
        check_shape(intent, ROTATION | ({"compromised": bool, "proof": str} if rotated else {}), where)
        new = Key(intent["new"])
        need(intent["old"] == self.keys[-1].vkey and new.name == self.origin, f"{where}: old or new")
        need(new.vkey not in [one.vkey for one in self.keys], f"{where}: a former key")
        if rotated:
            named = (self.origin, body["seq"], body["prev"], intent["old"], intent["new"])
            text = "".join(f"{line}\n" for line in ("xingji-key-rotation 1", *named))
            check_signature(new.public, unbase64(intent["proof"]), text.encode(), f"{where}, proof")
        return new

    def check_suite(self, body: dict[str, Any], sm2: dict[str, str] | None, where: str) -> None:
        """Section 10, all but the SM2 signature itself."""
        if body["operation"] == "ledger.suite_set":
            check_shape(body["intent"], {"arguments": HASH, "sm2": r"[0-9a-f]{128}"}, where)
            public = bytes.fromhex(body["intent"]["sm2"])
            self.sm2 = sha256(self.origin.encode() + b"\n\xffsm2-sm3" + public)[:4].hex()
        need((sm2 and unbase64(sm2["sig"]) and sm2["key"]) == self.sm2, f"{where}: suite")


def read_log(directory: Path, vkey: str, kept: bytes | None = None) -> tuple[int, bytes]:
    """Size and root of a log that holds. Raises RefutedError; OSError and ValueError refute as well."""
    pinned = [Key(one) for one in vkey.split()]
    note = (directory / "checkpoint").read_bytes()
    size, root, _ = open_head(note, pinned, None)
    log = Log(pinned)
    for leaf in read_leaves(directory, size):
        log.take(leaf)
    need(size and root_of(log.hashes) == root, "root")
    need({key.vkey for key in pinned} & {key.vkey for key in log.keys}, "no pinned key signs this log")
    open_head(note, pinned, log.keys[-1])
    if log.sm2 is not None:
        print("SM2 signatures were not checked", file=sys.stderr)
    if kept is not None:
        kept_size, kept_root, is_pinned = open_head(kept, pinned, None)
        need(kept_size <= size, "rolled back")
        if not is_pinned:
            open_head(kept, pinned, log.keys[kept_size - 1])
        need(root_of(log.hashes[:kept_size]) == kept_root, "another history")
    return size, root


if __name__ == "__main__":
    try:
        found = read_log(
            Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_bytes() if sys.argv[3:] else None
        )
    except (RefutedError, OSError, ValueError) as error:
        sys.exit(f"refuted: {error}")
    print("verified", found[0], found[1].hex())
