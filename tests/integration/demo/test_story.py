"""The round of 2022 and what became of it until 2026, played through the API as its actors: what it must say, what it leaves in the ledgers, and that it goes on."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest

from audit.entry import Cite, parse_entry
from tests.integration.api.kit import Stage, World, rows_of, serve_world
from tests.integration.demo.kit import KeptStory, Playing, play_until
from tests.support import clone_database
from xingji.demo.cast import CITY, GAP, LATE, MENDED, STEADY, TAKER, VILLAGE, WITHDRAWN, counties
from xingji.demo.chapters.divisions import MERGED
from xingji.demo.clock import StoryClock
from xingji.demo.run import BEGINS, ENDS
from xingji.demo.story import STEPS
from xingji.demo.telling import Told
from xingji.postgres import EmbeddedPostgres

FOLLOWED = """
SELECT e.operation, e.leaf, e.request_id, e.seq, e.hash, h.origin FROM ledger_entries e JOIN ledger_heads h USING (tenant_id)
WHERE e.request_id LIKE 'follow:%' ORDER BY e.tenant_id, e.seq"""
SIZES = "SELECT tenant_id, size, head FROM ledger_heads ORDER BY tenant_id"
# How many acts are done before the story is cut: more than the longest step has, and no divisor of what a step has.
AT_ONCE = 61


@pytest.fixture(scope="module")
async def seen(postgres: EmbeddedPostgres, whole: Playing) -> AsyncIterator[Stage]:
    """A server over the played world, to read from."""
    async with (
        clone_database(postgres, whole.world.template) as urls,
        serve_world(urls, whole.world.home, ENDS) as stage,
    ):
        yield stage


def test_who_is_recommended_selected_and_certified(whole: Playing):
    told = whole.told
    by_code = {one.code: one for one in counties()}
    assert told.recommended == [f"{one.name} {one.recommended[1].name}" for one in counties()]
    assert by_code[WITHDRAWN].recommended[1] == by_code[WITHDRAWN].rival
    assert by_code[VILLAGE].recommended[1] == by_code[VILLAGE].village
    assert by_code[LATE].recommended[1] == by_code[LATE].nominee
    assert len(told.selected) == 6
    # One objection was upheld, and the province refused the last of the report.
    assert told.certified == told.selected[:4]
    assert len(told.stars) == 4
    # A failed year and a missed one are refused; a rectification, a merger and a move are not.
    assert [name.rpartition(" / ")[2] for name in told.later] == [
        by_code[STEADY].nominee.name,
        MERGED,
        by_code[GAP].star.name,
    ]
    assert told.steps == STEPS


def test_each_refusal_has_its_reason_and_clause(whole: Playing):
    assert [(one.code, one.clause) for one in whole.told.refused] == [
        ("actor.not_entitled", None),
        ("narrative.too_long", "四（三）"),
        ("evidence.type", None),
        ("application.history_missing", "一；附件1 三（二）.1"),
        ("quota.county", "一"),
        ("opinion.justification_unconfirmed", "二"),
        ("actor.same_person", None),
        ("not_found", None),
        ("window.closed", "三（一）"),
        ("extension.same_person", None),
        ("quota.city", "一"),
        ("roster.tie_unargued", None),
        ("publicity.start_refused", "三（二）"),
        ("calendar.unpublished", None),
        ("publicity.objected", "三（二）"),
        ("publicity.incomplete", "三（二）"),
        ("inspection.conflict", None),
        ("draw.wrong_status", None),
        ("review.wrong_status", None),
        ("actor.second_person", None),
        ("inspection.fails", "附件1 三（一）.4"),
        ("application.history_missing", "一；附件1 三（二）.1"),
        ("application.history_missing", "一；附件1 三（二）.1"),
        ("application.certified", None),
    ]
    assert all(one.reason for one in whole.told.refused)


async def test_every_application_ends_as_its_story_goes(seen: Stage):
    data = await (await seen.person(CITY, "auditor")).get(
        "{ applications(first: 100) { edges { node { level status } } } }"
    )
    found = Counter((edge["node"]["level"], edge["node"]["status"]) for edge in data["applications"]["edges"])
    assert found == {
        ("provincial", "CERTIFIED"): 4,
        ("provincial", "NOT_CERTIFIED"): 1,
        # Four that the ranking did not select, one whose objection was upheld.
        ("provincial", "REJECTED"): 5,
        ("provincial", "WITHDRAWN"): 1,
        ("provincial", "LAPSED"): 1,
        ("provincial", "STREET_ENDORSED"): 1,
        # On paper in 2022, on the ledgers' own reviews in 2026.
        ("star", "CERTIFIED"): 4 + 3,
    }


async def test_a_star_says_that_it_rests_on_paper(seen: Stage):
    query = '{ applications(first: 100, filter: {level: "star"}) { edges { node { createdAt restsOnLegacy form { certifiedOn reviews { year legacy } } } } } }'
    data = await (await seen.person(CITY, "leader")).get(query)
    nodes = [edge["node"] for edge in data["applications"]["edges"]]
    assert len(nodes) == 7
    for node in (one for one in nodes if one["createdAt"] < "2023"):
        assert node["restsOnLegacy"]
        assert node["form"]["certifiedOn"] == "2018-12-10"
        assert node["form"]["reviews"] == [{"year": year, "legacy": True} for year in (2019, 2020, 2021)]


async def test_a_later_star_says_which_entries_its_three_years_rest_on(seen: Stage):
    """Of the ledgers' own reviews; a moved community's cite the log of its former county."""
    query = """{ applications(first: 100, filter: {level: "star"}) { edges { node { createdAt tenant { code } form {
      certifiedOn certifiedBy { origin sequence hash } reviews { year result legacy cite { origin sequence hash } } } } } } }"""
    data = await (await seen.person(CITY, "leader")).get(query)
    later = {
        edge["node"]["tenant"]["code"]: edge["node"]["form"]
        for edge in data["applications"]["edges"]
        if edge["node"]["createdAt"] > "2026"
    }
    results = {
        code: [(one["year"], one["result"]) for one in form["reviews"]] for code, form in later.items()
    }
    plain = [(year, "PASS") for year in (2023, 2024, 2025)]
    assert results == {STEADY: plain, MENDED: [(2023, "PASS_AFTER_RECTIFICATION"), *plain[1:]], TAKER: plain}
    assert {code: form["certifiedOn"] for code, form in later.items()} == {
        STEADY: "2022-07-15",
        MENDED: "2022-07-15",
        TAKER: "2018-12-10",
    }
    rows = await seen.rows("SELECT origin, seq, hash FROM ledger_entries JOIN ledger_heads USING (tenant_id)")
    stored = {(row["origin"], row["seq"], row["hash"].hex()) for row in rows}
    origins = set()
    for form in later.values():
        by = form["certifiedBy"]
        assert (by["origin"], by["sequence"], by["hash"]) in stored
        for one in form["reviews"]:
            assert not one["legacy"]
            cite = one["cite"]
            assert (cite["origin"], cite["sequence"], cite["hash"]) in stored
            origins.add((one["year"], cite["origin"].rpartition("/")[2]))
    assert {(2023, GAP), (2024, GAP), (2025, TAKER)} <= origins


async def test_county_ledgers_cite_the_city_entry_that_they_follow(seen: Stage, whole: Playing):
    (city,) = await seen.rows("SELECT id, origin FROM tenants WHERE code = $1", CITY)
    theirs = {
        Cite(city["origin"], row["seq"], row["hash"])
        for row in await seen.rows("SELECT seq, hash FROM ledger_entries WHERE tenant_id = $1", city["id"])
    }
    rows = await seen.rows(FOLLOWED)
    for row in rows:
        entry = parse_entry(row["leaf"].encode())
        first, *more = entry.draft.cites
        assert first in theirs
        assert first.hash.hex() in row["request_id"]
        assert not more or entry.draft.operation == "unit.opened"
    answered = [
        (one["origin"], one["sequence"], one["hash"])
        for receipt in whole.receipts.values()
        for one in receipt["followed"]
    ]
    # Publicised, an objection upheld, reported or out, decided: of both levels; the same three times for three in 2026.
    listed = (6 + 4) + 1 + (5 + 4 + 4) + (5 + 4) + 3 * 3
    assert sum(row["operation"] == "application.followed" for row in rows) == listed
    assert sorted(answered) == sorted((row["origin"], row["seq"], row["hash"].hex()) for row in rows)


async def test_every_receipt_stands_in_its_ledger_and_every_ledger_verifies(seen: Stage, whole: Playing):
    stored = {
        (row["origin"], row["seq"]): row["hash"].hex()
        for row in await seen.rows(
            "SELECT origin, seq, hash FROM ledger_entries JOIN ledger_heads USING (tenant_id)"
        )
    }
    for receipt in whole.receipts.values():
        assert stored[receipt["origin"], receipt["sequence"]] == receipt["hash"]
        assert not receipt["replayed"]
    verdicts = await seen.verify()
    assert len(verdicts) == 12
    assert {one.code for one in verdicts.values()} == {"verified"}, verdicts


async def test_a_second_plain_round_answers_the_same_receipts_and_writes_nothing(
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
    postgres: EmbeddedPostgres, founded: World, whole: Playing
):
    """Each time with what was told until then and a clock that begins in April again, as a restarted demonstration's does."""
    known: dict[str, str] = {}
    told = Told()
    async with clone_database(postgres, founded.template) as urls:
        async with serve_world(urls, founded.home, BEGINS) as stage:
            while told.steps < STEPS:
                stage.clock = StoryClock(BEGINS)
                kept = Told.from_json(told.to_json())
                found, receipts = await play_until(stage, None, AT_ONCE, KeptStory, kept)
                # What an interrupted step told is told again.
                told = found if found.steps > told.steps else told
                for name, one in receipts.items():
                    assert one["replayed"] == (name in known)
                    assert known.setdefault(name, one["hash"]) == one["hash"]
            verdicts = await stage.verify()
        assert {one.code for one in verdicts.values()} == {"verified"}, verdicts
        sizes = [row["size"] for row in await rows_of(urls, SIZES)]
    assert set(known) == set(whole.receipts)
    async with clone_database(postgres, whole.world.template) as all_at_once:
        assert sizes == [row["size"] for row in await rows_of(all_at_once, SIZES)]
