"""Where programmes are found: by code, in folders, once."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import pytest

from certification.errors import ProgrammeRefusedError, ProgrammeUnreadableError
from certification.reader import load_programme
from certification.shelf import LARGEST, PROGRAMMES, STANDARDS, Shelf

TESTS = Path(__file__).parents[2]
OWN = TESTS / "programmes" / "tiered-2023.toml"
POINTS = TESTS / "standards" / "tiered-points-2023.toml"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation's home with a programme and the standard that it names."""
    for kind in ("programmes", "standards"):
        (tmp_path / "home" / kind).mkdir(parents=True)
    copy(OWN, tmp_path / "home" / "programmes")
    copy(POINTS, tmp_path / "home" / "standards")
    return tmp_path / "home"


def test_an_installations_programme_is_found_beside_those_delivered(home: Path) -> None:
    shelf = Shelf((home,))
    assert load_programme("tiered-2023", shelf).edition.code == "tiered-points-2023"
    assert load_programme("zhoukou-2022", shelf) == load_programme("zhoukou-2022")
    with pytest.raises(ProgrammeUnreadableError):
        load_programme("tiered-2023")


def test_folders_that_are_not_there_hold_nothing(tmp_path: Path) -> None:
    shelf = Shelf((tmp_path / "nowhere",))
    assert load_programme("zhoukou-2022", shelf).code == "zhoukou-2022"
    assert shelf.find(PROGRAMMES, "tiered-2023") == []


@pytest.mark.parametrize(
    "code",
    [
        *(
            "",
            ".",
            "..",
            "../secret",
            "programmes/tiered-2023",
            "tiered-2023.toml",
            "*",
            "tiered-*",
            "tiered-2023\0",
        ),
        *("/etc/passwd", "..\\secret", "TIERED-2023", "ｔiered-2023"),
    ],
)
def test_no_code_leads_out_of_the_folders(home: Path, code: str) -> None:
    (home / "secret.toml").write_text("schema = 1", encoding="utf-8")
    with pytest.raises(ProgrammeUnreadableError) as refused:
        load_programme(code, Shelf((home,)))
    assert str(home) not in refused.value.zh + refused.value.en


def test_a_code_in_two_folders_is_refused(home: Path) -> None:
    copy(PROGRAMMES / "zhoukou-2022.toml", home / "programmes")
    with pytest.raises(ProgrammeUnreadableError, match="twice"):
        load_programme("zhoukou-2022", Shelf((home,)))
    copy(STANDARDS / "henan-trial-2022.toml", home / "standards")
    (home / "programmes" / "zhoukou-2022.toml").unlink()
    with pytest.raises(ProgrammeUnreadableError, match="twice"):
        load_programme("zhoukou-2022", Shelf((home,)))
    assert load_programme("tiered-2023", Shelf((home, home))).code == "tiered-2023"


def test_a_file_bears_its_code(home: Path) -> None:
    (home / "programmes" / "tiered-2023.toml").rename(home / "programmes" / "renamed.toml")
    with pytest.raises(ProgrammeRefusedError, match=r"renamed\.toml holds the programme tiered-2023"):
        load_programme("renamed", Shelf((home,)))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"schema = ", b"#" * (LARGEST + 1)], ids=len)
def test_what_cannot_be_read_is_refused(home: Path, content: bytes) -> None:
    (home / "programmes" / "tiered-2023.toml").write_bytes(content)
    with pytest.raises(ProgrammeUnreadableError) as refused:
        load_programme("tiered-2023", Shelf((home,)))
    assert str(home) not in refused.value.zh + refused.value.en
