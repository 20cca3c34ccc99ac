"""pg_dump and pg_restore: found where PostgreSQL is, run without a password on their command line.

A program must not be older than the server that it talks to, nor pg_restore than the pg_dump that wrote. In this order:
`XINGJI_PG_BINDIR`, PATH, the PostgreSQL that `binaries` finds.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from xingji.errors import PostgresMissingError, ToolFailedError, ToolMissingError
from xingji.postgres.binaries import get_binaries
from xingji.postgres.cluster import ENVIRONMENT

Tool = Literal["pg_dump", "pg_restore"]


def get_tool(tool: Tool, major: int, environ: Mapping[str, str]) -> tuple[Path, int]:
    """The first such program of at least this version, and its own. Raises ToolMissingError."""
    for path in _candidates(tool, environ):
        found = _find_major(path)
        if found is not None and found >= major:
            return path, found
    raise ToolMissingError(tool=tool, major=major)


def run_tool(path: Path, url: str, arguments: Sequence[str]) -> None:
    """Run it on a database. Raises ToolFailedError with what it said."""
    bare, password = split_password(url)
    environment = ENVIRONMENT | ({} if password is None else {"PGPASSWORD": password})
    done = subprocess.run(  # noqa: S603
        [str(path), "--no-password", f"--dbname={bare}", *arguments],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise ToolFailedError(tool=path.name, reason=done.stderr.strip()[-2000:])


def split_password(url: str) -> tuple[str, str | None]:
    """A URL without its password, which would stand in the list of processes, and the password."""
    parts = urlsplit(url)
    if parts.password is None:
        return url, None
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{parts.username}@{place}").geturl(), unquote(parts.password)


def _candidates(tool: Tool, environ: Mapping[str, str]) -> Iterator[Path]:
    if environ.get("XINGJI_PG_BINDIR"):
        yield Path(environ["XINGJI_PG_BINDIR"]) / tool
    if (found := shutil.which(tool, path=environ.get("PATH"))) is not None:
        yield Path(found)
    with suppress(PostgresMissingError):
        yield get_binaries(environ).bindir / tool


def _find_major(path: Path) -> int | None:
    if not os.access(path, os.X_OK):
        return None
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(  # noqa: S603
            [str(path), "--version"], capture_output=True, text=True, timeout=30, check=True
        )
        match = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
        return int(match[1]) if match else None
    return None
