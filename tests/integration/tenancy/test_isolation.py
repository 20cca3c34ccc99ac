"""No tenant sees another's rows: every table, with and without settings; and the catalogue is as declared."""

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, select

from audit.tables import metadata as audit_metadata
from certification.tables import metadata
from tenancy.database import Scope
from tenancy.policies import EDITABLE, NARROWED, PRIVILEGES, policy_sql
from tenancy.statements import statement
from tests.integration.tenancy.conftest import Place
from tests.integration.tenancy.samples import TENANT_TABLES, a_row

LEDGER_TABLES = list(audit_metadata.sorted_tables)
TENANTS = (1, 2, 3, 4, 5)
some_tenants = st.lists(st.sampled_from((*TENANTS, 77)), max_size=3, unique=True).map(tuple)
scopes = st.one_of(
    st.builds(Scope, st.sampled_from((*TENANTS, 77)), some_tenants, some_tenants, st.none() | some_tenants),
    st.builds(Scope.of_public, some_tenants),
)
# Of the rows of `seed_all`: kind 0 is a ranking, which is nobody's outside, and so are its items.
UNPUBLISHED = {"rosters", "roster_items"}


def visible(table: Table, scope: Scope) -> set[tuple[int, int]]:
    """(owner, grantee or 0) of the rows that ADR 0005 lets a scope see, among those of `seed_all`."""
    policies = table.info["policies"]
    seen = {scope.tenant_id}
    seen |= set(scope.granted) if "granted" in policies else set()
    seen |= set(scope.shared) if "shared" in policies else set()
    seen |= set(scope.public or ()) if "public" in policies and table.name not in UNPUBLISHED else set()
    if "grantee" not in policies:
        return {(tenant, 0) for tenant in TENANTS if tenant in seen}
    rows = {(tenant, tenant % len(TENANTS) + 1) for tenant in TENANTS}
    return {row for row in rows if row[0] in seen or row[1] == scope.tenant_id}


async def seed_all(place: Place) -> None:
    for table in TENANT_TABLES:
        rows = [a_row(table, tenant, 0) for tenant in TENANTS]
        for row in rows:
            if "grantee_tenant_id" in row:
                row["grantee_tenant_id"] = row["tenant_id"] % len(TENANTS) + 1
        await place.seed(table.name, *rows)


async def test_scope_sees_exactly_what_the_policies_say(place: Place) -> None:
    await seed_all(place)
    runner = []

    @settings(max_examples=25, suppress_health_check=list(HealthCheck), database=None)
    @given(scopes)
    def collect(scope: Scope) -> None:
        runner.append(scope)

    collect()
    for scope in runner:
        async with place.database.read(scope) as tx:
            for table in TENANT_TABLES:
                rows = await tx.all(statement(select(table)))
                seen = {(row["tenant_id"], row.get("grantee_tenant_id", 0)) for row in rows}
                assert seen == visible(table, scope), (table.name, scope)


async def test_nothing_is_seen_without_settings(place: Place) -> None:
    await seed_all(place)
    for table in [*TENANT_TABLES, *LEDGER_TABLES]:
        assert await place.database.registry(statement(select(table))) == []
    app = await asyncpg.connect(place.urls.app)
    try:
        for name in ("tenant", "granted", "shared", "public"):
            await app.execute(f"SET app.{name} = ''")
        assert [await app.fetchval(f"SELECT count(*) FROM {t.name}") for t in TENANT_TABLES] == [0] * len(
            TENANT_TABLES
        )
    finally:
        await app.close()


async def test_owner_of_the_tables_is_bound_too(place: Place) -> None:
    await seed_all(place)
    owner = await asyncpg.connect(place.urls.owner)
    try:
        assert await owner.fetchval("SELECT count(*) FROM opinions") == 0
    finally:
        await owner.close()


async def test_no_setting_makes_anothers_row_writable(place: Place) -> None:
    """By statement, past the code's own check: WITH CHECK refuses an insert, USING hides what an update names."""
    await seed_all(place)
    for table in TENANT_TABLES:
        columns = ", ".join(column.name for column in table.columns)
        copied = columns.replace("tenant_id", "4", 1)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with place.database.write(Scope(3, (4,), (4,))) as tx:
                await tx.raw.execute(
                    f"INSERT INTO {table.name} ({columns}) SELECT {copied} FROM {table.name}"
                )


async def test_catalogue_is_as_declared(place: Place) -> None:
    """Every table with a tenant_id forces row-level security with exactly the policies declared, no more."""
    named = "SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant_id' AND table_schema = 'public'"
    tables = {row["table_name"] for row in await place.root.fetch(named)}
    declared = {table.name: table.info["policies"] for table in TENANT_TABLES}
    declared |= {table.name: ("granted",) for table in LEDGER_TABLES}
    declared["ledger_entries"] = ("granted", "cited")
    assert tables == set(declared)
    flags = "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class WHERE relname = ANY($1)"
    assert {
        row["relname"]: row["forced"] for row in await place.root.fetch(flags, list(tables))
    } == dict.fromkeys(tables, True)
    await place.root.execute("CREATE TABLE pattern (tenant_id int, grantee_tenant_id int, subject_type text)")
    for sql in policy_sql("pattern", ("granted", "shared", "grantee", "cited", "public")):
        await place.root.execute(sql)
    await place.root.execute("CREATE SCHEMA again")
    for name, kind in NARROWED:
        await place.root.execute(f"CREATE TABLE again.{name} (LIKE public.{name})")
        await place.root.execute(policy_sql(f"again.{name}", ())[0])
        (sql,) = (line for line in policy_sql(name, (kind,)) if f"POLICY {kind} " in line)
        await place.root.execute(sql.replace(f" ON {name} ", f" ON again.{name} ", 1))
    listed = await place.root.fetch(
        "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check, schemaname FROM pg_policies"
    )
    pattern = {row["policyname"]: tuple(row)[2:7] for row in listed if row["tablename"] == "pattern"}
    assert len(pattern) == 6
    narrowed = {
        (row["tablename"], row["policyname"]): tuple(row)[2:7]
        for row in listed
        if row["schemaname"] == "again"
    }
    for name, policies in declared.items():
        found = {
            row["policyname"]: tuple(row)[2:7]
            for row in listed
            if (row["schemaname"], row["tablename"]) == ("public", name)
        }
        wanted = {kind: narrowed.get((name, kind), pattern[kind]) for kind in ("own", *policies)}
        assert found == wanted, name


async def test_the_public_sees_what_is_put_up_and_nothing_else(place: Place) -> None:
    """Each kind of list with an item, of two tenants: a stranger sees publicities and decisions of the public one."""
    rosters, items = metadata.tables["rosters"], metadata.tables["roster_items"]
    for tenant in (1, 2):
        for number in range(4):
            await place.seed("rosters", a_row(rosters, tenant, number))
            await place.seed("roster_items", a_row(items, tenant, number))
    async with place.database.read(Scope.of_public((1,))) as tx:
        seen = await tx.raw.fetch("SELECT tenant_id, kind FROM rosters")
        listed = await tx.raw.fetch(
            "SELECT i.tenant_id, r.kind FROM roster_items i JOIN rosters r ON r.tenant_id = i.tenant_id AND r.id = i.roster_id"
        )
        count = await tx.raw.fetchval("SELECT count(*) FROM roster_items")
    wanted = {(1, "publicity"), (1, "decision")}
    assert {tuple(row) for row in seen} == {tuple(row) for row in listed} == wanted
    assert (len(seen), count) == (2, 2)
    async with place.database.read(Scope.of_public(())) as tx:
        assert await tx.raw.fetchval("SELECT count(*) FROM rosters") == 0


async def test_a_stranger_writes_nothing(place: Place) -> None:
    await seed_all(place)
    for table in TENANT_TABLES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with place.database.write(Scope.of_public((1,))) as tx:
                await tx.insert(table, [{**a_row(table, 1, 1), "tenant_id": tx.tenant_id}])


async def test_app_role_is_bound_and_owns_nothing(place: Place) -> None:
    app = await place.root.fetchrow("SELECT * FROM pg_roles WHERE rolname = 'xingji_app'")
    assert app is not None
    assert not (app["rolsuper"] or app["rolbypassrls"] or app["rolcreaterole"] or app["rolcreatedb"])
    owned = "SELECT count(*) FROM pg_class WHERE relowner = 'xingji_app'::regrole"
    assert await place.root.fetchval(owned) == 0
    member = "SELECT count(*) FROM pg_auth_members WHERE member = 'xingji_app'::regrole"
    assert await place.root.fetchval(member) == 0


async def test_app_role_may_do_to_each_table_what_is_declared(place: Place) -> None:
    granted = await place.root.fetch(
        "SELECT table_name, array_agg(privilege_type::text) AS may FROM information_schema.role_table_grants"
        " WHERE grantee = 'xingji_app' GROUP BY table_name"
    )
    may = {row["table_name"]: set(row["may"]) for row in granted}
    for table in TENANT_TABLES:
        assert may[table.name] == set(PRIVILEGES.get(table.name, EDITABLE)), table.name
    assert may["tenants"] == {"SELECT"}


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO tenants VALUES (9, '1', 'x', 'city', NULL, gen_random_uuid(), 'x')",
        "UPDATE tenants SET parent_id = 1",
        "DELETE FROM tenants",
        "TRUNCATE opinions",
        "DELETE FROM opinions",
        "ALTER TABLE opinions DISABLE ROW LEVEL SECURITY",
        "SET ROLE xingji_owner",
        "CREATE TABLE mine (id int)",
    ],
)
async def test_app_role_is_refused(place: Place, sql: str) -> None:
    app = await asyncpg.connect(place.urls.app)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(sql)
    finally:
        await app.close()
