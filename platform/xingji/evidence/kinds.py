"""The kinds of file that are taken, by their first bytes. What a client calls a file is never asked."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

HEAD: Final = 16


class Kind(StrEnum):
    """What the first bytes promise; whether the rest keeps it is seen by xingji/evidence/looking.py."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    PDF = "application/pdf"
    OFFICE = "office"


_MAGIC: Final = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"%PDF-", Kind.PDF),
    (b"PK\x03\x04", Kind.OFFICE),
)


def find_kind(head: bytes) -> Kind | None:
    """The kind that begins like this, or None."""
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
