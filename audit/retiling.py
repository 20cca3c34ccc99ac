"""Rebuilding the stored hash tiles of a log whose tiles were damaged: thrown away, and made again of the verified entries.

Everything happens in one transaction of the schema's owner, since nobody else may delete a tile. The caller commits only when nothing
was raised: entries, head, and every published checkpoint have then been verified with the tiles as they are made now.

    …BEGIN ISOLATION LEVEL REPEATABLE READ, and the tenant bound…
    await lock_tiles(owner)            # before anything is read: the snapshot has then all that was committed
    rebuilt = await rebuild_tiles(owner, tenant_id, key)
    …COMMIT…

It repairs no entry and no checkpoint, and signs nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.sql import ClauseElement

from audit.ledger import get_head
from audit.note import VerifierKey
from audit.online import check_log
from audit.statements import Connection, statement
from audit.stored_tiles import build_tiles
from audit.tables import ledger_tiles
from audit.verify import Progress

_LOCK: Final = "LOCK TABLE ledger_tiles IN SHARE ROW EXCLUSIVE MODE"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many tiles there are now; and which, by level and index, were wrong or too many, or were not there."""

    count: int
    wrong: tuple[tuple[int, int], ...]
    missing: tuple[tuple[int, int], ...]


async def lock_tiles(conn: Connection) -> None:
    """Keep out who builds tiles, of all logs, until the transaction ends; readers and acts go on."""
    await conn.execute(_LOCK)


async def rebuild_tiles(
    conn: Connection,
    tenant_id: int,
    key: VerifierKey | Iterable[VerifierKey],
    progress: Progress | None = None,
) -> Rebuilt:
    """Throw away and make again. Raises LedgerMissingError, LedgerBrokenError, or RefutedError: then nothing is to be committed."""
    before = await _read(conn, tenant_id)
    deleting = _deleting()
    await conn.execute(deleting.text, *deleting.arguments(tenant_id=tenant_id))
    head = await get_head(conn, tenant_id)
    while await build_tiles(conn, tenant_id, head.size):
        pass
    await check_log(conn, tenant_id, key, progress)
    after = await _read(conn, tenant_id)
    wrong = (place for place, was in before.items() if after.get(place) != was)
    return Rebuilt(len(after), tuple(sorted(wrong)), tuple(sorted(after.keys() - before.keys())))


async def _read(conn: Connection, tenant_id: int) -> dict[tuple[int, int], bytes]:
    reading = _reading()
    rows = await conn.fetch(reading.text, *reading.arguments(tenant_id=tenant_id))
    return {(row["level"], row["tile"]): row["digest"] for row in rows}


@statement
def _deleting() -> ClauseElement:
    tiles = ledger_tiles.c
    return delete(ledger_tiles).where(tiles.tenant_id == bindparam("tenant_id", type_=tiles.tenant_id.type))


@statement
def _reading() -> ClauseElement:
    tiles = ledger_tiles.c
    return select(
        tiles.level, tiles.tile, func.sha256(tiles.hashes.concat(tiles.root)).label("digest")
    ).where(tiles.tenant_id == bindparam("tenant_id", type_=tiles.tenant_id.type))
