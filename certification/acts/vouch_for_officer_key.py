"""An administrator vouches for an officer's key (核验密钥), having seen the officer and the key: the first of two persons.

How to see it: the officer reads the key's digits from their own screen; what is vouched for is exactly these.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from audit.officers import VOUCHED
from certification.acts.administering import check_administrator
from certification.changes import Act, Change, Context, update
from certification.life import Actor
from certification.signing.errors import KeySamePersonError, KeyStateError
from certification.signing.model import OfficerKey
from certification.signing.reading import get_key
from tenancy.database import TenantConnection


@dataclass(frozen=True, slots=True)
class Command:
    """Vouch for the key of this row, whose digits are `key`."""

    key_id: UUID
    key: str


@dataclass(frozen=True, slots=True)
class State:
    """The tenant and the key."""

    tenant_id: int
    key: OfficerKey


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the key. Raises NotFoundError."""
    return State(tx.tenant_id, await get_key(tx, command.key_id))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An administrator of the tenant."""
    return check_administrator(state.tenant_id, "vouch_for_officer_key", "核验密钥", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The key, vouched for once. Raises KeyStateError, KeySamePersonError."""
    key = state.key
    check_waiting(state.tenant_id, key, command.key, "vouch_for_officer_key", "核验密钥")
    if context.actor.person_id == key.person_id:
        raise KeySamePersonError
    after = replace(key, vouched_by=context.actor.person_id, vouched_at=context.now)
    return Change(VOUCHED, Subject("officer_key", key.id, 2), named(key), update(after))


def check_waiting(tenant_id: int, key: OfficerKey, digits: str, action: str, name: str) -> None:
    """Raise KeyStateError unless it is the key that was seen, of an officer of this tenant, neither in force nor ended."""
    for wrong, zh, en in (
        (key.key != digits, "密钥指纹与所见不同", "the digits are not those of this key"),
        (key.home_tenant_id != tenant_id, "密钥属于其他租户的人员", "it is of another tenant's officer"),
        (key.ended_at is not None, "密钥已失效", "it has ended"),
        (key.certified_at is not None, "密钥已核证", "it is certified already"),
    ):
        if wrong:
            raise KeyStateError(action=action, name=name, reason_zh=zh, reason_en=en)


def named(key: OfficerKey) -> dict[str, object]:
    """What an intent says of a key that the log knows."""
    return {"key": key.key, "person": str(key.person_id)}


ACT: Final = Act(VOUCHED, load, authorise, decide)
