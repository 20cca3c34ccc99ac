"""Looking at a file in a process of its own, which can be killed: `python -m xingji.evidence.looking FILE READY BYTES WHAT`.

WHAT is `file`, or `list` for a table that is read as well: then its rows are answered too.

The kind is what the bytes say. What is answered, as one JSON object: the media type, and whether READY was written in the file's
stead (a photo, encoded anew); or the code of a refusal. The process limits itself first: processor seconds, memory, bytes
written. Decoders are where files attack, so none runs in the server.

Here is no database, no network and no path of the client's.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from xingji.evidence.errors import (
    EvidenceError,
    FileBombError,
    FileDamagedError,
    FileTooHardError,
    FileTooLargeError,
    FileTypeError,
)
from xingji.evidence.kinds import HEAD, Kind, find_kind
from xingji.evidence.lists import Rows, read_list
from xingji.evidence.office import sniff_office

CPU_SECONDS: Final = 20
MEMORY: Final = 1024**3
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
            clean.save(ready, name, **({"quality": 90} if kind is Kind.JPEG else {}))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileBombError from error
    except MemoryError as error:
        raise FileTooHardError from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise FileDamagedError from error
    if ready.stat().st_size > limit:
        raise FileTooLargeError(limit=limit)
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


def limit_resources(limit: int) -> None:
    """Bound this process, for good."""
    for what, bound in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, limit + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (bound, bound))


def main(arguments: list[str]) -> int:
    """Look, and say what was found."""
    path, ready, limit = Path(arguments[0]), Path(arguments[1]), int(arguments[2])
    limit_resources(limit)
    rows: Rows = []
    try:
        if arguments[3] == "list":
            (media_type, rows), cleaned = read_list(path), False
        else:
            media_type, cleaned = look(path, ready, limit)
    except EvidenceError as refusal:
        answer: dict[str, object] = {"refused": refusal.code}
    else:
        answer = {"media_type": media_type, "cleaned": cleaned, "rows": rows}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
