"""Random histories of certifications, reviews, corrections, revocations and mergers: the fold, what is kept of it, SQL and a naive reading agree.

And what was answered at a moment is answered again for that moment, however the history grows.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ARRAY, Date, Integer, bindparam, literal_column, select

from certification.eligible import asks, reason_of, rules_of
from certification.history import HELD, Facts, find_held, find_reason, first_year, fold, fold_history, settle
from certification.projection import fold_standings, row_of, write_standings
from certification.reviews.tables import history_facts, standings
from certification.standing import parse_known, project
from tenancy.database import Database, Scope
from tenancy.statements import statement
from tests.property.certification.histories import LAST, LEVELS, a_day, a_rule, grow, named, read
from tests.support import DatabaseUrls

SEEDS = st.integers(0, 2**32)
RULES = st.builds(
    lambda cycle, rectified, suspended: a_rule(cycle, rectified=rectified, suspended=suspended),
    *(st.sampled_from((1, 1, 2)), st.booleans(), st.booleans()),
)


@given(SEEDS, RULES)
def test_the_fold_agrees_with_a_naive_reading_whatever_the_order_of_the_facts(seed: int, rule: Any) -> None:
    random = Random(seed)
    told = grow(random, str(seed))
    shuffled = random.sample(told, len(told))
    for name in "abcd":
        community, day = named(f"{seed}/{name}"), a_day(random) + timedelta(days=random.choice((0, 800)))
        until = random.choice((None, random.choice(told).time))
        for level in LEVELS:
            history = fold(Facts(community, tuple(shuffled)), level, day, rule, until)
            expected = read(told, community, level, day, rule, until)
            assert (history.certified is not None, history.stands) == (expected.known, expected.stands)
            assert (history.streak, len(history.years)) == (expected.streak, expected.cycles)
            assert history == fold(Facts(community, told), level, day, rule, until)
            known = settle(Facts(community, told), day, until)
            assert not history.stands or find_held(level, known.certified, day)


@given(SEEDS, RULES)
def test_what_was_answered_at_a_moment_is_answered_again_for_that_moment(seed: int, rule: Any) -> None:
    random = Random(seed)
    told, community, day = grow(random, str(seed)), named(f"{seed}/a"), a_day(random)
    answers = {}
    for end, one in enumerate(told, 1):
        # Entries of one time, and the facts of one entry, are known together.
        if end == len(told) or told[end].time > one.time:
            answers[one.time] = fold(Facts(community, told[:end]), "provincial", day, rule)
    for time, answer in answers.items():
        assert fold(Facts(community, told), "provincial", day, rule, time) == answer
        assert fold(Facts(community, told), "provincial", day, rule, time + timedelta(hours=1)) == answer


@given(SEEDS, RULES)
def test_what_is_kept_of_a_span_folds_to_the_same_on_each_of_its_days(seed: int, rule: Any) -> None:
    random = Random(seed)
    told, community = grow(random, str(seed)), named(f"{seed}/a")
    kept = project(2, Facts(community, told))
    for _ in range(4):
        day = a_day(random) + timedelta(days=random.choice((-1, 0, 1, 900)))
        for level in LEVELS:
            history = fold(Facts(community, told), level, day, rule)
            rows = [
                one
                for one in kept
                if one.level == level
                and one.valid_from <= day
                and (one.valid_to is None or day < one.valid_to)
            ]
            if history.certified is None:
                assert rows == []
                continue
            (row,) = rows
            known = parse_known(level, row.facts)
            assert fold_history(level, known.certified, known.reviewed, day, rule) == history
            since = row.since_suspended if rule.suspended_stands.value else row.since
            assert since == history.since
            assert first_year(history, 3) is None or history.stands


CITY, COUNTY = 1, 2
PLACES = [f"{number}" for number in range(60)]
KNOBS = [(p, c, r, s, a) for p in (1, 3) for c in (1, 2) for r, s, a in product((True, False), repeat=3)]


@pytest.fixture
async def county(database: DatabaseUrls) -> AsyncIterator[Database]:
    """A county with sixty places of four units each, and a campaign for each way to count."""
    admin = await asyncpg.connect(database.superuser)
    random = Random(20260101)
    async with admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")
        await admin.executemany(
            "INSERT INTO tenants (id, code, name, level, parent_id, unit_id, origin) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                (CITY, "411600", "市", "city", None, named("city"), "x.example/1"),
                (COUNTY, "411602", "县", "county", CITY, named("county"), "x.example/2"),
            ],
        )
        await admin.execute(
            "INSERT INTO ledger_heads (tenant_id, origin, size, head, frontier, key_id)"
            " VALUES ($1, 'x.example/2', 1, $2, '', '00000000')",
            *(COUNTY, bytes(32)),
        )
        for number, (passes, cycle, rectified, suspended, again) in enumerate(KNOBS):
            programme = {
                "levels": [
                    {"code": "star", "requires": {"certified": "provincial", "annual_passes": passes}},
                    {"code": "provincial"},
                ],
                "history": {
                    "cycle_years": {"value": cycle},
                    "rectified_counts": {"value": rectified},
                    "suspended_stands": {"value": suspended},
                    "certified_again": {"value": again},
                },
            }
            row = await admin.fetch(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'campaigns' AND is_nullable = 'NO'"
            )
            values = {one["column_name"]: _filler(one["data_type"], number) for one in row}
            values |= {
                "tenant_id": CITY,
                "id": named(f"campaign/{number}"),
                "programme": json.dumps(programme),
            }
            marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
            await admin.execute(
                f"INSERT INTO campaigns ({', '.join(values)}) VALUES ({marks})", *values.values()
            )
        seq = 0
        facts, entries = [], []
        for place in PLACES:
            for one in grow(random, place):
                if one.position == 0:
                    seq += 1
                    entries.append(
                        (
                            COUNTY,
                            seq,
                            one.entry.hash,
                            one.entry.hash,
                            "{}",
                            one.time,
                            "t",
                            "t",
                            named("t"),
                            f"{seq}",
                        )
                    )
                facts.append(row_of(COUNTY, seq, one.position, one.fact, one.time))
        await admin.executemany(
            "INSERT INTO ledger_entries (tenant_id, seq, prev, hash, leaf, recorded_at, operation, subject_type, subject_id,"
            " actor_id, request_id, arguments_digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $3)",
            entries,
        )
        names = [column.name for column in history_facts.columns]
        marks = ", ".join(f"${n}" for n in range(1, len(names) + 1))
        await admin.executemany(
            f"INSERT INTO history_facts ({', '.join(names)}) VALUES ({marks})",
            [[row[name] for name in names] for row in facts],
        )
    await admin.close()
    made = await Database.connect(database.app, max_size=1)
    yield made
    await made.close()


def _filler(kind: str, number: int) -> Any:
    if kind == "uuid":
        return named(f"filler/{number}")
    if kind == "date":
        return date(2022, 1, 1)
    if kind == "bytea":
        return bytes(32)
    return (
        number
        if kind in ("integer", "bigint")
        else grow(Random(0), "t")[0].time
        if "time" in kind
        else f"{number}"
    )


def _asking() -> Any:
    rules = rules_of(bindparam("cities", type_=ARRAY(Integer)), every=True)
    one, day = standings.alias("one"), bindparam("day", type_=Date)
    return statement(
        select(one.c.community_id, rules.c.campaign_id, reason_of(one, rules, day).label("reason"))
        .select_from(one.join(rules, asks(rules, one)))
        .where(
            one.c.tenant_id == bindparam("tenant_id"),
            one.c.valid_from <= day,
            (one.c.valid_to.is_(None)) | (one.c.valid_to > day),
            literal_column("true"),
        )
    )


async def test_sql_answers_as_the_fold_for_every_way_to_count(county: Database) -> None:
    random = Random(20260101)
    told = {place: grow(random, place) for place in PLACES}
    communities = {named(f"{place}/{name}"): place for place in PLACES for name in "abcd"}
    asking = _asking()
    async with county.write(Scope(COUNTY, shared=(CITY,))) as tx:
        kept = await fold_standings(tx, list(communities))
        await write_standings(tx, list(communities), kept)
        seen: set[str] = set()
        for day in (date(2017, 6, 15), date(2020, 1, 1), date(2021, 12, 31), date(LAST + 2, 3, 1)):
            rows = await tx.all(asking, cities=[CITY], day=day)
            found = {(row["community_id"], row["campaign_id"]): row["reason"] for row in rows}
            expected = {}
            for community, place in communities.items():
                facts = Facts(community, told[place])
                for number, (passes, cycle, rectified, suspended, again) in enumerate(KNOBS):
                    rule = a_rule(cycle, rectified=rectified, suspended=suspended, again=again)
                    history = fold(facts, "provincial", day, rule)
                    if history.certified is not None:
                        key: tuple[UUID, UUID] = community, named(f"campaign/{number}")
                        held = not again and find_held("star", settle(facts, day).certified, day)
                        expected[key] = HELD if held else find_reason(history, passes, rule)
            assert found == expected
            seen |= {str(reason) for reason in found.values()}
        assert seen == {"None", "suspended", "revoked", "failed", "missing", "too_early", "held"}
