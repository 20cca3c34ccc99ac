"""The stored hash tiles of a log against its entries: each full tile is made of the entries' hashes, and none is gone from under a published size.

Feed it the hash of every entry in order. Tiles prove nothing by themselves, so a wrong one lets nobody take another log for this one:
whoever checks a proof against a signed root refuses it. But it is found here before a reader finds it. Tiles beyond what was
published may not have been built yet: that is no finding.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import asyncpg
from sqlalchemy import SmallInteger, bindparam, literal_column, select
from sqlalchemy.sql import ClauseElement

from audit.bundle import WIDTH
from audit.statements import Connection, statement
from audit.tables import ledger_tiles
from audit.tiles import HEIGHT, perfect_root
from audit.verdict import RefutedError

PREFETCH: Final = 64


@dataclass(slots=True)
class _Level:
    """The stored tiles of a level, in order, and the hashes that the next one must be made of."""

    stored: AsyncIterator[asyncpg.Record]
    index: int = 0
    hashes: list[bytes] = field(default_factory=list)
    missing: int | None = None


@dataclass(slots=True)
class TileCheck:
    """`conn` is in the transaction that reads the entries."""

    conn: Connection
    tenant_id: int
    _levels: list[_Level] = field(default_factory=list)

    async def check(self, hash_: bytes, level: int = 0) -> None:
        """Take in the next hash of a level; a tile that is full by it is compared. Raises RefutedError."""
        if level == len(self._levels):
            self._levels.append(_Level(self._stored(level)))
        at = self._levels[level]
        at.hashes.append(hash_)
        if len(at.hashes) < WIDTH:
            return
        hashes, root, index = b"".join(at.hashes), perfect_root(at.hashes), at.index
        at.hashes, at.index = [], index + 1
        found = await anext(at.stored, None)
        if found is None:
            at.missing = index if at.missing is None else at.missing
        elif found["tile"] > index:
            raise _finding("tile_missing", level, index)
        elif (found["tile"], found["hashes"], found["root"]) != (index, hashes, root):
            raise _finding("tile_wrong", level, found["tile"])
        await self.check(root, level + 1)

    async def check_nothing_more(self, published: int) -> None:
        """No tile is left over, and none is missing below the `published` size. Raises RefutedError."""
        for level, at in enumerate(self._levels):
            if (over := await anext(at.stored, None)) is not None:
                raise _finding("tile_wrong", level, over["tile"])
            if at.missing is not None and (at.missing + 1) << HEIGHT * (level + 1) <= published:
                raise _finding("tile_missing", level, at.missing)
        reading = _reading_others()
        over = await self.conn.fetchrow(
            reading.text, *reading.arguments(tenant_id=self.tenant_id, levels=len(self._levels))
        )
        if over is not None:
            raise _finding("tile_wrong", over["level"], over["tile"])

    async def _stored(self, level: int) -> AsyncIterator[asyncpg.Record]:
        reading = _reading()
        arguments = reading.arguments(tenant_id=self.tenant_id, level=level)
        async for row in self.conn.cursor(reading.text, *arguments, prefetch=PREFETCH):
            yield row


def _finding(code: str, level: int, index: int) -> RefutedError:
    return RefutedError(code, level=level, index=index)


@statement
def _reading() -> ClauseElement:
    tiles = ledger_tiles.c
    return (
        select(tiles.tile, tiles.hashes, tiles.root)
        .where(
            tiles.tenant_id == bindparam("tenant_id", type_=tiles.tenant_id.type),
            tiles.level == bindparam("level", type_=SmallInteger),
        )
        .order_by(tiles.tile)
    )


@statement
def _reading_others() -> ClauseElement:
    """A tile of a level that the log has no hashes for."""
    tiles = ledger_tiles.c
    return (
        select(tiles.level, tiles.tile)
        .where(
            tiles.tenant_id == bindparam("tenant_id", type_=tiles.tenant_id.type),
            (tiles.level < literal_column("0")) | (tiles.level >= bindparam("levels", type_=SmallInteger)),
        )
        .order_by(tiles.level, tiles.tile)
        .limit(literal_column("1"))
    )
