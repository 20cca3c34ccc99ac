"""A key is revoked (吊销密钥), by its officer or by an administrator: from the next entry on it signs nothing.

Decided [D]: revoking asks for no signature, for who has lost a key has none. What was signed before stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from audit.officers import REVOKED
from audit.rotation import is_reason
from certification.acts.administering import check_administrator
from certification.acts.vouch_for_officer_key import named
from certification.changes import Act, Change, Context, update
from certification.errors import FieldRefusedError, NotFoundError
from certification.life import Actor
from certification.signing.errors import KeyStateError
from certification.signing.holding import check_officer
from certification.signing.model import OfficerKey
from certification.signing.reading import get_key
from tenancy.database import TenantConnection
from tenancy.identity import RoleName


@dataclass(frozen=True, slots=True)
class Command:
    """Revoke the key of this row, for a reason that is no secret."""

    key_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class State:
    """The tenant and the key."""

    tenant_id: int
    key: OfficerKey


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the key. Raises NotFoundError."""
    return State(tx.tenant_id, await get_key(tx, command.key_id))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """The key's officer, or an administrator of the tenant; to a review team, which reads no keys, another's is none."""
    if actor.person_id == state.key.person_id and actor.home_tenant_id == state.key.home_tenant_id:
        return check_officer(state.tenant_id, "revoke_officer_key", "吊销密钥", actor)
    if all(role.name == RoleName.REVIEW_TEAM for role in actor.roles):
        raise NotFoundError(what="key", what_zh="密钥")
    return check_administrator(state.tenant_id, "revoke_officer_key", "吊销密钥", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The key, ended. Raises KeyStateError, FieldRefusedError."""
    key = state.key
    if not is_reason(command.reason):
        unusable = {
            "reason_zh": "应为 1 至 500 个字符，一行",
            "reason_en": "is one line of 1 to 500 characters",
        }
        raise FieldRefusedError(field="reason", label="理由", **unusable)
    if key.ended_at is not None:
        raise KeyStateError(
            action="revoke_officer_key", name="吊销密钥", reason_zh="密钥已失效", reason_en="it has ended"
        )
    after = replace(key, ended_at=context.now, ended_by="revoked", end_reason=command.reason)
    return Change(
        operation=REVOKED,
        subject=Subject("officer_key", key.id, 4),
        intent={**named(key), "reason": command.reason},
        writes=update(after),
    )


ACT: Final = Act(REVOKED, load, authorise, decide)
