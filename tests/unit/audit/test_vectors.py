"""The vectors in tests/vectors/audit are what the code gives today."""

from pathlib import Path

import pytest

from tests.vectors.audit import generate


def test_the_vectors_are_generated_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kept = generate.HERE
    monkeypatch.setattr(generate, "HERE", tmp_path)
    generate.write()
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    own = {"README.md", "generate.py", "keyed.py", ".gitattributes"}
    found = {
        path.relative_to(kept): path.read_bytes()
        for path in kept.rglob("*")
        if path.is_file() and path.name not in own and path.suffix != ".pyc"
    }
    assert made == found
