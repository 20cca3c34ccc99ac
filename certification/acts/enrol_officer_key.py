"""An officer enrols a key of their own (登记密钥); it signs nothing before two administrators have vouched for it.

Decided [D]: everybody with a role may enrol, in the own tenant. An enrolled key that nobody certifies does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from audit.entry import Subject
from audit.officers import ENROLLED
from certification.changes import Act, Change, Context, insert
from certification.life import Actor
from certification.signing.errors import KeyKnownError
from certification.signing.holding import check_officer, check_proof, declared
from certification.signing.model import OfficerKey, key_row_id
from certification.signing.reading import find_key
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import tenants

ORIGIN: Final = statement(select(tenants.c.origin).where(tenants.c.id == bindparam("tenant_id")))


@dataclass(frozen=True, slots=True)
class Command:
    """The raw public key (32 bytes), and its signature that shows possession."""

    public_key: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class State:
    """The tenant, its log's name, and whether the key was declared before."""

    tenant_id: int
    origin: str
    known: bool


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Whether the log knows the key."""
    origin = str((await tx.one(ORIGIN))["origin"])
    return State(tx.tenant_id, origin, await find_key(tx, key_row_id(command.public_key)) is not None)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """Whoever has a role."""
    return check_officer(state.tenant_id, "enrol_officer_key", "登记密钥", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The key, waiting. Raises KeyProofError, KeyKnownError."""
    person = context.actor.person_id
    check_proof(state.origin, person, command.public_key, command.proof)
    if state.known:
        raise KeyKnownError
    told = declared(command.public_key, command.proof)
    key_id = key_row_id(command.public_key)
    key = OfficerKey(
        state.tenant_id, key_id, str(told["key"]), command.public_key, state.tenant_id, person, context.now
    )
    return Change(ENROLLED, Subject("officer_key", key.id, 1), told, insert(key))


ACT: Final = Act(ENROLLED, load, authorise, decide)
