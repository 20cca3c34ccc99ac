"""Looking at a file, in a process of its own (xingji/evidence/sandbox.py): `python -m xingji.evidence.looking FILE READY BYTES`.

The kind is what the bytes say. A photo is encoded anew from its pixels; a document is checked and kept as it is. Decoders are where
files attack, so none runs in the server.
"""

from __future__ import annotations

import io
import sys
import warnings
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageOps

from xingji.evidence.errors import (
    FileBombError,
    FileDamagedError,
    FileTooHardError,
    FileTooLargeError,
    FileTypeError,
    StoreUnavailableError,
)
from xingji.evidence.kinds import HEAD, Kind, find_kind
from xingji.evidence.office import sniff_office
from xingji.evidence.sandbox import run

PIXELS: Final = 50_000_000
SIDE: Final = 30_000
TAIL: Final = 1024
_MODES: Final = {Kind.JPEG: ("L", "RGB"), Kind.PNG: ("1", "L", "LA", "RGB", "RGBA")}


def look(path: Path, ready: Path, limit: int) -> tuple[str, bool]:
    """The media type, and whether the file to keep is `ready`. Raises EvidenceError."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    kind = find_kind(head)
    if kind is Kind.JPEG or kind is Kind.PNG:
        return clean_photo(path, ready, kind, limit)
    if kind is Kind.PDF:
        check_pdf(path)
        return kind, False
    if kind is Kind.OFFICE:
        return sniff_office(path), False
    raise FileTypeError


def clean_photo(path: Path, ready: Path, kind: Kind, limit: int) -> tuple[str, bool]:
    """Its pixels the right way up and nothing else: no EXIF, no place, no thumbnail, no profile, no bytes behind the picture."""
    name = kind.name
    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(path, formats=(name,)) as image:
            if image.width * image.height > PIXELS or max(image.size) > SIDE:
                raise FileBombError
            clean: Image.Image = ImageOps.exif_transpose(image)
            clean.load()
            modes = _MODES[kind]
            if clean.mode not in modes or "transparency" in clean.info:
                alpha = clean.has_transparency_data and "RGBA" in modes
                clean = clean.convert("RGBA" if alpha else "RGB")
            clean.info = {}
            out = io.BytesIO()
            clean.save(out, name, **({"quality": 90} if kind is Kind.JPEG else {}))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileBombError from error
    except MemoryError as error:
        raise FileTooHardError from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise FileDamagedError from error
    if out.tell() > limit:
        raise FileTooLargeError(limit=limit)
    try:
        ready.write_bytes(out.getbuffer())
    except OSError as error:
        raise StoreUnavailableError from error
    return kind, True


def check_pdf(path: Path) -> None:
    """Header, trailer, and nothing behind it: no other format that is also this file. Raises FileDamagedError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        file.seek(max(0, size - TAIL))
        tail = file.read().rstrip(b"\r\n\t \x00")
    known = head[5:7] in (b"1.", b"2.") and head[7:8].isdigit()
    words = tail.split()
    ends = len(words) >= 3 and words[-1] == b"%%EOF" and words[-3] == b"startxref" and words[-2].isdigit()
    # The comment of a ZIP archive may end as a PDF ends.
    if not known or not ends or int(words[-2][:20]) >= size or b"PK\x05\x06" in tail:
        raise FileDamagedError


def work(path: Path, ready: Path, limit: int) -> dict[str, Any]:
    """What the sandbox answers."""
    media_type, cleaned = look(path, ready, limit)
    return {"media_type": media_type, "cleaned": cleaned}


if __name__ == "__main__":
    sys.exit(run(work, sys.argv[1:]))
