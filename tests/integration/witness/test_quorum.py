"""A quorum of real witnesses: one dead, one slow; who tells lies counts for nothing."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from audit.cosignature import WitnessKey, check_quorum
from audit.errors import QuorumMissingError
from audit.note import parse_note
from tests.integration.witness.kit import COMMAND, Log, WitnessProcess, free_port, serving, words
from xingji.errors import SettingInvalidError
from xingji.witnessing import MOMENT, Witnesses, open_witnesses, read_policy

SLOW = """
import time
from xingji.witness import app
real = app.Witness.answer
def answer_slowly(self, body):
    time.sleep(1.5)
    return real(self, body)
app.Witness.answer = answer_slowly
"""
LOGS = [Log(origin=f"xingji.test/{name}") for name in ("grow", "split", "two", "lost")]
Known = tuple[list[WitnessProcess], list[WitnessKey]]


@pytest.fixture(scope="module")
def witnesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    """Three: the first well, the second slow, the third dead."""
    made = [WitnessProcess(tmp_path_factory.mktemp("w"), f"witness.test/w{n}") for n in (1, 2, 3)]
    made[1].program = SLOW + COMMAND
    keys = [one.make_key(LOGS) for one in made]
    with ExitStack() as stack:
        for one in made[:2]:
            stack.enter_context(serving(one))
        yield made, keys


@asynccontextmanager
async def asked(folder: Path, known: Known, quorum: int) -> AsyncIterator[Witnesses]:
    path = folder / "witnesses.json"
    told = [{"name": key.name, "key": key.format(), "url": one.url} for one, key in zip(*known, strict=True)]
    path.write_text(json.dumps({"quorum": quorum, "witnesses": told}))
    async with open_witnesses(path) as opened:
        assert opened is not None
        yield opened


async def cosign(witnesses: Witnesses, log: Log, size: int) -> str:
    async def prove(old: int) -> tuple[bytes, ...]:
        return log.path(old, size)

    return await witnesses(log.note(size), log.checkpoint(size), prove)


async def test_two_of_three_suffice_with_one_dead_and_one_slow(tmp_path: Path, witnesses: Known) -> None:
    log, keys = Log(words(40), origin="xingji.test/grow"), witnesses[1]
    async with asked(tmp_path, witnesses, 2) as opened:
        for size in (3, 17, 17, 40):
            note = parse_note((await cosign(opened, log, size)).encode())
            assert [one.witness for one in check_quorum(note, keys, 2)] == keys[:2]
            assert list(opened.failing) == [keys[2].name]
    async with asked(tmp_path, witnesses, 3) as opened:
        with pytest.raises(QuorumMissingError):
            await cosign(opened, log, 40)
    async with asked(tmp_path, witnesses, 1) as opened:
        began = time.monotonic()
        note = parse_note((await cosign(opened, log, 40)).encode())
        assert len(check_quorum(note, keys, 1)) == 1
        assert time.monotonic() - began < MOMENT + 0.8, "nobody waits for the slow one"


async def test_two_server_processes_ask_at_once_and_both_get_what_grows(
    tmp_path: Path, witnesses: Known
) -> None:
    """Each has a view of its own of what the witnesses saw; whoever comes second is told, and proves from there."""
    log, quick = Log(words(60), origin="xingji.test/two"), (witnesses[0][:1], witnesses[1][:1])
    async with asked(tmp_path, quick, 1) as one, asked(tmp_path, quick, 1) as other:
        await cosign(one, log, 10)
        notes = await asyncio.gather(cosign(one, log, 30), cosign(other, log, 30))
        for note in notes:
            assert check_quorum(parse_note(note.encode()), witnesses[1], 1)
        await cosign(other, log, 60)
        with pytest.raises(QuorumMissingError):
            await cosign(one, log, 59)
        assert "60" in one.failing[witnesses[1][0].name]
        assert check_quorum(parse_note((await cosign(one, log, 60)).encode()), witnesses[1], 1)


async def test_a_second_history_finds_no_quorum(tmp_path: Path, witnesses: Known) -> None:
    log = Log(words(20), origin="xingji.test/split")
    other = Log(words(25, other_from=9), origin=log.origin)
    async with asked(tmp_path, witnesses, 1) as opened:
        await cosign(opened, log, 20)
        for size in (8, 20, 25):
            with pytest.raises(QuorumMissingError):
                await cosign(opened, other, size)
    name = log.origin.replace("/", "_")
    kept = {path.rsplit(".", 2)[1] for path in witnesses[0][0].forks if path.startswith(name)}
    assert kept == {"fork", "doubt"}


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello\n",
        b"HTTP/1.1 409 Conflict\r\ncontent-type: text/x.tlog.size\r\ncontent-length: 2\r\n\r\n0\n",
        b"HTTP/1.1 409 Conflict\r\ncontent-type: text/x.tlog.size\r\ncontent-length: 3\r\n\r\n05\n",
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 900000\r\n\r\n" + b"x" * 900_000,
        b"nonsense\r\n\r\n",
    ],
)
async def test_an_answer_that_is_none_counts_for_nothing(
    tmp_path: Path, witnesses: Known, answer: bytes
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\n\n")
        writer.write(answer)
        writer.close()

    liar = WitnessProcess(tmp_path, witnesses[0][0].name, port=free_port())
    async with (
        await asyncio.start_server(talk, "127.0.0.1", liar.port),
        asked(tmp_path, ([liar], witnesses[1][:1]), 1) as opened,
    ):
        with pytest.raises(QuorumMissingError):
            await cosign(opened, Log(words(5), origin="xingji.test/lost"), 5)
        assert opened.failing


@pytest.mark.parametrize(
    "change",
    [
        {"quorum": 2},
        {"quorum": -1},
        {"quorum": True},
        {"more": 1},
        {"witnesses": [{"name": "x"}]},
        {"witnesses": 5},
    ],
)
def test_a_policy_that_cannot_be_held_is_refused(
    tmp_path: Path, witnesses: Known, change: dict[str, object]
) -> None:
    key = witnesses[1][0]
    good = {
        "quorum": 1,
        "witnesses": [{"name": key.name, "key": key.format(), "url": "http://127.0.0.1:9/"}],
    }
    path = tmp_path / "witnesses.json"
    path.write_text(json.dumps(good))
    assert read_policy(path).parties[0].url == "http://127.0.0.1:9"
    path.write_text(json.dumps({**good, **change}))
    with pytest.raises(SettingInvalidError):
        read_policy(path)
