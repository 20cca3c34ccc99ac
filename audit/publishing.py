"""Publishing: the next checkpoint of a log, signed only when it grows from the one published before.

    1. lock the head, let the guard judge it, and read what was published last      (nothing new: done)
    2. build the full tiles that are missing, a few a transaction
    3. the root over the tiles is the head's, and their root at the old size is the published one; else refuse
    4. sign; ask the witnesses, outside of any transaction
    5. store the note

Each step is a transaction of its own and can be repeated, so a process may die between any two, and two may run at once: what is left is
a beginning of the tiles, or a signature that nobody got, and the next run goes on. A checkpoint is out once it is stored, not before.
Nothing is said here of who may read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import BigInteger, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import ClauseElement

from audit.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from audit.errors import LedgerBrokenError, NoteMalformedError, PublishingRefusedError
from audit.guard import check_head
from audit.head import Head, check_signer
from audit.inclusion import is_included
from audit.ledger import lock_head
from audit.note import parse_note
from audit.proof import Proof
from audit.signer import Signer
from audit.statements import Connection, statement
from audit.stored_tiles import build_tiles, stored_tiles
from audit.tables import ledger_checkpoints, ledger_entries
from audit.tiles import Tiles

Begin = Callable[[], AbstractAsyncContextManager[Any]]
"""Opens a transaction bound to the tenant, which commits on leaving; gives its Connection."""
Prove = Callable[[int], Awaitable[tuple[bytes, ...]]]
"""The consistency path from an old size to the checkpoint. Raises IndexError for a size beyond it."""


class Cosign(Protocol):
    """Asks the witnesses."""

    async def __call__(self, note: str, checkpoint: Checkpoint, prove: Prove) -> str:
        """The note with their lines added. Raises QuorumMissingError: then it is not published."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint and its note, as stored."""

    checkpoint: Checkpoint
    note: str


async def publish(
    begin: Begin, tenant_id: int, signer: Signer, cosign: Cosign | None, now: datetime
) -> Published | None:
    """Publish the log as it stands; None when that has been done.

    Raises LedgerMissingError, SignerMismatchError, SignerRetiredError, SigningRefusedError (the guard's), PublishingRefusedError, LedgerBrokenError or QuorumMissingError.
    """
    async with begin() as conn:
        head = await lock_head(conn, tenant_id)
        check_signer(head, signer)
        await check_head(conn, head, signer)
        last = await find_published(conn, tenant_id)
    checkpoint = Checkpoint(head.origin, head.size, head.frontier.root())
    if last is not None and last.checkpoint == checkpoint:
        return None
    await _build(begin, head)
    async with begin() as conn:
        await _check_growth(conn, tenant_id, checkpoint, last)
    note = sign_checkpoint(checkpoint, signer)
    if cosign is not None:
        note = await cosign(note, checkpoint, _prover(begin, tenant_id, checkpoint.size))
    async with begin() as conn:
        return await _store(conn, tenant_id, Published(checkpoint, note), now)


async def find_published(
    conn: Connection, tenant_id: int, at_least: int = 0, at_most: int | None = None
) -> Published | None:
    """The last published checkpoint, if its size lies within the bounds. Raises PublishingRefusedError for a damaged one."""
    made = _finding()
    row = await conn.fetchrow(
        made.text, *made.arguments(tenant_id=tenant_id, at_least=at_least, at_most=at_most)
    )
    if row is None:
        return None
    try:
        checkpoint = parse_checkpoint(parse_note(row["note"].encode()).text)
    except NoteMalformedError as error:
        raise PublishingRefusedError(origin=f"tenant {tenant_id}", reason=str(error)) from error
    if (checkpoint.size, checkpoint.root) != (row["size"], row["root"]):
        raise PublishingRefusedError(origin=checkpoint.origin, reason="its row is not its note's")
    return Published(checkpoint, row["note"])


async def prove_entry(conn: Connection, tenant_id: int, seq: int) -> Proof | None:
    """The proof of an entry under the last published checkpoint, or None until one covers it. Raises LedgerBrokenError."""
    last = await find_published(conn, tenant_id, at_least=seq + 1)
    if last is None:
        return None
    return await prove_under(conn, tenant_id, last, published_tiles(conn, tenant_id, last), seq)


async def prove_under(
    conn: Connection, tenant_id: int, published: Published, tiles: Tiles, seq: int
) -> Proof:
    """The proof of an entry below the checkpoint's size. Raises LedgerBrokenError for what does not lead to it: never a wrong proof."""
    made = _entry_hash()
    hash_ = await conn.fetchval(made.text, *made.arguments(tenant_id=tenant_id, seq=seq))
    path, under = await tiles.inclusion_proof(seq), published.checkpoint
    if hash_ is None or not is_included(hash_, seq, under.size, path, under.root):
        raise LedgerBrokenError(origin=under.origin, reason=f"entry {seq} is not under its checkpoint")
    return Proof(seq, path, published.note)


def published_tiles(conn: Connection, tenant_id: int, published: Published) -> Tiles:
    """The tree under a published checkpoint."""
    return Tiles(stored_tiles(conn, tenant_id), published.checkpoint.size)


async def _build(begin: Begin, head: Head) -> None:
    built = 1
    while built:
        async with begin() as conn:
            built = await build_tiles(conn, head.tenant_id, head.size)


async def _check_growth(
    conn: Connection, tenant_id: int, checkpoint: Checkpoint, last: Published | None
) -> None:
    tiles = Tiles(stored_tiles(conn, tenant_id), checkpoint.size)
    if await tiles.root() != checkpoint.root:
        raise LedgerBrokenError(origin=checkpoint.origin, reason="its tiles are not those of its head")
    if last is None:
        return
    old = last.checkpoint
    if old.origin != checkpoint.origin:
        raise PublishingRefusedError(origin=checkpoint.origin, reason="another origin was published")
    if old.size > checkpoint.size or await tiles.root(old.size) != old.root:
        raise PublishingRefusedError(origin=checkpoint.origin, reason=f"{old.size} → {checkpoint.size}")


def _prover(begin: Begin, tenant_id: int, size: int) -> Prove:
    async def prove(old_size: int) -> tuple[bytes, ...]:
        async with begin() as conn:
            return await Tiles(stored_tiles(conn, tenant_id), size).consistency_proof(old_size)

    return prove


async def _store(conn: Connection, tenant_id: int, made: Published, now: datetime) -> Published:
    """Another process may have stored this size: then that note stands."""
    size, root = made.checkpoint.size, made.checkpoint.root
    if parse_checkpoint(parse_note(made.note.encode()).text) != made.checkpoint:
        raise PublishingRefusedError(
            origin=made.checkpoint.origin, reason="the cosigned note says something else"
        )
    storing = _storing()
    await conn.execute(
        storing.text,
        *storing.arguments(tenant_id=tenant_id, size=size, root=root, note=made.note, published_at=now),
    )
    stored = await find_published(conn, tenant_id, at_least=size, at_most=size)
    if stored is None or stored.checkpoint != made.checkpoint:
        raise PublishingRefusedError(origin=made.checkpoint.origin, reason=f"another root at {size}")
    return stored


@statement
def _entry_hash() -> ClauseElement:
    entries = ledger_entries.c
    return select(entries.hash).where(
        entries.tenant_id == bindparam("tenant_id", type_=entries.tenant_id.type),
        entries.seq == bindparam("seq", type_=BigInteger),
    )


@statement
def _finding() -> ClauseElement:
    checkpoints = ledger_checkpoints.c
    at_most = bindparam("at_most", type_=BigInteger)
    return (
        select(checkpoints.size, checkpoints.root, checkpoints.note)
        .where(
            checkpoints.tenant_id == bindparam("tenant_id", type_=checkpoints.tenant_id.type),
            checkpoints.size >= bindparam("at_least", type_=BigInteger),
            checkpoints.size <= func.coalesce(at_most, checkpoints.size),
        )
        .order_by(checkpoints.size.desc())
        .limit(literal_column("1"))
    )


@statement
def _storing() -> ClauseElement:
    checkpoints = ledger_checkpoints.c
    names = ("tenant_id", "size", "root", "note", "published_at")
    values = {name: bindparam(name, type_=checkpoints[name].type) for name in names}
    return insert(ledger_checkpoints).values(**values).on_conflict_do_nothing()
