"""Founding tenants of the real divisions: whole, quickly enough, verifiable, and once."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.errors import LedgerExistsError
from audit.keys import Ed25519Signer
from audit.online import verify_stored
from certification.founding import Founding, Login, Person, found_tenant
from tenancy.database import Database, Scope
from tenancy.divisions import get_tenancy, tenant_rows, unit_id, units_of
from tenancy.personal import value_reader
from tenancy.vault import FileVault
from tests.integration.certification.world import AUDITED, FOUNDED, named
from tests.support import DatabaseUrls

TAIKANG = "411627"


@pytest.fixture
def signer() -> Ed25519Signer:
    return Ed25519Signer(f"xingji.example/{TAIKANG}", Ed25519PrivateKey.generate())


def a_founding() -> Founding:
    rows, root = units_of(TAIKANG), unit_id(TAIKANG)
    people = [
        Person(named("officer"), "王主任", (("county_officer", root),), Login("officer", "$argon2id$", True)),
        Person(named("auditor"), "审计", ()),
    ]
    return Founding(root, rows.units, rows.codes, rows.lineages, people, grants=((1, "oversee"),))


async def register(database: DatabaseUrls) -> int:
    owner = await asyncpg.connect(database.owner)
    names = ("id", "code", "name", "level", "parent_id", "unit_id", "origin")
    await owner.executemany(
        f"INSERT INTO tenants ({', '.join(names)}) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [tuple(row[name] for name in names) for row in tenant_rows("xingji.example")],
    )
    await owner.close()
    return get_tenancy(TAIKANG).id


async def test_a_county_of_real_divisions_is_founded_and_verifies(
    database: DatabaseUrls, signer: Ed25519Signer, vault: FileVault
) -> None:
    tenant = await register(database)
    app = await Database.connect(database.app, vault=vault)
    async with asyncio.timeout(20), app.write(Scope(tenant)) as tx:
        receipts = await found_tenant(tx, signer, a_founding(), FOUNDED)
    founding = a_founding()
    assert [receipt.seq for receipt in receipts] == list(range(1, len(receipts) + 1))
    async with app.read(Scope(tenant)) as tx:
        values = value_reader(vault)
        verdict = await verify_stored(tx.raw, tenant, signer.verifier_key, AUDITED, values=values)
        assert verdict.ok and verdict.values_checked, verdict
    async with app.read(Scope(tenant)) as tx:
        counted = {
            name: await tx.raw.fetchval(f"SELECT count(*) FROM {name}")
            for name in (
                "units",
                "unit_codes",
                "people",
                "personal_values",
                "role_assignments",
                "tenant_grants",
            )
        }
        largest = await tx.raw.fetchval("SELECT max(octet_length(leaf)) FROM ledger_entries")
        leaves = await tx.raw.fetchval("SELECT string_agg(leaf, '') FROM ledger_entries")
    await app.close()
    assert counted == {
        "units": len(founding.units),
        "unit_codes": len(founding.codes),
        "people": 2,
        "personal_values": 2,
        "role_assignments": 1,
        "tenant_grants": 1,
    }
    assert len(founding.units) > 500
    assert largest <= 65_535
    assert "王主任" not in leaves


async def test_a_tenant_is_founded_once(
    database: DatabaseUrls, signer: Ed25519Signer, vault: FileVault
) -> None:
    tenant = await register(database)
    app = await Database.connect(database.app, vault=vault)
    small = Founding(UUID(int=1), (), (), people=(Person(named("one"), "甲", ()),))
    async with app.write(Scope(tenant)) as tx:
        await found_tenant(tx, signer, small, FOUNDED)
    with pytest.raises(LedgerExistsError):
        async with app.write(Scope(tenant)) as tx:
            await found_tenant(tx, signer, small, FOUNDED)
    async with app.read(Scope(tenant)) as tx:
        assert await tx.raw.fetchval("SELECT size FROM ledger_heads") == 2
    await app.close()
