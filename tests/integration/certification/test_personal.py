"""Personal values of acts: sealed in the database, compared at a retry as far as they are left, verified against the log."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from audit.online import verify_stored
from certification.acts import save_form
from certification.errors import RequestConflictError
from certification.forms import Contact
from certification.recording import Recorded
from tenancy.database import Scope
from tenancy.personal import erase, insert_values, read_values
from tests.integration.certification.world import APRIL_26, AUDITED, CONTACT, World

OTHER = Contact(CONTACT.name, CONTACT.fixed_phone, "13900000000")


@pytest.fixture
async def application(world: World) -> UUID:
    return await world.file(await world.open(), 2)


async def save(world: World, application: UUID, contact: Contact = CONTACT) -> Recorded:
    command = save_form.Command(application, "情况", "材料", contact)
    return await world.act(save_form.ACT, command, "clerk/2/1", APRIL_26, request="form")


async def run(world: World, sql: str, *arguments: object) -> None:
    async with world.database.write(Scope(2)) as tx:
        await tx.raw.execute(sql, *arguments)


async def test_no_table_holds_a_contact_or_a_name_in_the_clear(world: World, application: UUID) -> None:
    await save(world, application)
    held = ""
    async with world.database.read(Scope(2)) as tx:
        for table in await tx.raw.fetch(
            "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        ):
            rows = await tx.raw.fetch(f"SELECT t::text AS row FROM {table['name']} t")
            held += "".join(row["row"] for row in rows)
    assert "社区基本情况" not in held and "情况" in held
    for secret in (*CONTACT.values().values(), "经办1", "县局二", "管理员"):
        assert secret not in held and secret.encode().hex() not in held


async def test_a_version_s_contact_is_read_back(world: World, application: UUID) -> None:
    done = await save(world, application)
    async with world.database.read(Scope(2)) as tx:
        stored = (await read_values(tx, [done.first_id]))[done.first_id]
    assert {field: value.value for field, value in stored.items()} == CONTACT.values()


async def test_a_contact_deleted_without_an_entry_is_gone_and_refutes_the_log(
    world: World, application: UUID
) -> None:
    done = await save(world, application)
    async with world.database.write(Scope(2)) as tx:
        await erase(tx, done.first_id)
    async with world.database.read(Scope(2)) as tx:
        assert await read_values(tx, [done.first_id]) == {}
    verdict = await world.verify(2)
    assert (verdict.ok, verdict.code) == (False, "value_missing") and "form_versions" in verdict.en
    for contact in (CONTACT, OTHER):
        assert (await save(world, application, contact)).replayed


@pytest.mark.parametrize("erased", ["mobile_phone", "fixed_phone"])
async def test_what_is_left_of_a_contact_is_compared(world: World, application: UUID, erased: str) -> None:
    await save(world, application)
    await run(world, "DELETE FROM personal_values WHERE field = $1", erased)
    assert (await save(world, application)).replayed
    assert (await save(world, application, replace(CONTACT, **{erased: "13911111111"}))).replayed
    kept = "fixed_phone" if erased == "mobile_phone" else "mobile_phone"
    for other in (replace(CONTACT, **{kept: "13911111111"}), replace(CONTACT, name="别人")):
        with pytest.raises(RequestConflictError):
            await save(world, application, other)
    # Which fields there were is in the version itself, and is never erased.
    with pytest.raises(RequestConflictError):
        await save(world, application, replace(CONTACT, **{erased: None}))


@pytest.mark.parametrize(
    ("code", "sql"),
    [
        ("value_unopenable", "UPDATE personal_keys SET kek_id = 'gone' WHERE subject_id = $1"),
        (
            "value_unopenable",
            "UPDATE personal_keys SET wrapped = sealed FROM personal_values v"
            " WHERE v.subject_id = $1 AND personal_keys.subject_id = v.subject_id",
        ),
        ("value_changed", None),
    ],
)
async def test_a_value_that_does_not_open_is_named(
    world: World, application: UUID, code: str, sql: str | None
) -> None:
    done = await save(world, application)
    if sql is not None:
        await run(world, sql, done.first_id)
    else:
        await forge(world, done.first_id)
    verdict = await world.verify(2)
    assert (verdict.ok, verdict.code) == (False, code)
    assert str(done.first_id) in verdict.en
    assert not any(value in verdict.zh + verdict.en for value in CONTACT.values().values())


async def forge(world: World, subject: UUID) -> None:
    """Somebody with vault and database puts another telephone in the place of the one that was given."""
    async with world.database.write(Scope(2)) as tx:
        value = (await read_values(tx, [subject]))[subject]["mobile_phone"]
        await tx.raw.execute("DELETE FROM personal_values WHERE commitment = $1", value.commitment)
        await insert_values(tx, [replace(value, value="13900000000")])


async def test_without_the_vault_the_verdict_says_what_was_not_checked(
    world: World, application: UUID
) -> None:
    done = await save(world, application)
    await forge(world, done.first_id)
    async with world.database.read(Scope(2)) as tx:
        verdict = await verify_stored(tx.raw, 2, world.keys[2].verifier_key, AUDITED)
    assert verdict.ok and verdict.values_checked is False
    assert "NOT checked" in verdict.en and "未核对" in verdict.zh
    assert verdict.to_json()["values_checked"] is False
