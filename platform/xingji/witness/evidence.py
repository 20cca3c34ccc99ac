"""The evidence of a log that shows two histories, kept as files for whoever will judge it.

    FORKS/ORIGIN.SIZE-ROOT.fork.json      two checkpoints of one size, both signed by the log: proof for anyone who has its key
    FORKS/ORIGIN.SIZE-ROOT.doubt.json     a checkpoint whose path did not hold: a lie, or a wrong path

Each holds `cosigned`, the note that the witness had cosigned; `request`, the whole of what came instead, which ends with the other note;
and when. A file is written once. A doubt goes when the very same checkpoint is proven later.
"""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from audit.checkpoint import Checkpoint
from audit.witness import Outcome

KINDS: Final = {Outcome.FORK: "fork", Outcome.UNPROVEN: "doubt"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Files in `directory`, which is made (0700) with the first."""

    directory: Path

    def keep(
        self, outcome: Outcome, checkpoint: Checkpoint, held: str | None, request: bytes, now: int
    ) -> Path:
        """Write what came, beside what was cosigned; returns the file, which may have been there before."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(checkpoint, KINDS[outcome])
        told = {
            "kind": KINDS[outcome],
            "time": datetime.fromtimestamp(now, UTC).isoformat(),
            "cosigned": held,
            "request": request.decode(),
        }
        fresh = self.directory / f".{secrets.token_hex(8)}"
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
        return path

    def clear(self, checkpoint: Checkpoint) -> None:
        """This checkpoint has been proven: no doubt about it is left."""
        self._path(checkpoint, "doubt").unlink(missing_ok=True)

    def _path(self, checkpoint: Checkpoint, kind: str) -> Path:
        name = checkpoint.origin.replace("/", "_")
        return self.directory / f"{name}.{checkpoint.size}-{checkpoint.root.hex()[:16]}.{kind}.json"
