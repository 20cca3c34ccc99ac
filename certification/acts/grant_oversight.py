"""An administrator grants another tenant to oversee this one, or to audit it (授权).

`oversee` lets the grantee's city officers and review team read and act here, `audit` lets its auditors read (ADR 0005).

Decided [D]: only a county's own city oversees it; any other tenant may be granted to audit. Granting is at the tenant's will, as ending is:
both stand in its ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, or_, select

from audit.entry import Subject
from certification.acts.administering import check_administrator
from certification.changes import Act, Change, Context, insert
from certification.errors import GrantExistsError, GrantRefusedError, NotFoundError
from certification.life import Actor
from certification.model import Grant
from tenancy.database import TenantConnection
from tenancy.identity import GrantScope, in_force
from tenancy.statements import statement
from tenancy.tables import tenant_grants, tenants

OPERATION: Final = "grant.given"
_TENANTS = statement(
    select(tenants.c.id, tenants.c.parent_id).where(
        or_(tenants.c.id == bindparam("tenant_id"), tenants.c.id == bindparam("grantee"))
    )
)
_HELD = statement(
    select(tenant_grants.c.id).where(
        tenant_grants.c.tenant_id == bindparam("tenant_id"),
        tenant_grants.c.grantee_tenant_id == bindparam("grantee"),
        tenant_grants.c.scope == bindparam("wanted"),
        in_force(tenant_grants),
    )
)


@dataclass(frozen=True, slots=True)
class Command:
    """Grant this tenant this scope: `oversee` or `audit`."""

    grantee_tenant_id: int
    scope: str


@dataclass(frozen=True, slots=True)
class State:
    """The tenant with the city above it, and whether the same grant is in force."""

    tenant_id: int
    parent_id: int | None
    held: bool


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the registry and the grants. Raises NotFoundError for a grantee that is not registered."""
    parents = {
        row["id"]: row["parent_id"] for row in await tx.all(_TENANTS, grantee=command.grantee_tenant_id)
    }
    if command.grantee_tenant_id not in parents:
        raise NotFoundError(what="tenant", what_zh="租户")
    held = await tx.first(_HELD, grantee=command.grantee_tenant_id, wanted=command.scope, now=now)
    return State(tx.tenant_id, parents[tx.tenant_id], held is not None)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An administrator of the tenant."""
    return check_administrator(state.tenant_id, "grant_oversight", "授权", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The grant, from now on. Raises GrantRefusedError, GrantExistsError."""
    scope, grantee = GrantScope(command.scope), command.grantee_tenant_id
    if grantee == state.tenant_id:
        raise GrantRefusedError(reason_zh="不能授权给本租户", reason_en="a tenant grants nothing to itself")
    if scope is GrantScope.OVERSEE and grantee != state.parent_id:
        raise GrantRefusedError(
            reason_zh="只有所属市可以监督", reason_en="only the tenant's own city may oversee it"
        )
    if state.held:
        raise GrantExistsError
    grant = Grant(state.tenant_id, context.new_id(), grantee, scope.value, context.now, None)
    return Change(
        operation=OPERATION,
        subject=Subject("grant", grant.id, 1),
        intent={"grantee": grantee, "scope": grant.scope},
        writes=insert(grant),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
