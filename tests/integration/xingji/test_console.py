"""The console as it is built here: its page on every path, its files from this machine, its first load within bounds."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.http_door import run_door
from xingji.http.console import FOLDER

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parents[3]
FIRST_LOAD = 400_000
"""Bytes, gzipped, of an officer's first look at the tray."""


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """Built by the tree's own script, which type-checks it and runs its modules' tests."""
    build = [ROOT / "platform/console/build"]
    subprocess.run(build, check=True, timeout=300, env={**os.environ, "PYTHON": sys.executable})


def test_page_is_on_every_path_and_names_only_our_files() -> None:
    with run_door() as door:
        assert door.get("/console", headers={"accept": "text/html"}).headers["location"] == "/console/"
        page = door.get("/console/")
        deep = door.get("/console/applications/any")
        assert page.status_code == deep.status_code == 200
        assert page.text == deep.text
        # A browser holds a page to every policy that it is sent.
        (policy,) = page.headers.get_list("content-security-policy")
        assert "script-src 'self';" in policy
        assert "connect-src 'self';" in policy
        named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert [name for name in named if not name.startswith("/console/assets/")] == ["data:,"]
        for name in named[1:]:
            answer = door.get(name)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
        assert "<script>" not in page.text


def test_nothing_beside_the_built_files_is_handed_out() -> None:
    with run_door() as door:
        for name in (
            "../../../app.py",
            "%2e%2e/%2e%2e/%2e%2e/app.py",
            "../.stamp",
            "..%2f.vite%2fmanifest.json",
            "none.js",
        ):
            answer = door.get(f"/console/assets/{name}")
            assert answer.status_code == 404 or answer.text == (FOLDER / "index.html").read_text()


def test_the_tray_loads_within_its_bound() -> None:
    manifest = json.loads((FOLDER / ".vite/manifest.json").read_text())
    wanted, files = ["index.html", "src/areas/tray/Tray.tsx"], set[str]()
    while wanted:
        chunk = manifest[wanted.pop()]
        if chunk["file"] not in files:
            files |= {chunk["file"], *chunk.get("css", ())}
            wanted += chunk.get("imports", ())
    assert len(files) > 2
    assert sum(len(gzip.compress((FOLDER / name).read_bytes())) for name in files) < FIRST_LOAD
