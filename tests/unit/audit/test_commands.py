"""`ledger verify`: the exit code is the same in every display mode."""

import argparse
import json
from pathlib import Path

import pytest

from audit.commands import add_verify_arguments, run_verify
from tests.unit.audit.kit import KEY, entries, head, write_log

CHAIN = entries(5)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "key").write_text(KEY.format() + "\n", encoding="utf-8")
    (tmp_path / "old").write_bytes(head([entry.hash for entry in CHAIN[:3]]))
    return write_log(tmp_path / "log", [entry.leaf for entry in CHAIN], head([entry.hash for entry in CHAIN]))


def run(log: Path, *more: str) -> int:
    parser = argparse.ArgumentParser()
    add_verify_arguments(parser)
    return run_verify(parser.parse_args([str(log), "--key", str(log.parent / "key"), *more]))


@pytest.mark.parametrize("mode", [[], ["--json"]])
def test_verified_is_0_refuted_1_unusable_2(log: Path, mode: list[str], capsys: pytest.CaptureFixture[str]):
    since = ["--since", str(log.parent / "old")]
    assert run(log, *mode) == run(log, *mode, *since) == 0
    assert capsys.readouterr().err == ""
    assert run(log, *mode, "--since", str(log.parent / "absent")) == 2
    assert run(log.parent / "log" / "tile", *mode, "--key", str(log.parent / "key")) == 2
    assert run(log, *mode, "--key", str(log / "checkpoint")) == 2
    assert "unusable" in capsys.readouterr().err
    (log / "tile/entries/000.p/5").unlink()
    assert run(log, *mode) == 1
    captured = capsys.readouterr()
    assert ("bundle_missing" in captured.out, captured.err) == (True, "")


def test_a_damaged_log_does_not_command_the_terminal(log: Path, capsys: pytest.CaptureFixture[str]):
    (log / "tile/entries/\x1b[2J").write_bytes(b"")
    assert run(log) == 1
    out = capsys.readouterr().out
    assert ("bundle_unexpected" in out, "\x1b" in out) == (True, False)


def test_json_carries_the_verdict(log: Path, capsys: pytest.CaptureFixture[str]):
    run(log, "--json")
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["ok"], verdict["size"], len(verdict["root"])) == (True, 5, 64)
    run(log, "--json", "--since", "/nonexistent")
    assert json.loads(capsys.readouterr().out)["ok"] is None
