"""Every parser of what strangers hand us or read of us, with samples that it takes, and how what it read is written again.

The rule that fuzzing holds: whatever the bytes, a parser refuses with an AuditError, or what it took encodes to the very same bytes.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from audit.bundle import bundle_path, format_bundle, parse_bundle
from audit.canonical import encode, parse_canonical
from audit.checkpoint import format_checkpoint, parse_checkpoint
from audit.cosignature import WitnessKey, cosign
from audit.der import parse_values
from audit.entry import MAX_ENTRY, parse_entry, seal
from audit.errors import AuditError, DerMalformedError
from audit.note import Note, VerifierKey, decode_base64, encode_base64, format_note, parse_note
from audit.proof import Proof, format_proof, parse_proof
from audit.rowfile import RowsHeader, TextRow, format_header, format_row, read_header, read_rows
from audit.tiles import ENTRIES_LEVEL, parse_tile, parse_tile_name, tile_path
from audit.timetoken import format_token, parse_token
from audit.trust import Trust, TrustedLog, format_trust, parse_trust
from audit.witness import Request, format_request, parse_request
from tests.unit.audit.kit import KEY, SIGNER, entries, head

TOKEN = Path(__file__).parents[1] / "vectors" / "timestamp" / "600.tst"
PATH = (bytes(32), bytes(range(32)))
HEADER = RowsHeader(SIGNER.origin, 3, ("samples", "things"))
ROWS = (
    TextRow("samples", "1/a", 1, (("id", "int", "1"), ("title", "text", "乡"))),
    TextRow("things", "2", 2, ()),
)


@dataclass(frozen=True, slots=True)
class Parser:
    """`again` parses bytes and formats what it read; `samples` are taken."""

    name: str
    samples: tuple[bytes, ...]
    again: Callable[[bytes], bytes]

    def try_on(self, data: bytes) -> bool:
        """Whether the parser takes the bytes. Raises AssertionError where it takes what it would write otherwise."""
        try:
            written = self.again(data)
        except AuditError:
            return False
        assert written == data, f"{self.name} took {data!r} and writes {written!r}"
        return True


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A signer that knows one signature."""

    origin: str
    key_id: str
    signature: bytes
    public_key: bytes = b""

    def sign(self, message: bytes) -> bytes:
        return self.signature


class RefusedTextError(AuditError):
    """Bytes that are no text, before a parser of text."""


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise RefusedTextError from error


def _entry(data: bytes) -> bytes:
    found = parse_entry(data)
    stamp = _Stamp(found.origin, found.key_id, found.signature)
    return seal(found.draft, found.origin, found.seq, found.prev, stamp).leaf


def _bundle(data: bytes) -> bytes:
    return format_bundle(list(parse_bundle(data, 3)))


def _tile_name(data: bytes) -> bytes:
    name = parse_tile_name(_text(data))
    path = (
        bundle_path(name.index, name.width)
        if name.level == ENTRIES_LEVEL
        else tile_path(name.level, name.index, name.width)
    )
    return path.as_posix().removeprefix("tile/").encode()


def _rows(data: bytes) -> bytes:
    file = BytesIO(data)
    header = read_header(file)
    return format_header(header) + b"".join(map(format_row, read_rows(file, header)))


def _trust(data: bytes) -> bytes:
    """People write it, so white space and order are free: what it says must come back."""
    found = parse_trust(data)
    again = parse_trust(format_trust(found).encode())
    return data if again == found else format_trust(again).encode()


def _der(data: bytes) -> bytes:
    return b"".join(one.encode() for one in parse_values(data))


def _token(data: bytes) -> bytes:
    """What `check_token` compares: a token in another form is read, and refused for that."""
    written = format_token(parse_token(data))
    if written != data:
        raise DerMalformedError(reason="not in its one form")
    return written


def parsers() -> tuple[Parser, ...]:
    """All of them."""
    made = entries(3)
    leaves = tuple(one.leaf for one in made)
    note = head([one.hash for one in made])
    text = note.decode().partition("\n\n")[0] + "\n"
    cosigned = parse_note(note)
    cosigned = Note(cosigned.text, (*cosigned.signatures, cosign(cosigned.text, SIGNER, 1_700_000_000)))
    token = TOKEN.read_bytes()
    witness = WitnessKey(SIGNER.origin, SIGNER.public_key)
    return (
        Parser("canonical", leaves, lambda data: encode(parse_canonical(data, MAX_ENTRY))),
        Parser("entry", leaves, _entry),
        Parser(
            "note",
            (note, format_note(cosigned).encode()),
            lambda data: format_note(parse_note(data)).encode(),
        ),
        Parser(
            "checkpoint",
            (text.encode(),),
            lambda data: format_checkpoint(parse_checkpoint(_text(data))).encode(),
        ),
        Parser(
            "verifier key",
            (KEY.format().encode(),),
            lambda data: VerifierKey.parse(_text(data)).format().encode(),
        ),
        Parser(
            "witness key",
            (witness.format().encode(),),
            lambda data: WitnessKey.parse(_text(data)).format().encode(),
        ),
        Parser(
            "base64",
            (b"AAEC", b"AAE=", b"AA=="),
            lambda data: encode_base64(decode_base64(_text(data))).encode(),
        ),
        Parser("der", (token,), _der),
        Parser("time token", (token,), _token),
        Parser("bundle", (format_bundle(leaves),), _bundle),
        Parser("tile", (bytes(range(96)),), lambda data: b"".join(parse_tile(data, 3))),
        Parser(
            "tile name",
            (b"0/000", b"1/x001/234", b"entries/x001/x234/067.p/44", b"63/255.p/1"),
            _tile_name,
        ),
        Parser(
            "proof",
            tuple(format_proof(Proof(1, path, note.decode())).encode() for path in ((), PATH)),
            lambda data: format_proof(parse_proof(data)).encode(),
        ),
        Parser(
            "request to a witness",
            tuple(format_request(Request(7, path, note)) for path in ((), PATH)),
            lambda data: format_request(parse_request(data)),
        ),
        Parser("rows", (format_header(HEADER) + b"".join(map(format_row, ROWS)),), _rows),
        Parser(
            "trust",
            (format_trust(Trust((TrustedLog(KEY.name, (KEY,)),), (witness,), 1)).encode(),),
            _trust,
        ),
    )


INTERESTING = (
    b"\0",
    b"\n",
    b"\r\n",
    b" ",
    b"\xef\xbb\xbf",
    b"\xff",
    b"=",
    b"+",
    b"-0",
    b"1e2",
    b"1.0",
    b"0",
    b"\xe2\x80\x94 ",
    b'"',
    b"\\u0061",
    b"{}",
    b"[]",
    b"null",
    b"\xf0\x9f\x98\x80",
    b"9" * 20,
    b"x000/",
    b".p/256",
)


def mutate(data: bytes, luck: random.Random, others: tuple[bytes, ...]) -> bytes:
    """The bytes after one to four small accidents."""
    made = bytearray(data)
    for _ in range(luck.randint(1, 4)):
        place = luck.randint(0, len(made))
        match luck.randint(0, 6):
            case 0 if made:
                made[min(place, len(made) - 1)] = luck.randrange(256)
            case 1:
                made[place:place] = luck.choice(INTERESTING)
            case 2:
                del made[place : place + luck.randint(1, 8)]
            case 3:
                made[place:place] = made[place : place + luck.randint(1, 64)]
            case 4:
                other = luck.choice(others)
                cut = luck.randint(0, len(other))
                made[place:] = other[cut:]
            case 5 if made:
                made[min(place, len(made) - 1)] ^= 1 << luck.randrange(8)
            case _:
                made[place:place] = bytes([luck.randrange(32, 127)])
    return bytes(made)


def accidents(parser: Parser, luck: random.Random) -> Iterator[bytes]:
    """Damaged samples without end; what the parser took becomes a sample too."""
    pool = list(parser.samples)
    while True:
        made = mutate(luck.choice(pool), luck, tuple(pool))
        yield made
        if len(pool) < 200 and made not in pool and parser.try_on(made):
            pool.append(made)
