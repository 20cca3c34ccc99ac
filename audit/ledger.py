"""Appending: lock the head, seal a batch, write it whole.

The rule: every writing transaction locks its tenant's head row first (`lock_head`), and nothing of the head
is kept between transactions. The unique constraints stand behind as fork guards; they speak only if the
lock was forgotten. `append` is one statement for a batch of any size. Committing is the caller's, and so is
binding the transaction to the tenant.

    head = await lock_head(conn, tenant_id)
    prior = await find_request(conn, tenant_id, actor_id, request_id)   # a retry answers with prior.receipt
    …                                                                  # load, decide, write the rows
    head, receipts = await append(conn, head, signer, drafts)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import NAMESPACE_URL, UUID, uuid5

import asyncpg
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Table,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.selectable import CTE

from audit.canonical import digest
from audit.checkpoint import is_origin
from audit.entry import ASCENDING, GENESIS, OPENED, Actor, Draft, Entry, Receipt, Subject, seal
from audit.errors import (
    EntryMalformedError,
    ForkRefusedError,
    LedgerExistsError,
    LedgerMissingError,
    NationalMissingError,
    RequestRepeatedError,
    SignatureMissingError,
)
from audit.guard import check_head, sealed
from audit.head import Head as Head  # noqa: PLC0414 - told here too, where heads are read
from audit.head import check_signer
from audit.head import sign_head as sign_head  # noqa: PLC0414
from audit.national import NationalKey, NationalSigner, draft_suite, find_declared
from audit.note import VerifierKey
from audit.officers import POLICY_SET, Policy
from audit.rotation import REPLACED, ROTATED, find_rotation
from audit.signer import Signer
from audit.statements import Connection, statement
from audit.tables import ledger_entries, ledger_heads, ledger_rows
from audit.tree import Frontier

SYSTEM = UUID(int=0)
"""The actor of entries that no person made, such as the opening."""


@dataclass(frozen=True, slots=True)
class Prior:
    """An act recorded before under an actor's request id: what a retry is answered from."""

    receipt: Receipt
    arguments_digest: bytes
    operation: str
    subject_type: str
    subject_id: UUID


async def open_ledger(
    conn: Connection, tenant_id: int, signer: Signer, time: datetime, national: NationalKey | None = None
) -> Head:
    """Open a tenant's ledger:

    the head row and entry 0, which declares the origin and the key; with `national` entry 1 declares that SM2 key. Raises LedgerExistsError.
    """
    if not is_origin(signer.origin):
        raise EntryMalformedError(field="origin")
    head = Head(tenant_id, signer.origin, GENESIS, Frontier(), None, signer.key_id)
    opening = _opening()
    try:
        await conn.execute(
            opening.text,
            *opening.arguments(
                tenant_id=tenant_id,
                origin=signer.origin,
                size=0,
                head=GENESIS,
                frontier=b"",
                recorded_at=time,
                key_id=signer.key_id,
                asks="",
                national=None,
            ),
        )
    except asyncpg.UniqueViolationError as error:
        raise LedgerExistsError(origin=signer.origin) from error
    head, _ = await append(conn, head, signer, (_opening_draft(signer, time),))
    if national is not None:
        head, _ = await append(conn, head, signer, (draft_suite(head, national, SYSTEM, time),))
    return head


async def lock_head(conn: Connection, tenant_id: int) -> Head:
    """Lock and read the head: the first statement of every writing transaction. Raises LedgerMissingError."""
    return await _get_head(conn, tenant_id, _locking())


async def get_head(conn: Connection, tenant_id: int) -> Head:
    """Read the head without a lock, to show it; never to append. Raises LedgerMissingError."""
    return await _get_head(conn, tenant_id, _reading())


async def find_request(conn: Connection, tenant_id: int, actor_id: UUID, request_id: str) -> Prior | None:
    """What this actor recorded under this request id, if anything. Call it under the head's lock."""
    return (await find_requests(conn, tenant_id, [(actor_id, request_id)])).get((actor_id, request_id))


async def find_requests(
    conn: Connection, tenant_id: int, requests: Sequence[tuple[UUID, str]]
) -> Mapping[tuple[UUID, str], Prior]:
    """As `find_request` for many, by actor and request id; those not recorded are left out. One statement."""
    finding = _finding()
    given = {
        "tenant_id": tenant_id,
        "actors": [actor_id for actor_id, _ in requests],
        "requests": [request_id for _, request_id in requests],
    }
    return {
        (record["actor_id"], record["request_id"]): Prior(
            Receipt(record["origin"], record["seq"], record["hash"]),
            record["arguments_digest"],
            record["operation"],
            record["subject_type"],
            record["subject_id"],
        )
        for record in await conn.fetch(finding.text, *finding.arguments(**given))
    }


def seal_batch(head: Head, signer: Signer, drafts: Sequence[Draft]) -> tuple[Head, tuple[Entry, ...]]:
    """Chain and sign a batch behind `head`, without writing it. No entry's time is before its predecessor's.

    Raises as `audit.entry.seal`, as `check_signer`, or SignatureMissingError.
    """
    entries: list[Entry] = []
    for draft in drafts:
        if draft.operation != REPLACED:
            check_signer(head, signer)
        if draft.officer_sig is None and draft.operation in Policy(head.asks).asked:
            raise SignatureMissingError(operation=draft.operation)
        declared = find_declared(draft, head.origin)
        if declared is not None:
            head = replace(head, national=declared.public_key)
        entry = seal(
            replace(draft, time=head.not_before(draft.time)),
            head.origin,
            head.size,
            head.hash,
            signer,
            _get_national(head, signer),
        )
        entries.append(entry)
        head = replace(
            head,
            hash=entry.hash,
            frontier=head.frontier.extend((entry.hash,)),
            recorded_at=entry.draft.time,
            **_told_of_keys(entry),
        )
    return head, tuple(entries)


def _told_of_keys(entry: Entry) -> dict[str, Any]:
    """What the entry changes of the head beside its growth: the key in force, and what the policy asks for."""
    if entry.draft.operation in {ROTATED, REPLACED}:
        rotation = find_rotation(entry)
        return {} if rotation is None else {"key_id": rotation.new.key_id}
    if entry.draft.operation == POLICY_SET:
        return {"asks": frozenset(cast("list[str]", entry.draft.intent["operations"]))}
    return {}


def _get_national(head: Head, signer: Signer) -> NationalSigner | None:
    """Who signs beside by SM2 where the log has declared it; no entry goes without. Raises NationalMissingError."""
    if head.national is None:
        return None
    find = getattr(signer, "find_national", None)
    found: NationalSigner | None = None if find is None else find(NationalKey(head.origin, head.national))
    if found is None:
        raise NationalMissingError
    return found


async def append(
    conn: Connection, head: Head, signer: Signer, drafts: Sequence[Draft]
) -> tuple[Head, tuple[Receipt, ...]]:
    """Seal and write a batch behind the locked head, in one statement.

    Returns the new head and the receipts in order. Raises what sealing raises, SigningRefusedError when the
    signer's guard knows better, RequestRepeatedError, or ForkRefusedError; after either of the last two the
    transaction is lost.
    """
    if not drafts:
        return head, ()
    await check_head(conn, head, signer)
    after, entries = seal_batch(head, signer, drafts)
    appending = _appending()
    try:
        status = await conn.execute(appending.text, *appending.arguments(**_values(head, after, entries)))
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "uq_ledger_entries_request":
            raise RequestRepeatedError from error
        raise ForkRefusedError(seq=head.size) from error
    if status != "UPDATE 1":
        raise ForkRefusedError(seq=head.size)
    sealed(after, signer)
    return after, tuple(entry.receipt for entry in entries)


async def signed_head(conn: Connection, tenant_id: int, signer: Signer) -> str:
    """The ledger's checkpoint as a signed note, made from the stored frontier. Raises LedgerMissingError, SignerRetiredError, SigningRefusedError."""
    head = await get_head(conn, tenant_id)
    await check_head(conn, head, signer)
    return sign_head(head, signer)


def _opening_draft(signer: Signer, time: datetime) -> Draft:
    origin = signer.origin
    declared = {
        "keys": [VerifierKey(origin, signer.public_key).format()],
        "origin": origin,
        "times": ASCENDING,
    }
    return Draft(
        operation=OPENED,
        request_id=OPENED,
        time=time,
        actor=Actor(SYSTEM, "system", origin),
        subject=Subject("ledger", uuid5(NAMESPACE_URL, origin), 0),
        intent={"arguments": digest(declared).hex(), **declared},
    )


async def _get_head(conn: Connection, tenant_id: int, reading: Any) -> Head:
    record = await conn.fetchrow(reading.text, *reading.arguments(tenant_id=tenant_id))
    if record is None:
        raise LedgerMissingError(tenant_id=tenant_id)
    frontier = Frontier.from_bytes(record["size"], record["frontier"])
    asks = frozenset(record["asks"].split())
    return Head(
        tenant_id,
        record["origin"],
        record["head"],
        frontier,
        record["recorded_at"],
        record["key_id"],
        asks,
        record["national"],
    )


def _values(head: Head, after: Head, entries: Sequence[Entry]) -> dict[str, object]:
    drafts = [entry.draft for entry in entries]
    rows = [(entry.seq, row) for entry in entries for row in entry.draft.rows]
    return {
        "tenant_id": head.tenant_id,
        "size_before": head.size,
        "head_before": head.hash,
        "size_after": after.size,
        "head_after": after.hash,
        "frontier_after": after.frontier.to_bytes(),
        "recorded_after": after.recorded_at,
        "key_after": after.key_id,
        "asks_after": " ".join(sorted(after.asks)),
        "national_after": after.national,
        "entry_seq": [entry.seq for entry in entries],
        "entry_prev": [entry.prev for entry in entries],
        "entry_hash": [entry.hash for entry in entries],
        "entry_leaf": [entry.leaf.decode() for entry in entries],
        "entry_recorded_at": [draft.time for draft in drafts],
        "entry_operation": [draft.operation for draft in drafts],
        "entry_subject_type": [draft.subject.type for draft in drafts],
        "entry_subject_id": [draft.subject.id for draft in drafts],
        "entry_actor_id": [draft.actor.id for draft in drafts],
        "entry_request_id": [draft.request_id for draft in drafts],
        "entry_arguments_digest": [draft.arguments_digest for draft in drafts],
        "row_seq": [seq for seq, _ in rows],
        "row_table_name": [row.table for _, row in rows],
        "row_row_key": [row.key for _, row in rows],
        "row_digest": [row.digest for _, row in rows],
    }


def _tenant() -> ColumnElement[int]:
    return bindparam("tenant_id", type_=Integer)


def _inserting(table: Table, prefix: str) -> CTE:
    """INSERT … SELECT tenant, unnest(…):

    every column but the tenant comes as an array `<prefix>_<column>`.
    """
    columns = [column for column in table.columns if column.name != "tenant_id"]
    arrays = [bindparam(f"{prefix}_{column.name}", type_=ARRAY(column.type)) for column in columns]
    drawn = func.unnest(*arrays).table_valued(*[column.name for column in columns], name=f"{prefix}_values")
    drawn = drawn.render_derived()
    names = ["tenant_id", *(column.name for column in columns)]
    return insert(table).from_select(names, select(_tenant(), *drawn.c)).cte(f"{prefix}_written")


@statement
def _appending() -> ClauseElement:
    heads = ledger_heads.c
    return (
        update(ledger_heads)
        .where(
            heads.tenant_id == _tenant(),
            heads.size == bindparam("size_before", type_=BigInteger),
            heads.head == bindparam("head_before", type_=heads.head.type),
        )
        .values(
            size=bindparam("size_after", type_=BigInteger),
            head=bindparam("head_after", type_=heads.head.type),
            frontier=bindparam("frontier_after", type_=heads.frontier.type),
            recorded_at=bindparam("recorded_after", type_=heads.recorded_at.type),
            key_id=bindparam("key_after", type_=heads.key_id.type),
            asks=bindparam("asks_after", type_=heads.asks.type),
            national=bindparam("national_after", type_=heads.national.type),
        )
        .add_cte(_inserting(ledger_entries, "entry"), _inserting(ledger_rows, "row"))
    )


@statement
def _opening() -> ClauseElement:
    return insert(ledger_heads)


def _select_head() -> Select[Any]:
    heads = ledger_heads.c
    columns = (
        heads.origin,
        heads.size,
        heads.head,
        heads.frontier,
        heads.recorded_at,
        heads.key_id,
        heads.asks,
        heads.national,
    )
    return select(*columns).where(heads.tenant_id == _tenant())


@statement
def _reading() -> ClauseElement:
    return _select_head()


@statement
def _locking() -> ClauseElement:
    return _select_head().with_for_update()


@statement
def _finding() -> ClauseElement:
    entries, heads = ledger_entries.c, ledger_heads.c
    actors = bindparam("actors", type_=ARRAY(entries.actor_id.type))
    requests = bindparam("requests", type_=ARRAY(entries.request_id.type))
    asked = (
        func.unnest(actors, requests).table_valued("actor_id", "request_id", name="asked").render_derived()
    )
    # One look into the unique index for each, whatever the planner thinks of a log that has grown since it was analysed.
    found = (
        select(ledger_entries)
        .where(
            entries.tenant_id == _tenant(),
            entries.actor_id == asked.c.actor_id,
            entries.request_id == asked.c.request_id,
        )
        .limit(literal_column("1"))
        .lateral("found")
    )
    told = (
        "actor_id",
        "request_id",
        "seq",
        "hash",
        "arguments_digest",
        "operation",
        "subject_type",
        "subject_id",
    )
    return (
        select(heads.origin, *(found.c[name] for name in told))
        .select_from(asked)
        .join(found, true())
        .join(ledger_heads, heads.tenant_id == found.c.tenant_id)
    )
