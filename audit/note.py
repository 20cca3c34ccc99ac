"""Signed notes as in C2SP signed-note: a text and the signatures over it.

    example.org/log
    3
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
                                                          <- an empty line ends the text
    — example.org/log Az3grl...base64...=

A text ends with a newline and is signed with it. A signature line is `— NAME BASE64\n` where the bytes are
a 4-byte key hash and the signature. The key hash of Ed25519 is SHA-256(NAME || 0x0A || 0x01 || public
key)[:4]. A verifier key (vkey) is `NAME+HEX(key hash)+BASE64(0x01 || public key)`.

Everything is strict: a malformed signature line refuses the note instead of being skipped, base64 must be
its own canonical form, unknown signers are allowed (that is how witnesses cosign) but must be well-formed.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Self

from audit.ed25519 import is_signed
from audit.errors import NoteMalformedError, NoteUnverifiedError

ED25519 = b"\x01"
MAX_NOTE = 16 * 1024
MAX_SIGNATURES = 64

_VKEY = re.compile(r"([^\s+]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{44})")
_LINE = re.compile(r"— ([^\s+]{1,200}) ([A-Za-z0-9+/=]{8,8192})")


def decode_base64(text: str) -> bytes:
    """Standard base64 with padding, refused unless encoding again gives the same text.

    Raises NoteMalformedError.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteMalformedError(reason="not base64") from error
    if encode_base64(data) != text:
        raise NoteMalformedError(reason="not canonical base64")
    return data


def encode_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def key_hash(name: str, public_key: bytes, kind: bytes = ED25519) -> bytes:
    """The 4-byte key hash of an Ed25519 key under this name. `kind` is the type byte: what the key signs, and how."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public_key).digest()[:4]


def format_key(name: str, public_key: bytes, kind: bytes = ED25519) -> str:
    """The vkey, without a newline."""
    return f"{name}+{key_hash(name, public_key, kind).hex()}+{encode_base64(kind + public_key)}"


def parse_key(text: str, kind: bytes = ED25519) -> tuple[str, bytes]:
    """Name and public key (32 bytes) of a vkey of this kind. Raises NoteMalformedError."""
    match = _VKEY.fullmatch(text)
    if match is None:
        raise NoteMalformedError(reason="not a verifier key")
    data = decode_base64(match[3])
    if data[:1] != kind or len(data) != 33:
        raise NoteMalformedError(reason=f"not a verifier key of type {kind.hex()}")
    if key_hash(match[1], data[1:], kind).hex() != match[2]:
        raise NoteMalformedError(reason="the key hash is not that of the key")
    return match[1], data[1:]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """An Ed25519 public key (32 bytes) under the name it signs with: what an auditor pins."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> str:
        """The key hash as 8 hex digits."""
        return key_hash(self.name, self.public_key).hex()

    def format(self) -> str:
        """The vkey, without a newline."""
        return format_key(self.name, self.public_key)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a vkey. Raises NoteMalformedError."""
        return cls(*parse_key(text))

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (64 bytes) is this key's over `message`."""
        return is_signed(self.public_key, message, signature)


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: the signer's name, its 4-byte key hash and the signature bytes."""

    name: str
    key_hash: bytes
    signature: bytes

    def format(self) -> str:
        """The line, with its newline."""
        return f"— {self.name} {encode_base64(self.key_hash + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text (ending with a newline) and its signatures in order."""

    text: str
    signatures: tuple[NoteSignature, ...]


def format_note(note: Note) -> str:
    """The note as one text."""
    return note.text + "\n" + "".join(signature.format() for signature in note.signatures)


def parse_note(data: bytes) -> Note:
    """Read a note strictly, without verifying it. Raises NoteMalformedError."""
    if len(data) > MAX_NOTE:
        raise NoteMalformedError(reason=f"longer than {MAX_NOTE} bytes")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteMalformedError(reason="not UTF-8") from error
    if any(char < " " and char != "\n" for char in whole):
        raise NoteMalformedError(reason="a control character")
    text, separator, tail = whole.rpartition("\n\n")
    if not separator or not text or not tail.endswith("\n"):
        raise NoteMalformedError(reason="no signatures after an empty line")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteMalformedError(reason="too many signatures")
    return Note(text + "\n", tuple(_parse_line(line) for line in lines))


def open_note(data: bytes, key: VerifierKey) -> Note:
    """Read a note and check the pinned key's signature. Raises NoteMalformedError or NoteUnverifiedError."""
    note = parse_note(data)
    wanted = bytes.fromhex(key.key_id)
    mine = [line for line in note.signatures if line.name == key.name and line.key_hash == wanted]
    if not mine:
        raise NoteUnverifiedError(reason="key_unknown")
    if len(mine) > 1:
        raise NoteMalformedError(reason="one key signs twice")
    if not key.holds(note.text.encode(), mine[0].signature):
        raise NoteUnverifiedError(reason="signature_wrong")
    return note


def _parse_line(line: str) -> NoteSignature:
    match = _LINE.fullmatch(line)
    if match is None:
        raise NoteMalformedError(reason="a signature line")
    data = decode_base64(match[2])
    if len(data) < 5:
        raise NoteMalformedError(reason="a signature without bytes")
    return NoteSignature(match[1], data[:4], data[4:])
