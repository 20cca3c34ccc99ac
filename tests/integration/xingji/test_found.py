"""`xingji found`: an installation for real use begins, is told once, goes on where it stopped, and is served without the demonstration."""

from __future__ import annotations

import asyncio
import re
import stat
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from argon2 import PasswordHasher

from certification.founding import Founding, found_tenant
from tenancy import sign_in
from tenancy.divisions import tenancies
from tests.integration.api.kit import Ran, command, heads_of, rows_of, serve_world, verify_all
from tests.integration.api.test_administering import GRANTS, PEOPLE, change_password, must_sign_in
from tests.integration.api.test_administering import sign_in as try_login
from tests.support import DatabaseUrls
from xingji import founding
from xingji.demo.cast import CITY, PASSWORD, counties
from xingji.service import wall_clock

DOMAIN = "jiuye.example.cn"
LINE = re.compile(r"(\d{6})   admin   (\S{4}-\S{4}-\S{4}-\S{4}) \S+")
COUNTY = counties()[0].code
Run = Callable[..., "asyncio.Future[Ran]"]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is proved here is not how slow argon2 is."""
    monkeypatch.setattr(sign_in, "hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(database: DatabaseUrls, home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`xingji found --domain … `, on a migrated database without a tenant."""
    monkeypatch.setenv("XINGJI_MIGRATOR_URL", database.owner)

    def found(*arguments: str, domain: str = DOMAIN) -> asyncio.Future[Ran]:
        return asyncio.ensure_future(command(database, home, "found", "--domain", domain, *arguments))

    return found


def passwords(text: str) -> dict[str, str]:
    return dict(LINE.findall(text))


async def test_what_is_founded_is_told_once_verifies_and_is_served_without_the_demo(
    run: Run, database: DatabaseUrls, home: Path
) -> None:
    ran = await run()
    told = passwords(ran.out)
    assert ran.code == 0 and told.keys() == {one.code for one in tenancies()}
    assert len(set(told.values())) == len(told) and not passwords(ran.err)
    assert all(verdict.ok for verdict in (await verify_all(database, home)).values())
    tables = ("credentials", "ledger_entries", "personal_values")
    stored = str([await rows_of(database, f"SELECT * FROM {table}") for table in tables])
    assert not any(password in stored for password in told.values())
    assert not any(
        password in path.read_text("utf-8", "replace")
        for path in home.rglob("*")
        if path.is_file()
        for password in told.values()
    )

    async with serve_world(database, home, wall_clock(), demo=False) as stage:
        admin = await must_sign_in(stage, "admin", told[COUNTY], COUNTY)
        (one,) = (await admin.get(PEOPLE))["people"]["edges"]
        assert [role["role"] for role in one["node"]["roles"]] == ["TENANT_ADMINISTRATOR"]
        granted = [edge["node"] for edge in (await admin.get(GRANTS))["grants"]["edges"]]
        assert {(one["scope"], one["grantee"]["code"]) for one in granted} == {
            ("OVERSEE", CITY),
            ("AUDIT", CITY),
        }
        assert (await change_password(admin, told[COUNTY], "one of my own"))["changedAt"]
        await must_sign_in(stage, "admin", "one of my own", COUNTY)
        for login in ("admin", "county", "clerk"):
            assert await try_login(stage, login, PASSWORD, COUNTY) is None
        assert not any(password in str(stage.log) for password in told.values())

    again = await run()
    assert (again.code, again.out) == (2, "") and "founded" in again.err
    other = await run(domain="other.example")
    assert (other.code, other.out) == (2, "") and DOMAIN in other.err
    assert all(verdict.ok for verdict in (await verify_all(database, home)).values())


async def test_an_interrupted_founding_goes_on_and_loses_no_password(
    run: Run, database: DatabaseUrls, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "passwords"
    begun = 0

    async def interrupted(*arguments: object) -> object:
        nonlocal begun
        begun += 1
        if begun == 3:
            raise ConnectionAbortedError("the power went")
        return await found_tenant(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(founding, "found_tenant", interrupted)
    with pytest.raises(ConnectionAbortedError):
        await run("--passwords-out", str(out))
    monkeypatch.setattr(founding, "found_tenant", found_tenant)
    founded = await rows_of(database, "SELECT origin FROM ledger_heads ORDER BY origin")
    assert len(founded) == 2
    ran = await run("--passwords-out", str(out))
    assert (ran.code, ran.out) == (0, "")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    told = passwords(out.read_text("utf-8"))  # of two lines for a tenant, the later
    assert told.keys() == {one.code for one in tenancies()}
    assert len(LINE.findall(out.read_text("utf-8"))) == len(told) + 1
    async with serve_world(database, home, wall_clock(), demo=False) as stage:
        for code, password in told.items():
            await must_sign_in(stage, "admin", password, code)


async def test_a_lost_key_or_an_emptied_database_gets_no_second_history(
    run: Run, database: DatabaseUrls, home: Path
) -> None:
    assert (await run()).code == 0
    (lost,) = (home / "keys").glob(f"*_{COUNTY}.pem")
    key = lost.read_bytes()
    lost.unlink()
    assert (await run()).code == 2 and not lost.exists()
    lost.write_bytes(key)
    lost.chmod(0o600)

    kept = {path.name: path.read_bytes() for path in heads_of(database, home).glob("*.head")}
    assert len(kept) == len(tenancies())
    conn = await asyncpg.connect(database.owner)
    await conn.execute(
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC"
    )
    await conn.close()
    refused = await run()
    assert (
        refused.code == 2
        and f"{DOMAIN}/{CITY}" in refused.err
        and str(heads_of(database, home)) in refused.err
    )
    assert await rows_of(database, "SELECT 1 FROM ledger_heads") == []
    assert {path.name: path.read_bytes() for path in heads_of(database, home).glob("*.head")} == kept


async def test_one_password_may_come_from_a_file_and_is_not_told(
    run: Run, database: DatabaseUrls, home: Path, tmp_path: Path
) -> None:
    secret, short = tmp_path / "secret", tmp_path / "short"
    secret.write_text("a password from the vault\n", "utf-8")
    short.write_text("short\n", "utf-8")
    for wrong in (str(short), str(tmp_path / "nowhere")):
        refused = await run("--admin-password-file", wrong)
        assert refused.code == 2 and "--admin-password-file" in refused.err
    ran = await run("--admin-password-file", str(secret))
    assert (ran.code, ran.out) == (0, "") and "vault" not in ran.err
    async with serve_world(database, home, wall_clock(), demo=False) as stage:
        await must_sign_in(stage, "admin", "a password from the vault", CITY)


@pytest.mark.parametrize(
    "domain", ["", "Xingji.example", "nodots", "a b.example", "-a.example", "a.example/x"]
)
async def test_a_domain_is_one(run: Run, database: DatabaseUrls, domain: str) -> None:
    refused = await run(domain=domain)
    assert refused.code == 2 and "--domain" in refused.err
    assert await rows_of(database, "SELECT 1 FROM tenants") == []


def test_every_county_begins_with_its_citys_grants() -> None:
    for tenant in tenancies():
        made: Founding = founding.make_founding(tenant, founding.UnitRows((), (), ()), ())
        expected = () if tenant.level == "city" else ((1, "oversee"), (1, "audit"))
        assert made.grants == expected


async def test_ledgers_may_carry_sm2_signatures_from_their_opening_on(
    run: Run, database: DatabaseUrls, home: Path
) -> None:
    ran = await run("--sm2")
    assert ran.code == 0, ran.err
    verdicts = (await verify_all(database, home)).values()
    assert all(one.ok and one.sm2_checked for one in verdicts) and len(verdicts) == len(tenancies())
    sql = "SELECT count(*) FROM ledger_entries WHERE seq > 0 AND leaf NOT LIKE '%\"sm2\":{%'"
    assert (await rows_of(database, sql))[0][0] == 0
    sql = "SELECT count(*) FROM ledger_entries WHERE seq = 1 AND operation = 'ledger.suite_set'"
    assert (await rows_of(database, sql))[0][0] == len(verdicts)
