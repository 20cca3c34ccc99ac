"""Trees and logs: the frontier's root is RFC 6962's, and no byte of an exported log can change unseen."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from audit.errors import TreeMalformedError
from audit.note import VerifierKey
from audit.tree import Frontier, leaf_hash
from audit.verify import verify_log
from tests.unit.audit.kit import KEY, ORIGIN, SIGNER, entries, head, write_log


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=4), max_size=70), st.integers(0, 70))
def test_the_frontiers_root_is_that_of_the_whole_tree(leaves: list[bytes], cut: int):
    first = Frontier().extend(leaf_hash(leaf) for leaf in leaves[:cut])
    kept = Frontier.from_bytes(first.size, first.to_bytes())
    whole = kept.extend(leaf_hash(leaf) for leaf in leaves[cut:])
    assert (whole.size, whole.root()) == (len(leaves), naive_root(leaves))


@given(st.integers(-2, 2**40), st.integers(0, 50))
def test_a_frontier_of_another_length_is_refused(size: int, hashes: int):
    fits = size >= 0 and size.bit_count() == hashes
    if fits:
        Frontier.from_bytes(size, bytes(32 * hashes))
    else:
        with pytest.raises(TreeMalformedError):
            Frontier.from_bytes(size, bytes(32 * hashes))
    with pytest.raises(TreeMalformedError):
        Frontier.from_bytes(max(size, 0), bytes(32 * max(size, 0).bit_count() + 1))


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**52), st.binary(min_size=32, max_size=32))
def test_keys_and_heads_read_back(public: bytes, size: int, root: bytes):
    key = VerifierKey(ORIGIN, public)
    assert VerifierKey.parse(key.format()) == key
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert open_checkpoint(sign_checkpoint(checkpoint, SIGNER).encode(), KEY) == checkpoint


CHAIN = entries(260)
LEAVES, HASHES = [entry.leaf for entry in CHAIN], [entry.hash for entry in CHAIN]
FILES = ("checkpoint", "tile/entries/000", "tile/entries/001.p/4")


@settings(deadline=None)
@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_a_changed_byte_anywhere_is_refuted(file: str, where: float, change: int):
    with TemporaryDirectory() as folder:
        log = write_log(Path(folder), LEAVES, head(HASHES))
        data = bytearray((log / file).read_bytes())
        data[int(where * len(data))] ^= change
        (log / file).write_bytes(data)
        assert not verify_log(log, KEY).ok


@settings(deadline=None)
@given(st.sampled_from(FILES), st.floats(0, 1), st.binary(min_size=1, max_size=3))
def test_inserted_bytes_anywhere_are_refuted(file: str, where: float, more: bytes):
    with TemporaryDirectory() as folder:
        log = write_log(Path(folder), LEAVES, head(HASHES))
        data = (log / file).read_bytes()
        place = int(where * len(data))
        (log / file).write_bytes(data[:place] + more + data[place:])
        assert not verify_log(log, KEY).ok
