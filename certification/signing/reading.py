"""Reading officers' keys and policies, and where the log says so."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Text, and_, bindparam, cast, func, select

from audit.entry import Cite
from audit.tables import ledger_entries, ledger_heads, ledger_rows
from certification.acts.administering import ROLE
from certification.errors import NotFoundError
from certification.reading import entity
from certification.signing.model import OfficerKey, SigningPolicy
from certification.signing.tables import officer_keys, signing_policies
from tenancy.database import TenantConnection
from tenancy.identity import in_force
from tenancy.statements import statement
from tenancy.tables import role_assignments

_KEY = statement(
    select(officer_keys).where(
        officer_keys.c.tenant_id == bindparam("tenant_id"), officer_keys.c.id == bindparam("key_id")
    )
)
_IN_FORCE = (officer_keys.c.certified_at.is_not(None), officer_keys.c.ended_at.is_(None))
_KEY_OF = statement(
    select(officer_keys).where(
        officer_keys.c.tenant_id == bindparam("where"),
        officer_keys.c.home_tenant_id == bindparam("home"),
        officer_keys.c.person_id == bindparam("person"),
        *_IN_FORCE,
    )
)
# The entry that recorded a row as it is now.
_SAID = statement(
    select(ledger_heads.c.origin, ledger_entries.c.seq, ledger_entries.c.hash)
    .select_from(ledger_rows)
    .join(
        ledger_entries,
        and_(
            ledger_entries.c.tenant_id == ledger_rows.c.tenant_id, ledger_entries.c.seq == ledger_rows.c.seq
        ),
    )
    .join(ledger_heads, ledger_heads.c.tenant_id == ledger_rows.c.tenant_id)
    .where(
        ledger_rows.c.tenant_id == bindparam("where"),
        ledger_rows.c.table_name == officer_keys.name,
        ledger_rows.c.row_key == cast(bindparam("key_id"), Text),
    )
    .order_by(ledger_rows.c.seq.desc())
    .limit(1)
)
_POLICY = statement(
    select(signing_policies)
    .where(signing_policies.c.tenant_id == bindparam("tenant_id"))
    .order_by(signing_policies.c.number.desc())
    .limit(1)
)
_POLICY_OF = statement(
    select(signing_policies).where(
        signing_policies.c.tenant_id == bindparam("tenant_id"), signing_policies.c.id == bindparam("policy")
    )
)
_POLICY_IN_FORCE = statement(
    select(signing_policies)
    .where(signing_policies.c.tenant_id == bindparam("tenant_id"), signing_policies.c.set_at.is_not(None))
    .order_by(signing_policies.c.number.desc())
    .limit(1)
)
_ADMINISTRATORS = statement(
    select(func.count(func.distinct(officer_keys.c.person_id)))
    .select_from(officer_keys)
    .join(
        role_assignments,
        and_(
            role_assignments.c.tenant_id == officer_keys.c.tenant_id,
            role_assignments.c.person_id == officer_keys.c.person_id,
        ),
    )
    .where(
        officer_keys.c.tenant_id == bindparam("tenant_id"),
        officer_keys.c.home_tenant_id == bindparam("tenant_id"),
        *_IN_FORCE,
        role_assignments.c.role == ROLE,
        in_force(role_assignments),
    )
)


async def find_key(tx: TenantConnection, key_id: UUID) -> OfficerKey | None:
    """A key of the bound tenant's log."""
    row = await tx.first(_KEY, key_id=key_id)
    return None if row is None else entity(OfficerKey, row)


async def get_key(tx: TenantConnection, key_id: UUID) -> OfficerKey:
    """A key of the bound tenant's log. Raises NotFoundError."""
    key = await find_key(tx, key_id)
    if key is None:
        raise NotFoundError(what="key", what_zh="密钥")
    return key


async def find_key_of(tx: TenantConnection, where: int, home: int, person: UUID) -> OfficerKey | None:
    """The key in force of a person of tenant `home`, in the log of tenant `where`."""
    row = await tx.first(_KEY_OF, where=where, home=home, person=person)
    return None if row is None else entity(OfficerKey, row)


async def get_cite(tx: TenantConnection, where: int, key_id: UUID) -> Cite:
    """The entry of tenant `where` that made a key what it is there."""
    row = await tx.one(_SAID, where=where, key_id=str(key_id))
    return Cite(row["origin"], row["seq"], row["hash"])


async def find_policy(tx: TenantConnection) -> SigningPolicy | None:
    """The tenant's last policy, in force or proposed."""
    row = await tx.first(_POLICY)
    return None if row is None else entity(SigningPolicy, row)


async def find_policy_of(tx: TenantConnection, policy_id: UUID) -> SigningPolicy | None:
    """One policy of the tenant."""
    row = await tx.first(_POLICY_OF, policy=policy_id)
    return None if row is None else entity(SigningPolicy, row)


async def find_in_force(tx: TenantConnection) -> SigningPolicy | None:
    """The policy that holds."""
    row = await tx.first(_POLICY_IN_FORCE)
    return None if row is None else entity(SigningPolicy, row)


async def count_keyed_administrators(tx: TenantConnection, now: object) -> int:
    """How many administrators of the bound tenant have a key in force."""
    return int((await tx.one(_ADMINISTRATORS, now=now))[0])
