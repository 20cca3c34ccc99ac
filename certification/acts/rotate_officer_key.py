"""An officer hands over to a new key of their own (更换密钥), signed with the one that goes: no administrator is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from audit.entry import Subject
from audit.officers import KEY_ROTATED
from audit.schema import is_hash
from certification.acts import enrol_officer_key as enrolling
from certification.changes import Act, Change, Context, insert, update
from certification.life import Actor
from certification.reading import entity
from certification.signing.errors import KeyKnownError, SignatureKeyError
from certification.signing.holding import check_officer, check_proof, declared
from certification.signing.model import OfficerKey, key_row_id
from certification.signing.tables import officer_keys
from tenancy.database import TenantConnection
from tenancy.statements import statement

_IN_FORCE = statement(
    select(officer_keys).where(
        officer_keys.c.tenant_id == bindparam("tenant_id"),
        officer_keys.c.home_tenant_id == bindparam("tenant_id"),
        officer_keys.c.key == bindparam("key"),
    )
)


@dataclass(frozen=True, slots=True)
class Command:
    """The key that goes (its digits), the raw public key (32 bytes) that comes, and the latter's proof of possession."""

    replaces: str
    public_key: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class State:
    """The tenant as in enrolling, and the key that goes."""

    tenant: enrolling.State
    old: OfficerKey | None


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Both keys, as the log knows them; what is no digits is the name of none."""
    row = await tx.first(_IN_FORCE, key=command.replaces) if is_hash(command.replaces) else None
    known = await enrolling.load(tx, enrolling.Command(command.public_key, command.proof), now)
    return State(known, None if row is None else entity(OfficerKey, row))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """Whoever has a role."""
    return check_officer(state.tenant.tenant_id, "rotate_officer_key", "更换密钥", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The new key in force, the old one at its end. Raises SignatureKeyError, KeyProofError, KeyKnownError."""
    person, old, now = context.actor.person_id, state.old, context.now
    if old is None or old.person_id != person or not old.in_force:
        raise SignatureKeyError
    check_proof(state.tenant.origin, person, command.public_key, command.proof)
    if state.tenant.known:
        raise KeyKnownError
    told = declared(command.public_key, command.proof)
    new = OfficerKey(
        old.tenant_id,
        key_row_id(command.public_key),
        str(told["key"]),
        command.public_key,
        old.home_tenant_id,
        person,
        now,
        certified_by=person,
        certified_at=now,
    )
    return Change(
        operation=KEY_ROTATED,
        subject=Subject("officer_key", new.id, 1),
        intent={**told, "replaces": old.key},
        writes=(*update(replace(old, ended_at=now, ended_by="rotated")), *insert(new)),
    )


ACT: Final = Act(KEY_ROTATED, load, authorise, decide)
