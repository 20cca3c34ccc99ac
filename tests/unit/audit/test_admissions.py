"""An admitted key is held against the entry of its home log that is cited, and against nothing else."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from audit.admissions import LEEWAY, Certifications, check_admission
from audit.entry import Actor, Cite, Entry, OfficerSignature
from audit.errors import UnusableInputError
from audit.officers import ADMITTED, CERTIFIED, KEY_ROTATED, REVOKED
from audit.verdict import FINDINGS, RefutedError
from tests.unit.audit.kit import ORIGIN, entries

HOME = "xingji.test/411600"
PERSON = UUID(int=7)
KEY = "ab" * 32
ONE = entries(1)[0]


def made() -> Certifications:
    """The home log certified KEY in entry 3, and another one in 5 that replaced it."""
    home = Certifications(HOME, 6)
    for seq, operation, told, actor in (
        (3, CERTIFIED, {"key": KEY, "person": str(PERSON)}, UUID(int=1)),
        (4, "role.assigned", {}, UUID(int=1)),
        (5, KEY_ROTATED, {"key": "cd" * 32, "replaces": KEY}, PERSON),
    ):
        draft = replace(ONE.draft, operation=operation, intent=told, actor=Actor(actor, "x", HOME))
        home.hear(replace(ONE, seq=seq, hash=bytes([seq]) * 32, draft=draft))
    return home


def admission(seq: int, key: str, person: UUID, hash_: int, home: str = HOME) -> Entry:
    told = {"home": home, "key": key, "person": str(person)}
    cites = (Cite(home, seq, bytes([hash_]) * 32),)
    return replace(ONE, seq=9, draft=replace(ONE.draft, operation=ADMITTED, intent=told, cites=cites))


def test_what_the_home_log_put_in_force_is_admitted() -> None:
    for entry in (admission(3, KEY, PERSON, 3), admission(5, "cd" * 32, PERSON, 5)):
        check_admission(entry, {HOME: made()})


def test_other_entries_and_logs_that_are_not_at_hand_are_let_pass() -> None:
    check_admission(ONE, {HOME: made()})
    check_admission(admission(2, KEY, PERSON, 2), {ORIGIN: made()})


@pytest.mark.parametrize(
    "forged",
    [
        admission(3, "ef" * 32, PERSON, 3),
        admission(3, KEY, UUID(int=8), 3),
        admission(3, KEY, PERSON, 4),
        admission(5, KEY, PERSON, 5),
        admission(4, KEY, PERSON, 4),
        admission(0, KEY, PERSON, 0),
    ],
    ids=["key", "person", "hash", "replaced", "another act", "opening"],
)
def test_what_the_home_log_never_said_is_refuted(forged: Entry) -> None:
    with pytest.raises(RefutedError) as refuted:
        check_admission(forged, {HOME: made()})
    assert (refuted.value.code, refuted.value.seq) == ("admission_unfounded", 9)
    assert refuted.value.verdict(ORIGIN).code in FINDINGS


def test_a_home_log_that_ends_before_what_is_cited_cannot_tell() -> None:
    with pytest.raises(UnusableInputError, match="export that log again"):
        check_admission(admission(6, KEY, PERSON, 6), {HOME: made()})


@pytest.mark.parametrize("operation", [KEY_ROTATED, REVOKED])
def test_a_key_that_had_ended_at_home_is_admitted_too_late(operation: str) -> None:
    home, ended = made(), ONE.draft.time - timedelta(days=1)
    said = {"key": KEY, "reason": "离任"} if operation == REVOKED else {"key": "ef" * 32, "replaces": KEY}
    draft = replace(ONE.draft, operation=operation, intent=said, time=ended)
    home.hear(replace(ONE, seq=4, draft=draft))
    late = admission(3, KEY, PERSON, 3)
    check_admission(replace(late, draft=replace(late.draft, time=ended + LEEWAY)), {HOME: home})
    for time in (ended + LEEWAY + timedelta(microseconds=1), late.draft.time):
        with pytest.raises(RefutedError) as refuted:
            check_admission(replace(late, draft=replace(late.draft, time=time)), {HOME: home})
        assert (refuted.value.code, refuted.value.seq) == ("admission_late", 9)
        assert "2022-04-24" in refuted.value.verdict(ORIGIN).en


def test_what_a_key_signs_behind_its_end_at_home_is_not_its_officers() -> None:
    home, ended = made(), ONE.draft.time - timedelta(days=1)
    home.ended[KEY] = ended
    acted = replace(ONE.draft, actor=Actor(PERSON, "x", HOME, KEY), officer_sig=OfficerSignature(KEY, b""))
    check_admission(replace(ONE, draft=replace(acted, time=ended + LEEWAY)), {HOME: home})
    check_admission(replace(ONE, draft=acted), {})
    with pytest.raises(RefutedError) as refuted:
        check_admission(replace(ONE, seq=9, draft=acted), {HOME: home})
    assert (refuted.value.code, refuted.value.seq) == ("officer_key_ended_at_home", 9)
    assert KEY in refuted.value.verdict(ORIGIN).zh
