"""The witness as a process: what it answers, what it remembers, and that two histories do not pass it."""

import json
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from audit.cosignature import WitnessKey, find_cosignature
from audit.note import Note, parse_note
from audit.witness import Request, format_request
from tests.integration.witness.kit import COMMAND, Log, WitnessProcess, serving, words

DIES = """
import os, signal
from xingji.witness import app, state
real = state.State.cosign
def cosign_and_die(self, *arguments):
    real(self, *arguments)
    os.kill(os.getpid(), signal.SIGKILL)
state.State.cosign = cosign_and_die
"""


def cosigned(note: str, answer: httpx.Response, key: WitnessKey) -> bool:
    assert answer.status_code == 200, answer.text
    found = find_cosignature(parse_note((note + answer.text).encode()), key)
    return found is not None and found.time > 1_700_000_000


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WitnessProcess, WitnessKey]]:
    """One witness for the tests that each bring a log of their own."""
    witness = WitnessProcess(tmp_path_factory.mktemp("witness"))
    key = witness.make_key(
        [Log(origin=f"xingji.test/{name}") for name in ("grow", "fork", "early", "odd", "two")]
    )
    with serving(witness):
        yield witness, key


def test_growth_is_cosigned_and_nothing_else(shared: tuple[WitnessProcess, WitnessKey]) -> None:
    witness, key = shared
    log = Log(words(300), origin="xingji.test/grow")
    assert cosigned(log.note(7), witness.add(log.request(0, 7)), key)
    assert cosigned(log.note(7), witness.add(log.request(7, 7)), key)
    assert cosigned(log.note(300), witness.add(log.request(7, 300)), key)
    for body, status in (
        (log.request(7, 300), 409),
        (log.request(0, 7), 409),
        (format_request(Request(301, (), log.note(300).encode())), 400),
        (format_request(Request(300, (bytes(32),), log.note(300).encode())), 422),
    ):
        answer = witness.add(body)
        assert answer.status_code == status
        assert "—" not in answer.text
        if status == 409:
            assert (answer.text, answer.headers["content-type"]) == ("300\n", "text/x.tlog.size")


def test_two_histories_shown_to_two_people_are_caught(shared: tuple[WitnessProcess, WitnessKey]) -> None:
    witness, key = shared
    log = Log(words(10), origin="xingji.test/fork")
    other = Log(words(12, other_from=6), origin=log.origin)
    assert cosigned(log.note(10), witness.add(log.request(0, 10)), key)
    same = witness.add(format_request(Request(10, (), other.note(10).encode())))
    assert (same.status_code, same.text) == (409, "10\n")
    assert witness.add(other.request(10, 12)).status_code == 422
    assert witness.add(other.request(0, 12)).status_code == 409
    name = log.origin.replace("/", "_")
    fork, doubt = (
        next(path for path in witness.forks if path.startswith(f"{name}.{size}-")) for size in (10, 12)
    )
    assert (fork.split(".", 3)[-1], doubt.split(".", 3)[-1]) == ("fork.json", "doubt.json")
    told = json.loads((witness.home / "witness" / "forks" / fork).read_text())
    held, shown = parse_note(told["cosigned"].encode()), told["request"].partition("\n\n")[2]
    assert held.text == parse_note(log.note(10).encode()).text
    assert shown == other.note(10)
    assert find_cosignature(held, key) is not None


def test_a_doubt_goes_when_the_checkpoint_is_proven(shared: tuple[WitnessProcess, WitnessKey]) -> None:
    witness, key = shared
    log = Log(words(9), origin="xingji.test/early")
    witness.add(log.request(0, 4))
    assert witness.add(format_request(Request(4, (bytes(32),), log.note(9).encode()))).status_code == 422
    assert any("early.9-" in name for name in witness.forks)
    assert cosigned(log.note(9), witness.add(log.request(4, 9)), key)
    assert not any("early.9-" in name for name in witness.forks)


def test_strangers_and_broken_requests_get_nothing(shared: tuple[WitnessProcess, WitnessKey]) -> None:
    witness, _ = shared
    log = Log(words(3), origin="xingji.test/odd")
    good = log.request(0, 3)
    stranger = Log(words(3), origin=log.origin, seed=2)
    assert witness.add(Log(words(3), origin="xingji.test/unknown").request(0, 3)).status_code == 404
    assert witness.add(stranger.request(0, 3)).status_code == 403
    for body in (
        b"",
        b"\n" + good,
        good.replace(b"old 0", b"old 00"),
        good.replace(b"old 0", b"old  0"),
        good.replace(b"old 0\n", b"old 0\r\n"),
        good.replace(b"old 0\n", b"old 0\nAAAA\n"),
        good.replace(b"old 0\n", b"old 0\n" + b"A" * 43 + b"=\n" * 64),
        good.replace(b"\n3\n", b"\n3\nextension\n"),
        good[:-1],
        good + b"x" * 40_000,
    ):
        assert witness.add(body).status_code == 400, body[:80]
    assert httpx.get(f"{witness.url}/add-checkpoint").status_code == 405
    assert witness.add(good).status_code == 200, "and none of them left a trace"


def test_signatures_of_others_are_ignored_and_not_kept(shared: tuple[WitnessProcess, WitnessKey]) -> None:
    witness, key = shared
    log = Log(words(5), origin="xingji.test/two")
    note = parse_note(log.note(5).encode())
    crowd = tuple(note.signatures[0].__class__(log.origin, bytes([n, 0, 0, 0]), bytes(64)) for n in range(63))
    crowded = Note(note.text, (*crowd, *note.signatures))
    body = f"old 0\n\n{crowded.text}\n{''.join(line.format() for line in crowded.signatures)}".encode()
    assert witness.add(body).status_code == 200
    assert cosigned(log.note(5), witness.add(log.request(5, 5)), key), "what it kept can be read again"


def test_a_restarted_witness_remembers(tmp_path: Path) -> None:
    witness, log = WitnessProcess(tmp_path), Log(words(9))
    key = witness.make_key()
    with serving(witness):
        assert cosigned(log.note(5), witness.add(log.request(0, 5)), key)
    witness.start()
    witness.stop(signal.SIGKILL)
    with serving(witness):
        assert witness.add(Log(words(9, other_from=2)).request(0, 9)).text == "5\n"
        assert cosigned(log.note(9), witness.add(log.request(5, 9)), key)
    assert witness.run("key").stdout.strip() == key.format()


def test_a_kill_between_the_disk_and_the_answer_forks_nothing(tmp_path: Path) -> None:
    witness, log = WitnessProcess(tmp_path, program=DIES + COMMAND), Log(words(9))
    key = witness.make_key()
    witness.start()
    with pytest.raises(httpx.TransportError):
        witness.add(log.request(0, 5))
    witness.stop()
    witness.program = COMMAND
    with serving(witness):
        assert witness.add(Log(words(9, other_from=2)).request(0, 9)).status_code == 409
        assert witness.add(log.request(0, 5)).text == "5\n"
        assert cosigned(log.note(5), witness.add(log.request(5, 5)), key)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _flip(path: Path) -> None:
    data = path.read_bytes()
    place = data.index(b"\n5\n") + 4
    path.write_bytes(data[:place] + (b"A" if data[place : place + 1] != b"A" else b"B") + data[place + 1 :])


def _forge(path: Path) -> None:
    """A well-formed note of another history, under the log's key alone."""
    with sqlite3.connect(path) as conn:
        conn.execute("UPDATE latest SET note = ?", (Log(words(9, other_from=2)).note(5),))
    conn.close()


@pytest.mark.parametrize("damage", [Path.unlink, _cut, _flip, _forge, lambda path: path.write_bytes(b"")])
def test_a_damaged_or_missing_memory_vouches_for_nothing(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    witness, log = WitnessProcess(tmp_path), Log(words(9))
    key = witness.make_key()
    with serving(witness):
        assert cosigned(log.note(5), witness.add(log.request(0, 5)), key)
        damage(witness.home / "witness" / "state.sqlite")
        answer = witness.add(log.request(5, 9))
        assert (answer.status_code, "—" in answer.text) == (500, False)
    refused = witness.run("serve", "--logs", str(tmp_path / "logs"))
    assert refused.returncode == 2
    assert "state.sqlite" in refused.stderr
    assert witness.run("key").stdout.strip() == key.format(), "the key is told, and no memory made anew"
    assert witness.run("serve", "--logs", str(tmp_path / "logs")).returncode == 2


def test_another_witness_s_memory_is_refused(tmp_path: Path) -> None:
    one, other = WitnessProcess(tmp_path / "1"), WitnessProcess(tmp_path / "2")
    for witness in (one, other):
        witness.home.mkdir()
        witness.make_key()
    (other.home / "witness" / "state.sqlite").replace(one.home / "witness" / "state.sqlite")
    assert one.run("serve", "--logs", str(one.home / "logs")).returncode == 2


def test_racing_requests_leave_one_history(tmp_path: Path) -> None:
    """Two processes of one witness over one memory, many racers: of each size at most one root is cosigned."""
    first = WitnessProcess(tmp_path)
    first.make_key()
    second = WitnessProcess(tmp_path)
    histories = [Log(words(8, other_from=n)) for n in range(4)]
    with serving(first), serving(second), ThreadPoolExecutor(8) as pool:
        tries = [(w, log) for log in histories for w in (first, second)]
        answers = list(pool.map(lambda one: one[0].add(one[1].request(0, 8)), tries))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
