"""An operator gives a log another key: one entry, then the files change places.

In this order, and cut anywhere it is called again and goes on: the key to come is prepared beside the one that signs; the entry is
committed, and from then on the head names the new key, so no server signs with the old one (a log that has declared SM2 gets another SM2 key in the same transaction); the head is kept anew, signed by the
new key; the files change places, the old one into the archive. A server that runs meanwhile refuses acts of this tenant until the
files have changed places, and then signs with the new key, without a restart.

A key that is lost cannot hand over: the new one takes over (`lost`), and only who pins the new key believes that. So it is too when
a database was put back to before a change of keys: then the key at hand takes over, as part of owning up to it where it is a key of
ours that was in force. A log that was put back is not laundered by
this: it gets no other key by handing over, and its kept head stays what it is until somebody owns up to it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from audit.checkpoint import parse_checkpoint
from audit.errors import KeyUnreadableError, SigningRefusedError
from audit.guard import grows_from
from audit.head import Head
from audit.heads import HeadStore
from audit.keys import Ed25519Signer, FileKeyStore
from audit.ledger import SYSTEM, append, get_head, lock_head, sign_head
from audit.national import NationalKey, draft_suite
from audit.note import parse_note
from audit.rotation import draft_replacement, draft_rotation, find_rotation
from audit.signer import Signer
from audit.statements import Connection
from audit.stored_keys import get_key_entry, key_behind
from tenancy.database import Database, Scope


async def rotate_key(
    database: Database,
    tenant_id: int,
    origin: str,
    keys: FileKeyStore,
    store: HeadStore,
    reason: str,
    compromised: bool,
    now: datetime,
    lost: bool = False,
) -> Ed25519Signer:
    """Give the log another key, which is returned. Raises AuditError, such as EntryMalformedError for the reason."""
    async with database.write(Scope(tenant_id)) as tx:
        head = await lock_head(tx.raw, tenant_id)
        grows = await _grows(tx.raw, head, store)
        if not (grows or lost):
            raise SigningRefusedError(origin=origin, reason="put back")
        new = _find_new(keys, head, lost)
        if head.key_id != new.key_id and lost:
            was = key_behind(await get_key_entry(tx.raw, tenant_id))
            draft = draft_replacement(head, was, new, reason, SYSTEM, now)
            head, _ = await append(tx.raw, replace(head, key_id=new.key_id), new, (draft,))
            await renew_national(tx.raw, head, keys, new, now)
        elif head.key_id != new.key_id:
            old = keys.get(origin)
            head = await renew_national(tx.raw, head, keys, old, now)
            draft = draft_rotation(head, old, new, reason, compromised, SYSTEM, now)
            await append(tx.raw, head, old, (draft,))
    async with database.read(Scope(tenant_id)) as tx:
        head, entry = await get_head(tx.raw, tenant_id), await get_key_entry(tx.raw, tenant_id)
    if grows:
        store.keep(origin, sign_head(head, new).encode(), 0)
    change = find_rotation(entry)
    prepared = keys.find_prepared(origin)
    if change is not None and prepared is not None and prepared.key_id == new.key_id:
        keys.promote(origin, change.old, entry.seq)
    return new


async def take_over_former(
    database: Database, tenant_id: int, keys: FileKeyStore, store: HeadStore, reason: str, now: datetime
) -> None:
    """Behind a restore to before a change of keys: the key at hand takes over from a former one of the log, and from no other."""
    async with database.read(Scope(tenant_id)) as tx:
        head = await get_head(tx.raw, tenant_id)
    signer = keys.get(head.origin)
    if head.key_id != signer.key_id and head.key_id in {key.key_id for key, _ in keys.former(head.origin)}:
        await rotate_key(database, tenant_id, head.origin, keys, store, reason, False, now, lost=True)


async def renew_national(
    conn: Connection, head: Head, keys: FileKeyStore, signer: Signer, now: datetime, *, declare: bool = False
) -> Head:
    """Give a log that has an SM2 key another one, or with `declare` any log its first; the old one hands over where it is at hand.

    Behind the head's lock. Raises NationalMissingError without GmSSL.
    """
    if head.national is None and not declare:
        return head
    old = None if head.national is None else keys.nationals.find(NationalKey(head.origin, head.national))
    made = keys.nationals.create(head.origin)
    head, _ = await append(conn, head, signer, (draft_suite(head, made.key, SYSTEM, now, old),))
    return head


def _find_new(keys: FileKeyStore, head: Head, lost: bool) -> Ed25519Signer:
    """The prepared key, made now if none was; but the one at hand, where neither is the log's and it shall take over."""
    prepared, present = keys.find_prepared(head.origin), None
    with suppress(KeyUnreadableError):
        present = keys.find(head.origin) if lost else None
    if present is not None and head.key_id not in {present.key_id, prepared and prepared.key_id}:
        return present
    return prepared or keys.prepare(head.origin)


async def _grows(conn: Connection, head: Head, store: HeadStore) -> bool:
    """Whether the stored log grows from the kept head, by whichever key that is signed."""
    note = store.find(head.origin)
    return note is None or await grows_from(conn, head, parse_checkpoint(parse_note(note).text))
