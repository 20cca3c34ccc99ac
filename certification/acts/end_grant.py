"""An administrator ends a grant (终止授权): the grantee's writes here stop at once, its reading when the tokens end.

Decided [D]: a county may end its city's oversight at any time, a running campaign or not; the city's lists then leave its applications
where they are, and the ledger says when and by whom it was ended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from audit.entry import Subject
from certification.acts.administering import check_administrator
from certification.changes import Act, Change, Context, update
from certification.errors import GrantEndedError, NotFoundError
from certification.life import Actor
from certification.model import Grant
from certification.reading import entity
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import tenant_grants

OPERATION: Final = "grant.ended"
_GRANT = statement(
    select(tenant_grants).where(
        tenant_grants.c.tenant_id == bindparam("tenant_id"), tenant_grants.c.id == bindparam("grant")
    )
)


@dataclass(frozen=True, slots=True)
class Command:
    """End this grant."""

    grant_id: UUID


async def load(tx: TenantConnection, command: Command, now: datetime) -> Grant:
    """Read the grant. Raises NotFoundError."""
    row = await tx.first(_GRANT, grant=command.grant_id)
    if row is None:
        raise NotFoundError(what="grant", what_zh="授权")
    return entity(Grant, row)


def authorise(state: Grant, command: Command, actor: Actor) -> str:
    """An administrator of the tenant that granted."""
    return check_administrator(state.tenant_id, "end_grant", "终止授权", actor)


def decide(state: Grant, command: Command, context: Context) -> Change:
    """The grant, ended now. Raises GrantEndedError."""
    if state.valid_to is not None:
        raise GrantEndedError
    return Change(
        operation=OPERATION,
        subject=Subject("grant", state.id, 2),
        intent={"grantee": state.grantee_tenant_id, "scope": state.scope},
        writes=update(replace(state, valid_to=context.now)),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
