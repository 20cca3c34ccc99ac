"""A reader of C2SP logs that we did not write, as its user would run it: tlog-scales over a folder or over HTTP."""

from __future__ import annotations

from tlog_scales.backend import TilesBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tiles import leaf_hash
from tlog_scales.tlog import Checkpoint


def read_log(backend: TilesBackend, vkey: str, kept: str | None = None, step: int = 1) -> list[bytes]:
    """The log's entries (every `step`-th), each checked under the checkpoint, and that under the pinned key.

    `kept` is a checkpoint that the reader kept before: the log must grow from it. Raises whatever the library finds wrong.
    """
    reader = TilesReader(backend)
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string(vkey))
    if reader.calculate_root_hash() != checkpoint.root_hash:
        raise ValueError("the tiles are not those of the checkpoint")
    if kept is not None:
        old = Checkpoint.from_text(kept)
        old.verify(Vkey.from_string(vkey))
        proof = reader.get_consistency_proof(old.size, checkpoint.size)
        proof.check(old.root_hash, checkpoint.root_hash)
    entries = []
    for index in range(0, checkpoint.size, step):
        entry = reader.get_entry(index)
        inclusion = reader.get_inclusion_proof(index, checkpoint.size)
        inclusion.check(leaf_hash(entry), checkpoint.root_hash)
        entries.append(entry)
    return entries
