"""Where programmes and standards lie: the folder that is delivered, and an installation's own beside it.

    Shelf((home,)).read(PROGRAMMES, "zhoukou-2022")     the text of programmes/zhoukou-2022.toml, delivered or in the home

The rule upheld here: a file is asked for by its code and found by listing folders, so no code leads out of them; a code that lies in two
folders is refused, because nobody could say which is meant. What a file says is certification/reader.py's to judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from certification.errors import ProgrammeUnreadableError

PROGRAMMES: Final = Path(__file__).parent / "programmes"
STANDARDS: Final = Path(__file__).parent / "standards"
LARGEST: Final = 2**20
"""Bytes: the delivered ones have some forty thousand."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folders, beside the delivered one, in which `programmes/` and `standards/` lie; none need exist."""

    own: tuple[Path, ...] = ()

    def read(self, delivered: Path, code: str) -> str:
        """The text of the file of that code in a delivered folder or those of its name. Raises ProgrammeUnreadableError."""
        found = self.find(delivered, code)
        if not found:
            _refuse(delivered.name, f"there is none of the code {code[:100]!r}")
        if len(found) > 1:
            _refuse(
                delivered.name, f"{code!r} is there twice: one delivered file and one of the installation"
            )
        return read_file(found[0])

    def find(self, delivered: Path, code: str) -> list[Path]:
        """Every file of that code."""
        folders = {folder.resolve() for folder in (delivered, *(own / delivered.name for own in self.own))}
        return sorted(path for folder in folders for path in folder.glob("*.toml") if path.stem == code)


def read_file(path: Path) -> str:
    """The text of a file. Raises ProgrammeUnreadableError."""
    try:
        if path.stat().st_size > LARGEST:
            _refuse(path.name, f"is larger than {LARGEST} bytes")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        _refuse(path.name, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        _refuse(path.name, "is not UTF-8")


def _refuse(where: str, reason: str) -> NoReturn:
    raise ProgrammeUnreadableError(where=where, reason=reason[:300])
