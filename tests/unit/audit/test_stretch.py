"""Several processes say what one says: every damage, wherever it stands, has the same code, place and text."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from audit import crew, verify
from audit.bundle import bundle_path
from audit.checkpoint import open_checkpoint
from audit.entry import GENESIS, Cite, RowDigest, seal
from audit.incarnation import draft_incarnation
from audit.keys import Ed25519Signer
from audit.note import encode_base64
from audit.rotation import draft_rotation
from audit.stretch import Listener
from audit.verify import verify_log
from tests.unit.audit.kit import KEY, ORIGIN, SIGNER, draft, entries, head, opening, write_log
from tests.unit.audit.officers_kit import ALICE, CITY, OFFICER, ROBOT, SECOND, Log, Officer

SIZE = 1100
CHAIN = entries(SIZE)
LEAVES = [entry.leaf for entry in CHAIN]
HASHES = [entry.hash for entry in CHAIN]
Damage = Callable[[list[bytes]], list[bytes]]


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "STRETCH", 256)
    monkeypatch.setattr(verify, "RUN", 256)


def both(log: Path, *since: bytes, key=KEY, **more):
    """The verdict, the same by one process and by two."""
    one, several = (verify_log(log, key, since, processes=count, **more) for count in (1, 2))
    assert one == several
    return one


def at(place: int, change: Callable[[bytes], bytes]) -> Damage:
    return lambda leaves: [*leaves[:place], change(leaves[place]), *leaves[place + 1 :]]


def swapped(one: int, two: int) -> Damage:
    def swap(leaves: list[bytes]) -> list[bytes]:
        changed = list(leaves)
        changed[one], changed[two] = changed[two], changed[one]
        return changed

    return swap


def forked(place: int) -> Damage:
    return at(place, lambda _leaf: seal(draft(place), ORIGIN, place, bytes(32), SIGNER).leaf)


def flipped(leaf: bytes) -> bytes:
    signature = CHAIN[700].signature
    return leaf.replace(
        encode_base64(signature).encode(),
        encode_base64(bytes([signature[0] ^ 1]) + signature[1:]).encode(),
    )


DAMAGES: dict[str, tuple[Damage, str, int | None]] = {
    "altered": (at(700, lambda leaf: leaf.replace("同意".encode(), "拒绝".encode())), "entry_altered", 700),
    "signature": (at(700, flipped), "entry_altered", 700),
    "actor": (
        at(700, lambda leaf: leaf.replace(b'"role":"county_officer"', b'"role":"clerk"')),
        "actor_edited",
        700,
    ),
    "actor_id": (
        at(
            700,
            lambda leaf: leaf.replace(
                str(CHAIN[700].draft.actor.id).encode(), str(CHAIN[1].draft.actor.id).encode()
            ),
        ),
        "actor_edited",
        700,
    ),
    "subject": (
        at(
            700,
            lambda leaf: leaf.replace(
                f'"subject":{{"id":"{CHAIN[700].draft.subject.id}'.encode(),
                f'"subject":{{"id":"{CHAIN[1].draft.subject.id}'.encode(),
            ),
        ),
        "subject_edited",
        700,
    ),
    "space": (at(1024, lambda leaf: leaf.replace(b'{"body"', b'{ "body"')), "entry_not_canonical", 1024),
    "version": (at(1023, lambda leaf: leaf.replace(b'"version":1', b'"version":2')), "entry_malformed", 1023),
    "no JSON": (at(768, lambda _leaf: b"{"), "entry_not_canonical", 768),
    "origin": (
        at(
            900,
            lambda leaf: leaf.replace(f'"origin":"{ORIGIN}","prev"'.encode(), b'"origin":"x.test/1","prev"'),
        ),
        "entry_foreign",
        900,
    ),
    "key": (
        at(900, lambda leaf: leaf.replace(SIGNER.key_id.encode(), b"00000000")),
        "entry_key_unknown",
        900,
    ),
    "fork": (forked(1024), "chain_broken", 1024),
    "fork inside": (forked(1030), "chain_broken", 1030),
    "swapped": (swapped(400, 1090), "entries_swapped", 400),
    "swapped at the border": (swapped(767, 768), "entries_swapped", 767),
    "missing": (lambda leaves: [*leaves[:512], *leaves[513:], leaves[-1]], "entry_missing", 512),
    "repeated": (lambda leaves: [*leaves[:1024], leaves[2], *leaves[1024:-1]], "entry_repeated", 1024),
    "inserted": (
        lambda leaves: [
            *leaves[:800],
            leaves[800].replace(b'"request-800"', b'"request-x"'),
            *leaves[800:-1],
        ],
        "entry_inserted",
        800,
    ),
    "two": (
        lambda leaves: at(1090, lambda leaf: leaf + b" ")(at(600, lambda leaf: leaf[:-1])(leaves)),
        "entry_not_canonical",
        600,
    ),
    "last": (at(SIZE - 1, lambda leaf: leaf + b" "), "entry_not_canonical", SIZE - 1),
}


@pytest.mark.parametrize(("damage", "code", "seq"), DAMAGES.values(), ids=list(DAMAGES))
def test_a_damage_has_the_same_verdict_by_one_and_by_several(
    tmp_path: Path, damage: Damage, code: str, seq: int
):
    verdict = both(write_log(tmp_path, damage(LEAVES), head(HASHES)))
    assert (verdict.code, verdict.seq) == (code, seq)


@pytest.mark.parametrize(
    ("file", "change", "code"),
    [
        (bundle_path(3), None, "bundle_missing"),
        (bundle_path(2), lambda data: data[:-1], "bundle_malformed"),
        (bundle_path(4, SIZE % 256), lambda data: data + b"\0", "bundle_malformed"),
        (bundle_path(6), lambda data: b"", "bundle_unexpected"),
    ],
)
def test_a_damaged_bundle_has_the_same_verdict(tmp_path: Path, file, change, code: str):
    log = write_log(tmp_path, LEAVES, head(HASHES))
    if change is None:
        (log / file).unlink()
    else:
        (log / file).write_bytes(change((log / file).read_bytes() if (log / file).exists() else b""))
    assert both(log).code == code
    assert both(log, quick=True).code == code


@pytest.mark.parametrize("quick", [False, True])
def test_growth_from_many_kept_heads_is_compared_in_one_reading(tmp_path: Path, quick: bool):
    log = write_log(tmp_path, LEAVES, head(HASHES))
    sizes = (1, 256, 257, 1024, SIZE)
    verdict = both(log, *(head(HASHES[:size]) for size in sizes), quick=quick)
    assert (verdict.code, verdict.since) == ("verified_quick" if quick else "verified", SIZE)
    for size in sizes:
        other = head([*HASHES[: size - 1], bytes(32)])
        assert both(log, head(HASHES[:300]), other, quick=quick).code == "history_rewritten"
    short = write_log(tmp_path / "short", LEAVES[:1050], head(HASHES[:1050]))
    assert both(short, head(HASHES[:9]), head(HASHES), quick=quick).code == "rolled_back"


def test_a_wrong_root_and_reversed_times_have_the_same_verdict(tmp_path: Path):
    assert both(write_log(tmp_path / "root", LEAVES, head([*HASHES[:-1], bytes(32)]))).code == "root_wrong"
    for place in (1024, 1060):
        drafts = [opening(times="ascending"), *(draft(number) for number in range(1, SIZE))]
        drafts[place] = replace(drafts[place], time=drafts[place - 1].time - timedelta(seconds=1))
        found = []
        for number, one in enumerate(drafts):
            found.append(seal(one, ORIGIN, number, found[-1].hash if found else GENESIS, SIGNER))
        log = write_log(tmp_path / str(place), [one.leaf for one in found], head([one.hash for one in found]))
        verdict = both(log)
        assert (verdict.code, verdict.seq) == ("time_reversed", place)


def grown(log: Log, number: int, signer: Ed25519Signer = SIGNER) -> None:
    for _ in range(number):
        log.take(draft(len(log.entries)), signer)


def written(log: Log, directory: Path, signer: Ed25519Signer = SIGNER) -> Path:
    return write_log(
        directory, [one.leaf for one in log.entries], head([one.hash for one in log.entries], signer)
    )


def test_keys_that_come_and_go_within_and_between_stretches_have_the_same_verdict(tmp_path: Path):
    log = Log()
    grown(log, 600)
    log.certify(OFFICER)
    grown(log, 200)
    for _ in range(300):
        log.add("thing.done", OFFICER, signed=OFFICER)
    named = {"key": OFFICER.key_id, "person": str(OFFICER.id), "reason": "lost"}
    log.add("officer_key.revoked", ALICE, named)
    grown(log, 300)
    assert both(written(log, tmp_path / "whole")).ok
    forged = log.force(log.draft("thing.done", OFFICER, {}, signed=OFFICER))
    log.entries.append(forged)
    verdict = both(written(log, tmp_path / "forged"))
    assert (verdict.code, verdict.seq) == ("officer_key_not_in_force", len(log.entries) - 1)


def test_a_rotation_between_stretches_and_a_forgery_by_the_old_key_have_the_same_verdict(tmp_path: Path):
    log = Log()
    grown(log, 700)
    log.take(draft_rotation(log.head, SIGNER, SECOND, "新的一年", False, ALICE.id, log.now))
    grown(log, 700, SECOND)
    late = head([one.hash for one in log.entries[:1000]], SECOND)
    assert both(written(log, tmp_path / "whole", SECOND), late).ok
    assert both(written(log, tmp_path / "again", SECOND), key=SECOND.verifier_key).ok
    log.entries.append(log.force(draft(len(log.entries)), SIGNER))
    verdict = both(written(log, tmp_path / "forged", SECOND))
    assert (verdict.code, verdict.seq) == ("entry_key_retired", len(log.entries) - 1)


def test_an_incarnation_is_judged_by_the_one_check(tmp_path: Path):
    log = Log()
    grown(log, 700)
    given_up = [*log.entries, seal(draft(9999), ORIGIN, len(log.entries), log.prev, SIGNER)]
    kept = head([one.hash for one in given_up])
    log.take(draft_incarnation(open_checkpoint(kept, KEY), log.head, SIGNER, "演练", ALICE.id, log.now))
    grown(log, 500)
    directory = written(log, tmp_path)
    assert both(directory).ok
    assert both(directory, kept).code == "rolled_back_incarnated"


def test_listeners_hear_the_same_from_several_as_from_one(tmp_path: Path):
    rows = (RowDigest("things", "1", bytes(32)),)
    drafts = [opening(), *(replace(draft(n), rows=rows if n % 3 else ()) for n in range(1, SIZE))]
    found = []
    for number, one in enumerate(drafts):
        found.append(seal(one, ORIGIN, number, found[-1].hash if found else GENESIS, SIGNER))
    log = write_log(tmp_path, [one.leaf for one in found], head([one.hash for one in found]))
    heard: list[tuple[list, list]] = []
    for processes in (1, 2):
        seen, told = [], []
        ears = Listener(
            lambda entry, seen=seen: seen.append(entry.seq),
            frozenset({"ledger.opened", "application.recommended"}),
            lambda seq, rows, told=told: told.append((seq, tuple(rows))),
        )
        assert verify_log(log, KEY, listener=ears, processes=processes).ok
        heard.append((seen, told))
    assert heard[0] == heard[1]
    assert len(heard[0][1]) == sum(1 for one in found if one.draft.rows)


def test_what_other_logs_officers_signed_is_heard_from_several_as_from_one(tmp_path: Path):
    log, city = Log(), Officer(150, "city_officer", CITY)
    told = {"home": CITY, "key": city.key_id, "person": str(city.id), "public": city.declares()["public"]}
    log.add("officer_key.admitted", ROBOT, told, system=True, cites=(Cite(CITY, 3, bytes(32)),))
    signed = []
    for _ in range(2):
        grown(log, 600)
        signed.append(len(log.entries))
        log.add("opinion.given", city, signed=city)
    directory = written(log, tmp_path)
    for processes in (1, 2):
        seen: list[int] = []
        ears = Listener(lambda entry, seen=seen: seen.append(entry.seq), foreign=True)
        assert verify_log(directory, KEY, listener=ears, processes=processes).ok
        assert seen == signed


def test_a_worker_that_dies_costs_time_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log = write_log(tmp_path, at(1090, lambda leaf: leaf + b" ")(LEAVES), head(HASHES))
    crews: list[crew.Crew] = []
    begin = crew.Crew.__enter__

    def remembered(self: crew.Crew) -> crew.Crew:
        crews.append(self)
        return begin(self)

    def kill_one(done: int, _total: int) -> None:
        if done == 512:
            os.kill(crews[0].pids[0], signal.SIGKILL)

    monkeypatch.setattr(crew.Crew, "__enter__", remembered)
    verdict = verify_log(log, KEY, progress=kill_one, processes=2)
    assert (verdict.code, verdict.seq) == ("entry_not_canonical", 1090)
    assert len(crews[0].pids) == 2
    monkeypatch.setattr(crew, "_SERVE", "import os; os.kill(os.getpid(), 9)")
    verdict = verify_log(log, KEY, processes=2)
    assert (verdict.code, verdict.seq) == ("entry_not_canonical", 1090)


def test_without_an_interpreter_to_start_one_process_does_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log = write_log(tmp_path, LEAVES, head(HASHES))
    monkeypatch.setattr(crew.sys, "executable", "")
    assert verify_log(log, KEY, processes=2).ok
