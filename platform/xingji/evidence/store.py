"""Where files are kept: under their SHA-256, so that a file's name is its proof.

    store = DirectoryStore(home / "evidence")
    async with store.bring(path, digest) as publish:    # however long it takes to bring the bytes
        await publish()                                 # quick, and durable when it returns; the same bytes again change nothing
    async for chunk in store.open(digest): …            # raises FileMissingError, also behind bytes that are not the digest's

A store knows no tenant and no subject: who may read is decided before it is asked. Putting always replaces, so that bytes that
were lost or altered are healed by whoever brings them again. Removing is for what no row names (xingji/evidence/keeping.py).
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

from xingji.evidence.errors import FileMissingError, StoreUnavailableError

CHUNK: Final = 256 * 1024
Publish = Callable[[], Awaitable[None]]


class Store(Protocol):
    """A content-addressed store; digests are 32 bytes."""

    def bring(self, path: Path, digest: bytes) -> AbstractAsyncContextManager[Publish]:
        """Bring the file at `path`, whose SHA-256 the caller has computed, near; the block is given what keeps it under its digest.

        What was not published is gone behind the block. Both raise StoreUnavailableError.
        """

    def open(self, digest: bytes) -> AsyncIterator[bytes]:
        """The bytes. Raises FileMissingError before the last chunk if they are not the digest's."""

    async def exists(self, digest: bytes) -> bool:
        """Whether something is kept under the digest."""

    async def remove(self, digest: bytes) -> None:
        """Forget it; nothing happens when it is not there."""

    def kept(self) -> AsyncIterator[bytes]:
        """Every digest under which something is kept, in no order."""

    async def clear_stale(self) -> int:
        """Remove what dead processes left on its way in the store itself; how many."""


class DirectoryStore:
    """A folder: `ab/ab34…`, files of mode 0600, written by fsync and rename."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, digest: bytes) -> Path:
        """Where a file is or would be."""
        name = digest.hex()
        return self.root / name[:2] / name

    @asynccontextmanager
    async def bring(self, path: Path, digest: bytes) -> AsyncIterator[Publish]:
        async def publish() -> None:
            await _working(self._publish, path, digest)

        await _working(self._settle, path)
        yield publish

    def _settle(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fchmod(descriptor, 0o600)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _publish(self, path: Path, digest: bytes) -> None:
        target = self.path_of(digest)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # What is on its way lies in the store's own folder, so this never leaves the file system.
        path.replace(target)
        for folder in (target.parent, self.root):
            sync_folder(folder)

    async def open(self, digest: bytes) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread(self.path_of(digest).open, "rb")
        except OSError as error:
            raise FileMissingError from error

        async def chunks() -> AsyncIterator[bytes]:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk

        with file:
            async for chunk in checked(chunks(), digest):
                yield chunk

    async def exists(self, digest: bytes) -> bool:
        return await asyncio.to_thread(self.path_of(digest).is_file)

    async def remove(self, digest: bytes) -> None:
        await asyncio.to_thread(self.path_of(digest).unlink, missing_ok=True)

    async def kept(self) -> AsyncIterator[bytes]:
        for name in await asyncio.to_thread(lambda: [path.name for path in self.root.glob("??/*")]):
            if (digest := parse_name(name)) is not None:
                yield digest

    async def clear_stale(self) -> int:
        # Files on their way are Incoming's.
        return 0


async def _working(work: Callable[..., None], *arguments: object) -> None:
    """In a thread. Raises StoreUnavailableError."""
    try:
        await asyncio.to_thread(work, *arguments)
    except OSError as error:
        raise StoreUnavailableError from error


def parse_name(name: str) -> bytes | None:
    """The digest that a file's name is, or None for another name."""
    return bytes.fromhex(name) if re.fullmatch(r"[0-9a-f]{64}", name) else None


async def checked(chunks: AsyncIterator[bytes], digest: bytes) -> AsyncIterator[bytes]:
    """The chunks, the last one held back until all of them are known to be the digest's. Raises FileMissingError."""
    found, held = hashlib.sha256(), b""
    async for chunk in chunks:
        found.update(chunk)
        if held:
            yield held
        held = chunk
    if found.digest() != digest:
        raise FileMissingError
    if held:
        yield held


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
