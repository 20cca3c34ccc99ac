"""Proofs that anyone can check offline, as in C2SP tlog-proof: an entry's place under a published checkpoint, in one text.

    c2sp.org/tlog-proof@v1
    index 73894                                       the entry's sequence, decimal, no leading zero
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=      the RFC 6962 path, the lowest hash first; none in a log of one entry
    …
                                                      an empty line
    example.org/log                                   the checkpoint's note, verbatim, with its cosignatures
    …

No extra data is written, and a proof that has some is refused. Reading is strict; `check_proof` says whether the entry whose leaf hash
the reader worked out stands there. Whose signatures count is the reader's to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.errors import NoteMalformedError, NoteUnverifiedError
from audit.inclusion import is_included
from audit.note import MAX_NOTE, VerifierKey, decode_base64, encode_base64, open_note, parse_note
from audit.tree import HASH_SIZE

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_PATH: Final = 63
MAX_PROOF: Final = MAX_NOTE + MAX_PATH * 45 + 64
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry's sequence, its path, and the signed note that it leads to."""

    index: int
    path: tuple[bytes, ...]
    note: str

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says. Raises NoteMalformedError."""
        return parse_checkpoint(parse_note(self.note.encode()).text)


def format_proof(proof: Proof) -> str:
    """The text of a proof."""
    lines = (HEADER, f"index {proof.index}", *(encode_base64(hash_) for hash_ in proof.path), "")
    return "".join(line + "\n" for line in lines) + proof.note


def parse_proof(data: bytes) -> Proof:
    """Read a proof exactly as it would be written. Raises NoteMalformedError."""
    if len(data) > MAX_PROOF:
        raise NoteMalformedError(reason=f"longer than {MAX_PROOF} bytes")
    try:
        head, _, note = data.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise NoteMalformedError(reason="not UTF-8") from error
    header, *rest = head.split("\n")
    index = _INDEX.fullmatch(rest[0]) if rest else None
    if header != HEADER or index is None or len(rest) - 1 > MAX_PATH:
        raise NoteMalformedError(reason="not a tlog-proof")
    path = tuple(decode_base64(line) for line in rest[1:])
    if any(len(hash_) != HASH_SIZE for hash_ in path):
        raise NoteMalformedError(reason="a hash of another length")
    proof = Proof(int(index[1]), path, note)
    parse_checkpoint(parse_note(note.encode()).text)
    return proof


def check_proof(proof: Proof, leaf_hash: bytes, key: VerifierKey) -> Checkpoint:
    """The checkpoint under which the entry stands. Raises NoteMalformedError or NoteUnverifiedError (`not_included` too)."""
    checkpoint = parse_checkpoint(open_note(proof.note.encode(), key).text)
    if checkpoint.origin != key.name:
        raise NoteMalformedError(reason="the origin is not the signer's")
    if not is_included(leaf_hash, proof.index, checkpoint.size, proof.path, checkpoint.root):
        raise NoteUnverifiedError(reason="not_included")
    return checkpoint
