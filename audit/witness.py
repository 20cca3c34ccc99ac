"""What a witness decides: whether a checkpoint grows from the last one that it cosigned (C2SP tlog-witness).

The request, each line ended by a newline:

    old 20852014                                  the size of the last checkpoint that the witness cosigned, as the log believes
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=  the consistency path from there, at most 63 hashes
                                                  an empty line
    ORIGIN … — ORIGIN BASE64                      the signed checkpoint

The rule: the latest checkpoint cosigned for an origin only ever grows into the next, and whoever believes in another size is told the
size. Two checkpoints of one size and two roots, both signed by the log, are a fork, and prove it to anyone; a path that does not hold is
a doubt, for it may be the path that is wrong. What is remembered, and how, is not decided here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.consistency import is_consistent
from audit.errors import NoteMalformedError, NoteUnverifiedError, OriginUnknownError, UnusableInputError
from audit.note import MAX_NOTE, Note, NoteSignature, VerifierKey, decode_base64, encode_base64, parse_note
from audit.tree import EMPTY_ROOT, HASH_SIZE

MAX_PATH: Final = 63
MAX_REQUEST: Final = MAX_NOTE + 4_096
SIZE_TYPE: Final = "text/x.tlog.size"
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,15})")


class Outcome(Enum):
    """What comes of a request."""

    COSIGN = "cosign"
    IMPOSSIBLE = "impossible"
    """The old size is beyond the checkpoint's."""
    BEHIND = "behind"
    """The witness's last checkpoint has another size than the log believes."""
    FORK = "fork"
    """The log has signed another root for the same size."""
    UNPROVEN = "unproven"
    """The path does not lead from the last checkpoint to this one."""


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint put to a witness. `note` is as it came; it is not verified yet."""

    old_size: int
    path: tuple[bytes, ...]
    note: bytes


def format_request(request: Request) -> bytes:
    """The body of `add-checkpoint`."""
    lines = [f"old {request.old_size}", *(encode_base64(node) for node in request.path), ""]
    return "".join(f"{line}\n" for line in lines).encode() + request.note


def parse_request(data: bytes) -> Request:
    """Read the body strictly. Raises NoteMalformedError."""
    if len(data) > MAX_REQUEST:
        raise NoteMalformedError(reason=f"longer than {MAX_REQUEST} bytes")
    before, separator, note = data.partition(b"\n\n")
    try:
        first, *rest = before.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise NoteMalformedError(reason="not ASCII before the checkpoint") from error
    old = _OLD.fullmatch(first)
    if not separator or old is None or len(rest) > MAX_PATH:
        raise NoteMalformedError(reason="not an old size, a path and an empty line")
    path = tuple(decode_base64(line) for line in rest)
    if any(len(node) != HASH_SIZE for node in path):
        raise NoteMalformedError(reason="not a hash")
    return Request(int(old[1]), path, note)


def open_known(data: bytes, logs: Mapping[str, Sequence[VerifierKey]]) -> tuple[Checkpoint, Note]:
    """Read a checkpoint of one of these logs, with nothing but the signatures of keys that are trusted for its origin.

    Raises NoteMalformedError, OriginUnknownError, or NoteUnverifiedError when none of the keys has signed.
    """
    note = parse_note(data)
    checkpoint = parse_checkpoint(note.text)
    keys = logs.get(checkpoint.origin, ())
    if not keys:
        raise OriginUnknownError(origin=checkpoint.origin)
    signed = tuple(line for key in keys if (line := _find_line(note, key)) is not None)
    if not signed:
        raise NoteUnverifiedError(reason="no_trusted_signature")
    return checkpoint, Note(note.text, signed)


def _find_line(note: Note, key: VerifierKey) -> NoteSignature | None:
    """The first signature of the note that holds for this key."""
    named = (line for line in note.signatures if (line.name, line.key_hash.hex()) == (key.name, key.key_id))
    return next((line for line in named if key.holds(note.text.encode(), line.signature)), None)


def decide_cosigning(seen: Checkpoint | None, request: Request, checkpoint: Checkpoint) -> Outcome:
    """What to answer to a checkpoint that the log has signed, after the last one that was cosigned, if any."""
    size, root = (0, EMPTY_ROOT) if seen is None else (seen.size, seen.root)
    if request.old_size > checkpoint.size:
        return Outcome.IMPOSSIBLE
    if request.old_size != size:
        return Outcome.BEHIND
    if checkpoint.size == size and checkpoint.root != root:
        return Outcome.FORK
    if not is_consistent(size, checkpoint.size, root, checkpoint.root, request.path):
        return Outcome.UNPROVEN
    return Outcome.COSIGN


def parse_logs(text: str) -> Mapping[str, tuple[VerifierKey, ...]]:
    """The logs that a witness knows: one verifier key a line, a log with several keys by several lines; `#` begins a comment line.

    Raises UnusableInputError.
    """
    logs: dict[str, tuple[VerifierKey, ...]] = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            try:
                key = VerifierKey.parse(line.strip())
            except NoteMalformedError as error:
                raise UnusableInputError(reason=f"{error}: {line.strip()[:100]}") from error
            known = logs.get(key.name, ())
            logs[key.name] = known if key in known else (*known, key)
    return logs
