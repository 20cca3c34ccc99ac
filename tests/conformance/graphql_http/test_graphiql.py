"""The IDE as it is built here: every file the page names is served from this machine, and names no other host."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.http_door import run_door

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parents[3]


def test_built_page_is_whole_and_asks_nobody_else() -> None:
    subprocess.run(
        [ROOT / "platform/graphiql/build"],
        check=True,
        timeout=300,
        env={**os.environ, "PYTHON": sys.executable},
    )
    with run_door() as door:
        page = door.get(headers={"accept": "text/html"}).text
        named = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len([name for name in named if name.startswith("/static/graphiql/")]) == 6
        assert [name for name in named if not name.startswith("/static/graphiql/")] == ["data:,"]
        for name in named[1:]:
            answer = door.get(name)
            assert answer.status_code == 200
            assert answer.headers["content-type"].split(";")[0] in {"text/css", "text/javascript"}
            if name.endswith(".css"):
                assert re.findall(r"url\(\s*['\"]?(?!data:)", answer.text) == []
        assert door.get("/static/graphiql/../../app.py").status_code == 404
        assert door.get("/static/graphiql/%2e%2e/%2e%2e/app.py").status_code == 404
