"""A county's log is held against what its city's log recorded of it."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.entry import GENESIS, Entry, parse_entry, seal
from audit.head import Head
from audit.keys import Ed25519Signer
from audit.rotation import draft_rotation
from audit.tree import Frontier
from audit.verdict import FINDINGS, RefutedError
from audit.verify import verify_log
from audit.witnessed import (
    ROOM,
    Witnessed,
    check_witnessed,
    divide_notes,
    draft_witnessed,
    read_witnessed,
)
from tests.unit.audit.kit import KEY, ORIGIN, SIGNER, START, draft, entries, head, incarnated, write_log

STRANGER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32))
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


@pytest.mark.parametrize(
    ("size", "code"), [(300, "verified"), (301, "witnessed_incarnated"), (600, "witnessed_incarnated")]
)
def test_a_log_that_owned_up_to_having_been_put_back_is_told_by_that_entry(
    tmp_path: Path, size: int, code: str
) -> None:
    lost, gone_on = incarnated(300, 600)
    seen = sign_checkpoint(checkpoint_of(lost[:size]), SIGNER)
    records = (Witnessed(4, checkpoint_of(lost[:size]), seen),)
    hashes = [one.hash for one in gone_on]
    log = write_log(tmp_path, [one.leaf for one in gone_on], head(hashes))
    for processes in (1, 2):
        verdict = verify_log(log, KEY, recorded=records, processes=processes)
        assert (verdict.ok, verdict.code) == (code == "verified", code)
        assert ("put back" in verdict.en) is not verdict.ok


def test_records_by_every_key_of_the_log_hold(tmp_path: Path) -> None:
    """What an old key signed before it was handed over is the log's word still; a stranger's is not."""
    other = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    first = LOG[0]
    before = Head(1, ORIGIN, first.hash, Frontier().extend((first.hash,)), first.draft.time, KEY.key_id)
    handed = seal(
        draft_rotation(before, SIGNER, other, "例行", False, UUID(int=0), START),
        ORIGIN,
        1,
        first.hash,
        SIGNER,
    )
    log = [first, handed]
    signed = sign_checkpoint(checkpoint_of(log), other).encode()
    folder = write_log(tmp_path, [one.leaf for one in log], signed)
    for signer, code in ((SIGNER, "verified"), (other, "verified"), (STRANGER, "witnessed_unsigned")):
        checkpoint = checkpoint_of(log)
        one = Witnessed(4, checkpoint, sign_checkpoint(checkpoint, signer))
        verdict = verify_log(folder, KEY, recorded=[one])
        assert verdict.code == code, verdict


def checkpoint_of(log: list[Entry]) -> Checkpoint:
    return Checkpoint(ORIGIN, len(log), Frontier().extend(one.hash for one in log).root())
