"""A county's log is held against what its city's log recorded of it."""

from dataclasses import replace
from uuid import UUID

import pytest

from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.entry import GENESIS, Entry, parse_entry, seal
from audit.tree import Frontier
from audit.verdict import FINDINGS, RefutedError
from audit.witnessed import (
    ROOM,
    Witnessed,
    check_witnessed,
    divide_notes,
    draft_witnessed,
    read_witnessed,
)
from tests.unit.audit.kit import KEY, ORIGIN, SIGNER, START, draft, entries

CITY = "xingji.test/411600"
LOG = entries(9)
ROOTS = {size: Frontier().extend(entry.hash for entry in LOG[:size]).root() for size in range(1, 10)}


def note(size: int, root: bytes | None = None) -> str:
    return sign_checkpoint(Checkpoint(ORIGIN, size, root or ROOTS[size]), SIGNER)


def recorded(*notes: str) -> Entry:
    """An entry that records them; whose log it is in does not matter here."""
    made = draft_witnessed(notes, ORIGIN, 4, UUID(int=0), START)
    return parse_entry(seal(made, ORIGIN, 4, GENESIS, SIGNER).leaf)


def check(entry: Entry, size: int = 9) -> int:
    return check_witnessed(read_witnessed(entry), ORIGIN, [KEY], size, ROOTS)


def test_a_log_that_grows_from_every_record_holds() -> None:
    assert [check(recorded(note(size))) for size in (1, 6, 9)] == [1, 1, 1]
    assert read_witnessed(seal(draft(4), ORIGIN, 4, GENESIS, SIGNER)) == ()


@pytest.mark.parametrize(
    ("wrong", "size", "code"),
    [
        (note(5, bytes(32)), 9, "witnessed_contradicted"),
        (note(8), 7, "witnessed_beyond"),
        (note(5).replace("\n5\n", "\n6\n"), 9, "witnessed_unsigned"),
    ],
)
def test_a_log_that_is_not_what_the_city_saw_is_refuted(wrong: str, size: int, code: str) -> None:
    with pytest.raises(RefutedError) as refuted:
        check(recorded(wrong), size)
    assert (refuted.value.code, refuted.value.seq) == (code, 4)
    assert refuted.value.verdict(ORIGIN).code in FINDINGS


@pytest.mark.parametrize("notes", [("not a note",), (note(3), note(4)), ()])
def test_a_record_that_is_none_is_refuted_as_the_city_s_fault(notes: tuple[str, ...]) -> None:
    with pytest.raises(RefutedError) as refuted:
        read_witnessed(recorded(*notes))
    assert refuted.value.code == "witnessed_malformed"


def test_another_county_s_record_says_nothing_of_this_log() -> None:
    one = Witnessed(4, Checkpoint(CITY, 99, bytes(32)), "")
    assert check_witnessed([one], ORIGIN, [KEY], 9, ROOTS) == 0
    mine = replace(one, checkpoint=Checkpoint(ORIGIN, 99, bytes(32)), note=note(9))
    with pytest.raises(RefutedError):
        check_witnessed([mine], ORIGIN, [KEY], 9, ROOTS)


def test_notes_are_divided_so_that_each_entry_has_room() -> None:
    notes = [note(1 + n % 9) for n in range(700)]
    parts = list(divide_notes(notes))
    assert [one for part in parts for one in part] == notes
    assert len(parts) > 1 and all(sum(len(one.encode()) for one in part) <= ROOM for part in parts)
    assert list(divide_notes([])) == []
