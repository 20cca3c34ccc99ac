"""The second reader and `audit.verify` agree on what holds and on what does not."""

import json
from hashlib import sha256
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import UnusableInputError
from audit.note import VerifierKey
from audit.tiles import perfect_root, tile_path
from audit.verify import verify_log
from tests.conformance.second_reader import canonical, name_tiles, read_log, root_of
from tests.unit.audit import kit
from tests.unit.audit.officers_kit import THIRD
from tests.unit.audit.test_national import dual, write
from tests.vectors.audit.keyed import keyed

VECTORS = Path(__file__).parents[1] / "vectors" / "audit"
LOG = VECTORS / "log"
VKEY = (LOG / "key.vkey").read_text(encoding="utf-8").strip()
FILES = ("checkpoint", "tile/entries/000", "tile/entries/001.p/4")
LEFT_OUT = {"log-officers-loosened-by-one"}
"""What the second reader says that it does not judge."""


def both(log: Path, vkey: str, kept: Path | None = None) -> tuple[str | None, str | None]:
    """What is wrong, by either; None where the log holds, of one size and root for both."""
    verdict = verify_log(log, VerifierKey.parse(vkey), None if kept is None else kept.read_bytes())
    holds, told = read_log(log, vkey, kept)
    assert not (holds and verdict.ok) or told == f"{verdict.size} {(verdict.root or b'').hex()}"
    return None if verdict.ok else verdict.code, None if holds else told


@pytest.mark.parametrize("kept", [None, "head-1", "head-256"])
def test_both_verify_the_same_log(kept: str | None):
    assert both(LOG, VKEY, None if kept is None else VECTORS / kept) == (None, None)


def test_both_read_a_log_that_was_put_back_and_refute_it_for_the_lost_heads():
    log = VECTORS / "log-incarnated"
    assert both(log, VKEY, VECTORS / "head-incarnated-4") == (None, None)
    for size in (7, 9):
        ours, theirs = both(log, VKEY, VECTORS / f"head-incarnated-{size}")
        assert (ours, theirs) == ("rolled_back_incarnated", "ValueError another history")


def test_both_refute_times_that_step_back_where_the_log_says_they_ascend(tmp_path: Path):
    drafts = [kit.opening(times="ascending"), kit.draft(2), kit.draft(1)]
    made = kit.chain(drafts)
    log = kit.write_log(tmp_path, [one.leaf for one in made], kit.head([one.hash for one in made]))
    assert both(log, VKEY) == ("time_reversed", "ValueError times that step back")


def test_both_refute_another_history():
    ours = both(LOG, VKEY, VECTORS / "head-of-another-history")
    assert ours == ("history_rewritten", "ValueError another history")


@pytest.mark.parametrize("name", keyed())
def test_both_judge_a_log_in_which_keys_come_and_go_alike(name: str):
    log, told = VECTORS / name, keyed()[name]
    ours, theirs = both(log, (log / "key.vkey").read_text(encoding="utf-8").strip())
    assert ours == told.wrong
    assert (theirs is None) == (ours is None or name in LEFT_OUT), theirs


def test_a_kept_head_of_a_former_key_counts_where_a_later_one_is_pinned(tmp_path: Path):
    log, told = VECTORS / "log-rotated-pinned-later", keyed()["log-rotated-pinned-later"]
    pinned, kept = told.pinned.verifier_key, tmp_path / "kept"
    for size, signer in ((2, kit.SIGNER), (5, THIRD)):
        kept.write_bytes(kit.head([entry.hash for entry in told.entries[:size]], signer))
        assert both(log, pinned.format(), kept) == (None, None)
    kept.write_bytes(kit.head([entry.hash for entry in told.entries[:5]]))
    with pytest.raises(UnusableInputError):
        verify_log(log, pinned, kept.read_bytes())
    assert read_log(log, pinned.format(), kept) == (False, "ValueError the kept head's key")


def test_the_second_suite_is_left_out_and_refused(tmp_path: Path):
    ours, theirs = both(write(tmp_path, dual(6)), VKEY)
    assert (ours, theirs) == (None, "ValueError an entry of another version, suite or log")


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_both_refute_a_changed_byte(
    tmp_path_factory: pytest.TempPathFactory, file: str, where: float, change: int
):
    log = copytree(LOG, tmp_path_factory.mktemp("log") / "log")
    data = bytearray((log / file).read_bytes())
    data[int(where * len(data))] ^= change
    (log / file).write_bytes(data)
    assert None not in both(log, VKEY)


@pytest.fixture
def tiled(tmp_path: Path) -> Path:
    """The log with its hash tiles."""
    log = copytree(LOG, tmp_path / "log")
    hashes = [one.hash for one in kit.entries(260)]
    root = perfect_root(hashes[:256])
    for (level, index), part in {(0, 0): hashes[:256], (0, 1): hashes[256:], (1, 0): [root]}.items():
        path = log / tile_path(level, index, len(part))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(part))
    return log


def test_both_hold_hash_tiles_against_the_entries(tiled: Path):
    assert both(tiled, VKEY) == (None, None)
    top = tiled / "tile/1/000.p/1"
    top.write_bytes(bytes(32))
    assert both(tiled, VKEY) == ("exported_tile_wrong", "ValueError a hash tile")
    top.unlink()
    assert both(tiled, VKEY) == ("exported_tile_wrong", "ValueError a file too many or too few")


@pytest.mark.parametrize("name", ["tile/entries/002", "tile/entries/000.p/9", "tile/0/001.p/3", "tile/2/000"])
def test_both_refute_a_file_too_many(tiled: Path, name: str):
    (tiled / name).parent.mkdir(parents=True, exist_ok=True)
    (tiled / name).write_bytes(bytes(32))
    assert both(tiled, VKEY) == ("bundle_unexpected", "ValueError a file too many or too few")


@pytest.mark.parametrize("name", [*FILES, "tile/entries"])
def test_both_refute_or_cannot_use_a_log_that_lacks_a_file(tiled: Path, name: str):
    (tiled / name).rename(tiled / "elsewhere")
    assert read_log(tiled, VKEY)[0] is False
    if name == "checkpoint":
        with pytest.raises(UnusableInputError):
            verify_log(tiled, VerifierKey.parse(VKEY))
    else:
        assert verify_log(tiled, VerifierKey.parse(VKEY)).code == "bundle_missing"


def test_a_log_of_a_million_entries_has_its_bundles_where_the_page_says():
    *_, last = name_tiles("entries", 67 * 256 + 3)
    assert last == "tile/entries/067.p/3"
    *_, last = name_tiles("entries", 4_067 * 256 + 3)
    assert last == "tile/entries/x004/067.p/3"
    assert [*name_tiles(0, 256)] == ["tile/0/000"]
    assert [*name_tiles(0, 257)] == ["tile/0/000", "tile/0/001.p/1"]


def test_roots_and_canonical_json_are_those_of_the_vectors():
    for vector in json.loads((VECTORS / "roots.json").read_bytes()):
        hashes = [sha256(b"\0" + bytes([n])).digest() for n in range(vector["size"])]
        assert root_of(hashes).hex() == vector["root"]
    for vector in json.loads((VECTORS / "canonical.json").read_bytes()):
        assert canonical(json.loads(vector["json"])).decode() == vector["json"]


def test_the_full_entry_hashes_and_splits_as_told():
    vector = json.loads((VECTORS / "entry-full.json").read_bytes())
    whole = json.loads(vector["leaf"])
    assert sha256(b"\0" + vector["leaf"].encode()).hexdigest() == vector["hash"]
    assert (
        canonical({"body": whole["body"], "officer_sig": whole["officer_sig"]}).decode() == vector["signed"]
    )


def test_the_second_reader_stays_independent_and_short():
    text = Path(__file__).with_name("second_reader.py").read_text(encoding="utf-8")
    imports = [line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))]
    assert {one.partition(".")[0] for one in imports} == {
        "base64",
        "cryptography",
        "hashlib",
        "json",
        "re",
    }
    assert len(text.splitlines()) <= 200
