"""Where an entry stands, as a receipt or a certificate's QR code names it: origin, sequence and hash.

    parse_reference("https://any.example/public/proof?origin=…&sequence=7&hash=…")
    parse_reference("xingji.example/411602 7 5f…")

What is pasted is read, never followed: of an address the parameters alone count, whatever host it names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from audit.checkpoint import is_origin

LONGEST: Final = 1_000
NAMES: Final = ("origin", "sequence", "hash")
_SEQUENCE: Final = re.compile(r"0|[1-9][0-9]{0,14}", re.ASCII)
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of a log, and the leaf hash (32 bytes) that it should have."""

    origin: str
    sequence: int
    hash: bytes

    def as_query(self) -> str:
        """The query string that names it."""
        return urlencode({"origin": self.origin, "sequence": self.sequence, "hash": self.hash.hex()})


def read_reference(given: Mapping[str, str]) -> Reference | None:
    """From the three values; None unless each is well-formed."""
    origin, sequence, hash_ = (given.get(name, "").strip() for name in NAMES)
    hash_ = hash_.lower()
    if not is_origin(origin) or not _SEQUENCE.fullmatch(sequence) or not _HASH.fullmatch(hash_):
        return None
    return Reference(origin, int(sequence), bytes.fromhex(hash_))


def parse_reference(text: str) -> Reference | None:
    """From what was pasted: an address with the three parameters, or the three values with blanks between them."""
    text = text.strip()
    if len(text) > LONGEST:
        return None
    words = text.split()
    if len(words) == len(NAMES):
        return read_reference(dict(zip(NAMES, words, strict=True)))
    try:
        pairs = parse_qsl(urlsplit(text).query, max_num_fields=20)
    except ValueError:
        return None
    given = dict(pairs)
    return read_reference(given) if len(given) == len(pairs) else None
