"""Where a file is while it is on its way: a folder of its own, gone when the request ends, however it ends.

    async with incoming.folder() as folder: …

What a killed process left is removed at the next start, once it is an hour old: another process may be receiving.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import time
from typing import Final

from xingji.evidence.errors import StoreUnavailableError

STALE_SECONDS: Final = 3600


class Incoming:
    """Temporary folders beneath `root`, which lies in the store's own folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @asynccontextmanager
    async def folder(self) -> AsyncIterator[Path]:
        """A new folder of mode 0700; removed with all that is in it. Raises StoreUnavailableError."""
        made = self.root / secrets.token_hex(16)
        try:
            await asyncio.to_thread(made.mkdir, mode=0o700, parents=True)
        except OSError as error:
            raise StoreUnavailableError from error
        try:
            yield made
        finally:
            # Not awaited: it also runs when the request is cancelled.
            shutil.rmtree(made, ignore_errors=True)

    def clear_stale(self) -> int:
        """Remove what nobody can be writing any more; how many."""
        found = 0
        for folder in self.root.glob("*"):
            with suppress(OSError):
                if time() - folder.stat().st_mtime > STALE_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)
                    found += 1
        return found
