"""What a stranger needs to check a log by its public files alone: written from docs/formats/ledger.md, with nothing of `audit/`."""

import base64
import hashlib
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root of RFC 6962 over leaf hashes."""
    level = list(hashes)
    while len(level) > 1:
        pairs = [
            hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)
        ]
        level = pairs + level[len(level) & ~1 :]
    return level[0] if level else hashlib.sha256(b"").digest()


def open_checkpoint(note: str, vkey: str) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint that the key signed."""
    name, key_hash, key = vkey.split("+", 2)
    text, _, signatures = note.partition("\n\n")
    origin, size, root = (text + "\n").splitlines()
    assert origin == name
    for line in signatures.splitlines():
        dash, signer, blob = line.split(" ")
        data = base64.b64decode(blob, validate=True)
        if dash == "—" and signer == name and data[:4].hex() == key_hash:
            public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:])
            public.verify(data[4:], (text + "\n").encode())
            return origin, int(size), base64.b64decode(root)
    raise AssertionError("not signed by the pinned key")


def leaves_of(bundle: bytes) -> list[bytes]:
    """The leaves of an entry bundle."""
    found = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        assert len(bundle) >= 2 + length
        found.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return found


def tile_path(index: int) -> str:
    """NNN in groups of three digits."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return "/".join(groups)


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162 §2.1.3.2, word for word; and every hash is one, or its border could be moved."""
    if not 0 <= index < size or {len(one) for one in (leaf, root, *path)} != {32}:
        return False
    number, last, node = index, size - 1, leaf
    for beside in path:
        if last == 0:
            return False
        if number & 1 or number == last:
            node = hashlib.sha256(b"\1" + beside + node).digest()
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + beside).digest()
        number, last = number >> 1, last >> 1
    return last == 0 and node == root


def is_consistent(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """RFC 9162 §2.1.4.2, word for word; every hash is one, and from the empty tree all grows with no path."""
    if not 0 <= old <= new or (old == 0 and old_root != root_of(())):
        return False
    if old == new:
        return not path and old_root == new_root
    if {len(one) for one in (old_root, new_root, *path)} != {32}:
        return False
    if old == 0:
        return not path
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not steps:
        return False
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    before = after = steps[0]
    for beside in steps[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            before = hashlib.sha256(b"\1" + beside + before).digest()
            after = hashlib.sha256(b"\1" + beside + after).digest()
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            after = hashlib.sha256(b"\1" + after + beside).digest()
        number, last = number >> 1, last >> 1
    return before == old_root and after == new_root and last == 0


def open_proof(proof: str) -> tuple[int, list[bytes], str]:
    """Index, path and checkpoint of a C2SP tlog-proof."""
    header, _, checkpoint = proof.partition("\n\n")
    kind, index, *path = header.split("\n")
    assert kind == "c2sp.org/tlog-proof@v1" and index.startswith("index ")
    return (
        int(index.removeprefix("index ")),
        [base64.b64decode(one, validate=True) for one in path],
        checkpoint,
    )
