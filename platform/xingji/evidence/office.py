"""Office files (DOCX, XLSX): ZIP archives, opened with bounds before anything trusts them.

Bounded: the number of entries, their declared and real sizes, their proportion to the archive, their names. Refused: encryption,
macros, overlapping entries, bytes before or behind the archive. Every entry is unpacked once, into nothing, so a size
that lies or a checksum that does not hold is found here and not by whoever opens the file.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from xingji.evidence.errors import ArchiveRefusedError, FileBombError, FileDamagedError, FileTypeError

ENTRIES: Final = 2_000
UNPACKED: Final = 200 * 1024 * 1024
RATIO: Final = 100
SLACK: Final = 1024 * 1024
NAME: Final = 255
CONTENT_TYPES: Final = "[Content_Types].xml"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PARTS: Final = {
    DOCX: ("word/document.xml", b"wordprocessingml.document.main+xml"),
    XLSX: ("xl/workbook.xml", b"spreadsheetml.sheet.main+xml"),
}
_END: Final = 22
_RESERVED: Final = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{one}{n}" for one in ("com", "lpt") for n in range(1, 10)),
}


def sniff_office(path: Path) -> str:
    """The media type. Raises FileTypeError, FileDamagedError, FileBombError or ArchiveRefusedError."""
    try:
        with ZipFile(path) as archive:
            entries = archive.infolist()
            _check_place(path, archive)
            _check_sizes(path, entries)
            _check_names(entries)
            names = {entry.filename for entry in entries}
            if CONTENT_TYPES not in names:
                raise FileTypeError
            types = _read(archive, entries)
    except (
        BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        raise FileDamagedError from error
    if b"macroEnabled" in types or any(name.lower().endswith("vbaproject.bin") for name in names):
        raise ArchiveRefusedError
    for media_type, (part, said) in _PARTS.items():
        if part in names and said in types:
            return media_type
    raise FileTypeError


def _check_place(path: Path, archive: ZipFile) -> None:
    """The archive is the whole file."""
    with path.open("rb") as file:
        file.seek(-_END, 2)
        end = file.read()
    first = min((entry.header_offset for entry in archive.infolist()), default=-1)
    if archive.comment or not end.startswith(b"PK\x05\x06") or first != 0:
        raise FileDamagedError


def _check_sizes(path: Path, entries: list[ZipInfo]) -> None:
    size = path.stat().st_size
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > ENTRIES or unpacked > UNPACKED or unpacked > RATIO * size + SLACK:
        raise FileBombError
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:
            raise FileBombError
        end = entry.header_offset + 30 + len(entry.orig_filename) + entry.compress_size


def _check_names(entries: list[ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        parts = name.rstrip("/").split("/")
        if (
            not name.isprintable()
            or len(name) > NAME
            or set(name) & set('\\:*?"<>|')
            or any(part in ("", ".", "..") or part.split(".")[0].lower() in _RESERVED for part in parts)
            or name.lower() in seen
            or entry.flag_bits & 1
            or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED)
        ):
            raise ArchiveRefusedError
        seen.add(name.lower())


def _read(archive: ZipFile, entries: list[ZipInfo]) -> bytes:
    """Unpack everything into nothing; the list of content types is what is kept of it."""
    types = b""
    for entry in entries:
        with archive.open(entry) as file:
            while chunk := file.read(1024 * 1024):
                if entry.filename == CONTENT_TYPES:
                    types += chunk
    return types
