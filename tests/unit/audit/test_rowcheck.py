"""Exported rows against the log: changed, missing and extra by name, the first entry's first; and nothing read loosely."""

import io
from collections.abc import Callable

import pytest

from audit.entry import RowDigest
from audit.errors import UnusableInputError
from audit.rowcheck import LatestRows
from audit.rowfile import FORMAT, RowsHeader, TextRow, format_header, format_row, read_header, read_rows
from audit.verdict import RefutedError

HEADER = RowsHeader("xingji.test/411602", 10, ("others", "things"))


def row(key: str, text: str = "x", table: str = "things") -> TextRow:
    return TextRow(table, key, 1, (("id", "text", key), ("title", "text", text)))


ROWS = [row("1", table="others"), row("1"), row("10"), row("2"), row("é"), row("\U0001f600")]


def compare(rows: list[TextRow], header: RowsHeader = HEADER, said: list[TextRow] = ROWS) -> int:
    file = io.BytesIO(format_header(header) + b"".join(format_row(one) for one in rows))
    with LatestRows(header.size) as latest:
        for seq, one in enumerate(said, 1):
            older = RowDigest(one.table, one.key, bytes(32))
            latest.record(seq - 1, [older])
            latest.record(seq, [RowDigest(one.table, one.key, one.digest())])
        latest.record(10, [RowDigest("things", "after", bytes(32)), RowDigest("things", "1", bytes(32))])
        assert read_header(file) == header
        return latest.check(read_rows(file, header), header)


def test_rows_as_recorded_hold_and_what_came_after_the_export_is_left_out():
    assert compare(ROWS) == len(ROWS)


@pytest.mark.parametrize(
    ("rows", "code", "seq", "key"),
    [
        ([*ROWS[:2], row("10", "y"), *ROWS[3:]], "row_changed", 3, "things/10"),
        (ROWS[:4] + ROWS[5:], "row_missing", 5, "things/é"),
        (ROWS[:-1], "row_missing", 6, "things/\U0001f600"),
        (ROWS[1:], "row_missing", 1, "others/1"),
        ([*ROWS[:3], row("11"), *ROWS[3:]], "row_extra", None, "things/11"),
        ([ROWS[0], row("0"), row("1", "y"), *ROWS[2:-1]], "row_changed", 2, "things/1"),
        ([], "row_missing", 1, "others/1"),
    ],
)
def test_the_first_wrong_row_is_named(rows: list[TextRow], code: str, seq: int | None, key: str):
    with pytest.raises(RefutedError) as caught:
        compare(rows)
    found = caught.value
    assert (found.code, found.seq, f"{found.details['table']}/{found.details['key']}") == (code, seq, key)
    assert found.verdict("x").zh


def test_a_table_that_the_export_leaves_out_is_named():
    with pytest.raises(RefutedError) as caught:
        compare(ROWS[1:], RowsHeader(HEADER.origin, 10, ("things",)))
    assert caught.value.code == "table_unknown"


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: data.replace(b'"key":"10"', b'"key":"1"'),
        lambda data: data.replace(b'"table":"others"', b'"table":"zebras"'),
        lambda data: data.replace(b'{"columns"', b'{ "columns"'),
        lambda data: data.replace(b'"version":1', b'"version":1.0'),
        lambda data: data.replace(b'["id","text"', b'["id","json"'),
        lambda data: data.replace(b'["id","text"', b'["title","text"'),
        lambda data: data.replace(FORMAT.encode(), b"xingji-rows 2"),
        lambda data: data.replace(b'["others","things"]', b'["things","others"]'),
        lambda data: data[data.index(b"\n") + 1 :],
        lambda data: b"",
    ],
)
def test_a_file_that_is_not_in_its_format_is_unusable(damage: Callable[[bytes], bytes]):
    data = format_header(HEADER) + b"".join(format_row(one) for one in ROWS)
    damaged = damage(data)
    assert damaged != data
    file = io.BytesIO(damaged)
    with pytest.raises(UnusableInputError):
        list(read_rows(file, read_header(file)))
