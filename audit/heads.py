"""Heads kept outside the database: the last signed head of each log, a C2SP note a file.

    HEADS/xingji.example_411602.head                    the last one
    HEADS/xingji.example_411602.20-9f86d081.lost        one that an incarnation gave up: its size and first root digits

A head never gives way to one that is smaller than what the writer knew: only `replace`, for an incarnation, does that, and keeps the
old one beside it. A half-written file is never seen under its name. What a note says is judged by `audit.guard`.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from audit.checkpoint import Checkpoint, is_origin, parse_checkpoint
from audit.errors import NoteMalformedError
from audit.note import MAX_NOTE, parse_note


@dataclass(frozen=True, slots=True)
class HeadStore:
    """Notes in `directory`, which is made (0700) when the first is kept. It should lie on another disk than the database."""

    directory: Path

    def find(self, origin: str) -> bytes | None:
        """The kept note of an origin, or None when none was ever kept."""
        try:
            with self._path(origin).open("rb") as file:
                return file.read(MAX_NOTE + 1)
        except FileNotFoundError:
            return None

    def keep(self, origin: str, note: bytes, known: int) -> bool:
        """Keep a note over what lies there, if that is at least as large as `known` and smaller than the note.

        `known` is the size of the head that the writer began with: a smaller one was put there by an incarnation. False: not kept.
        Raises NoteMalformedError when what lies there is no head.
        """
        with self._locked():
            found = self.find(origin)
            if found is not None and not known <= _open(found).size < _open(note).size:
                return False
            self._write(self._path(origin), note)
        return True

    def replace(self, origin: str, note: bytes) -> None:
        """Keep a note whatever lies there, which is archived beside it."""
        with self._locked():
            found = self.find(origin)
            if found is not None and found != note:
                self._write(self._archive(origin, found), found)
            self._write(self._path(origin), note)

    def was_given_up(self, origin: str, note: bytes) -> bool:
        """Whether this very note was archived by an incarnation."""
        path = self._archive(origin, note)
        return path.exists() and path.read_bytes() == note

    def _archive(self, origin: str, note: bytes) -> Path:
        lost = _open(note)
        return self._path(origin).with_suffix(f".{lost.size}-{lost.root.hex()[:8]}.lost")

    def _path(self, origin: str) -> Path:
        if not is_origin(origin):
            raise NoteMalformedError(reason="not an origin")
        return self.directory / (origin.replace("/", "_") + ".head")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, of all processes."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _write(self, path: Path, data: bytes) -> None:
        fresh = self.directory / f".{secrets.token_hex(8)}"
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        folder = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _open(note: bytes) -> Checkpoint:
    return parse_checkpoint(parse_note(note).text)
