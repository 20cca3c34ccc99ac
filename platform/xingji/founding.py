"""Founding an installation: registry rows as the owner, then each tenant's ledger, units and people as the application.

Repeating goes on where it stopped: a tenant that has its ledger is left as it is. Signing keys are made here, outside the database.
Decided [D]: every county grants its city oversight and audit at its founding; its administrator may end both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import asyncpg

from audit.errors import LedgerMissingError, SigningRefusedError
from audit.guard import Guard
from audit.ledger import get_head
from audit.signer import Signer
from certification.founding import Founding, Person, found_tenant
from tenancy.database import Database, Scope
from tenancy.divisions import Tenancy, UnitRows, tenancies, tenant_rows, unit_id
from tenancy.identity import GrantScope
from xingji.errors import DomainDiffersError, HeadKeptError
from xingji.service import open_keys

_REGISTER: Final = """
INSERT INTO tenants (id, code, name, level, parent_id, unit_id, origin) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO NOTHING"""


def make_founding(tenant: Tenancy, rows: UnitRows, people: Sequence[Person]) -> Founding:
    """What a tenant begins with: its units, these people, and a county's grants to its city."""
    grants = () if tenant.parent_id is None else tuple((tenant.parent_id, scope) for scope in GrantScope)
    return Founding(unit_id(tenant.code), rows.units, rows.codes, rows.lineages, people, grants)


async def found_installation(
    owner_url: str,
    database: Database,
    home: Path,
    domain: str,
    founding_of: Callable[[Tenancy], Founding],
    now: datetime,
    show: Callable[[int, int], None],
    guard: Guard | None = None,
    *,
    national: bool = False,
) -> int:
    """Found what is not founded yet; `show` hears (tenants done, of how many). Returns how many were founded.

    With `national` each log declares an SM2 key as it is opened. Raises NationalMissingError without GmSSL.

    Raises DomainDiffersError when the database was founded, or begun, under another domain: a log's origin is for ever; HeadKeptError
    when the guard's folder holds a head of a ledger that the database does not have: it would get a second history.
    """
    await _register(owner_url, domain)
    keys, founded, all_tenants = open_keys(home), 0, tenancies()
    for number, tenant in enumerate(all_tenants, start=1):
        if not await _is_founded(database, tenant.id):
            origin = f"{domain}/{tenant.code}"
            signer: Signer = keys.find(origin) or keys.create(origin)
            signer = signer if guard is None else guard.watch(signer)
            try:
                async with database.write(Scope(tenant.id)) as tx:
                    sm2 = keys.nationals.create(origin).key if national else None
                    await found_tenant(tx, signer, founding_of(tenant), now, sm2)
            except SigningRefusedError as error:
                raise HeadKeptError(origin=origin, folder=guard.store.directory if guard else "-") from error
            founded += 1
        show(number, len(all_tenants))
    return founded


async def _register(owner_url: str, domain: str) -> None:
    owner = await asyncpg.connect(owner_url)
    try:
        columns = ("id", "code", "name", "level", "parent_id", "unit_id", "origin")
        rows = [tuple(row[name] for name in columns) for row in tenant_rows(domain)]
        await owner.executemany(_REGISTER, rows)
        found = {row["id"]: row["origin"] for row in await owner.fetch("SELECT id, origin FROM tenants")}
        for row in tenant_rows(domain):
            if found[row["id"]] != row["origin"]:
                raise DomainDiffersError(origin=found[row["id"]], domain=domain)
    finally:
        await owner.close()


async def _is_founded(database: Database, tenant_id: int) -> bool:
    async with database.read(Scope(tenant_id)) as tx:
        try:
            await get_head(tx.raw, tenant_id)
        except LedgerMissingError:
            return False
    return True
