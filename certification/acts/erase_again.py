"""What had been erased came back with an older backup, and is erased again (恢复后重新删除).

No person does this: the entry that was lost with the restored state is kept outside the database, signed, and says what was erased
and who confirmed it. This act repeats it in the log as it is now, naming the lost entry. Whoever calls has checked that entry's signature.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Entry, Subject
from audit.erasure import ERASED
from audit.ledger import SYSTEM, lock_head
from audit.signer import Signer
from certification.acts.erasing import SUBJECT, Held, check_unsettled, confirm, describe, read_held
from certification.changes import Act, Change, Context, erase, insert, update
from certification.life import Actor
from certification.model import Erasure
from certification.recording import FOLLOWING, Recorded, record
from tenancy.database import TenantConnection
from tenancy.identity import Standing

ROLE: Final = "system"


@dataclass(frozen=True, slots=True)
class Command:
    """Erase again what the lost entry at `seq`, of this hash, had erased: the erasure as it stood there."""

    erasure: Erasure
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class State:
    """What is kept of the subject now."""

    held: Held


def erasure_of(entry: Entry, tenant_id: int) -> Erasure:
    """The erasure that a `personal.erased` entry of ours confirmed."""
    intent, draft = entry.draft.intent, entry.draft
    of, proposed = intent["of"], intent["proposed"]
    assert isinstance(of, dict) and isinstance(proposed, dict)  # noqa: S101 - as `describe` writes them
    return Erasure(
        tenant_id=tenant_id,
        id=draft.subject.id,
        subject_type=of["type"],
        subject_id=UUID(of["id"]),
        ground=str(intent["ground"]),
        reference=str(intent["reference"]),
        proposed_by=UUID(proposed["by"]),
        proposed_at=datetime.fromisoformat(proposed["at"]),
        confirmed_by=draft.actor.id,
        confirmed_at=draft.time,
    )


async def erase_again(tx: TenantConnection, signer: Signer, lost: Entry, now: datetime) -> Recorded:
    """Perform it in the tenant's open transaction. Raises NotFoundError for a subject that this state does not know."""
    head = await lock_head(tx.raw, tx.tenant_id)
    command = Command(erasure_of(lost, tx.tenant_id), lost.seq, lost.hash)
    actor = Standing(SYSTEM, tx.tenant_id, (), oversees=False)
    request_id = f"{FOLLOWING}erasure/{command.erasure.id}"
    return await record(tx, signer, head, ACT, command, actor, request_id, head.not_before(now))


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the subject. Raises NotFoundError."""
    return State(await read_held(tx, command.erasure.subject_type, command.erasure.subject_id, now))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """Nobody: it was authorised when it was confirmed."""
    return ROLE


def decide(state: State, command: Command, context: Context) -> Change:
    """The erasure as it stood; a proposal that the restored state still has gives way to it. Raises ErasureSettledError."""
    lost, there = command.erasure, state.held.erasure
    if there is not None:
        check_unsettled(there)
    after = confirm(lost, state.held, lost.confirmed_by or SYSTEM, lost.confirmed_at or context.now)
    known = there is not None and there.id == lost.id
    writes = update(after) if known else insert(after)
    if there is not None and not known:
        writes = (*update(replace(there, declined_by=SYSTEM, declined_at=context.now)), *writes)
    return Change(
        operation=ERASED,
        subject=Subject(SUBJECT, after.id, 2),
        intent={**describe(after), "again": {"hash": command.hash.hex(), "seq": command.seq}},
        writes=(*writes, *erase(after.subject_id)),
    )


ACT: Final = Act(ERASED, load, authorise, decide)
