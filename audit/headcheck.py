"""Opening the signed heads that a verification begins and ends with: who signed them, and who vouches beside the log.

A head is opened with the pinned keys as far as they go; which key had to sign it is known when the entries are read. A kept head that is
no head of this log refutes nothing: it is the auditor's own, and unusable.
"""

from collections.abc import Iterable, Sequence

from audit.chain import KeptHead
from audit.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from audit.cosignature import WitnessKey, check_quorum
from audit.errors import NoteMalformedError, NoteUnverifiedError, QuorumMissingError, UnusableInputError
from audit.keyring import Keyring
from audit.note import VerifierKey, parse_note
from audit.verdict import RefutedError


def open_kept_head(data: bytes, keyring: Keyring) -> KeptHead:
    """The head that the auditor kept, and its note if no pinned key signed it: then the entries tell which key must have.

    Raises UnusableInputError: a wrong kept head refutes nothing.
    """
    try:
        return KeptHead(*read_head(data, keyring.pinned))
    except (NoteMalformedError, NoteUnverifiedError) as error:
        raise UnusableInputError(reason=f"the kept head: {error}") from error


def read_head(data: bytes, keys: Iterable[VerifierKey]) -> tuple[Checkpoint, bytes | None]:
    """A head of these keys' log; and its note again if none of them has a line in it, but another key of that name has.

    Raises NoteMalformedError or NoteUnverifiedError.
    """
    known = {bytes.fromhex(key.key_id): key for key in keys}
    lines = {
        line.key_hash
        for line in parse_note(data).signatures
        if line.name in {key.name for key in known.values()}
    }
    for key in (known[found] for found in lines & known.keys()):
        return open_checkpoint(data, key), None
    origin = next(iter(known.values())).name
    checkpoint = parse_checkpoint(parse_note(data).text)
    if not lines or checkpoint.origin != origin:
        raise NoteUnverifiedError(reason="key_unknown")
    return checkpoint, data


def open_head(data: bytes, keyring: Keyring) -> KeptHead:
    """The head, checked as far as the pinned keys go; `check_head` finishes that when the log's keys are known. Raises RefutedError."""
    try:
        return KeptHead(*read_head(data, keyring.pinned))
    except NoteMalformedError as error:
        raise RefutedError("head_malformed", reason=error.details["reason"]) from error
    except NoteUnverifiedError as error:
        unknown = error.details["reason"] == "key_unknown"
        raise RefutedError("head_key_unknown" if unknown else "head_altered") from error


def check_head(data: bytes, keyring: Keyring) -> None:
    """The head is signed by the key in force at its size, and that is of a chain of keys through a pinned one. Raises RefutedError."""
    if not keyring.is_pinned:
        if read_head(data, keyring.pinned)[1] is not None:
            raise RefutedError("head_key_unknown")
        keyring.check_pinned()
    key = keyring.server
    try:
        if key is None:
            raise NoteUnverifiedError(reason="key_unknown")
        open_checkpoint(data, key)
    except (NoteMalformedError, NoteUnverifiedError) as error:
        if error.details["reason"] == "signature_wrong":
            raise RefutedError("head_altered") from error
        hashes = {line.key_hash.hex() for line in parse_note(data).signatures if line.name == keyring.origin}
        retired = hashes & {one.key_id for one in keyring.retired}
        raise RefutedError("head_key_retired" if retired else "head_key_unknown") from error


def check_cosigned(data: bytes, witnesses: Sequence[WitnessKey], quorum: int) -> int:
    """How many of the witnesses cosigned a well-formed head. Raises RefutedError for fewer than `quorum`, or for one that does not hold."""
    try:
        return len(check_quorum(parse_note(data), witnesses, quorum))
    except QuorumMissingError as error:
        raise RefutedError(
            "quorum_missing", found=error.details["found"], quorum=error.details["quorum"]
        ) from error
    except (NoteMalformedError, NoteUnverifiedError) as error:
        raise RefutedError("cosignature_wrong", reason=error.details["reason"]) from error
