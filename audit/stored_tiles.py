"""The tiles of a log as they lie in the database: full ones stored, partial ones read off what is beneath them.

    while await build_tiles(conn, tenant_id, size): …commit…       a bounded number at a time
    tiles = Tiles(stored_tiles(conn, tenant_id), size)

Tiles follow from the entries and can be thrown away: they are built again. A tile is stored once, in order, whoever else builds at
the same time, so what a crash leaves is always a beginning. Whether they say the truth the signed root decides (`audit.publishing`).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, LargeBinary, SmallInteger, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import ClauseElement

from audit.bundle import WIDTH
from audit.errors import LedgerBrokenError
from audit.statements import Connection, Statement, statement
from audit.tables import ledger_entries, ledger_tiles
from audit.tiles import FULL, HEIGHT, TileReader, parse_tile, perfect_root
from audit.tree import HASH_SIZE

AT_ONCE: Final = 64
"""Tiles that one call builds at most: its transaction stays short."""


async def build_tiles(conn: Connection, tenant_id: int, size: int) -> int:
    """Store the next missing full tiles of the first `size` entries, a level's before those above; how many.

    Raises LedgerBrokenError when entries below `size` are missing.
    """
    level, built = 0, 0
    while full := size >> HEIGHT * (level + 1):
        begin = await conn.fetchval(*_run(_next_tile(), tenant_id=tenant_id, level=level))
        end = min(full, begin + AT_ONCE - built)
        for index in range(begin, end):
            await _store(conn, tenant_id, level, index)
        built += max(0, end - begin)
        if end < full:
            break
        level += 1
    return built


def stored_tiles(conn: Connection, tenant_id: int) -> TileReader:
    """Reads tiles of a tenant's log whose hashes have been built. Raises LedgerBrokenError for what is not there."""

    async def read(level: int, index: int, width: int) -> bytes:
        if width == WIDTH:
            found = await conn.fetchval(*_run(_tile(), tenant_id=tenant_id, level=level, tile=index))
        else:
            found = await _hashes(conn, tenant_id, level, index, width)
        if found is None or len(found) != width * HASH_SIZE:
            raise LedgerBrokenError(
                origin=f"tenant {tenant_id}", reason=f"tile {level}/{index} is not there or short"
            )
        return bytes(found)

    return read


async def _store(conn: Connection, tenant_id: int, level: int, index: int) -> None:
    hashes = await _hashes(conn, tenant_id, level, index, WIDTH)
    if len(hashes) != FULL:
        raise LedgerBrokenError(
            origin=f"tenant {tenant_id}", reason=f"{len(hashes) // HASH_SIZE} hashes for tile {level}/{index}"
        )
    root = perfect_root(parse_tile(hashes, WIDTH))
    await conn.execute(
        *_run(_storing(), tenant_id=tenant_id, level=level, tile=index, hashes=hashes, root=root)
    )


async def _hashes(conn: Connection, tenant_id: int, level: int, index: int, width: int) -> bytes:
    """The hashes that a tile is made of: of entries, or the roots of the tiles beneath."""
    begin = index * WIDTH
    bounds = {"tenant_id": tenant_id, "begin": begin, "end": begin + width}
    run = _run(_leaves(), **bounds) if level == 0 else _run(_roots(), level=level - 1, **bounds)
    return b"".join([row[0] for row in await conn.fetch(*run)])


def _run(made: Statement, **values: object) -> tuple[str, *tuple[object, ...]]:
    return made.text, *made.arguments(**values)


@statement
def _next_tile() -> ClauseElement:
    tiles = ledger_tiles.c
    return select(func.coalesce(func.max(tiles.tile) + literal_column("1"), literal_column("0"))).where(
        tiles.tenant_id == bindparam("tenant_id", type_=tiles.tenant_id.type),
        tiles.level == bindparam("level", type_=SmallInteger),
    )


@statement
def _tile() -> ClauseElement:
    tiles = ledger_tiles.c
    return select(tiles.hashes).where(
        tiles.tenant_id == bindparam("tenant_id", type_=tiles.tenant_id.type),
        tiles.level == bindparam("level", type_=SmallInteger),
        tiles.tile == bindparam("tile", type_=BigInteger),
    )


@statement
def _leaves() -> ClauseElement:
    entries = ledger_entries.c
    return (
        select(entries.hash)
        .where(
            entries.tenant_id == bindparam("tenant_id", type_=entries.tenant_id.type),
            entries.seq >= bindparam("begin", type_=BigInteger),
            entries.seq < bindparam("end", type_=BigInteger),
        )
        .order_by(entries.seq)
    )


@statement
def _roots() -> ClauseElement:
    tiles = ledger_tiles.c
    return (
        select(tiles.root)
        .where(
            tiles.tenant_id == bindparam("tenant_id", type_=tiles.tenant_id.type),
            tiles.level == bindparam("level", type_=SmallInteger),
            tiles.tile >= bindparam("begin", type_=BigInteger),
            tiles.tile < bindparam("end", type_=BigInteger),
        )
        .order_by(tiles.tile)
    )


@statement
def _storing() -> ClauseElement:
    tiles = ledger_tiles.c
    return (
        insert(ledger_tiles)
        .values(
            tenant_id=bindparam("tenant_id", type_=tiles.tenant_id.type),
            level=bindparam("level", type_=SmallInteger),
            tile=bindparam("tile", type_=BigInteger),
            hashes=bindparam("hashes", type_=LargeBinary),
            root=bindparam("root", type_=LargeBinary),
        )
        .on_conflict_do_nothing()
    )
