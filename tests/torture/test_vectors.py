"""Vectors that lie in a folder are judged by what they say: of our own making here, in the form of the public ones."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from audit.consistency import consistency_path
from audit.inclusion import paths
from audit.tree import Frontier
from tests.torture.vectors import judge_vectors
from tests.unit.audit.kit import entries

HASHES = [one.hash for one in entries(7)]


def root(size: int) -> str:
    return b64encode(Frontier().extend(HASHES[:size]).root()).decode()


def told(path: tuple[bytes, ...]) -> list[str]:
    return [b64encode(one).decode() for one in path]


def write(folder: Path, kind: str, name: str, one: dict[str, Any]) -> None:
    file = folder / "testdata" / kind / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(one))


def lay_out(folder: Path) -> dict[str, Any]:
    """A claim that holds of each kind, and one of inclusion that does not."""
    leaf, path = b64encode(HASHES[4]).decode(), told(paths(HASHES, (4,))[4])
    held = {"leafIdx": 4, "treeSize": 7, "leafHash": leaf, "root": root(7), "proof": path, "wantErr": False}
    grown = {"size1": 3, "size2": 7, "root1": root(3), "root2": root(7), "wantErr": False}
    write(folder, "inclusion", "happy.json", held)
    write(folder, "inclusion", "moved.json", {**held, "leafIdx": 3, "wantErr": True})
    write(folder, "inclusion", "none.json", {**held, "proof": None, "root": None, "wantErr": True})
    write(folder, "consistency", "happy.json", {**grown, "proof": told(consistency_path(HASHES, 3))})
    return held


def test_verdicts_that_are_theirs_are_counted(tmp_path: Path) -> None:
    lay_out(tmp_path)
    assert judge_vectors(tmp_path) == {"inclusion, held": 1, "inclusion, refused": 2, "consistency, held": 1}


def test_another_verdict_than_theirs_names_the_file(tmp_path: Path) -> None:
    write(tmp_path, "inclusion", "odd.json", {**lay_out(tmp_path), "wantErr": True})
    with pytest.raises(AssertionError, match=r"odd\.json: we say True"):
        judge_vectors(tmp_path)


def test_a_folder_without_vectors_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no vectors"):
        judge_vectors(tmp_path)
