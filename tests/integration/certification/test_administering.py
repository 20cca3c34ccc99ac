"""Administrators' acts against a real database: recorded, verifiable, kept within the tenant, repeatable, and without personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from audit.signer import Signer
from certification.acts import add_person, assign_role, end_grant, end_role, grant_oversight
from certification.acts.add_person import FirstRole
from certification.errors import (
    FieldRefusedError,
    GrantExistsError,
    LastAdministratorError,
    LoginTakenError,
    NotEntitledError,
    NotFoundError,
    RequestConflictError,
    RoleHeldError,
)
from certification.recording import Recorded, perform
from graphql_schema.mutations.boundary import follow_lists
from tenancy.database import Scope
from tenancy.identity import Principal
from tests.integration.certification.world import APRIL_26, CITY, COUNTIES, MAY_20, World, named

HASH: Final = "$argon2id$v=19$made-for-a-test"
LATER: Final = APRIL_26 + timedelta(hours=1)
STREET: Final = named("unit/2/s")
ROOT: Final = named("unit/2")


def person(login: str = "sun.wk", name: str = "孙悟空", *roles: tuple[str, UUID]) -> add_person.Command:
    return add_person.Command(tuple(FirstRole(*role) for role in roles), name, login, HASH)


async def add(world: World, command: add_person.Command, **how: Any) -> Recorded:
    return await world.act(add_person.ACT, command, "admin/2", APRIL_26, **how)


async def role_of(world: World, person_id: UUID, role: str) -> UUID:
    found = await world.value(
        2, "SELECT id FROM role_assignments WHERE person_id = $1 AND role = $2", person_id, role
    )
    return UUID(str(found))


async def test_a_person_with_a_role_is_recorded_and_the_ledger_verifies(world: World) -> None:
    before = await world.size(2)
    done = await add(world, person("sun.wk", "孙悟空", ("street_officer", STREET), ("auditor", ROOT)))
    assert (done.subject_type, done.receipt.seq, await world.size(2)) == ("person", before, before + 1)
    assert await world.value(2, "SELECT demo FROM credentials WHERE login = 'sun.wk'") is False
    assert (await world.verify(2)).ok


async def test_nothing_personal_or_secret_stands_in_an_entry(world: World) -> None:
    done = await add(world, person("sun.wk", "孙悟空", ("street_officer", STREET)))
    await world.act(
        assign_role.ACT, assign_role.Command(done.subject_id, "county_officer", ROOT), "admin/2", LATER
    )
    leaves = await world.value(2, "SELECT string_agg(leaf, '') FROM ledger_entries")
    assert str(done.subject_id) in leaves
    assert all(secret not in leaves for secret in ("孙悟空", "sun.wk", HASH, "argon2"))


async def test_a_retry_answers_the_first_receipt_whatever_the_salt_of_its_hash(world: World) -> None:
    first = await add(world, person(), request="once")
    again = await add(
        world, add_person.Command((), "孙悟空", "sun.wk", HASH + "-salted-anew"), request="once"
    )
    assert (again.receipt, again.subject_id, again.replayed) == (first.receipt, first.subject_id, True)
    assert await world.value(2, "SELECT password_hash FROM credentials WHERE login = 'sun.wk'") == HASH
    for other in (person("zhu.bj"), person(name="猪八戒"), person("sun.wk", "孙悟空", ("auditor", ROOT))):
        with pytest.raises(RequestConflictError):
            await add(world, other, request="once")
    assert await world.value(2, "SELECT count(*) FROM credentials WHERE login IN ('sun.wk', 'zhu.bj')") == 1


async def test_a_retry_is_answered_after_the_name_was_erased(world: World) -> None:
    first = await add(world, person(), request="once")
    async with world.database.write(Scope(2)) as tx:
        await tx.raw.execute("DELETE FROM personal_values WHERE subject_id = $1", first.subject_id)
    assert (await add(world, person(), request="once")).replayed
    assert (await world.verify(2)).code == "value_missing", "by no entry"


async def test_a_login_is_used_once_in_a_tenant_and_again_in_another(world: World) -> None:
    await add(world, person())
    with pytest.raises(LoginTakenError):
        await add(world, person(name="六耳猕猴"))
    await world.act(add_person.ACT, person(), "admin/3", APRIL_26)


@pytest.mark.parametrize("login", ["", "a", "Sun", "孙", ".sun", "sun wk", "s" * 65, "sun\n", "sun\0"])
async def test_a_login_has_its_form(world: World, login: str) -> None:
    before = await world.size(2)
    with pytest.raises(FieldRefusedError):
        await add(world, person(login))
    assert await world.size(2) == before


@pytest.mark.parametrize("who", ["county/2", "clerk/2/1", "idle/2", "admin/3", "city/1", "admin/1"])
async def test_nobody_but_an_administrator_of_the_county_changes_its_people(world: World, who: str) -> None:
    before = await world.size(2)
    held = await role_of(world, named("county/2"), "county_officer")
    grant = await world.value(2, "SELECT id FROM tenant_grants")
    for act, command in (
        (add_person.ACT, person()),
        (assign_role.ACT, assign_role.Command(named("idle/2"), "county_officer", ROOT)),
        (end_role.ACT, end_role.Command(held)),
        (grant_oversight.ACT, grant_oversight.Command(3, "audit")),
        (end_grant.ACT, end_grant.Command(UUID(str(grant)))),
    ):
        with pytest.raises(NotEntitledError):
            await as_someone(world, act, command, who)
    assert await world.size(2) == before


async def as_someone(world: World, act: Any, command: Any, who: str) -> Recorded:
    """In county 2, whoever it is and wherever from."""
    principal = world.principal(who)
    async with world.database.write(principal.acting_scope(2)) as tx:
        return await perform(tx, world.keys[2], act, command, principal, "x", lambda: APRIL_26)


async def test_people_units_roles_and_grants_of_another_tenant_do_not_exist_here(world: World) -> None:
    theirs = await world.value(3, "SELECT id FROM role_assignments WHERE person_id = $1", named("county/3"))
    their_grant = await world.value(3, "SELECT id FROM tenant_grants")
    for act, command in (
        (add_person.ACT, person("a.b", "甲", ("street_officer", named("unit/3/s")))),
        (assign_role.ACT, assign_role.Command(named("county/3"), "county_officer", ROOT)),
        (assign_role.ACT, assign_role.Command(named("idle/2"), "county_officer", named("unit/3"))),
        (assign_role.ACT, assign_role.Command(named("idle/2"), "city_officer", named("unit/1"))),
        (end_role.ACT, end_role.Command(UUID(str(theirs)))),
        (end_grant.ACT, end_grant.Command(UUID(str(their_grant)))),
        (grant_oversight.ACT, grant_oversight.Command(99, "audit")),
    ):
        with pytest.raises(NotFoundError):
            await world.act(act, command, "admin/2", APRIL_26)


async def test_an_officer_acts_from_the_moment_of_the_role_until_its_end(world: World) -> None:
    campaign = await world.open()
    application = await world.endorsed(campaign, 2)
    with pytest.raises(NotEntitledError):  # a moment before the role begins
        await world.opinion(application, 2, "county", "idle/2", LATER - timedelta(microseconds=1))
    await world.act(
        assign_role.ACT, assign_role.Command(named("idle/2"), "county_officer", ROOT), "admin/2", LATER
    )
    with pytest.raises(RoleHeldError):
        await world.act(
            assign_role.ACT, assign_role.Command(named("idle/2"), "county_officer", ROOT), "admin/2", LATER
        )
    held = await role_of(world, named("idle/2"), "county_officer")
    ended = LATER + timedelta(minutes=5)
    await world.opinion(application, 2, "county", "idle/2", ended - timedelta(microseconds=1))
    await world.act(end_role.ACT, end_role.Command(held), "admin/2", ended)
    for moment in (ended, ended - timedelta(microseconds=1)):  # a clock that was put back brings no role back
        with pytest.raises(NotEntitledError):
            await world.opinion(application, 2, "county", "idle/2", moment)
    assert (await world.verify(2)).ok


async def test_the_last_administrator_who_can_sign_in_cannot_be_ended(world: World) -> None:
    role = await role_of(world, named("admin/2"), "tenant_administrator")
    with pytest.raises(LastAdministratorError):
        await world.act(end_role.ACT, end_role.Command(role), "admin/2", LATER)
    await world.act(  # has no login
        assign_role.ACT, assign_role.Command(named("idle/2"), "tenant_administrator", ROOT), "admin/2", LATER
    )
    with pytest.raises(LastAdministratorError):
        await world.act(end_role.ACT, end_role.Command(role), "idle/2", LATER)
    added = await add(world, person("sun.wk", "孙悟空", ("tenant_administrator", ROOT)))
    await world.act(end_role.ACT, end_role.Command(role), "admin/2", LATER)
    with pytest.raises(NotEntitledError):
        await world.act(end_role.ACT, end_role.Command(role), "admin/2", LATER)
    other = await role_of(world, added.subject_id, "tenant_administrator")
    with pytest.raises(LastAdministratorError):
        await world.act(end_role.ACT, end_role.Command(other), "idle/2", LATER)
    assert (await world.verify(2)).ok


async def test_a_grant_stops_the_citys_acts_until_it_is_given_again(world: World) -> None:
    campaign = await world.open()
    application = await world.endorsed(campaign, 2)
    await world.opinion(application, 2, "county", "county/2", APRIL_26)
    grant = UUID(str(await world.value(2, "SELECT id FROM tenant_grants WHERE scope = 'oversee'")))
    with pytest.raises(GrantExistsError):
        await world.act(grant_oversight.ACT, grant_oversight.Command(CITY, "oversee"), "admin/2", LATER)
    await world.act(end_grant.ACT, end_grant.Command(grant), "admin/2", LATER)
    review = datetime(2022, 5, 17, 2, tzinfo=UTC)
    with pytest.raises(NotEntitledError):
        await world.opinion(application, 2, "city", "city/1", review)
    await world.act(grant_oversight.ACT, grant_oversight.Command(CITY, "oversee"), "admin/2", review)
    await world.opinion(application, 2, "city", "city/1", review)
    await world.act(grant_oversight.ACT, grant_oversight.Command(3, "audit"), "admin/2", review)
    assert (await world.verify(2)).ok


@dataclass(frozen=True)
class KeysOnly:
    """A desk that signs."""

    world: World
    demo: bool = False

    def get_signer(self, tenant_id: int) -> Signer:
        return self.world.keys[tenant_id]

    def issue_token(self, principal: Principal) -> tuple[str, datetime]:
        raise AssertionError("nobody signs in here")


async def test_a_county_that_ended_its_grant_does_not_follow_and_holds_nobody_up(world: World) -> None:
    campaign = await world.open()
    applications = {county: await world.visited(campaign, county) for county in (2, 3)}
    await world.publicised(campaign, await world.ranked(campaign, applications, 2))
    grant = UUID(str(await world.value(2, "SELECT id FROM tenant_grants")))
    await world.act(end_grant.ACT, end_grant.Command(grant), "admin/2", MAY_20)
    city = Scope(CITY, granted=COUNTIES)
    followed = await follow_lists(world.database, KeysOnly(world), city, MAY_20)
    assert [one.receipt.origin for one in followed.done] == ["xingji.example/3"]
    assert [(one.tenant_id, code) for one, code in followed.left] == [(2, "actor.not_entitled")]
    assert await world.status(2, applications[2]) == "site_visited"
    await world.act(grant_oversight.ACT, grant_oversight.Command(CITY, "oversee"), "admin/2", MAY_20)
    assert len((await follow_lists(world.database, KeysOnly(world), city, MAY_20)).done) == 1
    assert await world.status(2, applications[2]) == "publicised"


async def test_a_person_cannot_be_written_beside_the_ledger(world: World) -> None:
    with pytest.raises(asyncpg.PostgresError):
        async with world.database.write(Scope(2)) as tx:
            await tx.raw.execute(
                "INSERT INTO people (tenant_id, id, created_at) VALUES ($1, $2, $3)",
                2,
                named("stowaway"),
                APRIL_26,
            )
