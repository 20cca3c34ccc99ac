"""The console script's own commands, against a real database."""

import json
from pathlib import Path

import pytest

from xingji.cli import main
from xingji.postgres import EmbeddedPostgres


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XINGJI_HOME", "XINGJI_DATABASE_URL", "XINGJI_MIGRATOR_URL"):
        monkeypatch.delenv(name, raising=False)


def test_migrate_and_db_work_on_the_embedded_server(
    short_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = short_folder / "home"
    with EmbeddedPostgres.start(home, durable=False) as server:  # the commands attach
        assert main(["migrate", "--home", str(home)]) == 0
        revision = capsys.readouterr().out.strip()
        assert main(["db", "--home", str(home), "--json"]) == 0
        facts = json.loads(capsys.readouterr().out)
        assert facts["revision"] == revision
        assert main(["ledger", "check", "--home", str(home), "--tenant", "999999", "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["code"] == "tenant-unknown"
        password = server.url("app").split(":")[2].split("@")[0]
        assert password not in str(facts)


def test_migrating_an_outside_database_needs_its_owner(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XINGJI_DATABASE_URL", "postgresql://app@/nowhere")
    assert main(["migrate"]) == 2
    assert "XINGJI_MIGRATOR_URL" in capsys.readouterr().err


def test_a_wrong_setting_is_told_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XINGJI_PORT", "many")
    assert main(["db"]) == 2
    told = capsys.readouterr()
    assert "错误：" in told.err
    assert "error:" in told.err
    assert told.out == ""


def test_rotating_the_token_keys_signs_anew_and_keeps_the_one_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for expected in ("00000002", "00000003"):
        assert main(["tokens", "rotate", "--home", str(tmp_path)]) == 0
        assert capsys.readouterr().out.strip() == expected
    assert sorted(path.stem for path in (tmp_path / "tokens").iterdir()) == ["00000002", "00000003"]
