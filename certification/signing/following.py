"""A key that ended at home ends where it was admitted: a following act, by the system, that cites the home log's entry (ADR 0001).

Nothing rests on its haste: an act in another log asks the home log for the key each time (certification/signing/attesting.py). What a
crash left undone is found by comparing rows: call it behind every end of a key, and at the start of a server.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Integer, and_, any_, bindparam, select

from audit.canonical import digest
from audit.entry import Actor as EntryActor
from audit.entry import Draft, Receipt, Subject
from audit.guard import check_head, remember
from audit.ledger import SYSTEM, append, lock_head
from audit.officers import WITHDRAWN
from audit.rows import record_rows
from audit.signer import Signer
from certification.changes import update
from certification.recording import write_rows
from certification.signing.reading import find_key, get_cite
from certification.signing.tables import officer_keys
from tenancy.database import Scope, TenantConnection
from tenancy.statements import statement

_ENDED = statement(
    select(officer_keys.c.id).where(
        officer_keys.c.tenant_id == bindparam("tenant_id"),
        officer_keys.c.home_tenant_id == bindparam("tenant_id"),
        officer_keys.c.ended_at.is_not(None),
    )
)
_ADMITTED = statement(
    select(officer_keys.c.tenant_id, officer_keys.c.id)
    .where(
        and_(
            officer_keys.c.tenant_id == any_(bindparam("granted", type_=ARRAY(Integer))),
            officer_keys.c.home_tenant_id == bindparam("home", type_=Integer),
        ),
        officer_keys.c.ended_at.is_(None),
    )
    .order_by(officer_keys.c.tenant_id, officer_keys.c.id)
)


@dataclass(frozen=True, slots=True)
class EndedKey:
    """A key that ended in its home log and is still admitted in that of `tenant_id`."""

    home: int
    tenant_id: int
    key_id: UUID

    def scope(self) -> Scope:
        """Of the other log's transaction: it reads the home log's entry beside."""
        return Scope(self.tenant_id, granted=(self.home,))


async def pending_ends(tx: TenantConnection, granted: tuple[int, ...]) -> tuple[EndedKey, ...]:
    """What the logs of `granted` do not mirror yet of the bound tenant's keys."""
    ended = {row["id"] for row in await tx.all(_ENDED)}
    rows = await tx.all(_ADMITTED, granted=list(granted), home=tx.tenant_id) if ended else ()
    return tuple(EndedKey(tx.tenant_id, row["tenant_id"], row["id"]) for row in rows if row["id"] in ended)


async def follow_end(tx: TenantConnection, signer: Signer, one: EndedKey, now: datetime) -> Receipt | None:
    """Withdraw the key here; None if it was done meanwhile."""
    head = await lock_head(tx.raw, tx.tenant_id)
    await check_head(tx.raw, head, signer)
    now = head.not_before(now)
    key = await find_key(tx, one.key_id)
    if key is None or key.ended_at is not None:
        return None
    writes = update(replace(key, ended_at=now, ended_by="withdrawn"))
    told: dict[str, object] = {"key": key.key}
    draft = Draft(
        operation=WITHDRAWN,
        request_id=f"{WITHDRAWN}:{key.key}",
        time=now,
        actor=EntryActor(SYSTEM, "system", head.origin),
        subject=Subject("officer_key", key.id, 4),
        intent={**told, "arguments": digest(told).hex()},
        rows=tuple(row for write in writes for row in record_rows(write.table, [write.row()])),
        cites=(await get_cite(tx, one.home, key.id),),
    )
    await write_rows(tx, writes)
    after, (receipt,) = await append(tx.raw, head, signer, (draft,))
    tx.committed.append(lambda: remember(after, signer))
    return receipt
