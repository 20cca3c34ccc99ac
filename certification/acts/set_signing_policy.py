"""An administrator says which operations need the officer's key (设定签名规定): the whole set, from the next entry on.

What asks for more is in force at once; what asks for less waits for another administrator (certification/acts/confirm_signing_policy.py).

Decided [D]: before a tenant asks for any key, two of its administrators have one, or nobody could certify a key afterwards: with any
operation, vouching, certifying and changing the policy need keys too (audit/officers.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.entry import Subject
from audit.officers import POLICY_PROPOSED, POLICY_SET
from certification.acts.administering import check_administrator
from certification.changes import Act, Change, Context, insert
from certification.life import Actor
from certification.signing.errors import PolicyRefusedError
from certification.signing.model import SigningPolicy
from certification.signing.reading import count_keyed_administrators, find_in_force, find_policy
from certification.signing.signable import SIGNABLE
from tenancy.database import TenantConnection

NEEDED: Final = 2


@dataclass(frozen=True, slots=True)
class Command:
    """The operations; none: nothing needs a key."""

    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """The tenant, its last policy and the one in force, and how many administrators have keys."""

    tenant_id: int
    last: SigningPolicy | None
    in_force: SigningPolicy | None
    keyed: int


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the policies and who has keys."""
    keyed = await count_keyed_administrators(tx, now)
    return State(tx.tenant_id, await find_policy(tx), await find_in_force(tx), keyed)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An administrator of the tenant."""
    return check_administrator(state.tenant_id, "set_signing_policy", "设定签名规定", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The policy, in force or proposed. Raises PolicyRefusedError."""
    wanted = sorted(set(command.operations))
    before = set() if state.in_force is None else set(state.in_force.operations.split())
    unknown = set(wanted) - SIGNABLE
    for wrong, zh, en in (
        (
            unknown,
            f"不能要求签名的操作：{'、'.join(sorted(unknown))}",
            f"not to be signed: {sorted(unknown)}",
        ),
        (set(wanted) == before, "与现行规定相同", "it is what holds already"),
        (
            wanted and state.keyed < NEEDED,
            f"至少 {NEEDED} 名管理员须先有现用密钥",
            f"at least {NEEDED} administrators must have a key in force first",
        ),
    ):
        if wrong:
            raise PolicyRefusedError(reason_zh=zh, reason_en=en)
    tighter = before <= set(wanted)
    person, now = context.actor.person_id, context.now
    policy = SigningPolicy(
        state.tenant_id,
        context.new_id(),
        1 if state.last is None else state.last.number + 1,
        " ".join(wanted),
        person,
        now,
        person if tighter else None,
        now if tighter else None,
    )
    return Change(
        operation=POLICY_SET if tighter else POLICY_PROPOSED,
        subject=Subject("signing_policy", policy.id, 1),
        intent={"operations": wanted},
        writes=insert(policy),
    )


ACT: Final = Act(POLICY_SET, load, authorise, decide)
