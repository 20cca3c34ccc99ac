"""A person of the city proposes to suspend, revoke or reinstate a county's certification (提出认定变更)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.certification_change import (
    Found,
    check_change,
    check_city,
    describe,
    read_certification,
)
from certification.changes import Act, Change, Context, insert
from certification.forms import check_line, check_text
from certification.life import Actor
from certification.model import CertificationChange
from tenancy.database import TenantConnection

OPERATION: Final = "certification.change_proposed"
REASON_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class Command:
    """Do this to that certification of the county, by the document of that number and day."""

    certification_tenant_id: int
    certification_id: UUID
    kind: str
    document_number: str
    document_date: date
    reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> Found:
    """Read the certification. Raises NotFoundError."""
    return await read_certification(tx, command.certification_tenant_id, command.certification_id, now)


def authorise(state: Found, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return check_city(state.city, "propose_certification_change", "提出认定变更", actor)


def decide(state: Found, command: Command, context: Context) -> Change:
    """The change, which holds once another has confirmed it."""
    check_change(state, command.kind, command.document_date, context)
    check_line("document_number", "文号", command.document_number, 60)
    check_text("reason", "理由", command.reason, REASON_LIMIT)
    change = CertificationChange(
        tenant_id=state.city,
        id=context.new_id(),
        certification_tenant_id=command.certification_tenant_id,
        certification_id=command.certification_id,
        kind=command.kind,
        document_number=command.document_number,
        document_date=command.document_date,
        reason=command.reason,
        proposed_by=context.actor.person_id,
        proposed_at=context.now,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("certification_change", change.id, 1),
        intent={**describe(change), "reason_digest": sha256(command.reason.encode()).hexdigest()},
        writes=insert(change),
        cites=(state.entry,),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
