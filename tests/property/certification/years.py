"""Years of two counties, through the real acts and the real database: what somebody does in them, in words of a line each.

    people = Years(database, keys, programme, rule)         # a clone of a founded land, its clock, and the naive model beside it
    place = await people.certify(…); await people.review(2023, {place: "mend"}); await people.merge(…)

Each method does the acts, in their own transactions, then tells the model (years_oracle.py). It expects to be allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from audit.draw import commitment
from certification.acts import (
    attach_evidence,
    attest_legacy_record,
    cancel_review,
    commit_secret,
    confirm_certification_change,
    confirm_review,
    confirm_review_correction,
    confirm_unit_change,
    file_application,
    open_campaign,
    open_draw,
    plan_review_cycle,
    propose_certification_change,
    propose_legacy_records,
    propose_review_correction,
    propose_unit_change,
    record_inspection,
    return_review,
    reveal_secret,
)
from certification.acts.legacy import ZONE
from certification.acts.listing import Choice
from certification.acts.propose_legacy_records import Item
from certification.changes import Context
from certification.errors import CertificationError
from certification.founding import Founding, Person, found_tenant
from certification.lineage.asking import Asked, Merge, Move, NewUnit, Recode, Rename, Split
from certification.model import ChangeKind
from certification.planner import local_day
from certification.programme import HistoryRule, Programme
from certification.reader import load_programme
from certification.reviews.concluding import Conclusion
from certification.reviews.observing import ItemSaid, Said
from certification.reviews.planning import Member, PlannedTeam
from certification.shelf import Shelf
from graphql_schema.mutations.boundary import follow_changes, follow_unit_changes
from tenancy.database import Database, Scope
from tests.integration.certification.test_changes import Desk
from tests.integration.certification.world import (
    CITY,
    FOUNDED,
    JULY,
    MAY_20,
    MAY_30,
    World,
    a_founding,
    named,
    signers,
    unit,
)
from tests.property.certification.years_oracle import FAIL, MENDED, PASS, Certificate, Land, Place, Rule
from tests.unit.certification.samples import good_figures

COUNTIES = (2, 3)
COMMUNITIES = 5
DOCUMENT = "豫人社〔演示〕1号"
SCAN = sha256(b"scan").digest()
SCOPE = Scope(CITY, granted=COUNTIES)
ITEMS = [f"{part}.{n}" for part, last in ((1, 7), (2, 6)) for n in range(1, last + 1)]
WINDOW = """
[[windows]]
stage = "{0}"
name = "{0}"
opens_at = 2022-04-25T00:00:00+08:00
closes_at = {1}T00:00:00+08:00
decided = true
reason = "Varied."
"""
LEVEL = """
[[levels]]
code = "{0}"
name = "{0}"
short = "{0}"
batch = 1
form = "{1}"
city_quota = {{ value = 99, decided = true, reason = "Room for all." }}
county_quota = {{ decided = true, reason = "No cap." }}
"""


def write_programme(folder: Path, rule: Rule) -> Programme:
    """The delivered programme, open for all years, with other settings."""
    (folder / "programmes").mkdir(parents=True)
    base = load_programme("zhoukou-2022")
    levels = LEVEL.format("provincial", "form-2") + LEVEL.format("star", "form-3")
    asks = f'requires = {{ certified = "provincial", annual_passes = {rule.passes}, decided = true, reason = "Varied." }}\n'
    lost = (
        f'lost = {{ value = "{"both" if rule.lost_both else "back"}", decided = true, reason = "Varied." }}\n'
    )
    text = f'based_on = "{base.code}"\ncode = "years"\nname = "years"\n{levels}{asks}{lost}'
    text += WINDOW.format("recommendation", "2030-01-01") + WINDOW.format("city_review", "2022-06-01")
    source = (
        Path(load_programme.__code__.co_filename).parent / "programmes" / f"{base.code}.toml"
    ).read_text()
    for table, changes in (
        (
            "history",
            {
                "cycle_years": rule.cycle,
                "rectified_counts": rule.mended_counts,
                "suspended_stands": rule.suspended_stands,
            },
        ),
        ("reviews", {"counts_below": rule.below}),
    ):
        lines = (
            source.split(f"\n[{table}]\n")[1]
            .split("\n# ---" if table == "reviews" else "\n[")[0]
            .splitlines()
        )
        for name, value in changes.items():
            said = f'{name} = {{ value = {str(value).lower()}, decided = true, reason = "Varied." }}'
            lines = [said if line.startswith(f"{name} ") else line for line in lines]
        text += f"\n[{table}]\n" + "\n".join(lines) + "\n"
    (folder / "programmes" / "years.toml").write_text(text)
    return load_programme("years", Shelf((folder,)))


def found_county(tenant: int) -> Founding:
    """As the small Zhoukou's, with more communities, and two who review."""
    base, root = a_founding(tenant), f"unit/{tenant}"
    street = f"{root}/s"
    more = tuple(unit(tenant, f"{street}/{n}", street, "community") for n in range(4, COMMUNITIES + 1))
    team = tuple(
        Person(named(f"team/{tenant}/{n}"), f"复查{n}", (("review_team", named(root)),)) for n in (1, 2)
    )
    units = (*base.units, *more)
    codes = tuple(
        {
            "tenant_id": tenant,
            "unit_id": one["id"],
            "code": code_of(tenant, number, street=one["kind"] == "street"),
            "valid_from": date(2020, 1, 1),
            "valid_to": None,
            "source": "test",
        }
        for number, one in enumerate(units)
    )
    return replace(base, units=units, codes=codes, people=(*base.people, *team))


def code_of(tenant: int, number: int, *, street: bool = False) -> str:
    return f"4116{tenant:02d}" + ("001000" if street else f"001{number:03d}")


async def found_land(database: Database) -> None:
    keys = signers()
    for number in (CITY, *COUNTIES):
        async with database.write(Scope(number)) as tx:
            founding = a_founding(number) if number == CITY else found_county(number)
            await found_tenant(tx, keys[number], founding, FOUNDED)


@cache
def seen(level: str) -> tuple[Any, ...]:
    """What a team says of a community that meets everything of a level."""
    return (*(ItemSaid(code, "meets") for code in ITEMS), *good_figures(level))


@dataclass(frozen=True, slots=True)
class Team:
    """A review that is under way: its id, its certificate's level, who is sent, and the year."""

    place: Place
    review: UUID
    level: str
    member: str
    year: int


@dataclass(slots=True)
class Years(World):
    """Two counties through the years."""

    programme: Programme | None = None
    land: Land = field(default_factory=lambda: Land(Rule()))
    now: datetime = datetime(2022, 5, 2, 2, tzinfo=UTC)
    campaign: UUID | None = None
    codes: count[int] = field(default_factory=lambda: count(100))
    open: dict[UUID, list[Team]] = field(default_factory=dict)  # type: ignore[assignment]

    @property
    def rule(self) -> HistoryRule:
        """How the programme counts."""
        assert self.programme is not None
        return self.programme.history

    # ---- time

    @property
    def today(self) -> date:
        return local_day(self.now, ZONE)

    def go_to(self, year: int, month: int, day: int) -> None:
        """No earlier than now."""
        self.now = max(self.now, datetime(year, month, day, 2, tzinfo=UTC))

    async def do(
        self, act: Any, command: Any, who: str, on: int | None = None, request: str | None = None
    ) -> Any:
        """One act, a minute later than the last."""
        self.now += timedelta(minutes=1)
        return await self.act(act, command, who, self.now, on=on, request=request)

    # ---- the land

    async def begin(self, folder: Path) -> None:
        self.programme = write_programme(folder, self.land.rule)
        act = open_campaign.open_campaign(Shelf((folder,)))
        self.campaign = (await self.do(act, open_campaign.Command("years"), "city/1")).subject_id
        for county in COUNTIES:
            for n in range(1, COMMUNITIES + 1):
                place = Place(county, named(f"unit/{county}/s/{n}"), date(2020, 1, 1))
                self.land.places[county, place.id] = place

    async def certify(
        self, place: Place, level: str, on: date, reviews: Mapping[int, str] | None = None
    ) -> Certificate:
        """By paper, with the reviews of later years that paper tells of."""
        scan = attach_evidence.Command("unit", place.id, None, "材料", "application/pdf", 9, SCAN)
        officer = f"county/{place.county}"
        await self.do(attach_evidence.ACT, scan, officer)
        items = [Item("certification", level, on.year, "certified", DOCUMENT, on, SCAN)]
        items += [
            Item("annual_review", level, year, result, DOCUMENT, self.today, SCAN)
            for year, result in (reviews or {}).items()
        ]
        command = propose_legacy_records.Command(place.id, tuple(items))
        made = await self.do(propose_legacy_records.ACT, command, officer)
        rows = await self.rows(
            place.county,
            "SELECT id, kind, year FROM legacy_records WHERE community_id = $1 AND attested_at IS NULL ORDER BY kind DESC, year",
            place.id,
        )
        assert len(rows) == len(items), made
        for row in rows:
            attest = attest_legacy_record.Command(row["id"])
            await self.do(attest_legacy_record.ACT, attest, "city/1", place.county)
            if row["kind"] == "annual_review":
                place.reviews[row["id"], level, row["year"]] = (reviews or {})[row["year"]]
        (found,) = await self.rows(
            place.county,
            "SELECT id FROM certifications WHERE community_id = $1 AND level = $2 AND certified_on = $3",
            place.id,
            level,
            on,
        )
        place.certificates.append(Certificate(level, on, found["id"]))
        return place.certificates[-1]

    async def decide(self) -> None:
        """The first community of each county, by the province's decision of 2022-06-30 at the end of a round."""
        assert self.campaign is not None
        filed = {county: await self.visited(self.campaign, county) for county in COUNTIES}
        public = await self.publicised(self.campaign, await self.ranked(self.campaign, filed, len(filed)))
        await self.follow(MAY_20)
        reported = await self.reported(self.campaign, public)
        await self.follow(MAY_30)
        items = tuple(Choice(county, one, "certified", "省厅认定") for county, one in filed.items())
        await self.decided(self.campaign, reported, items)
        await self.follow(JULY)
        self.now = JULY
        for county in COUNTIES:
            (row,) = await self.rows(county, "SELECT id, community_id, certified_on FROM certifications")
            place = self.land.places[county, row["community_id"]]
            place.certificates.append(Certificate("provincial", row["certified_on"], row["id"]))

    async def rows(self, tenant: int, sql: str, *arguments: object) -> Any:
        async with self.database.read(Scope(tenant)) as tx:
            return await tx.raw.fetch(sql, *arguments)

    # ---- reviews

    async def plan(self, county: int, year: int, *, by: str | None = None) -> list[Team]:
        """A cycle from today on, its teams drawn by two parties; the reviews that it comes to."""
        teams = tuple(PlannedTeam(f"第{n}组", (Member(county, named(f"team/{county}/{n}")),)) for n in (1, 2))
        assert self.campaign is not None
        command = plan_review_cycle.Command(
            CITY, self.campaign, year, "年度复查", self.today, date(year, 11, 30), None, teams
        )
        cycle = (await self.do(plan_review_cycle.ACT, command, by or f"county/{county}", county)).subject_id
        draw, origin = named(f"draw/{cycle}"), f"xingji.example/{county}"
        secrets = {"county": bytes([1]) * 32, "city": bytes([2]) * 32}
        given = {party: commitment(origin, draw, party, secret) for party, secret in secrets.items()}
        opened = open_draw.Command(draw, "assignment", cycle, "city", given["county"])
        await self.do(open_draw.ACT, opened, f"county/{county}", county)
        await self.do(commit_secret.ACT, commit_secret.Command(draw, given["city"]), "city/1", county)
        first = await self.value(county, "SELECT reveals_first FROM draws WHERE id = $1", draw)
        for party in ("county", "city") if first != "city" else ("city", "county"):
            who = "city/1" if party == "city" else f"county/{county}"
            await self.do(reveal_secret.ACT, reveal_secret.Command(draw, secrets[party]), who, county)
        return await self.assigned(county, year, cycle)

    async def assigned(self, county: int, year: int, cycle: UUID) -> list[Team]:
        """The reviews of a cycle, each with who goes there."""
        rows = await self.rows(
            county,
            "SELECT r.id, r.community_id, r.level, t.number FROM annual_reviews r JOIN review_teams t"
            " ON (t.tenant_id, t.id) = (r.tenant_id, r.team_id) WHERE r.cycle_id = $1 ORDER BY r.community_id",
            cycle,
        )
        found = [
            Team(
                self.land.places[county, row["community_id"]],
                row["id"],
                row["level"],
                f"team/{county}/{row['number']}",
                year,
            )
            for row in rows
        ]
        for one in found:
            self.open.setdefault(one.place.id, []).append(one)
        return found

    async def inspect(self, team: Team, verdict: str, *abouts: Any, **more: Any) -> None:
        """What the team says, and what it concludes from it."""
        said = tuple(Said(named(f"said/{next(self.numbers)}"), self.now, about) for about in abouts)
        command = record_inspection.Command(team.review, said, Conclusion(verdict, "现场查看", **more))
        await self.do(record_inspection.ACT, command, team.member)

    async def review(self, team: Team, how: str) -> None:
        """One review to its end: `pass`, `fail`, `mend`, `mend_fail`, `mend_returned`, `unmet`, `recheck`, `returned`, or `nobody` comes."""
        if how == "nobody":
            return
        lacking = ItemSaid(ITEMS[0], "does_not_meet", "制度未上墙")
        whole = seen(team.level)
        county = team.place.county
        if how in ("mend", "mend_fail", "mend_returned", "unmet", "recheck"):
            due = self.today + timedelta(days=3)
            if how == "recheck":
                await self.inspect(team, "recheck", due_on=due)
                await self.inspect(team, "pass", *whole)
            else:
                await self.inspect(team, "rectify", lacking, *whole[1:], clauses=(ITEMS[0],), due_on=due)
                last: tuple[Any, ...] = (ItemSaid(ITEMS[0], "meets"),)
                if how == "mend_fail":
                    last = (lacking,)
                if how == "unmet":
                    # The day passes, and nobody looks again.
                    self.now, last = self.now + timedelta(days=4), ()
                await self.inspect(team, "fail" if how in ("mend_fail", "unmet") else "pass", *last)
        elif how == "fail":
            await self.inspect(team, "fail", lacking, *whole[1:])
        else:
            await self.inspect(team, "pass", *whole)
        if how in ("returned", "mend_returned"):
            concluded = await self.conclusion(team)
            back = return_review.Command(team.review, concluded, "照片不清")
            await self.do(return_review.ACT, back, f"county/{county}")
            await self.inspect(team, "pass", *whole)
        await self.confirm(team, f"county/{county}")
        await self.confirm(team, "city/1")
        self.open[team.place.id].remove(team)
        failed, mended = how in ("fail", "mend_fail", "unmet"), how in ("mend", "mend_returned")
        result = FAIL if failed else MENDED if mended else PASS
        self.land.confirm(team.place, team.review, team.level, team.year, result)

    async def conclusion(self, team: Team) -> UUID:
        rows = await self.rows(
            team.place.county,
            "SELECT id FROM review_verdicts WHERE review_id = $1 AND stage = 'inspection' ORDER BY round DESC LIMIT 1",
            team.review,
        )
        return UUID(str(rows[0]["id"]))

    async def confirm(self, team: Team, who: str) -> None:
        command = confirm_review.Command(team.review, await self.conclusion(team))
        await self.do(confirm_review.ACT, command, who, team.place.county)

    async def give_up(self, place: Place) -> None:
        """Reviews of it to which nobody came are cancelled."""
        for team in self.open.pop(place.id, []):
            command = cancel_review.Command(team.review, "无人前往")
            await self.do(cancel_review.ACT, command, f"county/{place.county}")

    async def correct(self, place: Place, level: str, year: int, result: str) -> None:
        """A year that was confirmed is something else."""
        command = propose_review_correction.Command(place.id, level, year, result, DOCUMENT, "复核后更正")
        made = await self.do(propose_review_correction.ACT, command, f"county/{place.county}")
        confirm = confirm_review_correction.Command(made.subject_id)
        await self.do(confirm_review_correction.ACT, confirm, "city/1", place.county)
        self.land.correct(place, level, year, result)

    # ---- certifications

    async def change(self, place: Place, one: Certificate, kind: str, day: date) -> None:
        """A document suspends, reinstates or revokes."""
        command = propose_certification_change.Command(place.county, one.id, kind, DOCUMENT, day, "不实")
        made = await self.do(propose_certification_change.ACT, command, "city/1")
        await self.do(
            confirm_certification_change.ACT, confirm_certification_change.Command(made.subject_id), "city/2"
        )
        _, left = await follow_changes(self.database, Desk(self), SCOPE, self.now)
        assert left == ()
        to = {ChangeKind.SUSPEND: "suspended", ChangeKind.REVOKE: "revoked"}.get(ChangeKind(kind))
        self.land.change(place, one, day, to)

    # ---- divisions

    async def alter(self, asked: Asked, on: date) -> None:
        """Units change from a day on."""
        command = propose_unit_change.Command(asked, DOCUMENT, on, on, "区划调整")
        made = await self.do(propose_unit_change.ACT, command, "city/1")
        await self.do(confirm_unit_change.ACT, confirm_unit_change.Command(made.subject_id), "city/2")
        _, left = await follow_unit_changes(self.database, Desk(self), SCOPE, self.now)
        assert left == (), left

    def new_unit(self, county: int, *, carried: bool = True) -> NewUnit:
        number = next(self.codes)
        return NewUnit(f"新社区{number}", code_of(county, number), named(f"unit/{county}/s"), carried)

    async def merge(
        self, places: list[Place], on: date, *, into: bool, left: frozenset[UUID] = frozenset()
    ) -> Place:
        """They become one: the first of them, or a new one; the histories of `left` do not go on."""
        county = places[0].county
        ended = places[1:] if into else places
        begins = None if into else self.new_unit(county)
        carries = tuple(one.id for one in ended if one.id not in left)
        await self.alter(
            Merge(
                county,
                tuple(one.id for one in places),
                places[0].id if into else None,
                begins,
                carries,
                "未办理移交" if left else None,
            ),
            on,
        )
        new = places[0] if begins is None else await self.born(county, begins, on)
        for one in ended:
            one.ends = on
            if one.id not in left:
                new.before.append((one, on))
        return new

    async def split(self, place: Place, on: date, *, keeps: bool, left: bool = False) -> list[Place]:
        """It gives two parts, beside it or in its place; the second goes on without its history if `left`."""
        parts = [self.new_unit(place.county), self.new_unit(place.county, carried=not left)]
        reason = "新设居民区" if left else None
        await self.alter(Split(place.county, place.id, tuple(parts), keeps, reason), on)
        if not keeps:
            place.ends = on
        made = [await self.born(place.county, one, on) for one in parts]
        for new, part in zip(made, parts, strict=True):
            if part.carried:
                new.before.append((place, on))
        return made

    async def born(self, county: int, begins: NewUnit, on: date) -> Place:
        (row,) = await self.rows(
            county, "SELECT unit_id FROM unit_codes WHERE code = $1 AND valid_to IS NULL", begins.code
        )
        place = Place(county, row["unit_id"], on)
        self.land.places[county, place.id] = place
        return place

    async def move(self, place: Place, on: date) -> Place:
        """It goes to the other county."""
        to = next(one for one in COUNTIES if one != place.county)
        begins = self.new_unit(to)
        await self.alter(Move(place.county, place.id, to, begins.code, begins.parent), on)
        (row,) = await self.rows(
            to, "SELECT unit_id FROM unit_codes WHERE code = $1 AND valid_to IS NULL", begins.code
        )
        made = await self.rows(
            to, "SELECT id, former_id FROM certifications WHERE community_id = $1", row["unit_id"]
        )
        ids = [(one["former_id"], one["id"]) for one in made]
        return self.land.move(place, to, row["unit_id"], on, ids)

    async def rename(self, place: Place, on: date) -> None:
        await self.alter(Rename(place.county, place.id, f"新名{next(self.codes)}"), on)

    async def recode(self, place: Place, on: date) -> None:
        await self.alter(Recode(place.county, place.id, code_of(place.county, next(self.codes))), on)

    # ---- answers

    async def admitted(self, place: Place) -> str | None:
        """None if its clerk may file for star now, else the code of what stands against it; nothing is written."""
        assert self.campaign is not None
        command = file_application.Command(CITY, self.campaign, "star", place.id)
        clerk = Clerk(named("clerk"), place.county, (Role("community_clerk", place.id),))
        act = file_application.ACT
        async with self.database.read(Scope(place.county, shared=(CITY,))) as tx:
            state = await act.load(tx, command, self.now)
        try:
            act.authorise(state, command, clerk)
            numbers = count()
            act.decide(
                state,
                command,
                Context(clerk, self.now, lambda: named(f"t/{next(numbers)}"), lambda: bytes(32)),
            )
        except CertificationError as refusal:
            return refusal.code
        return None


@dataclass(frozen=True, slots=True)
class Role:
    """A role that is held."""

    name: str
    unit_id: UUID


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who files: communities that begin have no clerk yet."""

    person_id: UUID
    home_tenant_id: int
    roles: tuple[Role, ...]
    oversees: bool = False
