"""The city decides an objection that it investigated: upheld (成立) or dismissed (不成立), with reasons.

There are two: `reason` is the city's own and may name persons, so it is kept as a personal value; `public_reason` is what the
objector, the county and the community read. An objection upheld puts the application out, by a following act in its county's log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from audit.commitment import commit
from audit.entry import Subject
from certification.acts.objecting import FoundObjection, read_objection
from certification.changes import Act, Change, Context, insert, update
from certification.errors import NoSuchActionError
from certification.forms import REASON_LIMIT, check_text
from certification.life import Actor
from certification.model import ObjectionStatus, PersonalValue
from certification.objections import DECIDES, check_objection_officer, check_objection_step
from tenancy.database import TenantConnection

REASON: Final = "objection_reason"


@dataclass(frozen=True, slots=True)
class Command:
    """Decide the objection: `upheld` or `dismissed`."""

    objection_id: UUID
    verdict: str
    reason: str
    public_reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundObjection:
    """Read the objection. Raises NotFoundError."""
    return await read_objection(tx, command.objection_id)


def authorise(state: FoundObjection, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return check_objection_officer(
        state.programme.objections, _action(command), state.objection.tenant_id, actor
    ).name


def decide(state: FoundObjection, command: Command, context: Context) -> Change:
    """The objection, decided; from the day after, the item's days count again unless it was upheld."""
    before = state.objection
    step = check_objection_step(
        state.programme.objections, _action(command), before.tenant_id, before.status, context.actor
    )
    check_text("reason", "核查结论", command.reason, REASON_LIMIT)
    check_text("public_reason", "答复内容", command.public_reason, REASON_LIMIT)
    salt = context.new_salt()
    commitment = commit(REASON, command.reason.encode(), salt)
    after = replace(
        before,
        status=step.to,
        reason_commitment=commitment,
        public_reason=command.public_reason,
        decided_at=context.now,
        decided_by=context.actor.person_id,
    )
    return Change(
        operation="objection.decided",
        subject=Subject("objection", before.id, 3),
        intent={
            "action": step.action,
            "list": str(before.roster_id),
            "position": before.position,
            "public_reason_digest": sha256(command.public_reason.encode()).hexdigest(),
            "status": step.to,
        },
        writes=(
            *update(after),
            *insert(PersonalValue(before.tenant_id, commitment, before.id, REASON, command.reason, salt)),
        ),
    )


def _action(command: Command) -> str:
    try:
        return DECIDES[ObjectionStatus(command.verdict)]
    except (KeyError, ValueError):
        raise NoSuchActionError(stage="objection", verdict=command.verdict) from None


ACT: Final = Act("objection.decided", load, authorise, decide)
