"""Sign-in, lock-out and standing against a real server."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenancy.access import record_refusal
from tenancy.database import Scope
from tenancy.divisions import tenant_rows, unit_id, units_of
from tenancy.errors import PasswordRefusedError, SignInError, WeakPasswordError
from tenancy.identity import Principal, Role, RoleName, load_standing
from tenancy.sign_in import FAILURES, LOCKED, change_password, hash_password, sign_in
from tests.integration.tenancy.conftest import Place

NOW = datetime(2022, 4, 25, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
CITY, COUNTY, OTHER = 1, 2, 3
PASSWORD = "周口 correct horse"
ENCODED = hash_password(PASSWORD)
CITY_UNIT, COUNTY_UNIT = unit_id("411600"), unit_id("411602")


async def add_person(
    place: Place,
    tenant: int,
    login: str,
    *roles: tuple[RoleName, UUID],
    demo: bool = False,
    until: Any = None,
) -> UUID:
    person = uuid4()
    row = {"tenant_id": tenant, "person_id": person, "login": login, "password_hash": ENCODED, "demo": demo}
    await place.seed("credentials", row)
    for name, unit in roles:
        assigned = {
            "tenant_id": tenant,
            "id": uuid4(),
            "person_id": person,
            "role": name.value,
            "unit_id": unit,
        }
        await place.seed("role_assignments", {**assigned, "valid_from": NOW - YEAR, "valid_to": until})
    return person


@pytest.fixture
async def city(place: Place) -> Place:
    """The real tenants with a county's and the city's units; the county granted the city `oversee`."""
    await place.seed("tenants", *tenant_rows("xingji.example"))
    for code in ("411600", "411602"):
        rows = units_of(code)
        await place.seed("units", *(row for row in rows.units if row["kind"] not in ("community", "village")))
    grant = {"tenant_id": COUNTY, "id": uuid4(), "grantee_tenant_id": CITY, "scope": "oversee"}
    await place.seed("tenant_grants", {**grant, "valid_from": NOW - YEAR})
    return place


async def attempt(
    place: Place, login: str, password: str, at: datetime = NOW, demo_allowed: bool = False
) -> bool:
    try:
        await sign_in(place.database, "411602", login, password, at, demo_allowed)
    except SignInError:
        return False
    return True


async def failures(place: Place) -> tuple[int, datetime | None]:
    row = await place.root.fetchrow("SELECT failures, locked_until FROM credentials")
    assert row is not None
    return row["failures"], row["locked_until"]


async def test_county_officer_reads_the_county_and_the_citys_lists(city: Place) -> None:
    person = await add_person(city, COUNTY, "li", (RoleName.COUNTY_OFFICER, COUNTY_UNIT))
    principal = await sign_in(city.database, "411602", "li", PASSWORD, NOW, demo_allowed=False)
    role = Role(RoleName.COUNTY_OFFICER, COUNTY_UNIT, "county")
    assert principal == Principal(COUNTY, person, (role,), (), (CITY,), demo=False)
    assert principal.scope() == Scope(COUNTY, (), (CITY,))


@pytest.mark.parametrize(
    ("role", "granted"),
    [(RoleName.CITY_OFFICER, (COUNTY,)), (RoleName.AUDITOR, ()), (RoleName.TENANT_ADMINISTRATOR, ())],
)
async def test_city_reads_what_was_granted_for_its_role(
    city: Place, role: RoleName, granted: tuple[int, ...]
) -> None:
    await add_person(city, CITY, "wang", (role, CITY_UNIT))
    principal = await sign_in(city.database, "411600", "wang", PASSWORD, NOW, demo_allowed=False)
    assert (principal.granted, principal.shared) == (granted, ())


async def test_ended_role_and_ended_grant_give_nothing(city: Place) -> None:
    await add_person(city, CITY, "wang", (RoleName.CITY_OFFICER, CITY_UNIT), until=NOW)
    await add_person(city, CITY, "zhao", (RoleName.CITY_OFFICER, CITY_UNIT))
    await city.root.execute("SET session_replication_role = replica")
    await city.root.execute("UPDATE tenant_grants SET valid_to = $1", NOW)
    wang = await sign_in(city.database, "411600", "wang", PASSWORD, NOW, demo_allowed=False)
    zhao = await sign_in(city.database, "411600", "zhao", PASSWORD, NOW, demo_allowed=False)
    assert (wang.roles, zhao.granted) == ((), ())


async def test_every_refusal_is_the_same(city: Place) -> None:
    await add_person(city, COUNTY, "li")
    await add_person(city, COUNTY, "demo", demo=True)
    said = set()
    for tenant, login, password in (
        ("411602", "li", "wrong"),
        ("411602", "li", ""),
        ("411602", "li", PASSWORD + "x" * 1000),
        ("411602", "nobody", PASSWORD),
        ("411603", "li", PASSWORD),
        ("999999", "li", PASSWORD),
        ("411602", "demo", PASSWORD),
    ):
        with pytest.raises(SignInError) as refused:
            await sign_in(city.database, tenant, login, password, NOW, demo_allowed=False)
        said.add((refused.value.code, refused.value.zh, refused.value.en, str(refused.value)))
    assert len(said) == 1


async def test_demo_login_is_taken_in_the_demo_alone(city: Place) -> None:
    await add_person(city, COUNTY, "demo", demo=True)
    assert not await attempt(city, "demo", PASSWORD)
    principal = await sign_in(city.database, "411602", "demo", PASSWORD, NOW, demo_allowed=True)
    assert principal.demo


async def test_unknown_login_costs_a_hash_as_a_wrong_password_does(
    city: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted where the work is done, not timed: each refusal verifies one argon2 hash of the same parameters."""
    await add_person(city, COUNTY, "li")
    verified: list[str] = []

    def count(encoded: str, password: str) -> bool:
        verified.append(encoded.rsplit("$", 2)[0])
        return False

    monkeypatch.setattr("tenancy.sign_in.is_password", count)
    for login in ("li", "nobody"):
        assert not await attempt(city, login, "wrong")
    assert len(verified) == 2
    assert len(set(verified)) == 1


async def test_lock_out_after_five_and_its_end(city: Place) -> None:
    await add_person(city, COUNTY, "li")
    for _ in range(FAILURES - 1):
        assert not await attempt(city, "li", "wrong")
    assert await failures(city) == (FAILURES - 1, None)
    assert not await attempt(city, "li", "wrong")
    assert await failures(city) == (FAILURES, NOW + LOCKED)
    assert not await attempt(city, "li", PASSWORD, NOW + LOCKED - timedelta(seconds=1))
    assert not await attempt(city, "li", "wrong", NOW + LOCKED)
    assert await failures(city) == (1, None)
    assert await attempt(city, "li", PASSWORD, NOW + LOCKED)
    assert await failures(city) == (0, None)


async def test_attempts_at_once_get_five_guesses_together(
    city: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty at once: no more than five ever reach the password, and the count is exact."""
    await add_person(city, COUNTY, "li")
    looked: list[bool] = []

    def look(encoded: str, password: str) -> bool:
        looked.append(encoded == ENCODED)
        return False

    monkeypatch.setattr("tenancy.sign_in.is_password", look)
    assert not any(await asyncio.gather(*(attempt(city, "li", "wrong") for _ in range(20))))
    assert (len(looked), sum(looked)) == (20, FAILURES)
    assert await failures(city) == (FAILURES, NOW + LOCKED)


async def test_password_is_kept_as_argon2id_and_has_a_length() -> None:
    assert ENCODED.startswith("$argon2id$")
    for wrong in ("short", "x" * 257):
        with pytest.raises(WeakPasswordError):
            hash_password(wrong)


async def test_standing_at_home_is_read_again(city: Place) -> None:
    person = await add_person(city, COUNTY, "li", (RoleName.COUNTY_OFFICER, COUNTY_UNIT), until=NOW + YEAR)
    principal = await sign_in(city.database, "411602", "li", PASSWORD, NOW, demo_allowed=False)
    async with city.database.write(principal.acting_scope(COUNTY)) as tx:
        now = await load_standing(tx, principal, NOW)
        later = await load_standing(tx, principal, NOW + YEAR)
    assert (now.person_id, now.home_tenant_id, now.roles, now.oversees) == (
        person,
        COUNTY,
        principal.roles,
        False,
    )
    assert later.roles == ()


async def test_city_officer_acts_in_a_county_only_while_the_grant_stands(city: Place) -> None:
    await add_person(
        city, CITY, "wang", (RoleName.CITY_OFFICER, CITY_UNIT), (RoleName.TENANT_ADMINISTRATOR, CITY_UNIT)
    )
    principal = await sign_in(city.database, "411600", "wang", PASSWORD, NOW, demo_allowed=False)
    async with city.database.write(principal.acting_scope(COUNTY)) as tx:
        standing = await load_standing(tx, principal, NOW)
    assert standing.oversees
    assert [role.name for role in standing.roles] == [RoleName.CITY_OFFICER]
    async with city.database.write(principal.acting_scope(OTHER)) as tx:
        ungranted = await load_standing(tx, principal, NOW)
    assert (ungranted.roles, ungranted.oversees) == ((), False)


async def test_county_officer_has_no_standing_in_another_county(city: Place) -> None:
    await add_person(city, COUNTY, "li", (RoleName.COUNTY_OFFICER, COUNTY_UNIT))
    principal = await sign_in(city.database, "411602", "li", PASSWORD, NOW, demo_allowed=False)
    async with city.database.write(principal.acting_scope(OTHER)) as tx:
        assert (await load_standing(tx, principal, NOW)).roles == ()


async def test_no_number_of_sign_ins_takes_more_than_two_threads(
    city: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most = 0, 0

    def slow(encoded: str, password: str) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.02)
        running -= 1
        return False

    monkeypatch.setattr("tenancy.sign_in.is_password", slow)
    tries = (
        sign_in(city.database, "411602", f"nobody{n}", PASSWORD, NOW, demo_allowed=False) for n in range(12)
    )
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert {type(answer) for answer in answers} == {SignInError}
    assert most == 2


async def test_refusal_is_kept_in_the_log_of_who_tried(city: Place) -> None:
    person = await add_person(city, COUNTY, "li", (RoleName.COUNTY_OFFICER, COUNTY_UNIT))
    principal = await sign_in(city.database, "411602", "li", PASSWORD, NOW, demo_allowed=False)
    await record_refusal(city.database, principal, "recommend", "Application.3.x" * 50, "reach", "t-1", NOW)
    (row,) = await city.root.fetch("SELECT * FROM access_log")
    assert (row["tenant_id"], row["person_id"], row["at"], row["code"]) == (COUNTY, person, NOW, "reach")
    assert len(row["target"]) == 200


async def test_a_password_changes_once_when_two_press_at_once(city: Place) -> None:
    await add_person(city, COUNTY, "li")
    principal = await sign_in(city.database, "411602", "li", PASSWORD, NOW, demo_allowed=False)

    async def change(new: str) -> bool:
        try:
            await change_password(city.database, principal, PASSWORD, new, NOW, demo_allowed=False)
        except PasswordRefusedError:
            return False
        return True

    done = await asyncio.gather(change("one new password"), change("another password"))
    assert sorted(done) == [False, True]
    assert await failures(city) in ((0, None), (1, None))
    assert await attempt(city, "li", "one new password" if done[0] else "another password")
    assert not await attempt(city, "li", PASSWORD)


async def test_a_demo_password_is_not_changed_outside_the_demo(city: Place) -> None:
    await add_person(city, COUNTY, "demo", demo=True)
    principal = await sign_in(city.database, "411602", "demo", PASSWORD, NOW, demo_allowed=True)
    with pytest.raises(PasswordRefusedError):
        await change_password(city.database, principal, PASSWORD, "a new password", NOW, demo_allowed=False)
    await change_password(city.database, principal, PASSWORD, "a new password", NOW, demo_allowed=True)
