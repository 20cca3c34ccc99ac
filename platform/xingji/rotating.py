"""An operator gives a log another key: one entry by the old key with the new one's proof, then the files change places.

In this order, and cut anywhere it is called again and goes on: the key to come is prepared beside the one that signs; the entry is
committed, and from then on the head names the new key, so no server signs with the old one; the files change places, the old one
into the archive; the kept head is signed anew. A server that runs meanwhile refuses acts of this tenant until the files have
changed places, and then signs with the new key, without a restart.
"""

from __future__ import annotations

from datetime import datetime

from audit.heads import HeadStore
from audit.keys import Ed25519Signer, FileKeyStore
from audit.ledger import SYSTEM, append, get_head, lock_head, sign_head
from audit.rotation import draft_rotation
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
) -> Ed25519Signer:
    """Hand the log over to a new key, which is returned. Raises AuditError, such as EntryMalformedError for the reason."""
    old, new = keys.get(origin), keys.prepare(origin)
    async with database.write(Scope(tenant_id)) as tx:
        head = await lock_head(tx.raw, tenant_id)
        if head.key_id != new.key_id:
            draft = draft_rotation(head, old, new, reason, compromised, SYSTEM, now)
            await append(tx.raw, head, old, (draft,))
    keys.promote(origin, new.key_id)
    async with database.read(Scope(tenant_id)) as tx:
        head = await get_head(tx.raw, tenant_id)
    store.replace(origin, sign_head(head, new).encode())
    return new
