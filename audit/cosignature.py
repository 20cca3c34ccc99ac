"""Cosignatures as in C2SP tlog-cosignature (Ed25519, version 1): a witness's word that a checkpoint grows from all that it saw before.

    — witness.example/w1 BASE64(key hash || timestamp || Ed25519 signature)

The key hash is SHA-256(NAME || 0x0A || 0x04 || public key)[:4], the timestamp 8 bytes, big-endian, seconds since 1970. Signed are two lines
before the checkpoint's own:

    cosignature/v1
    time 1679315147
    ORIGIN
    SIZE
    ROOT

The signed bytes do not name the witness, so one public key counts as one witness, whatever names it is given. A line by a witness that is
not known is left alone; one by a known witness that does not hold refuses the note, as a known log key's would.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from audit.errors import NoteMalformedError, NoteUnverifiedError, QuorumMissingError, UnusableInputError
from audit.note import Note, NoteSignature, VerifierKey, format_key, key_hash, parse_key
from audit.signer import Signer

COSIGNATURE: Final = b"\x04"
LATEST: Final = 2**63 - 1
_TIME: Final = 8
_LENGTH: Final = _TIME + 64


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """A witness's Ed25519 public key (32 bytes) under its name: what whoever trusts its word pins."""

    name: str
    public_key: bytes

    @property
    def key_hash(self) -> bytes:
        """The key hash, 4 bytes."""
        return key_hash(self.name, self.public_key, COSIGNATURE)

    def format(self) -> str:
        """The vkey, without a newline."""
        return format_key(self.name, self.public_key, COSIGNATURE)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a vkey of type 0x04. Raises NoteMalformedError."""
        return cls(*parse_key(text, COSIGNATURE))


@dataclass(frozen=True, slots=True)
class Cosignature:
    """Who cosigned, and when by its clock (seconds since 1970)."""

    witness: WitnessKey
    time: int


def cosign(text: str, signer: Signer, time: int) -> NoteSignature:
    """The signature line of a witness, named by the signer's origin, over a checkpoint's text."""
    key = WitnessKey(signer.origin, signer.public_key)
    signature = signer.sign(_message(text, time))
    return NoteSignature(key.name, key.key_hash, time.to_bytes(_TIME, "big") + signature)


def find_cosignature(note: Note, witness: WitnessKey) -> Cosignature | None:
    """This witness's cosignature of a note, or None where it has none.

    Raises NoteMalformedError for a line that is not one, or a second; NoteUnverifiedError for one that does not hold.
    """
    mine = [
        line for line in note.signatures if line.name == witness.name and line.key_hash == witness.key_hash
    ]
    if not mine:
        return None
    if len(mine) > 1:
        raise NoteMalformedError(reason="one witness signs twice")
    data = mine[0].signature
    time = int.from_bytes(data[:_TIME], "big")
    if len(data) != _LENGTH or time > LATEST:
        raise NoteMalformedError(reason="not a cosignature")
    if not VerifierKey(witness.name, witness.public_key).holds(_message(note.text, time), data[_TIME:]):
        raise NoteUnverifiedError(reason="signature_wrong")
    return Cosignature(witness, time)


def check_witnesses(witnesses: Sequence[WitnessKey], quorum: int) -> None:
    """That a policy can be held: no name or key twice, as many witnesses as are needed. Raises UnusableInputError."""
    names, keys = {one.name for one in witnesses}, {one.public_key for one in witnesses}
    if len(names) != len(witnesses) or len(keys) != len(witnesses):
        raise UnusableInputError(reason="two witnesses of one name or one key")
    if not 0 <= quorum <= len(witnesses):
        raise UnusableInputError(reason=f"a quorum of {quorum} among {len(witnesses)} witnesses")


def check_quorum(note: Note, witnesses: Sequence[WitnessKey], quorum: int) -> tuple[Cosignature, ...]:
    """The cosignatures of these witnesses, if they are enough. The log's own signature is not looked at.

    Raises QuorumMissingError; UnusableInputError as `check_witnesses`; as `find_cosignature`.
    """
    check_witnesses(witnesses, quorum)
    found = tuple(one for witness in witnesses if (one := find_cosignature(note, witness)) is not None)
    if len(found) < quorum:
        raise QuorumMissingError(origin=note.text.partition("\n")[0], found=len(found), wanted=quorum)
    return found


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
