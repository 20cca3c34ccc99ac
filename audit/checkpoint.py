"""Checkpoints as in C2SP tlog-checkpoint: what a log promises, in exactly three lines.

    xingji.example/411602                         origin
    3                                             size, decimal, no leading zero
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=  base64 of the RFC 6962 root

Extension lines are never written and are refused, because a published reader fails on them. The signed form
is a note (`audit.note`) whose key name is the origin.
"""

import re
from dataclasses import dataclass

from audit.errors import NoteMalformedError
from audit.note import Note, NoteSignature, VerifierKey, decode_base64, encode_base64, format_note, open_note
from audit.signer import Signer
from audit.tree import HASH_SIZE

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_ORIGIN = re.compile(r"[a-z0-9][a-z0-9.-]*(?:/[a-z0-9][a-z0-9.-]*)*")
MAX_ORIGIN = 200


def is_origin(text: str) -> bool:
    """Whether this may name a log:

    like a URL without its scheme; lower-case ASCII, at most 200 characters.
    """
    return len(text) <= MAX_ORIGIN and _ORIGIN.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's origin, its number of entries and its root (32 bytes)."""

    origin: str
    size: int
    root: bytes


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The three lines that are signed."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{encode_base64(checkpoint.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read exactly three lines. Raises NoteMalformedError."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] != "":
        raise NoteMalformedError(reason="a checkpoint has three lines")
    origin, size, root = lines[0], lines[1], decode_base64(lines[2])
    if not is_origin(origin):
        raise NoteMalformedError(reason="not an origin")
    if _SIZE.fullmatch(size) is None:
        raise NoteMalformedError(reason="not a size")
    if len(root) != HASH_SIZE:
        raise NoteMalformedError(reason="not a root")
    return Checkpoint(origin, int(size), root)


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """The signed note of a checkpoint."""
    text = format_checkpoint(checkpoint)
    signature = NoteSignature(signer.origin, bytes.fromhex(signer.key_id), signer.sign(text.encode()))
    return format_note(Note(text, (signature,)))


def open_checkpoint(data: bytes, key: VerifierKey) -> Checkpoint:
    """Read a signed checkpoint and check it: strict note, signature by the pinned key, origin of that key.

    Raises NoteMalformedError or NoteUnverifiedError.
    """
    checkpoint = parse_checkpoint(open_note(data, key).text)
    if checkpoint.origin != key.name:
        raise NoteMalformedError(reason="the origin is not the signer's")
    return checkpoint
