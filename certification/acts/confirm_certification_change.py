"""Another person of the city confirms what becomes of a certification (确认认定变更): it holds, and is followed in the county's log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from audit.entry import Subject
from certification.acts.certification_change import (
    Found,
    check_change,
    check_city,
    describe,
    read_certification,
)
from certification.changes import Act, Change, Context, update
from certification.errors import ChangeSettledError, NotFoundError, SecondPersonError
from certification.life import Actor
from certification.model import CertificationChange
from certification.reading import entity
from certification.tables import certification_changes
from tenancy.database import TenantConnection
from tenancy.statements import statement

OPERATION: Final = "certification.change_confirmed"
_CHANGE = statement(
    select(certification_changes).where(
        certification_changes.c.tenant_id == bindparam("tenant_id"),
        certification_changes.c.id == bindparam("change"),
    )
)


@dataclass(frozen=True, slots=True)
class Command:
    """Confirm this change."""

    change_id: UUID


@dataclass(frozen=True, slots=True)
class State:
    """The change, and the certification as it is now."""

    change: CertificationChange
    found: Found


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the change and its certification. Raises NotFoundError."""
    return await read_change(tx, command.change_id, now)


async def read_change(tx: TenantConnection, change_id: UUID, now: datetime) -> State:
    """The bound city's change with its certification. Raises NotFoundError."""
    row = await tx.first(_CHANGE, change=change_id)
    if row is None:
        raise NotFoundError(what="change", what_zh="变更")
    change = entity(CertificationChange, row)
    found = await read_certification(tx, change.certification_tenant_id, change.certification_id, now)
    return State(change, found)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return check_city(state.found.city, "confirm_certification_change", "确认认定变更", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The change, confirmed: looked at again, for another may have come before it."""
    change = state.change
    check_unsettled(change)
    if change.proposed_by == context.actor.person_id:
        raise SecondPersonError
    check_change(state.found, change.kind, change.document_date, context)
    after = replace(change, confirmed_by=context.actor.person_id, confirmed_at=context.now)
    return Change(
        operation=OPERATION,
        subject=Subject("certification_change", change.id, 2),
        intent=describe(change),
        writes=update(after),
        cites=(state.found.entry,),
    )


def check_unsettled(change: CertificationChange) -> None:
    """Raise ChangeSettledError if it was confirmed or declined."""
    if change.confirmed_at is not None or change.declined_at is not None:
        raise ChangeSettledError


ACT: Final = Act(OPERATION, load, authorise, decide)
