"""`xingji programme check`: what holds together is told, what does not is refused with its place, what cannot be read is neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xingji.cli import main

TESTS = Path(__file__).parents[2]
OWN = TESTS / "programmes" / "tiered-2023.toml"


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["programme", "check", *arguments])
    return code, *capsys.readouterr()


def test_a_delivered_programme_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = check(capsys, "zhoukou-2022", "--home", str(tmp_path))
    assert (code, err) == (0, "")
    for told in (
        "周人社办〔2022〕72号",
        "star  星级充分就业社区",
        "5 个工作日",
        "henan-trial-2022 v1",
        "levels[star].lost：Who",
    ):
        assert told in out


def test_a_file_is_told_with_the_standard_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = check(capsys, str(OWN), "--json")
    told = json.loads(out)
    assert (code, told["ok"], told["code"], told["cycle_years"]) == (0, True, "tiered-2023", 2)
    assert [(one["code"], one["requires"], one["mark"]) for one in told["levels"]] == [
        ("one_star", None, 80),
        ("two_star", "one_star", 90),
        ("three_star", "two_star", 95),
    ]
    assert told["standard"] == {
        "code": "tiered-points-2023",
        "version": 1,
        "items": 5,
        "indicators": 4,
        "scored": True,
    }
    assert all(one["reason"] for one in told["decided"]) and len(told["decided"]) == 5


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ('certified = "one_star"', 'certified = "no_star"', 1, "levels two_star: asks for no_star"),
        ('certified = "one_star"', 'certified = "three_star"', 1, "asks for itself in the end"),
        ('code = "tiered-2023"', 'code = "other-2023"', 1, "other-2023.toml"),
        ("schema = 1", "schema = ", 2, "file: "),
        ("tiered-points-2023", "no-such-points", 2, "'no-such-points'"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_with_its_place(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, old: str, new: str, code: int, said: str
) -> None:
    (tmp_path / "standards").mkdir()
    (tmp_path / "standards" / "tiered-points-2023.toml").write_bytes(
        (TESTS / "standards" / "tiered-points-2023.toml").read_bytes()
    )
    file = tmp_path / "tiered-2023.toml"
    text = OWN.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    found, out, err = check(capsys, str(file))
    assert (found, out) == (code, "") and said in err and "方案" in err
    found, out, _ = check(capsys, str(file), "--json")
    assert found == code and json.loads(out)["ok"] is False


@pytest.mark.parametrize("name", ["no-such-programme", "../zhoukou-2022", "/nowhere/at-all.toml"])
def test_what_is_not_there_is_unusable(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    code, out, err = check(capsys, name, "--home", str(tmp_path))
    assert (code, out) == (2, "") and "error: the programme cannot be read" in err
