"""Another person of the city confirms a change of divisions (确认区划变更): it holds, and is followed in the counties' logs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from audit.entry import Subject
from certification.acts.certification_change import check_city
from certification.acts.propose_unit_change import describe
from certification.changes import Act, Change, Context, update
from certification.errors import NotFoundError, SecondPersonError
from certification.life import Actor
from certification.lineage.checking import check_plan
from certification.lineage.errors import UnitChangeSettledError, UnitChangeStaleError
from certification.lineage.ground import Ground, read_ground
from certification.lineage.plan import Plan, parse_plan
from certification.lineage.waiting import read_waiting
from certification.reading import entity
from certification.reviews.model import UnitChange
from certification.reviews.tables import unit_changes
from tenancy.database import TenantConnection
from tenancy.statements import statement

OPERATION: Final = "unit_change.confirmed"
_CHANGE = statement(
    select(unit_changes).where(
        unit_changes.c.tenant_id == bindparam("tenant_id"), unit_changes.c.id == bindparam("change")
    )
)


@dataclass(frozen=True, slots=True)
class Command:
    """Confirm this change."""

    change_id: UUID


@dataclass(frozen=True, slots=True)
class State:
    """The change with its plan, and the divisions as they are now."""

    change: UnitChange
    plan: Plan
    ground: Ground


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the change and the divisions that it concerns. Raises NotFoundError."""
    change = await get_change(tx, command.change_id)
    plan = parse_plan(change.details)
    return State(change, plan, await read_ground(tx, plan.tenants, await read_waiting(tx), now))


async def get_change(tx: TenantConnection, change_id: UUID) -> UnitChange:
    """The bound city's change. Raises NotFoundError."""
    row = await tx.first(_CHANGE, change=change_id)
    if row is None:
        raise NotFoundError(what="change", what_zh="变更")
    return entity(UnitChange, row)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return check_city(state.change.tenant_id, "confirm_unit_change", "确认区划变更", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The change, confirmed: looked at again, for the divisions may have changed."""
    change = state.change
    check_unsettled(change)
    if change.proposed_by == context.actor.person_id:
        raise SecondPersonError
    if missing := set(state.plan.tenants) - state.ground.counties.keys():
        raise UnitChangeStaleError(name=", ".join(map(str, sorted(missing))))
    check_plan(state.ground, change.kind, state.plan, change.effective_on)
    after = replace(change, confirmed_by=context.actor.person_id, confirmed_at=context.now)
    return Change(
        operation=OPERATION,
        subject=Subject("unit_change", change.id, 2),
        intent=describe(change),
        writes=update(after),
    )


def check_unsettled(change: UnitChange) -> None:
    """Raise UnitChangeSettledError if it was confirmed or declined."""
    if change.confirmed_at is not None or change.declined_at is not None:
        raise UnitChangeSettledError


ACT: Final = Act(OPERATION, load, authorise, decide)
