"""Another administrator confirms a policy that asks for fewer signatures (确认签名规定): from the next entry on it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from audit.officers import POLICY_SET
from certification.acts.administering import check_administrator
from certification.changes import Act, Change, Context, update
from certification.errors import NotFoundError
from certification.life import Actor
from certification.signing.errors import PolicyRefusedError, PolicySamePersonError
from certification.signing.model import SigningPolicy
from certification.signing.reading import find_policy, find_policy_of
from tenancy.database import TenantConnection


@dataclass(frozen=True, slots=True)
class Command:
    """Confirm this policy."""

    policy_id: UUID


@dataclass(frozen=True, slots=True)
class State:
    """The policy, and whether it is the last one."""

    policy: SigningPolicy
    last: bool


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the policy. Raises NotFoundError."""
    policy, last = await find_policy_of(tx, command.policy_id), await find_policy(tx)
    if policy is None:
        raise NotFoundError(what="policy", what_zh="签名规定")
    return State(policy, last == policy)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An administrator of the tenant; which person is asked when deciding."""
    return check_administrator(state.policy.tenant_id, "confirm_signing_policy", "确认签名规定", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The policy, in force. Raises PolicyRefusedError, PolicySamePersonError."""
    policy = state.policy
    if policy.set_at is not None or not state.last:
        raise PolicyRefusedError(
            reason_zh="该提议已生效或已被后来的取代",
            reason_en="it is in force, or a later one took its place",
        )
    if context.actor.person_id == policy.proposed_by:
        raise PolicySamePersonError
    return Change(
        operation=POLICY_SET,
        subject=Subject("signing_policy", policy.id, 2),
        intent={"operations": policy.operations.split()},
        writes=update(replace(policy, set_by=context.actor.person_id, set_at=context.now)),
    )


ACT: Final = Act(POLICY_SET, load, authorise, decide)
