"""Holding exported rows (`audit.rowfile`) against the latest digests of a log: changed, missing or extra, by name.

    latest = LatestRows(header.size)
    …                                     latest.record hears the row digests of every entry, in order
    latest.check(read_rows(file, header), header)

What the log says last of each row is kept in a temporary database on disk, so memory does not grow with the log. The first wrong row is the one
whose entry comes first; an extra row, which has no entry, is named when no other is wrong. It says nothing of rows that changed after
the export, and nothing of whether the export is what the database holds: an auditor has it made before their eyes.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final, Self

from audit.entry import RowDigest
from audit.rowfile import RowsHeader, TextRow
from audit.verdict import RefutedError

BATCH: Final = 10_000
_SETTINGS: Final = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -65536", "temp_store = FILE")
_TABLE: Final = """\
CREATE TABLE latest (name TEXT, key TEXT, seq INTEGER, digest BLOB, PRIMARY KEY (name, key)) WITHOUT ROWID"""
_RECORD: Final = """\
INSERT INTO latest VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq, digest = excluded.digest"""
Recorded = tuple[str, str, int, bytes]


class LatestRows:
    """The latest digest of every row that the first `size` entries name."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: list[Recorded] = []
        self._db = sqlite3.connect("", isolation_level=None)  # an unnamed file that goes when it is closed
        for setting in _SETTINGS:
            self._db.execute(f"PRAGMA {setting}")
        self._db.execute(_TABLE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def record(self, seq: int, rows: Sequence[RowDigest]) -> None:
        """Take in the row digests of the next entry."""
        if seq < self._size:
            self._waiting += ((row.table, row.key, seq, row.digest) for row in rows)
            if len(self._waiting) >= BATCH:
                self._write()

    def check(self, rows: Iterator[TextRow], header: RowsHeader) -> int:
        """Compare; returns how many rows there are. Raises RefutedError; what `rows` raises."""
        self._write()
        wrong: RefutedError | None = None
        extra: RefutedError | None = None
        unknown: RefutedError | None = None
        count = 0
        for record, row in self._pairs(rows):
            count += row is not None
            if record is None:
                if extra is None and row is not None:
                    extra = RefutedError("row_extra", table=row.table, key=row.key)
                continue
            table, key, seq, digest = record
            if table not in header.tables:
                unknown = unknown or RefutedError("table_unknown", table=table)
            elif row is None or row.digest() != digest:
                code = "row_missing" if row is None else "row_changed"
                if wrong is None or seq < (wrong.seq or 0):
                    wrong = RefutedError(code, seq, table=table, key=key)
        for finding in (wrong, extra, unknown):
            if finding is not None:
                raise finding
        return count

    def _pairs(self, rows: Iterator[TextRow]) -> Iterator[tuple[Recorded | None, TextRow | None]]:
        """Record and row of one key side by side, in order; either may be absent."""
        records: Iterator[Recorded] = self._db.execute("SELECT * FROM latest ORDER BY name, key")
        record, row = next(records, None), next(rows, None)
        while record is not None or row is not None:
            left = None if record is None else (record[0], record[1])
            right = None if row is None else (row.table, row.key)
            if right is None or (left is not None and left < right):
                yield record, None
                record = next(records, None)
            elif left is None or right < left:
                yield None, row
                row = next(rows, None)
            else:
                yield record, row
                record, row = next(records, None), next(rows, None)

    def _write(self) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(_RECORD, self._waiting)
        self._db.execute("COMMIT")
        self._waiting = []
