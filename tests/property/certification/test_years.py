"""Whole histories of two counties, through the real acts and the real database: every answer is the naive model's, then and later.

Each run is a random story of six years, of its own seed and programme: certifications, cycles that are planned, drawn and inspected, corrections,
suspensions and revocations, mergers, divisions and moves. Behind each year all that answers is asked of every community: the fold of the entries,
the standings in SQL, the holders of a day, whether an application for star is let in; at the end again for each moment of before. Every kind of
move has to come about in one of the runs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import ARRAY, Date, DateTime, Integer, Text, bindparam, select

from certification.acts import (
    confirm_review_correction,
    decline_review_correction,
    propose_review_correction,
)
from certification.eligible import asks, in_span, reason_of, rules_of
from certification.facts import read_all_facts
from certification.history import Facts, History, find_reason, fold, fold_history
from certification.holding import holders
from certification.lineage.errors import CertificationMovedError, UnitBusyError
from certification.rebuilding import rebuild
from certification.reviews.errors import CorrectionMovedError
from certification.reviews.tables import standings
from certification.standing import parse_known
from tenancy.database import Database, Scope
from tenancy.statements import Statement, statement
from tenancy.vault import FileVault
from tests.integration.certification.world import CITY
from tests.property.certification.years import COUNTIES, SCOPE, Years
from tests.property.certification.years_oracle import (
    FAIL,
    LEVELS,
    MENDED,
    PASS,
    VOID,
    Land,
    Place,
    Rule,
    answer,
)
from tests.support import clone_database
from xingji.postgres import EmbeddedPostgres

RULES: Final = (
    Rule(),
    Rule(lost_both=True, passes=2),
    Rule(cycle=2, passes=1),
    Rule(mended_counts=False, suspended_stands=True, passes=2),
    Rule(below=False, cycle=2, passes=2),
    Rule(passes=1, lost_both=True, suspended_stands=True),
)
ENDINGS: Final = (
    "pass",
    "pass",
    "pass",
    "pass",
    "mend",
    "mend_fail",
    "mend_returned",
    "unmet",
    "recheck",
    "returned",
    "fail",
    "nobody",
)
LAST_YEAR: Final = 2027
EVERYTHING: Final = {
    *ENDINGS,
    *(
        f"{one} {level}"
        for one in ("certify", "reviewed as", "suspend", "reinstate", "revoke")
        for level in LEVELS
    ),
    *(f"correct to {one}" for one in (PASS, MENDED, FAIL, VOID)),
    *("correct a predecessor", "revoke of a predecessor", "suspend of a predecessor"),
    *("merge into one", "merge to a new one", "left behind", "split beside", "split in its place"),
    *("move", "moved merged", "rename", "recode", "busy", "planned by city", "planned by county"),
    *("admitted", "refused: application.certified", "refused: application.history_missing"),
    *(
        f"answered {one}"
        for one in (None, "failed", "missing", "revoked", "suspended", "too_early", "uncertified")
    ),
}
"""What some run must have come to."""
DAY: Final = bindparam("day", type_=Date)
TENANTS: Final = bindparam("tenants", type_=ARRAY(Integer))


def _asking() -> Statement:
    rules, one = rules_of(bindparam("cities", type_=ARRAY(Integer))), standings.alias("one")
    return statement(
        select(one, rules.c.campaign_id, reason_of(one, rules, DAY).label("reason"))
        .select_from(one.outerjoin(rules, asks(rules, one)))
        .where(one.c.tenant_id == bindparam("tenant_id", type_=Integer), in_span(one, DAY))
    )


def _holding(known_at: Any) -> Statement:
    found = holders(TENANTS, bindparam("level", type_=Text), DAY, known_at)
    return statement(select(found.c.tenant_id, found.c.community_id))


ASKING: Final = _asking()
HOLDING: Final = _holding(None)
HELD_THEN: Final = _holding(bindparam("known_at", type_=DateTime(timezone=True)))


@dataclass(frozen=True, slots=True)
class Asked:
    """What was answered at a moment."""

    at: datetime
    day: date
    level: str
    histories: dict[tuple[int, UUID], History]
    held: frozenset[tuple[int, UUID]]


@dataclass(slots=True)
class Story:
    """One run: its chance, what has come about, and what was answered."""

    random: Random
    years: Years
    reached: set[str] = field(default_factory=set)
    coded: dict[UUID, date] = field(default_factory=dict)
    answered: list[Asked] = field(default_factory=list)

    # ---- moves

    async def play(self, folder: Path) -> None:
        years, random = self.years, self.random
        await years.begin(folder)
        await years.decide()
        for place in random.sample([one for one in years.land.living() if not one.certificates], 6):
            since = random.randint(2017, 2021)
            told = {year: random.choice((PASS, PASS, MENDED, FAIL)) for year in range(since + 1, 2022)}
            gone = {year for year in told if random.random() < 0.15}
            await years.certify(
                place,
                "provincial",
                date(since, 6, 1),
                {year: one for year, one in told.items() if year not in gone},
            )
        for year in range(2022, LAST_YEAR + 1):
            if year > 2022:
                years.go_to(year, 2, 1)
                await self.move_some(2)
            years.go_to(year, 5, 10)
            await self.review(year)
            years.go_to(year, 12, 1)
            await self.move_some(3)
            years.go_to(year + 1, 1, random.randint(1, 20))
            await self.check()
        await self.check_again()

    async def review(self, year: int) -> None:
        """A cycle in each county; in between something else happens."""
        years, random = self.years, self.random
        teams = []
        for county in COUNTIES:
            expected = years.land.reviewable(county, year, years.today)
            if not expected:
                continue
            by = random.choice((f"county/{county}", "city/1"))
            planned = await years.plan(county, year, by=by)
            assert {one.place.id: one.level for one in planned} == expected
            teams += planned
            self.reached |= {f"planned by {by.split('/')[0]}"} | {
                f"reviewed as {one.level}" for one in planned
            }
        random.shuffle(teams)
        for number, team in enumerate(teams):
            if number % 4 == 3:
                years.now += timedelta(days=random.randint(1, 20))
                await self.move_some(1)
            waits = team in years.open.get(team.place.id, ())
            if waits and years.today < date(year, 11, 20):
                how = random.choice(ENDINGS)
                await years.review(team, how)
                self.reached.add(how)

    async def move_some(self, number: int) -> None:
        for _ in range(number):
            name, act = self.random.choice(self.moves())
            if await act():
                self.reached.add(name)

    def moves(self) -> list[tuple[str, Callable[[], Awaitable[bool]]]]:
        """The moves, the frequent ones several times."""
        return [
            *[("certify", self.certify)] * 2,
            *[("correct", self.correct)] * 4,
            *[("change", self.change)] * 4,
            ("merge", self.merge),
            ("split", self.split),
            *[("move", self.move)] * 2,
            ("alter", self.alter),
        ]

    def place(self) -> Place:
        return self.random.choice(self.years.land.living())

    async def certify(self) -> bool:
        place, level = self.place(), self.random.choice(("provincial", "star", "star"))
        if level == "star" and not place.held("provincial", self.years.today):
            return False
        on = self.years.today - timedelta(days=self.random.randint(0, 500))
        if on.year in {one.on.year for one in place.held(level, date.max)}:
            return False
        await self.years.certify(place, level, on)
        self.reached.add(f"certify {level}")
        return True

    async def correct(self) -> bool:
        """Of a community, or of one that it goes on from."""
        place = self.place()
        one = self.random.choice([before for before, _ in place.line(date.max)])
        told = sorted({key[1:] for key in one.reviews})
        if not told:
            return False
        level, year = self.random.choice(told)
        result = self.random.choice((PASS, MENDED, FAIL, VOID))
        if all(result == known for known in one.subjects(level, year).values()):
            return False
        await self.years.correct(one, level, year, result)
        self.reached |= {f"correct to {result}"} | ({"correct a predecessor"} if one is not place else set())
        return True

    async def change(self) -> bool:
        place, today = self.place(), self.years.today
        held = [one for level in LEVELS for one in place.held(level, today)]
        if not held:
            return False
        # The rarer ones more often.
        rarer = [one for one in held if one.level == "star" or one.state(today)[0] == "suspended"]
        one = self.random.choice(held + 3 * rarer)
        state = one.state(date.max)[0]
        if state == "revoked":
            return False
        kind = self.random.choice(
            ("suspend", "revoke") if state is None else ("reinstate", "reinstate", "revoke")
        )
        last = one.states[-1][0] if one.states else one.on
        await self.years.change(place, one, kind, self.since(last))
        self.reached |= {f"{kind} {one.level}"} | (
            {f"{kind} of a predecessor"} if one not in place.certificates else set()
        )
        return True

    def since(self, first: date) -> date:
        """Some day of the last months, not before the first."""
        today = self.years.today
        return max(first, today - timedelta(days=self.random.choice((0, 0, 10, 60))))

    async def day_for(self, *places: Place) -> date | None:
        """A day on which these may change; whoever is in the middle of a review is left alone first."""
        first = max(self.coded.get(one.id, one.begins) for one in places) + timedelta(days=1)
        return self.since(first) if first <= self.years.today else None

    async def alone(self, act: Callable[[], Awaitable[Any]], *places: Place) -> Any:
        """Do it; refused, while a review of one of them is under way."""
        if any(self.years.open.get(one.id) for one in places):
            with pytest.raises(UnitBusyError):
                await act()
            self.reached.add("busy")
            for one in places:
                await self.years.give_up(one)
        return await act()

    async def merge(self) -> bool:
        county, random = self.random.choice(COUNTIES), self.random
        living = self.years.land.living(county)
        if len(living) < 4:
            return False
        places = random.sample(living, random.choice((2, 2, 3)))
        on = await self.day_for(*places)
        if on is None:
            return False
        into = random.random() < 0.5
        left = frozenset({places[-1].id} if random.random() < 0.2 else ())
        await self.alone(lambda: self.years.merge(places, on, into=into, left=left), *places)
        self.reached |= {"merge into one" if into else "merge to a new one"} | (
            {"left behind"} if left else set()
        )
        return True

    async def split(self) -> bool:
        place, keeps, left = self.place(), self.random.random() < 0.5, self.random.random() < 0.2
        on = await self.day_for(place)
        if on is None:
            return False
        await self.alone(lambda: self.years.split(place, on, keeps=keeps, left=left), place)
        self.reached.add("split beside" if keeps else "split in its place")
        return True

    async def move(self) -> bool:
        place = self.place()
        on = await self.day_for(place)
        if on is None or len(self.years.land.living(place.county)) < 3:
            return False
        await self.alone(lambda: self.years.move(place, on), place)
        self.reached |= {"moved merged"} if place.before else set()
        return True

    async def alter(self) -> bool:
        place = self.place()
        on = await self.day_for(place)
        if on is None:
            return False
        if self.random.random() < 0.5:
            await self.years.rename(place, on)
            self.reached.add("rename")
        else:
            await self.years.recode(place, on)
            self.coded[place.id] = on
            self.reached.add("recode")
        return True

    # ---- answers

    async def check(self) -> None:
        """Ask all that answers of today and of a day before."""
        years, rule = self.years, self.years.land.rule
        told = await self.read()
        for day in (years.today, years.today - timedelta(days=self.random.randint(1, 1500))):
            for level in LEVELS:
                await self.ask(told, day, level)
        for place in years.land.living():
            fits = answer(place, "provincial", years.today, rule).reason is None
            code = await years.admitted(place)
            assert (code is None) == (fits and not place.holds("star", years.today)), (place, code)
            self.reached.add("admitted" if code is None else f"refused: {code}")
        for county in COUNTIES:
            async with years.database.write(Scope(county, shared=(CITY,))) as tx:
                assert [one async for one in rebuild(tx)] == []
        years.now += timedelta(days=1)

    async def read(self) -> dict[tuple[int, UUID], Facts]:
        """What the entries say of every community there ever was."""
        found = {}
        for county in COUNTIES:
            async with self.years.database.read(Scope(county, shared=(CITY,))) as tx:
                for tenant, place in self.years.land.places:
                    if tenant == county:
                        found[tenant, place] = await read_all_facts(tx, place)
        return found

    async def ask(self, told: Mapping[tuple[int, UUID], Facts], day: date, level: str) -> None:
        """Compare all answers of a day with the naive one, and keep them."""
        years, rule, asked = self.years, self.years.land.rule, self.years.rule
        histories: dict[tuple[int, UUID], History] = {}
        for county in COUNTIES:
            async with years.database.read(Scope(county, shared=(CITY,))) as tx:
                rows = {
                    row["community_id"]: row
                    for row in await tx.all(ASKING, cities=[CITY], day=day)
                    if row["level"] == level
                }
                for place in years.land.living(county):
                    history = fold(told[county, place.id], level, day, asked)
                    histories[county, place.id] = history
                    expected = answer(place, level, day, rule)
                    reason = find_reason(history, rule.passes, asked)
                    assert (
                        history.certified is not None,
                        history.stands,
                        history.since,
                        tuple(one.result for one in history.years),
                        history.streak,
                        reason,
                    ) == (
                        expected.known,
                        expected.stands,
                        expected.since,
                        expected.results,
                        expected.streak,
                        expected.reason,
                    ), (place, level, day)
                    self.reached.add(f"answered {reason}")
                    row = rows.pop(place.id, None)
                    if not expected.known or place.begins > day:
                        assert row is None
                        continue
                    known = parse_known(level, row["facts"])
                    assert fold_history(level, known.certified, known.reviewed, day, asked) == history
                    above = "held" if place.holds("star", day) else reason
                    assert level == "star" or row["reason"] == above
                # Those that are no more today were there on that day.
                assert all(years.land.places[county, one].ends > day for one in rows)  # type: ignore[operator]
        async with years.database.read(SCOPE) as tx:
            found = await tx.all(HOLDING, tenants=list(COUNTIES), level=level, day=day)
        held = frozenset((row["tenant_id"], row["community_id"]) for row in found)
        assert held == years.land.holders(level, day)
        self.answered.append(Asked(years.now, day, level, histories, held))

    async def check_again(self) -> None:
        """What was answered at each moment is answered again for it; every log is whole."""
        years, told = self.years, await self.read()
        for one in self.answered:
            for place, history in one.histories.items():
                assert fold(told[place], one.level, one.day, years.rule, one.at) == history
            async with years.database.read(SCOPE) as tx:
                found = await tx.all(
                    HELD_THEN, tenants=list(COUNTIES), level=one.level, day=one.day, known_at=one.at
                )
            assert {(row["tenant_id"], row["community_id"]) for row in found} == one.held
        for tenant in (CITY, *COUNTIES):
            assert (await years.verify(tenant)).ok


@pytest.fixture
async def years(
    postgres: EmbeddedPostgres, land: str, vault: FileVault, tmp_path: Path
) -> AsyncIterator[Years]:
    """Two counties to whom nothing has happened yet, on 2022-05-02."""
    async with clone_database(postgres, land) as urls:
        database = await Database.connect(urls.app, vault=vault, max_size=2)
        found = Years(database, land=Land(Rule()))
        await found.begin(tmp_path / "programme")
        yield found
        await database.close()


async def test_a_year_is_corrected_where_the_community_is_now(years: Years) -> None:
    """One that moved away altogether is corrected there; while a part of it stays, that part's here."""
    first, second = years.land.living(COUNTIES[0])[:2]
    for place in (first, second):
        await years.certify(place, "provincial", date(2019, 6, 1), {2020: PASS, 2021: PASS})
    proposed = propose_review_correction.Command(first.id, "provincial", 2020, FAIL, "1号", "不实")
    waiting = (await years.do(propose_review_correction.ACT, proposed, "county/2")).subject_id
    moved = await years.move(first, years.today)
    with pytest.raises(CorrectionMovedError, match="第3县"):
        await years.correct(first, "provincial", 2021, FAIL)
    with pytest.raises(CorrectionMovedError):
        confirm = confirm_review_correction.Command(waiting)
        await years.do(confirm_review_correction.ACT, confirm, "city/1", COUNTIES[0])
    decline = decline_review_correction.Command(waiting, "已划转")
    await years.do(decline_review_correction.ACT, decline, "city/1", COUNTIES[0])
    await years.correct(moved, "provincial", 2021, FAIL)
    years.now += timedelta(days=1)
    part, _ = await years.split(second, years.today, keeps=True)
    years.now += timedelta(days=1)
    await years.move(second, years.today)
    await years.correct(second, "provincial", 2021, FAIL)
    story = Story(Random(0), years)
    await story.ask(await story.read(), years.today, "provincial")
    assert [answer(one, "provincial", years.today, Rule()).results[-1] for one in (moved, part)] == [
        FAIL,
        FAIL,
    ]


async def test_what_was_merged_moves_with_every_review_and_state(years: Years) -> None:
    """Two that failed a year are one: a correction there is of both reviews; what is suspended stays so on its way."""
    first, second = years.land.living(COUNTIES[0])[:2]
    for place in (first, second):
        one = await years.certify(place, "provincial", date(2019, 6, 1), {2020: FAIL, 2021: PASS})
        await years.change(place, one, "suspend", years.today)
    both = await years.merge([first, second], years.today, into=False)
    years.now += timedelta(days=1)
    moved = await years.move(both, years.today)
    await years.correct(moved, "provincial", 2020, PASS)
    story = Story(Random(0), years)
    await story.ask(await story.read(), years.today, "provincial")
    for one in moved.certificates:
        await years.change(moved, one, "reinstate", years.today)
    await story.ask(await story.read(), years.today, "provincial")
    assert answer(moved, "provincial", years.today, Rule()).results == (PASS, PASS)


async def test_a_certification_has_moved_though_a_part_stays_that_was_divided_before_it(years: Years) -> None:
    place, other = years.land.living(COUNTIES[0])[:2]
    await years.certify(other, "provincial", date(2019, 6, 1), {2020: PASS, 2021: PASS})
    await years.split(place, years.today, keeps=True)
    years.go_to(2022, 6, 1)
    late = await years.certify(place, "provincial", years.today)
    # Who comes to it after it was divided is not gone on from by the parts.
    await years.merge([place, other], years.today, into=True)
    story = Story(Random(0), years)
    await story.ask(await story.read(), years.today, "provincial")
    years.go_to(2022, 7, 1)
    moved = await years.move(place, years.today)
    with pytest.raises(CertificationMovedError):
        await years.change(place, late, "revoke", years.today)
    await years.change(moved, moved.certificates[0], "revoke", years.today)
    await story.ask(await story.read(), years.today, "provincial")


async def test_every_answer_is_the_naive_ones_whatever_happens_in_six_years(
    postgres: EmbeddedPostgres, land: str, vault: FileVault, tmp_path: Path
) -> None:
    reached: set[str] = set()
    for seed, rule in enumerate(RULES):
        async with clone_database(postgres, land) as urls:
            database = await Database.connect(urls.app, vault=vault, max_size=2)
            story = Story(Random(seed), Years(database, land=Land(rule)))
            try:
                await story.play(tmp_path / str(seed))
            except BaseException as error:
                error.add_note(f"seed {seed}, {rule}")
                raise
            finally:
                await database.close()
            reached |= story.reached
    assert EVERYTHING - reached == set()
