"""From a received file to the file to keep: looked at in another process, then measured and hashed here.

At most `AT_ONCE` are looked at together; whatever that process does, it ends within `SECONDS`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from xingji.evidence.errors import REFUSALS, FileTooHardError, FileTypeError
from xingji.evidence.kinds import HEAD, find_kind

AT_ONCE: Final = 2
SECONDS: Final = 30.0
FILE: Final = "xingji.evidence.looking"
LIST: Final = "xingji.evidence.lists"


@dataclass(frozen=True, slots=True)
class Kept:
    """The file to keep: where it is now, what its bytes say it is, its size in bytes and SHA-256 (32 bytes).

    `received_sha256`: of the file as it was handed in, before anything was taken out of it.
    """

    path: Path
    media_type: str
    size: int
    sha256: bytes
    received_sha256: bytes


class Inspector:
    """Looks at files, a few at a time. `limit`: bytes of one file."""

    def __init__(self, limit: int, seconds: float = SECONDS) -> None:
        self.limit, self.seconds = limit, seconds
        self._places = asyncio.Semaphore(AT_ONCE)

    async def inspect(self, path: Path) -> Kept:
        """The file to keep for the one at `path`, beside which a new one may be written. Raises EvidenceError."""
        if find_kind(await asyncio.to_thread(_read_head, path)) is None:
            raise FileTypeError
        kept, _ = await self._inspect(path, FILE)
        return kept

    async def inspect_list(self, path: Path) -> tuple[Kept, list[list[str]]]:
        """As `inspect`, for a table (XLSX, CSV), with its rows."""
        kept, found = await self._inspect(path, LIST)
        return kept, found["rows"]

    async def _inspect(self, path: Path, module: str) -> tuple[Kept, dict[str, Any]]:
        ready = path.with_name("ready")
        async with self._places:
            found = await self._look(path, ready, module)
        if "refused" in found:
            raise REFUSALS[found["refused"]](limit=self.limit)
        kept = ready if found["cleaned"] else path
        size, digest = await asyncio.to_thread(measure, kept)
        received = digest if kept is path else (await asyncio.to_thread(measure, path))[1]
        return Kept(kept, found["media_type"], size, digest, received), found

    async def _look(self, path: Path, ready: Path, module: str) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            module,
            str(path),
            str(ready),
            str(self.limit),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(),
        )
        try:
            async with asyncio.timeout(self.seconds):
                out, _ = await process.communicate()
        except TimeoutError:
            raise FileTooHardError from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        # Killed by its own limits, or by the system's.
        if process.returncode != 0 or not out:
            raise FileTooHardError
        answer: dict[str, Any] = json.loads(out)
        return answer


def _environment() -> dict[str, str]:
    """What the other process is told of ours: where Python's modules are, and no secret."""
    return {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "LANG")}


def _read_head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def measure(path: Path) -> tuple[int, bytes]:
    """Size in bytes and SHA-256 (32 bytes)."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
        return file.tell(), digest
