"""What a witness remembers: of each log the last checkpoint that it cosigned, in one SQLite file.

The rule: what is decided is decided against the memory and written to it under one lock, of all processes, and is on the disk before
anybody hears of it. The file is made once, with the witness's key; it is never made again, since a witness that began anew would cosign
a second history. Each checkpoint lies there under the log's signature and the witness's own, so a changed byte is noticed when it is
read. What no file can show is that the whole of it was put back to an earlier day: let no restore do that.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.cosignature import WitnessKey, cosign, find_cosignature
from audit.errors import NoteMalformedError, NoteUnverifiedError, WitnessUnusableError
from audit.note import Note, NoteSignature, format_note, parse_note
from audit.signer import Signer
from audit.witness import Outcome, Request, decide_cosigning

SECONDS: Final = 10.0
"""How long to wait for another process that decides."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, the note held until now, its size, and the new line where there is one."""

    outcome: Outcome
    held: str | None
    size: int
    line: NoteSignature | None = None


@dataclass(slots=True)
class State:
    """The memory of one witness in the file `path`."""

    path: Path
    signer: Signer
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def key(self) -> WitnessKey:
        """The witness's public key."""
        return WitnessKey(self.signer.origin, self.signer.public_key)

    def create(self) -> None:
        """Make the file, with nothing cosigned yet. Raises FileExistsError."""
        self.path.touch(0o600, exist_ok=False)
        with self._deciding() as conn:
            conn.execute("CREATE TABLE witness (key TEXT NOT NULL)")
            conn.execute("CREATE TABLE latest (origin TEXT PRIMARY KEY, note TEXT NOT NULL) WITHOUT ROWID")
            conn.execute("INSERT INTO witness VALUES (?)", (self.key.format(),))

    def check(self) -> None:
        """That the file is this witness's, and everything in it as it was written. Raises WitnessUnusableError."""
        with self._deciding() as conn:
            if conn.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise WitnessUnusableError(path=self.path, reason="damaged")
            if conn.execute("SELECT key FROM witness").fetchall() != [(self.key.format(),)]:
                raise WitnessUnusableError(path=self.path, reason="another witness's")
            for origin, note in conn.execute("SELECT origin, note FROM latest"):
                self._open(origin, note)

    def cosign(self, request: Request, checkpoint: Checkpoint, note: Note, now: int) -> Decision:
        """Decide over a checkpoint that the log has signed, and remember it when it is cosigned (`now` in seconds since 1970).

        Raises WitnessUnusableError.
        """
        with self._deciding() as conn:
            found = conn.execute("SELECT note FROM latest WHERE origin = ?", (checkpoint.origin,)).fetchone()
            held = None if found is None else found[0]
            seen = None if held is None else self._open(checkpoint.origin, held)
            outcome, size = decide_cosigning(seen, request, checkpoint), 0 if seen is None else seen.size
            if outcome is not Outcome.COSIGN:
                return Decision(outcome, held, size)
            line = cosign(note.text, self.signer, now)
            cosigned = format_note(Note(note.text, (*note.signatures, line)))
            conn.execute("INSERT OR REPLACE INTO latest VALUES (?, ?)", (checkpoint.origin, cosigned))
        return Decision(outcome, held, checkpoint.size, line)

    @contextmanager
    def _deciding(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else decides beside; on the disk when the block is over."""
        try:
            with (
                self._lock,
                closing(
                    sqlite3.connect(
                        f"{self.path.absolute().as_uri()}?mode=rw",
                        uri=True,
                        isolation_level=None,
                        timeout=SECONDS,
                    )
                ) as conn,
            ):
                conn.execute("PRAGMA synchronous = EXTRA")
                conn.execute("BEGIN IMMEDIATE")
                yield conn
                conn.execute("COMMIT")
        except sqlite3.Error as error:
            raise WitnessUnusableError(path=self.path, reason=str(error)) from error

    def _open(self, origin: str, held: str) -> Checkpoint:
        try:
            note = parse_note(held.encode())
            checkpoint = parse_checkpoint(note.text)
            if checkpoint.origin != origin or find_cosignature(note, self.key) is None:
                raise WitnessUnusableError(path=self.path, reason=f"{origin} is not as it was cosigned")
        except (NoteMalformedError, NoteUnverifiedError) as error:
            raise WitnessUnusableError(path=self.path, reason=f"{origin}: {error}") from error
        return checkpoint
