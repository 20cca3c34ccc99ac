"""No line of the product knows a programme: its levels, forms, parts and standards are words of its file alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from certification.reader import load_programme
from certification.shelf import PROGRAMMES, STANDARDS, Shelf

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "tests"
# The demonstration plays a programme of its own and names it.
SOURCES = [
    path
    for folder in ("certification", "graphql_schema", "tenancy", "audit", "platform")
    for path in (ROOT / folder).rglob("*.py")
    if "demo" not in path.relative_to(ROOT).parts
]


def texts(path: Path) -> Iterator[str]:
    """Every string constant of a module that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def words(code: str) -> set[str]:
    """What a programme calls its own."""
    found = load_programme(code, Shelf((TESTS,)))
    return {
        found.code,
        found.edition.code,
        *found.levels,
        *(level.short for level in found.levels.values()),
        *found.forms,
        *found.windows,
        *(item.part for item in found.standard),
        *(item.code for item in found.standard),
        *(one.code for one in found.indicators),
    }


@pytest.mark.parametrize("code", ["zhoukou-2022", "tiered-2023"])
def test_no_module_names_what_a_programme_calls_its_own(code: str) -> None:
    # Keys of the format, and subjects, which a programme happens to use as words of its own.
    common = {"application", "assessment", "service", "indicators", "annual_passes"}
    known = words(code) - common
    assert len(SOURCES) > 150
    assert {
        (str(path.relative_to(ROOT)), text) for path in SOURCES for text in texts(path) if text in known
    } == set()


def test_every_delivered_programme_and_standard_is_named_after_its_code() -> None:
    for path in PROGRAMMES.glob("*.toml"):
        assert load_programme(path.stem).code == path.stem
    assert len(list(STANDARDS.glob("*.toml"))) > 0
