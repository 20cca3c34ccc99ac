"""Offline verification: each damage has its name, and no step is left out."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from string import Formatter
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.entry import GENESIS, seal
from audit.errors import UnusableInputError
from audit.keys import Ed25519Signer
from audit.rotation import draft_rotation
from audit.verdict import FINDINGS
from audit.verify import verify_log
from tests.unit.audit.kit import KEY, ORIGIN, SIGNER, draft, entries, head, opening, write_log
from tests.unit.audit.officers_kit import SECOND, Log

CHAIN = entries(300)
LEAVES = [entry.leaf for entry in CHAIN]
HASHES = [entry.hash for entry in CHAIN]
STRANGER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_log(tmp_path, LEAVES, head(HASHES))


def test_a_whole_log_is_verified_and_progress_ends_at_its_size(log: Path):
    heard: list[tuple[int, int]] = []
    verdict = verify_log(log, KEY, None, lambda done, total: heard.append((done, total)))
    assert (verdict.ok, verdict.code, verdict.size) == (True, "verified", 300)
    assert heard == [(256, 300), (300, 300)]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 300])
def test_growth_from_any_kept_head_is_verified(log: Path, size: int):
    verdict = verify_log(log, KEY, head(HASHES[:size]))
    assert (verdict.ok, verdict.since) == (True, size)


def test_a_kept_head_of_another_history_refutes(log: Path):
    other = [*HASHES[:100], bytes(32), *HASHES[101:200]]
    assert verify_log(log, KEY, head(other)).code == "history_rewritten"


def test_a_shorter_log_than_the_kept_head_is_rolled_back(tmp_path: Path):
    log = write_log(tmp_path, LEAVES[:297], head(HASHES[:297]))
    assert verify_log(log, KEY).ok
    verdict = verify_log(log, KEY, head(HASHES))
    assert (verdict.code, verdict.seq) == ("rolled_back", 297)


def test_a_missing_bundle_is_named(log: Path):
    (log / "tile/entries/001.p/44").unlink()
    verdict = verify_log(log, KEY)
    assert (verdict.code, verdict.seq) == ("bundle_missing", 256)


@pytest.mark.parametrize("file", ["tile/entries/000", "tile/entries/001.p/44"])
@pytest.mark.parametrize("damage", [lambda data: data + b"\0", lambda data: data[:-1], lambda data: b""])
def test_extra_and_missing_bytes_are_named(log: Path, file: str, damage):
    path = log / file
    path.write_bytes(damage(path.read_bytes()))
    assert verify_log(log, KEY).code == "bundle_malformed"


@pytest.mark.parametrize(
    "file", ["tile/entries/002", "tile/entries/001", "tile/entries/001.p/43", "tile/entries/note"]
)
def test_an_unexpected_file_among_the_entries_is_named(log: Path, file: str):
    (log / file).write_bytes(b"")
    assert verify_log(log, KEY).code == "bundle_unexpected"


@pytest.mark.parametrize(
    ("note", "code"),
    [
        (b"", "head_malformed"),
        (head(HASHES) + b"x", "head_malformed"),
        (head(HASHES, STRANGER), "head_key_unknown"),
        (head(HASHES).replace(b"\n300\n", b"\n299\n"), "head_altered"),
        (head([*HASHES[:299], bytes(32)]), "root_wrong"),
        (head([]), "entry_missing"),
    ],
)
def test_a_wrong_head_is_named(log: Path, note: bytes, code: str):
    (log / "checkpoint").write_bytes(note)
    assert verify_log(log, KEY).code == code


def test_another_key_under_the_same_name_is_unknown(log: Path):
    assert verify_log(log, STRANGER.verifier_key).code == "head_key_unknown"


def test_an_entry_by_another_key_is_unknown(tmp_path: Path):
    forged = seal(draft(2), ORIGIN, 2, HASHES[1], STRANGER)
    log = write_log(tmp_path, [*LEAVES[:2], forged.leaf], head([*HASHES[:2], forged.hash]))
    verdict = verify_log(log, KEY)
    assert (verdict.code, verdict.seq) == ("entry_key_unknown", 2)


@pytest.mark.parametrize(
    ("drafts", "seq"),
    [
        ([draft(0)], 0),
        ([opening(), replace(opening(), request_id="again")], 1),
        ([replace(opening(), intent={**opening().intent, "keys": [STRANGER.verifier_key.format()]})], 0),
        ([replace(opening(), intent={**opening().intent, "origin": "xingji.test/other"})], 0),
    ],
)
def test_a_log_opens_once_with_its_own_key(tmp_path: Path, drafts: list, seq: int):
    chain = []
    for number, one in enumerate(drafts):
        chain.append(seal(one, ORIGIN, number, chain[-1].hash if chain else GENESIS, SIGNER))
    log = write_log(tmp_path, [entry.leaf for entry in chain], head([entry.hash for entry in chain]))
    verdict = verify_log(log, KEY)
    assert (verdict.code, verdict.seq) == ("opening_wrong", seq)


def test_a_later_damage_does_not_hide_the_first(tmp_path: Path):
    log = write_log(tmp_path, LEAVES, head(HASHES))
    path = log / "tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b'"request-9"', b'"request-0"'))
    (log / "tile/entries/001.p/44").unlink()
    verdict = verify_log(log, KEY)
    assert (verdict.code, verdict.seq) == ("entry_altered", 9)


@pytest.mark.parametrize("kept", [b"", head(HASHES, STRANGER), head(HASHES).replace(b"\n300\n", b"\n299\n")])
def test_a_wrong_kept_head_is_unusable_and_refutes_nothing(log: Path, kept: bytes):
    with pytest.raises(UnusableInputError):
        verify_log(log, KEY, kept)


def test_a_folder_without_head_is_unusable(tmp_path: Path):
    with pytest.raises(UnusableInputError):
        verify_log(tmp_path, KEY)


def test_every_finding_is_told_in_both_languages():
    for zh, en in FINDINGS.values():
        assert zh != en
        assert {part[1] for part in Formatter().parse(zh)} == {part[1] for part in Formatter().parse(en)}


def test_verification_loads_neither_database_nor_network():
    """Python's `socket` comes with `cryptography.x509`, by way of `email`; that none is opened test_auditor.py sees to."""
    code = (
        "import sys, audit.commands\n"
        "bad = {'sqlalchemy', 'asyncpg', 'asyncio', 'ssl', 'http', 'urllib.request'}\n"
        "bad &= set(sys.modules)\n"
        "sys.exit(repr(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def rotated(directory: Path) -> tuple[Log, Path]:
    """A log of two keys, with its head by the second."""
    log = Log()
    log.take(draft(1))
    log.take(draft_rotation(log.head, SIGNER, SECOND, "新的一年", False, UUID(int=0), log.now))
    log.take(draft(3), SECOND)
    return log, write_log(
        directory, [one.leaf for one in log.entries], head([one.hash for one in log.entries], SECOND)
    )


@pytest.mark.parametrize(
    "pinned", [KEY, SECOND.verifier_key, (KEY, SECOND.verifier_key)], ids=["old", "new", "both"]
)
def test_a_rotated_log_verifies_from_any_of_its_keys(tmp_path, pinned):
    log, directory = rotated(tmp_path)
    before = head([one.hash for one in log.entries[:2]])
    assert verify_log(directory, pinned, before).code == "verified"
    assert verify_log(directory, STRANGER.verifier_key).code == "head_key_unknown"


def test_a_head_by_the_retired_key_is_refuted_by_name(tmp_path):
    log, directory = rotated(tmp_path)
    (directory / "checkpoint").write_bytes(head([one.hash for one in log.entries]))
    assert verify_log(directory, KEY).code == "head_key_retired"
    assert verify_log(directory, SECOND.verifier_key).code == "head_key_retired"


def test_a_kept_head_is_of_the_key_in_force_at_its_size(tmp_path):
    log, directory = rotated(tmp_path)
    late = head([one.hash for one in log.entries[:2]], SECOND)
    with pytest.raises(UnusableInputError):
        verify_log(directory, KEY, late)
