"""A log that was put back and owned up to it: which heads it grows from, and what it says to the holders of the others."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from audit.canonical import digest
from audit.checkpoint import Checkpoint
from audit.entry import ASCENDING, Entry
from audit.errors import EntryMalformedError
from audit.incarnation import draft_incarnation
from audit.verify import verify_log
from tests.unit.audit.kit import (
    KEY,
    ORIGIN,
    SIGNER,
    START,
    chain,
    draft,
    head,
    incarnated,
    opening,
    state,
    write_log,
)

LOST, GONE_ON = incarnated(300, 600)


def write(folder: Path, made: list[Entry]) -> Path:
    return write_log(folder, [one.leaf for one in made], head([one.hash for one in made]))


def head_of(made: list[Entry]) -> bytes:
    return head([one.hash for one in made])


@pytest.mark.parametrize("size", [1, 256, 299, 300])
def test_heads_from_before_the_parting_still_prove_growth(tmp_path: Path, size: int):
    verdict = verify_log(write(tmp_path, GONE_ON), KEY, head_of(LOST[:size]))
    assert (verdict.ok, verdict.since) == (True, size)


@pytest.mark.parametrize("size", [301, 303, 306, 307, 512, 600])
def test_heads_of_what_was_lost_refute_and_name_the_entry_that_owned_up(tmp_path: Path, size: int):
    verdict = verify_log(write(tmp_path, GONE_ON), KEY, head_of(LOST[:size]))
    assert (verdict.ok, verdict.code, verdict.seq) == (False, "rolled_back_incarnated", 300)
    assert "硬盘损坏，恢复昨夜备份" in verdict.zh
    assert "put back to 300 entries" in verdict.en


def test_a_head_of_a_third_history_is_not_owned_up_to(tmp_path: Path):
    log = write(tmp_path, GONE_ON)
    third = head([*(one.hash for one in LOST[:599]), bytes(32)])
    assert verify_log(log, KEY, third).code == "rolled_back"
    longer = head([*(one.hash for one in LOST), bytes(32)])
    assert verify_log(log, KEY, longer).code == "rolled_back"
    early = head([*(one.hash for one in LOST[:199]), bytes(32)])
    assert verify_log(log, KEY, early).code == "history_rewritten"


def test_a_log_put_back_in_silence_is_rolled_back(tmp_path: Path):
    assert verify_log(write(tmp_path, LOST[:300]), KEY, head_of(LOST)).code == "rolled_back"


@pytest.mark.parametrize(
    "damage",
    [
        {"stored": {"hash": "00" * 32, "root": "00" * 32, "size": 3}},
        {"kept": {"key": "1234abcd", "root": "00" * 32}},
        {"kept": None},
        {"reason": ""},
        {"reason": 7},
    ],
)
def test_an_incarnation_that_lies_or_stammers_refutes(tmp_path: Path, damage: dict[str, Any]):
    stored = state(chain([opening(), draft(1), draft(2)]))
    kept = Checkpoint(ORIGIN, 9, bytes(32))
    good = draft_incarnation(kept, stored, SIGNER, "理由", UUID(int=0), START + timedelta(hours=1))
    bad = replace(good, intent={**good.intent, **damage, "arguments": digest(1).hex()})
    assert verify_log(write(tmp_path / "good", chain([opening(), draft(1), draft(2), good])), KEY).ok
    verdict = verify_log(write(tmp_path / "bad", chain([opening(), draft(1), draft(2), bad])), KEY)
    assert (verdict.code, verdict.seq) == ("incarnation_wrong", 3)


@pytest.mark.parametrize("reason", ["", "  ", "两\n行", "长" * 501])
def test_a_reason_is_one_line_of_some_length(reason: str):
    stored = state(chain([opening()]))
    with pytest.raises(EntryMalformedError):
        draft_incarnation(Checkpoint(ORIGIN, 9, bytes(32)), stored, SIGNER, reason, UUID(int=0), START)


def test_times_ascend_in_a_log_that_says_so_and_need_not_in_an_older_one(tmp_path: Path):
    drafts = [draft(1), replace(draft(2), time=draft(1).time), replace(draft(3), time=START)]
    older, newer = chain([opening(), *drafts]), chain([opening(times=ASCENDING), *drafts])
    assert verify_log(write(tmp_path / "older", older), KEY).ok
    verdict = verify_log(write(tmp_path / "newer", newer), KEY)
    assert (verdict.code, verdict.seq) == ("time_reversed", 3)
    assert verify_log(write(tmp_path / "equal", newer[:3]), KEY).ok
