"""A second administrator certifies an officer's key (核证密钥): from the next entry on it signs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from audit.officers import CERTIFIED
from certification.acts.administering import check_administrator
from certification.acts.vouch_for_officer_key import check_waiting, named
from certification.changes import Act, Change, Context, update
from certification.life import Actor
from certification.signing.errors import KeySamePersonError, KeyStateError
from certification.signing.model import OfficerKey
from certification.signing.reading import find_key_of, get_key
from tenancy.database import TenantConnection


@dataclass(frozen=True, slots=True)
class Command:
    """Certify the key of this row, whose digits are `key`."""

    key_id: UUID
    key: str


@dataclass(frozen=True, slots=True)
class State:
    """The tenant, the key, and whether its officer has one in force."""

    tenant_id: int
    key: OfficerKey
    held: bool


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the key and its officer's. Raises NotFoundError."""
    key = await get_key(tx, command.key_id)
    held = await find_key_of(tx, tx.tenant_id, key.home_tenant_id, key.person_id)
    return State(tx.tenant_id, key, held is not None)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An administrator of the tenant."""
    return check_administrator(state.tenant_id, "certify_officer_key", "核证密钥", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The key, in force. Raises KeyStateError, KeySamePersonError."""
    key, person = state.key, context.actor.person_id
    check_waiting(state.tenant_id, key, command.key, "certify_officer_key", "核证密钥")
    if person in {key.person_id, key.vouched_by}:
        raise KeySamePersonError
    for wrong, zh, en in (
        (key.vouched_by is None, "尚无第一人核验", "nobody has vouched for it yet"),
        (state.held, "该人员已有现用密钥", "its officer has another key in force"),
    ):
        if wrong:
            raise KeyStateError(action="certify_officer_key", name="核证密钥", reason_zh=zh, reason_en=en)
    after = replace(key, certified_by=person, certified_at=context.now)
    return Change(CERTIFIED, Subject("officer_key", key.id, 3), named(key), update(after))


ACT: Final = Act(CERTIFIED, load, authorise, decide)
