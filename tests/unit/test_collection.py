"""No folder of tests is forgotten: all are collected by `./dev test` but those that need a browser, which have a gate of their own."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_folder_is_collected() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    there = {path.parent.relative_to(ROOT).parts[:2] for path in (ROOT / "tests").rglob("test_*.py")}
    collected = {tuple(path.split("/")) for path in settings["testpaths"]}
    assert there - collected == {("tests", "browser")}
    assert "./dev browser" in (ROOT / ".ci/run").read_text()
