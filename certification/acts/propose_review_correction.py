"""An officer of the county proposes to correct how a year's review ended (提出更正复查结论), by a document. It counts once confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.legacy import check_county
from certification.changes import Act, Change, Context, insert
from certification.forms import REASON_LIMIT, check_line, check_text
from certification.life import Actor
from certification.reviews.correcting import (
    Told,
    check_correctable,
    describe,
    find_away,
    read_street,
    read_told,
)
from certification.reviews.model import ReviewCorrection
from tenancy.database import TenantConnection

OPERATION: Final = "review_correction.proposed"
DOCUMENT_LIMIT: Final = 60


@dataclass(frozen=True, slots=True)
class Command:
    """The year's review of a community as a level is `result`: a ReviewResult, or void, as if there were none."""

    community_id: UUID
    level: str
    year: int
    result: str
    document_number: str
    reason: str


@dataclass(frozen=True, slots=True)
class State:
    """The county, what is recorded of the year by subject, and the county to which the community has gone."""

    tenant_id: int
    told: Mapping[UUID, Told]
    moved: str | None = None


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read what is recorded. Raises NotFoundError."""
    await read_street(tx, command.community_id)
    told = await read_told(tx, command.community_id, command.level, command.year)
    return State(tx.tenant_id, told, await find_away(tx, command.community_id, command.year, now))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An officer of the county itself."""
    return check_county(state.tenant_id, "propose_review_correction", "提出更正复查结论", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The correction, open."""
    check_line("document_number", "文号", command.document_number, DOCUMENT_LIMIT)
    check_text("reason", "理由", command.reason, REASON_LIMIT)
    check_correctable(state.told, command.year, command.result, state.moved)
    correction = ReviewCorrection(
        tenant_id=state.tenant_id,
        id=context.new_id(),
        community_id=command.community_id,
        level=command.level,
        year=command.year,
        result=command.result,
        document_number=command.document_number,
        reason=command.reason,
        proposed_by=context.actor.person_id,
        proposed_at=context.now,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("review_correction", correction.id, 1),
        intent={
            **describe(correction),
            "before": {str(subject): one.result for subject, one in state.told.items()},
            "reason_digest": sha256(command.reason.encode()).hexdigest(),
        },
        writes=insert(correction),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
