"""A list as rows of text, from XLSX or CSV: what cells hold, never what formulas would give.

It runs in a process of its own (xingji/evidence/sandbox.py): `python -m xingji.evidence.lists FILE READY BYTES`.

Bounded in rows, columns and cells, whatever a file says of itself. A formula is its own text, so it names nobody. A spreadsheet's first
sheet is read. CSV is UTF-8 or else GB18030, which is how spreadsheets here save it.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from openpyxl import load_workbook  # type: ignore[import-untyped]

from xingji.evidence.errors import FileBombError, FileDamagedError, FileTooHardError, FileTypeError
from xingji.evidence.kinds import HEAD, Kind, find_kind
from xingji.evidence.office import XLSX, sniff_office
from xingji.evidence.sandbox import run

CSV: Final = "text/csv"
ROWS: Final = 2_000
COLUMNS: Final = 40
CELL: Final = 1_000

Rows = list[list[str]]


def read_list(path: Path) -> tuple[str, Rows]:
    """The media type and the rows. Raises EvidenceError."""
    with path.open("rb") as file:
        kind = find_kind(file.read(HEAD))
    if kind is Kind.OFFICE:
        if sniff_office(path) != XLSX:
            raise FileTypeError
        return XLSX, _read_sheet(path)
    if kind is not None:
        raise FileTypeError
    return CSV, _read_csv(path.read_bytes())


def _read_sheet(path: Path) -> Rows:
    try:
        with path.open("rb") as file:
            # A file and not its name, of which the library would ask the ending.
            book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
            cells = book.worksheets[0].iter_rows(max_row=ROWS + 1, max_col=COLUMNS, values_only=True)
            return _bounded([_text(value) for value in row] for row in cells)
    except FileBombError:
        raise
    except MemoryError as error:
        raise FileTooHardError from error
    # The library fails on odd input in every way there is; this process holds nothing but the file.
    except Exception as error:
        raise FileDamagedError from error


def _read_csv(data: bytes) -> Rows:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise FileTypeError
    if any(ord(char) < 32 and char not in "\t\r\n" for char in text):
        raise FileTypeError
    head = text.split("\n", 1)[0]
    try:
        return _bounded(
            csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in head else ",", strict=True)
        )
    except csv.Error as error:
        raise FileDamagedError from error


def _bounded(found: Iterable[list[str]]) -> Rows:
    rows: Rows = []
    for row in found:
        if len(rows) == ROWS or len(row) > COLUMNS or any(len(cell) > CELL for cell in row):
            raise FileBombError
        rows.append(row)
    return rows


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def work(path: Path, _ready: Path, _limit: int) -> dict[str, Any]:
    """What the sandbox answers."""
    media_type, rows = read_list(path)
    return {"media_type": media_type, "cleaned": False, "rows": rows}


if __name__ == "__main__":
    sys.exit(run(work, sys.argv[1:]))
