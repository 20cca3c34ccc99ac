"""An operator owns up to a ledger that was put back: one entry that says so, and a new kept head beside the old one.

The entry is committed before the kept head gives way. Cut in between, the command finds its entry when it is called again, and goes on.
A server that runs meanwhile refuses until the new head is kept, and then signs.
"""

from datetime import datetime

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import IncarnationNeedlessError, NoteMalformedError, NoteUnverifiedError, UnusableInputError
from audit.guard import grows_from
from audit.heads import HeadStore
from audit.incarnation import draft_incarnation, request_id
from audit.keys import Ed25519Signer
from audit.ledger import SYSTEM, append, find_request, get_head, lock_head, sign_head
from tenancy.database import Database, Scope


async def incarnate(
    database: Database,
    tenant_id: int,
    signer: Ed25519Signer,
    store: HeadStore,
    reason: str,
    now: datetime,
    given: bytes | None = None,
) -> int:
    """Own up to it; returns the entry's sequence. `given` is a later head than the kept one, when somebody brings one.

    Raises IncarnationNeedlessError when the stored log grows from every head at hand; UnusableInputError; EntryMalformedError for
    an unusable reason.
    """
    note = store.find(signer.origin)
    known = [_open(one, signer) for one in (note, given) if one is not None]
    if not known:
        raise IncarnationNeedlessError(origin=signer.origin)
    kept = max(known, key=lambda one: one.size)
    async with database.write(Scope(tenant_id)) as tx:
        head = await lock_head(tx.raw, tenant_id)
        prior = await find_request(tx.raw, tenant_id, SYSTEM, request_id(kept))
        if await grows_from(tx.raw, head, kept):
            raise IncarnationNeedlessError(origin=signer.origin)
        if prior is None:
            draft = draft_incarnation(kept, head, signer, reason, SYSTEM, now)
            _, (receipt,) = await append(tx.raw, head, signer, (draft,))
        else:
            receipt = prior.receipt
    async with database.read(Scope(tenant_id)) as tx:
        head = await get_head(tx.raw, tenant_id)
    store.replace(signer.origin, sign_head(head, signer).encode())
    return receipt.seq


def _open(note: bytes, signer: Ed25519Signer) -> Checkpoint:
    try:
        return open_checkpoint(note, signer.verifier_key)
    except (NoteMalformedError, NoteUnverifiedError) as error:
        raise UnusableInputError(reason=f"the kept head: {error}") from error
