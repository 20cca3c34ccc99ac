"""What a county's engineer has before the first example runs: packages of the locks, a copy of the examples, the typed clients generated.

Packages are installed once for each state of a lock, in pytest's cache. The copy is built as docs/examples/README.md says, so that an
operation which does not fit schema.graphql, or an example that does not fit its operation, fails here.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conformance.node import find_node, install

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "docs" / "examples"
SCHEMA = ROOT / "graphql_schema" / "schema.graphql"
MADE = shutil.ignore_patterns("node_modules", "dist", "xingji_client", "xingji.ts", ".venv", "__pycache__")


@dataclass(frozen=True, slots=True)
class Ran:
    """What an example left."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@dataclass(frozen=True, slots=True)
class Examples:
    """The examples in one language; `run("page", …)` as whoever the environment says."""

    folder: Path
    command: tuple[str, ...]
    ending: str
    environment: Mapping[str, str] = field(default_factory=dict)

    async def run(self, script: str, *arguments: object, seconds: float = 60, **environment: str) -> Ran:
        process = await asyncio.create_subprocess_exec(
            *self.command,
            str(self.folder / f"{script}{self.ending}"),
            *map(str, arguments),
            env={"PATH": os.environ["PATH"], **self.environment, **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(seconds):
                out, err = await process.communicate()
        except TimeoutError:
            process.kill()
            raise
        assert process.returncode is not None
        return Ran(process.returncode, out.decode(), err.decode())


@contextmanager
def alone(cache: pytest.Cache) -> Iterator[None]:
    """One process at a time: the suite's files run side by side."""
    with (cache.mkdir("examples") / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def copy_examples(folder: Path) -> Path:
    """The examples where they stand in a clone, with the schema: the root of that clone."""
    shutil.copytree(EXAMPLES, folder / "docs" / "examples", ignore=MADE)
    (folder / "graphql_schema").mkdir()
    shutil.copy(SCHEMA, folder / "graphql_schema")
    return folder


def install_python(cache: pytest.Cache) -> Path:
    """The interpreter of an environment with the packages of the lock."""
    lock = EXAMPLES / "python" / "requirements.txt"
    digest = hashlib.sha256(lock.read_bytes() + sys.executable.encode()).hexdigest()[:16]
    folder = Path(cache.mkdir(f"examples-python-{digest}"))
    python = folder / "bin" / "python"
    with alone(cache):
        if (folder / "installed").exists():
            return python
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
        wanted = ["install", "--quiet", "--require-hashes", "-r", lock]
        uv = Path(sys.executable).with_name("uv")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
        quick = [uv, "pip", *wanted, "--python", python]
        # As ./dev does: a machine that reaches its packages only by pip's own settings needs pip.
        if not uv.exists() or subprocess.run(quick, check=False, timeout=300).returncode != 0:
            subprocess.run([*pip, *wanted], check=True, timeout=300)
        (folder / "installed").touch()
    return python


def build_python(root: Path, python: Path) -> subprocess.CompletedProcess[str]:
    """Generate the typed client in a copy."""
    return subprocess.run(
        [python.with_name("ariadne-codegen"), "client"],
        cwd=root / "docs/examples/python",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def check_python(root: Path, python: Path) -> subprocess.CompletedProcess[str]:
    """Whether the examples fit the generated client's types."""
    folder = root / "docs/examples/python"
    command = [Path(sys.executable).with_name("mypy"), "--python-executable", python, *folder.glob("*.py")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def install_typescript(cache: pytest.Cache) -> Path:
    """The `node_modules` of the lock."""
    with alone(cache):
        return install(EXAMPLES / "typescript", (), "examples-typescript", cache) / "node_modules"


def build_typescript(root: Path, modules: Path) -> subprocess.CompletedProcess[str]:
    """Generate the typed operations in a copy and compile strictly."""
    folder = root / "docs/examples/typescript"
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(modules)
    node, npm = find_node()
    path = os.pathsep.join((str(Path(node[0]).parent), os.environ["PATH"]))
    return subprocess.run(
        [*npm, "run", "build"],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
