"""An administrator sets who may read the tenant's log as files (设定账本阅读范围): the public, granted auditors, or its own.

The tenant's own administrator, never through a grant. What was read stays read: narrowing takes nothing back from those who have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from audit.canonical import digest
from audit.entry import Subject
from certification.acts.administering import check_administrator
from certification.changes import Act, Change, Context, insert, update
from certification.errors import LedgerReadingUnchangedError
from certification.forms import REASON_LIMIT, check_text
from certification.life import Actor
from certification.model import LedgerReading
from certification.reading import entity
from tenancy.database import TenantConnection
from tenancy.log_reading import DEFAULT, LogReading
from tenancy.statements import statement
from tenancy.tables import ledger_readings

_READING = statement(select(ledger_readings).where(ledger_readings.c.tenant_id == bindparam("tenant_id")))


@dataclass(frozen=True, slots=True)
class Command:
    """Who may read it from now on, and why."""

    reading: LogReading
    reason: str


@dataclass(frozen=True, slots=True)
class State:
    """The tenant, and what was set before."""

    tenant_id: int
    known: LedgerReading | None


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read what the bound tenant set."""
    row = await tx.first(_READING)
    return State(tx.tenant_id, None if row is None else entity(LedgerReading, row))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An administrator of the tenant."""
    return check_administrator(state.tenant_id, "set_ledger_reading", "设定账本阅读范围", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The reading from now on. Raises LedgerReadingUnchangedError, FieldRefusedError."""
    check_text("reason", "理由", command.reason, REASON_LIMIT)
    known = state.known
    before = DEFAULT if known is None else known.reading
    if known is not None and before == command.reading:
        raise LedgerReadingUnchangedError(reading=command.reading)
    made = LedgerReading(
        tenant_id=state.tenant_id,
        id=context.new_id() if known is None else known.id,
        reading=command.reading,
        reason=command.reason,
        revision=1 if known is None else known.revision + 1,
        set_by=context.actor.person_id,
        set_at=context.now,
    )
    return Change(
        operation=ACT.operation,
        subject=Subject("ledger_reading", made.id, made.revision),
        intent={
            "before": str(before),
            "reading": str(command.reading),
            "reason_digest": digest(command.reason).hex(),
        },
        writes=insert(made) if known is None else update(made),
    )


ACT: Final = Act("ledger_reading.set", load, authorise, decide)
