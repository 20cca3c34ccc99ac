"""The round of 2022, played through the API as its actors: what it must say, what it leaves in the ledgers, and that it goes on."""

from audit.entry import Cite, parse_entry
from tests.integration.api.kit import Stage, World, rows_of, serve_world
from tests.integration.demo.kit import Playing, play_until
from tests.support import clone_database
from xingji.demo.cast import CITY, counties
from xingji.demo.clock import StoryClock
from xingji.demo.run import BEGINS
from xingji.demo.story import STEPS
from xingji.postgres import EmbeddedPostgres

FOLLOWED = """
SELECT e.leaf, e.request_id, e.seq, e.hash, h.origin FROM ledger_entries e JOIN ledger_heads h USING (tenant_id)
WHERE e.operation = 'application.followed' ORDER BY e.tenant_id, e.seq"""
SIZES = "SELECT tenant_id, size, head FROM ledger_heads ORDER BY tenant_id"
# How many acts are done when the story is cut: within every step, and between those that are one act.
CUTS = (0, 1, 20, 40, 50, 60, 70, 75, 76, 77, 78, 79)


def test_ten_recommend_six_are_selected_and_certified(played: Playing):
    told = played.told
    assert told.recommended == [f"{one.name} {one.nominee.name}" for one in counties()]
    assert len(told.recommended) == 10
    assert len(told.selected) == 6
    assert told.certified == told.selected
    assert told.steps == STEPS
    assert len(played.receipts) == 80


def test_each_refusal_has_its_reason_and_clause(played: Playing):
    assert [(one.code, one.clause) for one in played.told.refused] == [
        ("narrative.too_long", "四（三）"),
        ("quota.county", "一"),
        ("actor.same_person", None),
        ("not_found", None),
        ("window.closed", "三（一）"),
        ("quota.city", "一"),
        ("publicity.start_refused", "三（二）"),
        ("calendar.unpublished", None),
        ("publicity.running", "三（二）"),
    ]
    assert all(one.reason for one in played.told.refused)


async def test_applications_end_as_the_province_decided(reading: Stage):
    found = await reading.tray(CITY, "auditor")
    assert sorted(one["status"] for one in found.values()) == [
        *["CERTIFIED"] * 6,
        *["REJECTED"] * 4,
        "STREET_ENDORSED",
    ]


async def test_county_ledgers_cite_the_city_entry_that_they_follow(reading: Stage, played: Playing):
    (city,) = await reading.rows("SELECT id, origin FROM tenants WHERE code = $1", CITY)
    theirs = {
        Cite(city["origin"], row["seq"], row["hash"])
        for row in await reading.rows("SELECT seq, hash FROM ledger_entries WHERE tenant_id = $1", city["id"])
    }
    rows = await reading.rows(FOLLOWED)
    for row in rows:
        entry = parse_entry(row["leaf"].encode())
        assert len(entry.draft.cites) == 1
        assert set(entry.draft.cites) <= theirs
        assert entry.draft.cites[0].hash.hex() in row["request_id"]
    answered = [
        (one["origin"], one["sequence"], one["hash"])
        for receipt in played.receipts.values()
        for one in receipt["followed"]
    ]
    assert len(answered) == 6 + (6 + 4) + 6
    assert sorted(answered) == sorted((row["origin"], row["seq"], row["hash"].hex()) for row in rows)


async def test_every_receipt_stands_in_its_ledger_and_every_ledger_verifies(reading: Stage, played: Playing):
    stored = {
        (row["origin"], row["seq"]): row["hash"].hex()
        for row in await reading.rows(
            "SELECT origin, seq, hash FROM ledger_entries JOIN ledger_heads USING (tenant_id)"
        )
    }
    for receipt in played.receipts.values():
        assert stored[receipt["origin"], receipt["sequence"]] == receipt["hash"]
        assert not receipt["replayed"]
    verdicts = await reading.verify()
    assert len(verdicts) == 12
    assert {one.code for one in verdicts.values()} == {"verified"}, verdicts


async def test_a_second_run_answers_the_same_receipts_and_writes_nothing(
    postgres: EmbeddedPostgres, played: Playing
):
    async with clone_database(postgres, played.world.template) as urls:
        before = await rows_of(urls, SIZES)
        async with serve_world(urls, played.world.home, BEGINS) as stage:
            _, receipts = await play_until(stage, None)
        assert await rows_of(urls, SIZES) == before
    assert {one["replayed"] for one in receipts.values()} == {True}
    plain = ("origin", "sequence", "hash")
    assert {name: [one[key] for key in plain] for name, one in receipts.items()} == {
        name: [one[key] for key in plain] for name, one in played.receipts.items()
    }


async def test_an_interrupted_story_goes_on_to_the_same_end(
    postgres: EmbeddedPostgres, founded: World, played: Playing
):
    """Each time with a clock that begins in April again, as a restarted demonstration's does."""
    known: dict[str, str] = {}
    async with clone_database(postgres, founded.template) as urls:
        async with serve_world(urls, founded.home, BEGINS) as stage:
            for cut in (*CUTS, None):
                stage.clock = StoryClock(BEGINS)
                _, receipts = await play_until(stage, None, cut)
                for name, one in receipts.items():
                    assert one["replayed"] == (name in known)
                    assert known.setdefault(name, one["hash"]) == one["hash"]
            verdicts = await stage.verify()
        assert {one.code for one in verdicts.values()} == {"verified"}, verdicts
        sizes = [row["size"] for row in await rows_of(urls, SIZES)]
    assert set(known) == set(played.receipts)
    async with clone_database(postgres, played.world.template) as whole:
        assert sizes == [row["size"] for row in await rows_of(whole, SIZES)]
