"""Checking what a log says, with nothing of ours but the formats: C2SP signed-note, tlog-checkpoint and tlog-proof, RFC 6962.

Everything raises ValueError, of which RefutedError is one. Whose keys are trusted stands in a trust file that came by another way than what is checked.
"""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class RefutedError(ValueError):
    """What was shown does not hold."""


class Checkpoint(NamedTuple):
    """A log's name, how many entries it has, and the root of its tree."""

    origin: str
    size: int
    root: bytes


def check(holds: bool, what: str) -> None:
    if not holds:
        raise RefutedError(what)


def read_keys(trust: Path, origin: str) -> list[str]:
    """The keys that the trust file pins for a log."""
    logs = json.loads(trust.read_text("utf-8"))["logs"]
    found = [key for log in logs if log["origin"] == origin for key in log["keys"]]
    check(bool(found), f"the trust file names no log {origin}")
    return found


def open_checkpoint(note: str, keys: list[str]) -> Checkpoint:
    """What a note says that one of these keys has signed."""
    text, _, signatures = note.partition("\n\n")
    text += "\n"
    check(
        any(_is_signed(text, line, key) for line in signatures.split("\n") for key in keys),
        "no trusted signature",
    )
    origin, size, root, *_ = text.split("\n")
    check(re.fullmatch("0|[1-9][0-9]*", size) is not None, "not a checkpoint")
    check(all(key.split("+")[0] == origin for key in keys), "another log's checkpoint")
    return Checkpoint(origin, int(size), base64.b64decode(root, validate=True))


def _is_signed(text: str, line: str, key: str) -> bool:
    """A signature line: `— NAME BASE64(4 bytes of the key's hash ‖ signature)`; a key: `NAME+HASH+BASE64(1 ‖ public key)`."""
    name, digits, public = key.split("+", 2)
    bare = base64.b64decode(public, validate=True)
    mark, _, rest = line.partition(" ")
    signer, _, given = rest.partition(" ")
    if (mark, signer) != ("—", name):
        return False
    signature = base64.b64decode(given, validate=True)
    hashed = hashlib.sha256(name.encode() + b"\n" + bare).digest()[:4]
    if bare[:1] != b"\x01" or hashed.hex() != digits or signature[:4] != hashed:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bare[1:]).verify(signature[4:], text.encode())
    except InvalidSignature:
        return False
    return True


def leaf_hash(leaf: str) -> bytes:
    return hashlib.sha256(b"\0" + leaf.encode()).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def check_inclusion(leaf: bytes, sequence: int, proof: str, keys: list[str]) -> Checkpoint:
    """The checkpoint under which the entry with this leaf hash stands at this place, by a tlog-proof."""
    head, _, note = proof.partition("\n\n")
    header, index, *lines = head.split("\n")
    check(header == "c2sp.org/tlog-proof@v1" and index == f"index {sequence}", "a proof of another place")
    checkpoint = open_checkpoint(note, keys)
    path = [base64.b64decode(line, validate=True) for line in lines]
    check(sequence < checkpoint.size, "a place beyond the checkpoint")
    node, place, last = leaf, sequence, checkpoint.size - 1
    while last:
        if place & 1 or place < last:
            check(bool(path), "a path too short")
            beside = path.pop(0)
            node = node_hash(beside, node) if place & 1 else node_hash(node, beside)
        place, last = place >> 1, last >> 1
    check(not path and node == checkpoint.root, "the entry is not in the log")
    return checkpoint


def check_growth(old: Checkpoint, new: Checkpoint, path: list[bytes]) -> None:
    """The new tree begins with every entry of the old one, by RFC 6962 §2.1.2."""
    check(old.origin == new.origin and 0 < old.size <= new.size, "the log has become shorter")
    if old.size == new.size:
        check(not path and old.root == new.root, "two heads of one size")
        return
    place, last = old.size - 1, new.size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    rest = list(path)
    check(bool(rest) or not place, "a path too short")
    before = after = rest.pop(0) if place else old.root
    while last:
        if place & 1 or place < last:
            check(bool(rest), "a path too short")
            beside = rest.pop(0)
            before = node_hash(beside, before) if place & 1 else before
            after = node_hash(beside, after) if place & 1 else node_hash(after, beside)
        place, last = place >> 1, last >> 1
    check(not rest and before == old.root and after == new.root, "the log was rewritten")
