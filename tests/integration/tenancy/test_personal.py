"""Personal values at rest: nothing plain in any column, opened in their own place alone, erased whole."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid5

import asyncpg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from certification.tables import metadata
from tenancy.database import Database, Scope
from tenancy.errors import ForeignRowError, InvariantError, UnopenableError
from tenancy.personal import (
    PersonalValue,
    erase,
    find_kek_ids,
    insert_values,
    read_values,
    rewrap_keys,
    value_reader,
)
from tenancy.vault import FileVault
from tests.integration.tenancy.conftest import Place
from tests.support import DatabaseUrls

FORM, PERSON = UUID(int=71), UUID(int=72)
PHONE, NAME = "13800138000", "欧阳震华"


def a_value(field: str, value: str, subject: UUID = FORM, tenant: int = 3) -> PersonalValue:
    commitment = uuid5(subject, f"{tenant}/{field}").bytes * 2
    return PersonalValue(tenant, commitment, subject, field, value, secrets.token_bytes(32))


def some_values() -> list[PersonalValue]:
    return [a_value("mobile_phone", PHONE), a_value("contact_name", NAME), a_value("name", NAME, PERSON)]


async def store(place: Place, values: list[PersonalValue]) -> None:
    async with place.database.write(Scope(values[0].tenant_id)) as tx:
        await insert_values(tx, values)


async def read(place: Place, *subjects: UUID, tenant: int = 3) -> dict[UUID, dict[str, PersonalValue]]:
    async with place.database.read(Scope(tenant)) as tx:
        return await read_values(tx, subjects)


async def test_values_come_back_as_given(place: Place) -> None:
    values = some_values()
    await store(place, values[:1])
    await store(place, values[1:])
    phone, contact, name = values
    assert await read(place, FORM, PERSON, UUID(int=1)) == {
        FORM: {"mobile_phone": phone, "contact_name": contact},
        PERSON: {"name": name},
    }
    assert await place.root.fetchval("SELECT count(*) FROM personal_keys") == 2


async def test_nothing_plain_stands_in_any_column(place: Place) -> None:
    values = some_values()
    await store(place, values)
    secret = [part for value in values for part in (value.value.encode(), value.salt)]
    secret += [part.hex().encode() for part in secret]
    seen = 0
    for table in metadata.sorted_tables:
        for row in await place.root.fetch(f"SELECT * FROM {table.name}"):
            for held in row.values():
                text = held if isinstance(held, bytes) else str(held).encode()
                assert not any(part in text for part in secret), table.name
                seen += 1
    assert seen > 20


async def test_another_tenant_s_value_is_not_taken(place: Place) -> None:
    with pytest.raises(ForeignRowError):
        await store(place, [a_value("name", NAME), a_value("name", NAME, tenant=4)])
    assert await place.root.fetchval("SELECT count(*) FROM personal_keys") == 0


@pytest.mark.parametrize(
    "moved",
    [
        "UPDATE personal_values SET tenant_id = 4; UPDATE personal_keys SET tenant_id = 4",
        f"UPDATE personal_values SET subject_id = '{PERSON}' WHERE subject_id = '{FORM}'",
        "UPDATE personal_values SET field = 'fixed_phone' WHERE field = 'mobile_phone'",
        "UPDATE personal_values SET commitment = sha256('other') WHERE field = 'mobile_phone'",
        "UPDATE personal_values SET sealed = set_byte(sealed, 20, 1 # get_byte(sealed, 20)) WHERE field = 'mobile_phone'",
        "UPDATE personal_values SET sealed = '' WHERE field = 'mobile_phone'",
        "UPDATE personal_keys SET wrapped = (SELECT wrapped FROM personal_keys WHERE subject_id = "
        f"'{PERSON}') WHERE subject_id = '{FORM}'",
        "UPDATE personal_keys SET kek_id = 'other'",
        "UPDATE personal_values SET sealed = (SELECT sealed FROM personal_values WHERE field = 'contact_name')"
        " WHERE field = 'mobile_phone'",
    ],
)
async def test_what_was_moved_or_changed_does_not_open(place: Place, moved: str) -> None:
    await store(place, some_values())
    await place.root.execute(moved)
    tenant = await place.root.fetchval("SELECT min(tenant_id) FROM personal_values")
    with pytest.raises(UnopenableError):
        await read(place, FORM, PERSON, tenant=tenant)


async def test_an_erased_subject_is_gone_and_the_others_stay(place: Place) -> None:
    await store(place, some_values())
    async with place.database.write(Scope(3)) as tx:
        await erase(tx, FORM)
    assert (await read(place, FORM, PERSON)).keys() == {PERSON}
    assert await place.root.fetchval("SELECT count(*) FROM personal_keys") == 1
    assert await place.root.fetchval("SELECT count(*) FROM personal_values") == 1


async def test_a_value_without_its_key_counts_as_erased(place: Place, vault: FileVault) -> None:
    await store(place, some_values())
    await place.root.execute("DELETE FROM personal_keys WHERE subject_id = $1", FORM)
    assert (await read(place, FORM, PERSON)).keys() == {PERSON}
    async with place.database.read(Scope(3)) as tx:
        found = [row async for row in value_reader(vault)(tx.raw, 3)]
    assert [row[2] for row in found] == [PERSON]


async def test_a_later_value_is_sealed_under_the_key_that_is_there(place: Place) -> None:
    phone, contact, _ = some_values()
    await store(place, [phone])
    before = await place.root.fetchrow("SELECT * FROM personal_keys")
    await store(place, [contact])
    assert await place.root.fetchrow("SELECT * FROM personal_keys") == before
    assert (await read(place, FORM))[FORM].keys() == {"mobile_phone", "contact_name"}


async def test_rewrapping_leaves_values_as_they_are_and_ends_older_keys(
    database: DatabaseUrls, tmp_path: Path
) -> None:
    vault = FileVault(tmp_path / "vault", lambda: [b"secret"])
    app = await Database.connect(database.app, vault=vault)
    root = await asyncpg.connect(database.superuser)
    values = some_values()
    try:
        async with app.write(Scope(3)) as tx:
            await insert_values(tx, values)
        old_keys = await root.fetch("SELECT * FROM personal_keys")
        sealed = await root.fetch("SELECT * FROM personal_values ORDER BY commitment")
        for _ in range(2):
            async with app.write(Scope(3)) as tx:
                vault.forget(3, await find_kek_ids(tx))
                fresh = vault.rotate(3)
                assert await rewrap_keys(tx) == 2
        assert await root.fetch("SELECT * FROM personal_values ORDER BY commitment") == sealed
        assert {row["kek_id"] for row in await root.fetch("SELECT * FROM personal_keys")} == {fresh}
        async with app.read(Scope(3)) as tx:
            assert (await read_values(tx, [PERSON]))[PERSON]["name"] == values[2]
        # A copy of the rows from before two rotations gives nothing up.
        for row in old_keys:
            await root.execute(
                "UPDATE personal_keys SET wrapped = $2, kek_id = $3 WHERE subject_id = $1",
                row["subject_id"],
                row["wrapped"],
                row["kek_id"],
            )
        with pytest.raises(UnopenableError):
            async with app.read(Scope(3)) as tx:
                await read_values(tx, [PERSON])
    finally:
        await app.close()
        await root.close()


async def test_without_a_vault_nothing_is_stored_or_opened(place: Place) -> None:
    await store(place, some_values())
    app = await Database.connect(place.urls.app)
    try:
        with pytest.raises(InvariantError):
            async with app.read(Scope(3)) as tx:
                await read_values(tx, [FORM])
        with pytest.raises(InvariantError):
            async with app.write(Scope(3)) as tx:
                await insert_values(tx, [a_value("name", NAME, UUID(int=73))])
    finally:
        await app.close()


async def test_a_value_under_another_salt_is_told_apart_by_what_it_opens_to(
    place: Place, vault: FileVault
) -> None:
    value = a_value("name", NAME, PERSON)
    await store(place, [replace(value, value="别人")])
    async with place.database.read(Scope(3)) as tx:
        ((commitment, field, subject, opened),) = [row async for row in value_reader(vault)(tx.raw, 3)]
    assert (commitment, field, subject) == (value.commitment, "name", PERSON)
    assert opened == ("别人".encode(), value.salt)


async def test_the_page_of_formats_is_enough_to_open_a_value(database: DatabaseUrls, tmp_path: Path) -> None:
    """Written from docs/formats/vault.md alone, with nothing of ours."""
    app = await Database.connect(database.app, vault=FileVault(tmp_path, lambda: [b"secret"]))
    root = await asyncpg.connect(database.superuser)
    value = a_value("mobile_phone", PHONE)
    try:
        async with app.write(Scope(3)) as tx:
            await insert_values(tx, [value])
        key = await root.fetchrow("SELECT * FROM personal_keys")
        row = await root.fetchrow("SELECT * FROM personal_values")
    finally:
        await app.close()
        await root.close()

    def opened(under: bytes, sealed: bytes, *bound: bytes) -> bytes:
        return AESGCM(under).decrypt(sealed[:12], sealed[12:], b"\0".join(bound))

    told = json.loads((tmp_path / "3" / f"{key['kek_id']}.kek").read_text())
    master = hashlib.scrypt(b"secret", salt=bytes.fromhex(told["salt"]), n=16384, r=8, p=1, dklen=32)
    kek = opened(master, bytes.fromhex(told["kek"]), b"xingji-kek-1", b"3", key["kek_id"].encode())
    subject = str(FORM).encode()
    data_key = opened(kek, key["wrapped"], b"xingji-data-key-1", b"3", subject, key["kek_id"].encode())
    plain = opened(
        data_key, row["sealed"], b"xingji-personal-1", b"3", subject, b"mobile_phone", row["commitment"]
    )
    assert plain == value.salt + PHONE.encode()
