"""What is folded of the ledger: every entry says it, the copies are put right from the entries, and nobody is admitted on a doctored copy."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from audit.entry import Subject
from audit.export import export_log
from audit.tree import leaf_hash
from certification.acts import (
    attach_evidence,
    attest_legacy_record,
    confirm_certification_change,
    propose_certification_change,
    propose_legacy_records,
)
from certification.acts.propose_legacy_records import Item
from certification.changes import Act, Change, Context
from certification.errors import InvariantError
from certification.exported import describe_history, read_exported
from certification.fact import VOID, Fact, reviewed, succeeded
from certification.facts import read_all_facts
from certification.history import Facts, fold
from certification.reader import load_programme
from certification.rebuilding import Difference, is_unfolded, rebuild
from graphql_schema.mutations.boundary import follow_changes
from tenancy.database import Scope
from tests.integration.certification.test_changes import Desk
from tests.integration.certification.world import APRIL_26, CITY, COUNTIES, MAY_17, World, named
from xingji.folding import compare_tenant, fold_older
from xingji.postgres import EmbeddedPostgres

COUNTY = COUNTIES[0]
PLACE = named(f"unit/{COUNTY}/s/1")
SCOPE = Scope(COUNTY, shared=(CITY,))
RULE = load_programme("zhoukou-2022").history
ITEMS = (
    Item("certification", "provincial", 2018, "certified", "豫〔2018〕1号", date(2018, 7, 1), bytes(32)),
    *(
        Item("annual_review", "provincial", year, "pass", "豫〔2021〕2号", date(2021, 12, 1), bytes(32))
        for year in (2019, 2020, 2021)
    ),
)


@pytest.fixture
async def told(world: World) -> World:
    """Certified in 2018, passed three times, suspended and reinstated in May 2022."""
    scan = attach_evidence.Command("unit", PLACE, None, "材料", "application/pdf", 9, bytes(32))
    await world.act(attach_evidence.ACT, scan, f"county/{COUNTY}", APRIL_26)
    await world.act(
        propose_legacy_records.ACT,
        propose_legacy_records.Command(PLACE, ITEMS),
        f"county/{COUNTY}",
        APRIL_26,
    )
    async with world.database.read(SCOPE) as tx:
        rows = await tx.raw.fetch("SELECT id FROM legacy_records ORDER BY kind DESC, year")
    for row in rows:
        command = attest_legacy_record.Command(row["id"])
        await world.act(attest_legacy_record.ACT, command, "city/1", APRIL_26, on=COUNTY)
    certification = UUID(str(await world.value(COUNTY, "SELECT id FROM certifications")))
    for kind, day in (("suspend", date(2022, 5, 1)), ("reinstate", date(2022, 5, 3))):
        proposed = propose_certification_change.Command(
            COUNTY, certification, kind, "豫〔2022〕8号", day, "不实"
        )
        change = (await world.act(propose_certification_change.ACT, proposed, "city/1", MAY_17)).subject_id
        confirm = confirm_certification_change.Command(change)
        await world.act(confirm_certification_change.ACT, confirm, "city/2", MAY_17)
    await follow_changes(world.database, Desk(world), Scope(CITY, granted=COUNTIES), MAY_17)
    return world


async def facts(world: World) -> Facts:
    async with world.database.read(SCOPE) as tx:
        return await read_all_facts(tx, PLACE)


async def differences(world: World) -> list[Difference]:
    async with world.database.write(SCOPE) as tx:
        return [one async for one in rebuild(tx)]


async def tamper(postgres: EmbeddedPostgres, world: World, work: Callable[[Any], Any]) -> None:
    """As the superuser, without triggers."""
    name = str(await world.value(COUNTY, "SELECT current_database()"))
    raw = await asyncpg.connect(postgres.url("superuser", name))
    try:
        async with raw.transaction():
            await raw.execute("SET LOCAL session_replication_role = replica")
            await work(raw)
    finally:
        await raw.close()


async def test_every_entry_that_tells_a_history_says_its_facts(told: World) -> None:
    found = await facts(told)
    kinds = [(str(one.fact.kind), one.fact.year, one.fact.result, one.fact.legacy) for one in found.told]
    assert kinds == [
        ("certified", None, None, True),
        *(("reviewed", year, "pass", True) for year in (2019, 2020, 2021)),
        ("state", None, "suspended", False),
        ("state", None, None, False),
    ]
    history = fold(found, "provincial", date(2022, 5, 17), RULE)
    assert (history.stands, history.streak) == (True, 3)
    assert not fold(found, "provincial", date(2022, 5, 2), RULE).stands
    before = found.told[-2].time
    assert fold(found, "provincial", date(2022, 5, 2), RULE, APRIL_26).stands and before > APRIL_26
    assert await differences(told) == []


async def test_entries_from_before_facts_tell_the_same(postgres: EmbeddedPostgres, told: World) -> None:
    before, standing = await facts(told), "SELECT json_agg(s ORDER BY valid_from) #>> '{}' FROM standings s"
    rows = json.loads(str(await told.value(COUNTY, standing)))

    async def strip(raw: Any) -> None:
        for row in await raw.fetch("SELECT seq, leaf FROM ledger_entries WHERE tenant_id = $1", COUNTY):
            entry = json.loads(row["leaf"])
            if entry["body"]["intent"].pop("facts", None):
                leaf = json.dumps(entry)
                await raw.execute(
                    "UPDATE ledger_entries SET leaf = $3, hash = $4 WHERE tenant_id = $1 AND seq = $2",
                    *(COUNTY, row["seq"], leaf, leaf_hash(leaf.encode())),
                )
        await raw.execute("DELETE FROM history_facts")
        await raw.execute("DELETE FROM standings")

    await tamper(postgres, told, strip)
    async with told.database.read(SCOPE) as tx:
        assert await is_unfolded(tx)
    made = await differences(told)
    assert {one.what for one in made} == {"missing"} and len(made) == len(before.told) + len(rows)
    after = await facts(told)
    assert [one.fact for one in after.told] == [one.fact for one in before.told]
    assert [one.time for one in after.told] == [one.time for one in before.told]
    assert await differences(told) == []
    # What an older entry bound is no longer what it was: it tells nothing any more.
    await tamper(
        postgres, told, lambda raw: raw.execute("UPDATE certifications SET certified_on = '2015-01-01'")
    )
    with pytest.raises(InvariantError):
        await facts(told)
    with pytest.raises(InvariantError):
        await differences(told)


async def test_a_tenant_without_a_log_has_nothing_to_fold(postgres: EmbeddedPostgres, told: World) -> None:
    async def close(raw: Any) -> None:
        for table in ("history_facts", "ledger_rows", "ledger_entries", "ledger_heads"):
            await raw.execute(f"DELETE FROM {table} WHERE tenant_id = $1", COUNTY)

    await tamper(postgres, told, close)
    async with told.database.read(SCOPE) as tx:
        assert not await is_unfolded(tx)


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE history_facts SET result = 'pass_after_rectification' WHERE year = 2020",
        "UPDATE history_facts SET year = 2018 WHERE year = 2020",
        "UPDATE history_facts SET position = 1 WHERE year = 2020",
        "UPDATE history_facts SET seq = seq + 100 WHERE year = 2020",
        "DELETE FROM history_facts WHERE year = 2020",
        "UPDATE ledger_entries SET leaf = replace(leaf, '\"pass\"', '\"fail\"') WHERE operation = 'legacy.attested'",
    ],
)
async def test_nobody_is_admitted_on_a_copy_that_its_entry_does_not_say(
    postgres: EmbeddedPostgres, told: World, edit: str
) -> None:
    await tamper(postgres, told, lambda raw: raw.execute(edit))
    with pytest.raises(InvariantError):
        await facts(told)


async def test_a_doctored_copy_is_named_and_put_right(postgres: EmbeddedPostgres, told: World) -> None:
    right = await facts(told)

    async def edit(raw: Any) -> None:
        await raw.execute("UPDATE history_facts SET result = 'fail' WHERE year = 2020")
        await raw.execute("DELETE FROM history_facts WHERE year = 2021")
        await raw.execute(
            "INSERT INTO history_facts SELECT tenant_id, 999, 0, community_id, kind, level, valid_on, 2022, result, subject_id,"
            " legacy, NULL, NULL, NULL, recorded_at FROM history_facts WHERE year = 2019"
        )
        await raw.execute("UPDATE standings SET marks = 'ppppp' WHERE valid_to IS NULL")

    await tamper(postgres, told, edit)
    found = await differences(told)
    assert sorted((one.table, one.what) for one in found) == [
        ("history_facts", "different"),
        ("history_facts", "extra"),
        ("history_facts", "missing"),
        ("standings", "different"),
    ]
    assert await facts(told) == right and await differences(told) == []


@dataclass(frozen=True)
class Saying:
    """What to say."""

    subjects: tuple[UUID, ...]


def saying(*facts: Fact) -> Act[Saying, None]:
    """An act of no kind that says facts."""

    async def load(*_: Any) -> None:
        return None

    def decide(_: None, command: Saying, context: Context) -> Change:
        return Change("test.said", Subject("unit", PLACE, 1), {}, (), facts=facts)

    return Act("test.said", load, lambda *_: "county_officer", decide)


async def test_standings_follow_a_correction_and_a_succession(told: World) -> None:
    successor = named(f"unit/{COUNTY}/s/2")
    (review,) = (one.fact.subject_id for one in (await facts(told)).told if one.fact.year == 2020)

    async def say(*said: Fact) -> None:
        command = Saying(tuple(one.subject_id for one in said))
        await told.act(saying(*said), command, f"county/{COUNTY}", MAY_17)

    async def marks(community: UUID) -> str:
        async with told.database.read(SCOPE) as tx:
            sql = "SELECT marks FROM standings WHERE community_id = $1 AND valid_to IS NULL"
            return str(await tx.raw.fetchval(sql, community))

    await say(succeeded(successor, PLACE, date(2022, 5, 10), "merge"))
    assert await marks(successor) == "ppp"
    await say(reviewed(PLACE, review, "provincial", 2020, VOID))
    assert [await marks(one) for one in (successor, PLACE)] == ["p-p", "p-p"]
    async with told.database.read(SCOPE) as tx:
        history = fold(await read_all_facts(tx, successor), "provincial", date(2022, 5, 17), RULE)
    assert (history.stands, history.streak) == (True, 1)
    assert await differences(told) == []


async def test_an_auditor_folds_the_same_from_an_exported_log(told: World, tmp_path: Path) -> None:
    async with told.database.read(SCOPE) as tx:
        await export_log(tx.raw, COUNTY, told.keys[COUNTY], tmp_path / "log")
    exported, ours = read_exported(tmp_path / "log", PLACE), await facts(told)
    assert (exported.facts, exported.untold) == (ours, ())
    shown = describe_history(fold(exported.facts, "provincial", date(2022, 5, 17), RULE), 3)
    assert (shown["stands"], shown["streak"], shown["first_year"]) == (True, 3, 2022)


@dataclass(frozen=True)
class Tenant:
    """A row of the registry."""

    id: int
    code: str
    parent_id: int | None


async def test_a_check_changes_nothing_and_a_repair_says_what_it_put_right(
    postgres: EmbeddedPostgres, told: World, caplog: pytest.LogCaptureFixture
) -> None:
    tenant = Tenant(COUNTY, "411602", CITY)

    async def compared(*, repair: bool) -> list[str]:
        return [one.what async for one in compare_tenant(told.database, tenant, repair=repair)]

    assert await compared(repair=False) == []
    await tamper(postgres, told, lambda raw: raw.execute("DELETE FROM history_facts WHERE year = 2021"))
    for repair in (False, False, True):
        assert await compared(repair=repair) == ["missing"]
    assert await compared(repair=False) == [] and len(caplog.records) == 3
    await tamper(postgres, told, lambda raw: raw.execute("DELETE FROM history_facts; DELETE FROM standings"))
    await fold_older(told.database, [tenant])
    assert await compared(repair=False) == []
