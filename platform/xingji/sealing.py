"""Sealing what older versions stored in the clear: the step between two revisions that no migration can do.

A migration has the database and not the vault. So whoever migrates calls `upgrade` here: the schema up to where sealed
values have a place, then the values, then the rest of the schema, which has no place for plain ones. At a second run, and on a
new database, there is nothing to seal. What PostgreSQL kept of the old rows goes with VACUUM FULL; older backups and
archived WAL still hold them.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import asyncpg

from tenancy.database import Scope, TenantConnection, opening_sql
from tenancy.personal import PersonalValue, ensure_keys, seal_value
from xingji import migrate
from xingji.service import open_vault

EXPANDED: Final = "20261124_personal_keys"
ADVISORY_LOCK: Final = 0x78696E676A6A
"""Not the migrations' own, which they take within."""
_HAS_PLAIN: Final = """
SELECT count(*) > 0 FROM pg_attribute
WHERE attrelid = to_regclass('personal_values') AND attname = 'value' AND NOT attisdropped"""
_PLAIN: Final = """
SELECT tenant_id, commitment, subject_id, field, value, salt FROM personal_values
WHERE tenant_id = $1 AND sealed IS NULL FOR UPDATE"""
_SEAL: Final = """
UPDATE personal_values AS v SET sealed = u.sealed, value = NULL, salt = NULL
FROM unnest($2::bytea[], $3::bytea[]) AS u(commitment, sealed)
WHERE v.tenant_id = $1 AND v.commitment = u.commitment"""


def upgrade(owner_url: str, home: Path) -> int:
    """Migrate to the newest revision as the schema's owner; returns how many values were sealed on the way.

    The vault of the home is made only when there is something to seal. Blocks. Safe to repeat, and to race between processes.
    """
    return asyncio.run(_upgrade(owner_url, home))


async def _upgrade(owner_url: str, home: Path) -> int:
    owner, sealed = await asyncpg.connect(owner_url), 0
    try:
        await owner.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        if await owner.fetchval(_HAS_PLAIN):
            await asyncio.to_thread(migrate.upgrade, owner_url, EXPANDED)
            vault = open_vault(home)
            for tenant in await owner.fetch("SELECT id FROM tenants ORDER BY id"):
                scope = Scope(tenant["id"])
                await owner.execute(opening_sql(scope, read_only=False))
                sealed += await _seal_tenant(TenantConnection(owner, scope, vault))
                await owner.execute("COMMIT")
        await asyncio.to_thread(migrate.upgrade, owner_url)
        if sealed:
            await owner.execute("VACUUM (FULL) personal_values")
        return sealed
    finally:
        await owner.close()


async def _seal_tenant(tx: TenantConnection) -> int:
    values = [PersonalValue(**dict(row)) for row in await tx.raw.fetch(_PLAIN, tx.tenant_id)]
    keys = await ensure_keys(tx, {value.subject_id for value in values})
    sealed = [seal_value(keys[value.subject_id], value) for value in values]
    await tx.raw.execute(_SEAL, tx.tenant_id, [value.commitment for value in values], sealed)
    return len(values)
