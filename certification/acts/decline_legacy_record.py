"""The city declines a county's legacy record (退回历史记录), with a reason: it never counts, and may be proposed anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.legacy import Found, check_attester, check_open, describe, read_record
from certification.changes import Act, Change, Context, update
from certification.forms import check_text
from certification.life import Actor
from tenancy.database import TenantConnection

OPERATION: Final = "legacy.declined"
REASON_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class Command:
    """Decline this record."""

    record_id: UUID
    reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> Found:
    """Read the record. Raises NotFoundError."""
    return await read_record(tx, command.record_id)


def authorise(state: Found, command: Command, actor: Actor) -> str:
    """An officer of the city that oversees the county."""
    return check_attester("decline_legacy_record", "退回历史记录", state, actor)


def decide(state: Found, command: Command, context: Context) -> Change:
    """The record, declined."""
    record = state.record
    check_open(record, context.actor)
    check_text("reason", "理由", command.reason, REASON_LIMIT)
    after = replace(record, declined_at=context.now, decline_reason=command.reason)
    return Change(
        operation=OPERATION,
        subject=Subject("legacy_record", record.id, 2),
        intent={**describe(record), "reason_digest": sha256(command.reason.encode()).hexdigest()},
        writes=update(after),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
