"""The second reader and `audit.verify` agree on what holds and on what does not."""

import json
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.entry import Entry, seal
from audit.errors import UnusableInputError
from audit.note import VerifierKey
from audit.verify import verify_log
from tests.conformance.second_notes import RefutedError, canonical, sha256
from tests.conformance.second_reader import read_log, root_of
from tests.unit.audit import kit
from tests.unit.audit.officers_kit import THIRD
from tests.unit.audit.test_national import again, dual, write
from tests.vectors.audit.keyed import keyed

VECTORS = Path(__file__).parents[1] / "vectors" / "audit"
LOG = VECTORS / "log"
VKEY = (LOG / "key.vkey").read_text(encoding="utf-8").strip()
FILES = ("checkpoint", "tile/entries/000", "tile/entries/001.p/4")


@pytest.mark.parametrize("kept", [None, "head-1", "head-256"])
def test_both_verify_the_same_log(kept: str | None):
    since = None if kept is None else (VECTORS / kept).read_bytes()
    verdict = verify_log(LOG, VerifierKey.parse(VKEY), since)
    assert (verdict.size, verdict.root) == read_log(LOG, VKEY, since)


def test_both_read_a_log_that_was_put_back_and_refute_it_for_the_lost_heads():
    log = VECTORS / "log-incarnated"
    before = (VECTORS / "head-incarnated-4").read_bytes()
    verdict = verify_log(log, VerifierKey.parse(VKEY), before)
    assert (verdict.size, verdict.root) == read_log(log, VKEY, before)
    for size, reason in ((7, "another history"), (9, "another history")):
        lost = (VECTORS / f"head-incarnated-{size}").read_bytes()
        assert verify_log(log, VerifierKey.parse(VKEY), lost).code == "rolled_back_incarnated"
        with pytest.raises(RefutedError, match=reason):
            read_log(log, VKEY, lost)


def test_both_refute_times_that_step_back_where_the_log_says_they_ascend(tmp_path: Path):
    drafts = [kit.opening(times="ascending"), kit.draft(2), kit.draft(1)]
    made = kit.chain(drafts)
    log = kit.write_log(tmp_path, [one.leaf for one in made], kit.head([one.hash for one in made]))
    assert verify_log(log, kit.KEY).code == "time_reversed"
    with pytest.raises(RefutedError, match="times"):
        read_log(log, VKEY)


def test_both_refute_another_history():
    since = (VECTORS / "head-of-another-history").read_bytes()
    assert verify_log(LOG, VerifierKey.parse(VKEY), since).code == "history_rewritten"
    with pytest.raises(RefutedError, match="another history"):
        read_log(LOG, VKEY, since)


@pytest.mark.parametrize("name", keyed())
def test_both_judge_a_log_in_which_keys_come_and_go_alike(name: str):
    log, told = VECTORS / name, keyed()[name]
    pinned = (log / "key.vkey").read_text(encoding="utf-8").strip()
    verdict = verify_log(log, VerifierKey.parse(pinned))
    assert (None if verdict.ok else verdict.code) == told.wrong
    if told.wrong is None:
        assert (verdict.size, verdict.root) == read_log(log, pinned)
    else:
        with pytest.raises(RefutedError):
            read_log(log, pinned)


def test_a_kept_head_of_a_former_key_counts_where_a_later_one_is_pinned():
    log, told = VECTORS / "log-rotated-pinned-later", keyed()["log-rotated-pinned-later"]
    pinned = told.pinned.verifier_key
    for size, signer in ((2, kit.SIGNER), (5, THIRD)):
        kept = kit.head([entry.hash for entry in told.entries[:size]], signer)
        assert verify_log(log, pinned, kept).since == size
        assert read_log(log, pinned.format(), kept)[0] == len(told.entries)
    wrong = kit.head([entry.hash for entry in told.entries[:5]])
    with pytest.raises(UnusableInputError):
        verify_log(log, pinned, wrong)
    with pytest.raises(RefutedError, match="key"):
        read_log(log, pinned.format(), wrong)


def test_both_hold_a_log_to_the_suite_that_it_declared(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    chain = dual(6)
    log = write(tmp_path / "whole", chain)
    assert verify_log(log, kit.KEY).ok
    assert read_log(log, VKEY)[0] == 6
    assert "not checked" in capsys.readouterr().err

    def unsealed(one: Entry) -> Entry:
        return seal(one.draft, kit.ORIGIN, one.seq, one.prev, kit.SIGNER)

    downgraded = write(tmp_path / "downgraded", again(chain, 4, unsealed))
    assert verify_log(downgraded, kit.KEY).code == "suite_downgraded"
    with pytest.raises(RefutedError, match="suite"):
        read_log(downgraded, VKEY)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_both_refute_a_changed_byte(
    tmp_path_factory: pytest.TempPathFactory, file: str, where: float, change: int
):
    log = copytree(LOG, tmp_path_factory.mktemp("log") / "log")
    data = bytearray((log / file).read_bytes())
    data[int(where * len(data))] ^= change
    (log / file).write_bytes(data)
    assert not verify_log(log, VerifierKey.parse(VKEY)).ok
    with pytest.raises((RefutedError, ValueError)):
        read_log(log, VKEY)


def test_roots_and_canonical_json_are_those_of_the_vectors():
    for vector in json.loads((VECTORS / "roots.json").read_bytes()):
        hashes = [sha256(b"\0" + bytes([n])) for n in range(vector["size"])]
        assert root_of(hashes).hex() == vector["root"]
    for vector in json.loads((VECTORS / "canonical.json").read_bytes()):
        assert canonical(json.loads(vector["json"])).decode() == vector["json"]


def test_the_full_entry_hashes_and_splits_as_told():
    vector = json.loads((VECTORS / "entry-full.json").read_bytes())
    whole = json.loads(vector["leaf"])
    assert sha256(b"\0" + vector["leaf"].encode()).hex() == vector["hash"]
    assert (
        canonical({"body": whole["body"], "officer_sig": whole["officer_sig"]}).decode() == vector["signed"]
    )


@pytest.mark.parametrize("part", ["second_reader", "second_notes", "second_officers"])
def test_the_second_reader_stays_independent_and_short(part: str):
    text = Path(__file__).with_name(f"{part}.py").read_text(encoding="utf-8")
    assert "audit" not in "".join(line for line in text.splitlines() if line.startswith(("import", "from")))
    assert len(text.splitlines()) <= 200
