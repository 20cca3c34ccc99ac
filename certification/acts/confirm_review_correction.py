"""Another person, of the city, confirms a correction of a year's review (确认更正): from now on the year's review is that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.changes import Act, Change, Context, update
from certification.errors import SecondPersonError
from certification.life import Actor
from certification.reviews.correcting import (
    FoundCorrection,
    check_confirmer,
    check_correctable,
    check_unsettled,
    describe,
    read_correction,
    tell,
)
from tenancy.database import TenantConnection

OPERATION: Final = "review_correction.confirmed"


@dataclass(frozen=True, slots=True)
class Command:
    """Confirm this correction."""

    correction_id: UUID


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundCorrection:
    """Read the correction. Raises NotFoundError."""
    return await read_correction(tx, command.correction_id, now)


def authorise(state: FoundCorrection, command: Command, actor: Actor) -> str:
    """An officer of the city that oversees the county."""
    return check_confirmer("confirm_review_correction", "确认更正复查结论", state, actor)


def decide(state: FoundCorrection, command: Command, context: Context) -> Change:
    """The correction, confirmed: looked at again, for another may have come before it."""
    correction = state.correction
    check_unsettled(correction)
    if correction.proposed_by == context.actor.person_id:
        raise SecondPersonError
    check_correctable(state.told, correction.year, correction.result, state.moved)
    after = replace(
        correction,
        confirmed_by=context.actor.person_id,
        confirmed_tenant_id=context.actor.home_tenant_id,
        confirmed_at=context.now,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("review_correction", correction.id, 2),
        intent={
            **describe(correction),
            "before": {str(subject): one.result for subject, one in state.told.items()},
        },
        writes=update(after),
        facts=tell(state),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
