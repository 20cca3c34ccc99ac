"""Annual reviews, people and grants: rows of the world, and the naive answers of their fields.

What a field computes is said here once more over the rows, rule by rule as the glossary has it. Two things are asked of the product:
the standard's engine (`judge`, which tests/property/certification/test_judging.py holds) and the texts of refusals.
"""

# ruff: noqa: N802 - a method is named after the type and the field it answers
from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from graphql import GraphQLError

from certification import tables as c
from certification.figures import Figure
from certification.judging import ItemFinding, judge
from certification.reviews import tables as r
from tenancy import tables as t
from tests.integration.graphql_schema.world import (
    CITY,
    EAST,
    NOW,
    PROGRAMME,
    START,
    STRANGER,
    WEST,
    Row,
    World,
    digest,
    uid,
)


def shown(action: str, name: str, against: tuple[str, str] | None) -> dict[str, Any]:
    """An action with what stands against it."""
    obstacle = against and {"code": against[0], "message": against[1], "clause": None}
    return {"action": action, "name": name, "clause": None, "allowed": not against, "obstacle": obstacle}


TABLES = {
    "ReviewCycle": "review_cycles",
    "ReviewTeam": "review_teams",
    "ReviewTeamMember": "review_team_members",
    "AnnualReview": "annual_reviews",
    "ReviewVerdict": "review_verdicts",
    "Observation": "observations",
    "ReviewCorrection": "review_corrections",
    "Inspector": "people",
    "Person": "people",
    "Grant": "tenant_grants",
    "Erasure": "erasures",
}
WHOLE_ONLY = {
    "ReviewTeam",
    "ReviewTeamMember",
    "Inspector",
    "Person",
    "Grant",
    "Erasure",
    "AccessRecord",
    "RoleAssignment",
}
OF_REVIEW = {"Observation", "ReviewVerdict", "Evidence"}
STANDARD = {"Campaign", "CampaignLevel", "CampaignWindow", "StandardClause", "CalendarYear", "CalendarDay"}
DRAWN = {"Draw", "DrawParty", "SpotCheckAnswer"}
OPEN = {"StoryEntry", "PublicNotice", "PublicNoticeItem"}
"""Reached through what shows them, or by everybody."""
TODAY = date(2022, 5, 10)
NAMED = ("rectifying", "rechecking")
CAME, LATE = digest("photo that came").hex(), digest("photo that is late").hex()
MEETS, FAILS = '{"verdict":"meets"}', '{"note":"缺一项","verdict":"does_not_meet"}'


def add_reviews(world: World) -> None:
    """Two cycles a county, inspectors of county and city, reviews on their way, what was observed, corrections, entries."""
    for tenant in (CITY, EAST, WEST):
        for name in ("inspector", "second", "former"):
            _inspector(world, tenant, name)
    for county in (EAST, WEST):
        _cycle(world, county, 2022, CITY, "assigned")
        # Of a city whose campaigns the county does not read: its standard is out of reach.
        _cycle(world, county, 2021, CITY if county == EAST else STRANGER, "planned")
        _reviews(world, county)
        _corrections(world, county)
        _entries(world, county)


def _inspector(world: World, tenant: int, name: str) -> None:
    person, former = uid("person", name, tenant), name == "former"
    commitment = world.personal(
        tenant, person, "name", f"陈{name}", erased=(name, tenant) == ("second", EAST)
    )
    world.add(t.people, tenant_id=tenant, id=person, name_commitment=commitment, created_at=START)
    world.add(
        t.role_assignments,
        tenant_id=tenant,
        id=uid("role", name, tenant),
        person_id=person,
        role="review_team",
        unit_id=uid("root", tenant),
        valid_from=START - timedelta(days=9),
        valid_to=START if former else None,
    )


def _cycle(world: World, county: int, year: int, city: int, status: str) -> None:
    cycle, current = uid("cycle", county, *([] if year == 2022 else [year])), year == 2022
    world.add(
        r.review_cycles,
        tenant_id=county,
        id=cycle,
        campaign_tenant_id=city,
        campaign_id=uid("campaign", city),
        year=year,
        name=f"{year}年度复查\n",
        opens_on=date(year, 5, 1),
        closes_on=date(year, 6, 30),
        status=status,
        revision=3,
        planned_tenant_id=county if current else CITY,
        planned_by=uid("person", "officer", county if current else CITY),
        extended_by=uid("person", "officer", CITY) if current else None,
        extend_reason="汛期" if current else None,
        created_at=START,
        updated_at=START + timedelta(days=1),
    )
    teams = {1: [(county, "inspector"), (CITY, "inspector")], 2: [(county, "second"), (county, "former")]}
    for number, members in teams.items() if current else ():
        world.add(
            r.review_teams,
            tenant_id=county,
            id=_team(county, number),
            cycle_id=cycle,
            number=number,
            name=f"第{number}组",
        )
        for tenant, name in members:
            barred = [{"ground": "role", "street": str(uid("street1", county))}] if name == "second" else []
            world.add(
                r.review_team_members,
                tenant_id=county,
                team_id=_team(county, number),
                person_tenant_id=tenant,
                person_id=uid("person", name, tenant),
                barred=json.dumps(barred),
            )


def _team(county: int, number: int) -> UUID:
    return uid("team", county, number)


def _review(world: World, county: int, at: int, community: str, status: str, **said: Any) -> UUID:
    review = uid("review", county, *([at] if at else []))
    street = f"street{community[9]}"
    world.add(
        r.annual_reviews,
        **{
            "tenant_id": county,
            "id": review,
            "cycle_id": uid("cycle", county),
            "certification_id": uid("certification", uid(f"community{community[9]}.0", county)),
            "community_id": uid(community, county),
            "street_id": uid(street, county),
            "level": "provincial",
            "year": 2022,
            "status": status,
            "revision": at,
            "round": 1,
            "rectified": False,
            "created_at": START + timedelta(minutes=at // 2),
            "updated_at": START + timedelta(days=2),
            **said,
        },
    )
    return review


def _reviews(world: World, county: int) -> None:
    """In conflict; put right too late; confirmed; without a team; returned; to be seen again; cancelled; and of the year before."""
    one, two = {"team_id": _team(county, 1)}, {"team_id": _team(county, 2)}
    past = {"cycle_id": uid("cycle", county, 2021), "year": 2021}
    disputed = _review(world, county, 0, "community0.0", "assigned", **one)
    _dispute(world, county, disputed)
    late = _review(
        world,
        county,
        1,
        "community1.0",
        "rectifying",
        round=2,
        rectified=True,
        due_on=date(2022, 5, 9),
        **one,
    )
    _observe(world, county, late, 1, "item:1.1", FAILS)
    _observe(world, county, late, 1, "item:1.2", MEETS)
    _observe(world, county, late, 1, "figure:staff", '{"count":1}')
    _verdict(world, county, late, 1, "inspection", "rectify", items='["1.1"]', due_on=date(2022, 5, 9))
    done = _review(
        world,
        county,
        2,
        "community0.1",
        "confirmed",
        result="pass_after_rectification",
        confirmed_at=START + timedelta(days=3),
        **two,
    )
    _observe(world, county, done, 1, "item:1.1", MEETS)
    for stage, verdict in (("inspection", "pass"), ("county", "agree"), ("city", "agree")):
        _verdict(world, county, done, 1, stage, verdict)
    _review(world, county, 3, "community1.0", "planned", level="star")
    back = _review(world, county, 4, "community1.1", "assigned", round=2, **two)
    _observe(world, county, back, 1, "item:1.1", MEETS)
    _observe(world, county, back, 1, "item:1.2", MEETS)
    _verdict(world, county, back, 1, "inspection", "pass")
    _verdict(world, county, back, 1, "county", "return")
    _observe(world, county, back, 2, "item:1.2", FAILS)
    again = _review(world, county, 5, "community0.2", "rechecking", round=2, due_on=date(2022, 5, 20), **one)
    _observe(world, county, again, 1, "item:1.1", FAILS)
    _verdict(world, county, again, 1, "inspection", "recheck", items='["1.1"]', due_on=date(2022, 5, 20))
    _observe(world, county, again, 2, "item:1.1", MEETS)
    _review(world, county, 6, "community1.2", "cancelled", cancel_reason="已撤销", **one)
    found = _review(world, county, 7, "community0.2", "inspected", level="star", result="fail", **two)
    _verdict(world, county, found, 1, "inspection", "fail")
    _review(world, county, 8, "community0.0", "planned", **past)
    seen = _review(world, county, 9, "community1.2", "county_confirmed", result="pass", **two)
    _observe(world, county, seen, 1, "item:1.1", MEETS, (CITY, "officer"))
    if county == WEST:
        _observe(world, county, uid("review", county, 8), 1, "item:1.1", MEETS)


def _dispute(world: World, county: int, review: UUID) -> None:
    """Of every way in which observations stand beside each other, one."""
    ours, theirs = (county, "inspector"), (CITY, "inspector")
    _observe(world, county, review, 1, "item:1.1", MEETS, ours)
    _observe(world, county, review, 1, "item:1.1", FAILS, theirs)
    _observe(world, county, review, 1, "item:1.2", MEETS, ours)
    _observe(world, county, review, 1, "item:1.2", '{"note":"齐全","verdict":"meets"}', theirs)
    first = _observe(world, county, review, 1, "item:1.3", FAILS, ours)
    _observe(world, county, review, 1, "item:1.3", MEETS, ours, supersedes=json.dumps([str(first)]))
    _observe(
        world,
        county,
        review,
        1,
        "item:2.1",
        '{"verdict":"not_applicable"}',
        ours,
        supersedes=json.dumps([str(first)]),
    )
    _observe(
        world,
        county,
        review,
        1,
        "figure:labour_force_registered",
        '{"denominator":4000,"numerator":3199}',
        ours,
    )
    for count in (2, 3):
        _observe(world, county, review, 1, "figure:staff", json.dumps({"count": count}), ours)
    held = '{"denominator":9,"numerator":8}'
    _observe(world, county, review, 1, "figure:certificate_held:newly_employed", held, ours)
    for text in ("门口", "二楼"):
        _observe(world, county, review, 1, "note:手机", json.dumps({"text": text}), ours)
    for caption in ("大厅", "大厅二", "大厅三"):
        _observe(
            world, county, review, 1, f"photo:{LATE}", json.dumps({"caption": caption, "item": "1.1"}), ours
        )
    _observe(world, county, review, 1, f"photo:{CAME}", "{}", ours)
    for at, received in enumerate((bytes.fromhex(CAME), None)):
        world.add(
            c.evidence,
            tenant_id=county,
            id=uid("evidence", review, at),
            subject_type="annual_review",
            subject_id=review,
            item_code="1.1",
            label="大厅",
            media_type="image/jpeg",
            size=7,
            sha256=digest("kept", at),
            received_sha256=received,
            author_tenant_id=CITY,
            author_id=uid("person", "inspector", CITY),
            created_at=START,
        )


def _observe(
    world: World, county: int, review: UUID, round_: int, key: str, value: str, who: Any = None, **said: Any
) -> UUID:
    tenant, name = who or (county, "inspector")
    at = len(world.all("observations"))
    # The ids run against the order of arrival.
    observation = UUID(int=uid("observation", county).int // 2**16 * 2**16 + 60000 - at)
    world.add(
        r.observations,
        tenant_id=county,
        id=observation,
        review_id=review,
        round=round_,
        key=key,
        value=value,
        observed_at=START + timedelta(hours=1, microseconds=at),
        latitude_e6=33_625_000 if at % 2 else None,
        longitude_e6=-114_649_000 if at % 2 else None,
        accuracy_m=at if at % 2 else None,
        author_tenant_id=tenant,
        author_id=uid("person", name, tenant),
        recorded_at=START + timedelta(hours=2, minutes=at // 3),
        **said,
    )
    return observation


def _verdict(
    world: World, county: int, review: UUID, round_: int, stage: str, verdict: str, **said: Any
) -> None:
    team = stage == "inspection"
    tenant = CITY if stage == "city" else county
    at = len(world.all("review_verdicts"))
    world.add(
        r.review_verdicts,
        tenant_id=county,
        id=uid("verdict", county, at),
        review_id=review,
        round=round_,
        stage=stage,
        verdict=verdict,
        text=f'属实 "{stage}"',
        judgement='{"qualifies":false}' if team else None,
        observations=digest("heads", at) if team else None,
        author_tenant_id=tenant,
        author_id=uid("person", "inspector" if team else "officer", tenant),
        given_at=START + timedelta(days=1, minutes=at // 2),
        **said,
    )


def _corrections(world: World, county: int) -> None:
    """One that counts, one that waits, one that was declined."""
    told = (("community0.0", 2021, "fail"), ("community1.0", 2020, "pass"), ("community1.0", 2019, "void"))
    for at, (community, year, result) in enumerate(told):
        world.add(
            r.review_corrections,
            tenant_id=county,
            id=uid("correction", county, at),
            community_id=uid(community, county),
            level="provincial",
            year=year,
            result=result,
            document_number="周人社函〔2022〕3号",
            reason="台账有误",
            proposed_by=uid("person", "officer", county),
            proposed_at=START + timedelta(hours=1, minutes=at // 2),
            confirmed_by=None if at else uid("person", "officer", CITY),
            confirmed_tenant_id=None if at else CITY,
            confirmed_at=None if at else START + timedelta(hours=2),
            declined_at=START + timedelta(hours=3) if at == 2 else None,
            decline_reason="依据不足" if at == 2 else None,
        )


def _entries(world: World, county: int) -> None:
    """Entries about a review, a file of it, a correction, a list of a register, a draw from it."""
    review = uid("review", county)
    told: tuple[tuple[str, UUID, dict[str, Any]], ...] = (
        ("review.inspected", review, {"verdict": "rectify", "stage": "inspection", "year": 2022}),
        ("evidence.attached", uid("evidence", review, 0), {}),
        (
            "review_correction.confirmed",
            uid("correction", county, 0),
            {"result": "fail", "level": "provincial"},
        ),
        ("register.committed", uid("list", county, 0), {}),
        ("draw.opened", uid("draw", county, 0), {}),
    )
    for operation, subject, intent in told:
        seq = sum(1 for row in world.all("ledger_entries") if row["tenant_id"] == county)
        actor = {"origin": f"xingji/41160{county}", "role": "community_clerk"}
        leaf = json.dumps({"body": {"actor": actor, "intent": intent}})
        world.entry(county, seq, operation, subject, leaf, digest("entry", county, seq))
    head = next(one for one in world.all("ledger_heads") if one["tenant_id"] == county)
    head["size"] += len(told)


NO_TEAMS = ("street_officer", "community_clerk")
"""Who sees no review team, nor which has a community."""


class NaiveReviews:
    """The fields; `rows`, `one`, `filtered`, `connection`, `reaches` and `world` are the naive executor's."""

    world: World
    reader: Any
    role: str
    jurisdiction: UUID
    rows: Any
    one: Any
    filtered: Any
    connection: Any
    reaches: Any
    contact: Any
    tenants: Any

    # -- who sees what

    def my_teams(self) -> set[tuple[int, UUID]]:
        me = (self.reader.tenant_id, self.reader.person_id)
        return {
            (one["tenant_id"], one["team_id"])
            for one in self.world.all("review_team_members")
            if (one["person_tenant_id"], one["person_id"]) == me
        }

    def my_reviews(self) -> list[Row]:
        mine = self.my_teams()
        return [one for one in self.world.all("annual_reviews") if (one["tenant_id"], one["team_id"]) in mine]

    def team_sees(self, type_: str, row: Row) -> bool:
        """What is assigned to a team of the reader's, the standard it is judged by, and nothing else."""
        tenant, mine, assigned = row["tenant_id"], self.my_teams(), self.my_reviews()
        there = [one for one in assigned if one["tenant_id"] == tenant]
        reviews = {one["id"] for one in there}
        if type_ in STANDARD | OPEN:
            return True
        if type_ == "ReviewCycle":
            teams = self.world.all("review_teams")
            return any(
                (one["tenant_id"], one["id"]) in mine
                and (one["tenant_id"], one["cycle_id"]) == (tenant, row["id"])
                for one in teams
            )
        if type_ in ("ReviewTeam", "ReviewTeamMember", "AnnualReview"):
            return (tenant, row["id" if type_ == "ReviewTeam" else "team_id"]) in mine
        if type_ in OF_REVIEW:
            return row["subject_id" if type_ == "Evidence" else "review_id"] in reviews
        if type_ in DRAWN:
            key = row["id"] if type_ == "Draw" else row["draw_id"]
            draws = self.world.all("draws")
            return any(
                one["review_id"] in reviews and (one["tenant_id"], one["id"]) == (tenant, key)
                for one in draws
            )
        if type_ == "Unit":
            places = {one[name] for one in there for name in ("community_id", "street_id")}
            return row["id"] in places or (bool(there) and row["kind"] == "county")
        return False

    def sees_review(self, type_: str, row: Row) -> bool:
        """What readers of a whole tenant, of a street, of a community see."""
        whole = self.role not in ("street_officer", "community_clerk")
        if type_ == "Inspector":
            return whole and self.inspects(row)
        if whole or type_ == "ReviewCycle":
            return True
        if type_ in WHOLE_ONLY:
            return False
        if type_ == "ReviewCorrection":
            return bool(self.reaches(self.unit_of(row["tenant_id"], row["community_id"])))
        key = (
            row["id"]
            if type_ == "AnnualReview"
            else row["subject_id" if type_ == "Evidence" else "review_id"]
        )
        review = self.review_of(row["tenant_id"], key)
        column = "street_id" if self.role == "street_officer" else "community_id"
        return review is not None and review[column] == self.jurisdiction

    def inspects(self, person: Row) -> bool:
        return any(
            one["role"] == "review_team"
            and one["valid_from"] <= NOW
            and (one["valid_to"] is None or one["valid_to"] > NOW)
            for one in self.world.all("role_assignments")
            if (one["tenant_id"], one["person_id"]) == (person["tenant_id"], person["id"])
        )

    def unit_of(self, tenant: int, key: UUID) -> Row | None:
        found = (one for one in self.world.all("units") if (one["tenant_id"], one["id"]) == (tenant, key))
        return next(found, None)

    def review_of(self, tenant: int, key: UUID) -> Row | None:
        found = (
            one for one in self.world.all("annual_reviews") if (one["tenant_id"], one["id"]) == (tenant, key)
        )
        return next(found, None)

    def cycle_of(self, review: Row) -> Row:
        key = (review["tenant_id"], review["cycle_id"])
        return next(one for one in self.world.all("review_cycles") if (one["tenant_id"], one["id"]) == key)

    def beneath(self, table: str, review: Row, key: str = "review_id") -> list[Row]:
        """Rows of a review, whoever asks: who reaches it reaches them."""
        return [
            one
            for one in self.world.all(table)
            if (one["tenant_id"], one[key]) == (review["tenant_id"], review["id"])
        ]

    # -- lists

    def Query_reviewCycles(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.chosen("ReviewCycle", a), a, "created_at")

    def Query_annualReviews(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.chosen("AnnualReview", a), a, "created_at")

    def Query_reviewCorrections(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.chosen("ReviewCorrection", a), a, "proposed_at")

    def Query_inspectors(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.rows("Inspector"), a, "created_at")

    def Query_grants(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.chosen("Grant", a), a, "valid_from")

    def Query_erasures(self, _: Any, a: dict[str, Any]) -> Any:
        if self.role not in ("auditor", "tenant_administrator"):
            raise GraphQLError("You may not see this.")
        return self.connection(self.chosen("Erasure", a), a, "proposed_at")

    def Erasure_fields(self, row: Row, _: Any) -> Any:
        return [one["field"] for one in json.loads(row["erased"] or "[]")]

    def Erasure_availableActions(self, row: Row, _: Any) -> Any:
        """An administrator of the tenant; not twice; the second person; then what is kept: the world's people all hold a role."""
        ours = self.reader.tenant_id == row["tenant_id"] and self.role == "tenant_administrator"
        found = []
        for action, name in (
            ("confirm_erasure", "确认删除个人信息"),
            ("decline_erasure", "不予删除个人信息"),
        ):
            against: tuple[str, str] | None = None
            if not ours:
                role = "tenant_administrator"
                against = ("actor.not_entitled", f"“{action}” is for a {role} of this jurisdiction")
            elif row["confirmed_at"] or row["declined_at"]:
                against = ("erasure.settled", "the erasure was proposed or settled before")
            elif action == "confirm_erasure" and row["proposed_by"] == self.reader.person_id:
                against = ("actor.second_person", "is for another person than the one who proposed it")
            elif action == "confirm_erasure":
                assert row["subject_type"] == "person"
                against = ("erasure.person_in_office", "the person still holds a role; it ends first")
            found.append(shown(action, name, against))
        return found

    def ReviewCycle_availableActions(self, row: Row, _: Any) -> Any:
        """The city moves the last day on within the year; an officer of either side opens the draw of the teams, once."""
        home = self.reader.tenant_id == row["tenant_id"]
        return [
            shown("extend_review_cycle", "延长复查周期", self.against_extending(row, home)),
            shown("open_draw", "发起抽取", self.against_drawing(row, home)),
        ]

    def against_extending(self, row: Row, home: bool) -> tuple[str, str] | None:
        if home or self.role != "city_officer":
            return "actor.not_entitled", "“extend_review_cycle” is for a city_officer of this jurisdiction"
        today = (NOW + timedelta(hours=8)).date()
        last = date(row["year"], 12, 31)
        if row["closes_on"] >= last or today >= last:
            return "cycle.refused", (
                "the cycle is refused: its new last day is later than the last one and than today"
            )
        return None

    def against_drawing(self, row: Row, home: bool) -> tuple[str, str] | None:
        if self.role == "review_team":
            return "not_found", "not found: draw"
        wanted = "county_officer" if home else "city_officer"
        if self.role != wanted:
            return "actor.not_entitled", f"“open_draw” is for a {wanted} of this jurisdiction"
        mine = (row["tenant_id"], row["id"])
        if any(
            one["status"] != "void"
            for one in self.world.all("draws")
            if (one["tenant_id"], one["subject_id"]) == mine
        ):
            return "draw.stands", "a draw of this stands: it is not drawn again"
        if row["status"] != "planned":
            return "draw.refused", "cannot be drawn: the cycle's teams have been drawn"
        if not any(one["status"] == "planned" for one in self.of_cycle(row)):
            return "draw.refused", "cannot be drawn: there is no community to assign"
        return None

    def erasure_of(self, row: Row, _: Any) -> Any:
        mine = (row["tenant_id"], row["id"])
        done = (one for one in self.world.all("erasures") if one["confirmed_at"])
        return next((one for one in done if (one["tenant_id"], one["subject_id"]) == mine), None)

    Person_erasure = FormVersion_erasure = Objection_erasure = erasure_of

    def Query_people(self, _: Any, a: dict[str, Any]) -> Any:
        if self.role not in ("auditor", "tenant_administrator"):
            raise GraphQLError("You may not see this.")
        return self.connection(self.chosen("Person", a), a, "created_at")

    def Query_reviewDay(self, _: Any, __: Any) -> Any:
        mine = self.my_teams()
        rows = [one for one in self.rows("AnnualReview") if (one["tenant_id"], one["team_id"]) in mine]
        rows = [one for one in rows if one["status"] in ("assigned", *NAMED)]
        return sorted(rows, key=lambda one: (self.last_day(one), one["id"]))

    def chosen(self, type_: str, a: dict[str, Any], rows: list[Row] | None = None) -> list[Row]:
        """The rows for which all that a filter says holds."""
        found: list[Row] = self.rows(type_) if rows is None else rows
        for name, value in (a.get("filter") or {}).items():
            if value is not None:
                found = [row for row in found if self.fits(row, name, value)]
        return found

    def fits(self, row: Row, name: str, value: Any) -> bool:
        if name == "teamId" and self.role in NO_TEAMS:
            return False
        if name.endswith("Id"):
            _, tenant, key = value.split(".")
            held = row["tenant_id"] if name == "tenantId" else row[f"{name[:-2]}_id"]
            return str(row["tenant_id"]) == tenant and str(held) == key
        wanted = value if isinstance(value, list) else [value]
        return row[name] in [one.lower() if name in ("status", "scope") else one for one in wanted]

    # -- cycles, teams, people

    def review_tenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["tenant_id"])

    ReviewCycle_tenant = AnnualReview_tenant = ReviewCorrection_tenant = review_tenant
    Inspector_tenant = Person_tenant = Grant_tenant = Erasure_tenant = review_tenant

    def ReviewCycle_plannedTenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["planned_tenant_id"])

    def ReviewCycle_campaign(self, row: Row, _: Any) -> Any:
        return self.one("Campaign", tenant_id=row["campaign_tenant_id"], id=row["campaign_id"])

    def ReviewCycle_teams(self, row: Row, _: Any) -> Any:
        rows = self.rows("ReviewTeam", tenant_id=row["tenant_id"], cycle_id=row["id"])
        return sorted(rows, key=lambda one: one["number"])

    def ReviewCycle_reviews(self, row: Row, a: dict[str, Any]) -> Any:
        rows = self.rows("AnnualReview", tenant_id=row["tenant_id"], cycle_id=row["id"])
        return self.connection(self.chosen("AnnualReview", a, rows), a, "created_at")

    def ReviewCycle_progress(self, row: Row, _: Any) -> Any:
        mine = self.my_teams()
        return self.counted(
            [
                one
                for one in self.of_cycle(row)
                if self.role != "review_team" or (one["tenant_id"], one["team_id"]) in mine
            ]
        )

    def ReviewCycle_byTeam(self, row: Row, _: Any) -> Any:
        answer = []
        for team in sorted(self.world.all("review_teams"), key=lambda one: one["number"]):
            place = (team["tenant_id"], team["id"])
            if (team["tenant_id"], team["cycle_id"]) != (row["tenant_id"], row["id"]):
                continue
            if self.role == "review_team" and place not in self.my_teams():
                continue
            if self.role in NO_TEAMS:
                continue
            reviews = [one for one in self.of_cycle(row) if one["team_id"] == team["id"]]
            told = {"team_id": f"ReviewTeam.{place[0]}.{place[1]}", "progress": self.counted(reviews)}
            answer.append({**told, "number": team["number"], "name": team["name"]})
        return answer

    def of_cycle(self, cycle: Row) -> list[Row]:
        return self.beneath("annual_reviews", cycle, "cycle_id")

    def counted(self, reviews: list[Row]) -> dict[str, int]:
        names = ("planned", "assigned", *NAMED, "inspected", "county_confirmed", "confirmed", "cancelled")
        counts = {name: sum(one["status"] == name for one in reviews) for name in names}
        return {**counts, "overdue": sum(map(self.is_late, reviews)), "total": len(reviews)}

    def ReviewTeam_members(self, row: Row, _: Any) -> Any:
        rows = self.beneath("review_team_members", row, "team_id")
        return sorted(rows, key=lambda one: one["person_id"])

    def ReviewTeamMember_tenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["person_tenant_id"])

    def ReviewTeamMember_inspector(self, row: Row, _: Any) -> Any:
        return self.one("Inspector", tenant_id=row["person_tenant_id"], id=row["person_id"])

    def Inspector_personId(self, row: Row, _: Any) -> Any:
        return str(row["id"])

    def Inspector_name(self, row: Row, _: Any) -> Any:
        return self.contact(row, "name_commitment", lambda value: value[0] + "**")

    def Person_name(self, row: Row, _: Any) -> Any:
        name = next(
            (one.value for one in self.world.personal_values if one.commitment == row["name_commitment"]),
            None,
        )
        own = self.role == "tenant_administrator" and row["tenant_id"] == self.reader.tenant_id
        return name if own or name is None else name[0] + "**"

    def Person_login(self, _: Row, __: Any) -> Any:
        return None

    def Person_roleHistory(self, row: Row, _: Any) -> Any:
        rows = self.beneath("role_assignments", row, "person_id")
        return [
            {**one, "__typename": "RoleAssignment"}
            for one in sorted(rows, key=lambda one: (one["valid_from"], one["id"]))
        ]

    def Person_roles(self, row: Row, _: Any) -> Any:
        held = [one for one in self.Person_roleHistory(row, None) if one["valid_from"] <= NOW]
        return [one for one in held if one["valid_to"] is None or one["valid_to"] > NOW]

    def Grant_grantee(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["grantee_tenant_id"])

    # -- a review

    def last_day(self, review: Row) -> date:
        """The day that was named for another look, while it waits for that; else the cycle's last."""
        named: date | None = review["due_on"] if review["status"] in NAMED else None
        closes: date = self.cycle_of(review)["closes_on"]
        return named or closes

    def is_late(self, review: Row) -> bool:
        if review["status"] in ("confirmed", "cancelled"):
            return False
        return self.last_day(review) < TODAY or review["year"] < TODAY.year

    def AnnualReview_lastDay(self, row: Row, _: Any) -> Any:
        return self.last_day(row).isoformat()

    def AnnualReview_overdue(self, row: Row, _: Any) -> Any:
        return self.is_late(row)

    def AnnualReview_certifiedOn(self, row: Row, _: Any) -> Any:
        key = (row["tenant_id"], row["certification_id"])
        rows = self.world.all("certifications")
        return next(one["certified_on"] for one in rows if (one["tenant_id"], one["id"]) == key).isoformat()

    def AnnualReview_community(self, row: Row, _: Any) -> Any:
        return self.one("Unit", tenant_id=row["tenant_id"], id=row["community_id"])

    ReviewCorrection_community = AnnualReview_community

    def AnnualReview_street(self, row: Row, _: Any) -> Any:
        return self.one("Unit", tenant_id=row["tenant_id"], id=row["street_id"])

    def AnnualReview_team(self, row: Row, _: Any) -> Any:
        return self.one("ReviewTeam", tenant_id=row["tenant_id"], id=row["team_id"])

    def AnnualReview_cycle(self, row: Row, _: Any) -> Any:
        return self.one("ReviewCycle", tenant_id=row["tenant_id"], id=row["cycle_id"])

    def AnnualReview_certification(self, row: Row, _: Any) -> Any:
        return self.one("Certification", tenant_id=row["tenant_id"], id=row["certification_id"])

    def AnnualReview_verdicts(self, row: Row, _: Any) -> Any:
        return self.in_order("ReviewVerdict", row, "review_id", "given_at")

    def AnnualReview_evidence(self, row: Row, _: Any) -> Any:
        return self.in_order("Evidence", row, "subject_id", "created_at")

    def in_order(self, type_: str, row: Row, key: str, order: str) -> list[Row]:
        rows = self.rows(type_, tenant_id=row["tenant_id"], **{key: row["id"]})
        return sorted(rows, key=lambda one: (one[order], one["id"]))

    def AnnualReview_observations(self, row: Row, a: dict[str, Any]) -> Any:
        rows = self.rows("Observation", tenant_id=row["tenant_id"], review_id=row["id"])
        return self.connection(self.chosen("Observation", a, rows), a, "recorded_at")

    def author_tenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["author_tenant_id"])

    Observation_authorTenant = ReviewVerdict_authorTenant = author_tenant

    def Observation_supersedes(self, row: Row, _: Any) -> Any:
        return json.loads(row["supersedes"] or "[]")

    def ReviewVerdict_clauses(self, row: Row, _: Any) -> Any:
        return json.loads(row["items"] or "[]")

    def ReviewVerdict_observationsDigest(self, row: Row, _: Any) -> Any:
        return row["observations"] and row["observations"].hex()

    def ReviewCorrection_confirmedTenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["confirmed_tenant_id"])

    # -- what holds of what was observed

    def has_standard(self, review: Row) -> bool:
        return self.ReviewCycle_campaign(self.cycle_of(review), None) is not None

    def heads(self, review: Row) -> Iterator[tuple[str, list[Row]]]:
        """Key by key the observations that nobody superseded, of the last round in which it was looked at and that still counts."""
        seen = self.beneath("observations", review)
        said = self.beneath("review_verdicts", review)
        for key in sorted({one["key"] for one in seen}):
            since = 1
            for one in said:
                again = one["verdict"] in ("rectify", "recheck") and key.split(":")[1] in json.loads(
                    one["items"] or "[]"
                )
                if one["verdict"] == "return" or again:
                    since = max(since, one["round"] + 1)
            counted = [one for one in seen if one["key"] == key and one["round"] >= since]
            last = [one for one in counted if one["round"] == max(one["round"] for one in counted)]
            gone = {id_ for one in last for id_ in json.loads(one["supersedes"] or "[]")}
            if last:
                yield (
                    key,
                    sorted(
                        (one for one in last if str(one["id"]) not in gone), key=lambda one: str(one["id"])
                    ),
                )

    def disputed(self, key: str, heads: list[Row]) -> bool:
        said = [{**json.loads(one["value"]), "note": None} for one in heads]
        return key.startswith(("item:", "figure:")) and any(one != said[0] for one in said)

    def AnnualReview_findings(self, row: Row, _: Any) -> Any:
        return [
            {"key": key, "value": heads[0]["value"], "round": heads[0]["round"]}
            for key, heads in (self.heads(row) if self.has_standard(row) else ())
            if not self.disputed(key, heads)
        ]

    def AnnualReview_conflicts(self, row: Row, _: Any) -> Any:
        return [
            {
                "key": key,
                "sides": [
                    {**one, "observation_id": one["id"], "supersedes": json.loads(one["supersedes"] or "[]")}
                    for one in heads
                ],
            }
            for key, heads in (self.heads(row) if self.has_standard(row) else ())
            if self.disputed(key, heads)
        ]

    def AnnualReview_judgement(self, row: Row, _: Any) -> Any:
        if not self.has_standard(row):
            return None
        items, figures = {}, []
        for one in self.AnnualReview_findings(row, None):
            kind, code, *group = one["key"].split(":")
            value = json.loads(one["value"])
            if kind == "item":
                items[code] = ItemFinding(value["verdict"], value.get("score"))
            elif kind == "figure":
                parts = [value.get(name) for name in ("numerator", "denominator", "count", "holds")]
                figures.append(Figure(code, group[0] if group else None, *parts))
        found = judge(PROGRAMME, row["level"], items, figures, parts=("platform", "services"))
        # What earlier years came to is not the review's to judge.
        left = [one for one in found.outcomes if one.comparison != "history"]
        bad = ("fail", "missing")
        outcomes = [
            {**asdict(one), "refuses": str(one.result) in bad, "explanation": one.en, "remedy": one.change_en}
            for one in left
        ]
        return {
            **asdict(found),
            "outcomes": outcomes,
            "qualifies": all(str(one.result) not in bad for one in left),
        }

    def AnnualReview_missingPhotos(self, row: Row, _: Any) -> Any:
        came = {one["received_sha256"] for one in self.beneath("evidence", row, "subject_id")}
        missing: dict[str, Any] = {}
        for one in sorted(self.beneath("observations", row), key=lambda one: str(one["id"])):
            kind, name, *_rest = one["key"].split(":")
            if kind == "photo" and bytes.fromhex(name) not in came:
                missing.setdefault(
                    name, {"sha256": name, "caption": None, "item": None, **json.loads(one["value"])}
                )
        return [missing[name] for name in sorted(missing)]

    # -- what may be done

    def AnnualReview_availableActions(self, row: Row, _: Any) -> Any:
        """The delivered file's table: who, then where it is, then the days, then one person one stage."""
        if not self.has_standard(row):
            return []
        steps = [
            one
            for one in json.loads(PROGRAMME.canonical)["reviews"]["life"]
            if "from" in one and not one.get("by_draw")
        ]
        looks = [one for one in steps if one.get("stage") == "inspection"]
        told = {"record_observations": ("上传查看记录", looks)}
        for one in steps:
            told.setdefault(one["action"], (one["name"], []))[1].append(one)
        answer = []
        for action, (name, rows) in {**told, "attach_evidence": ("上传佐证材料", looks)}.items():
            against = self.stands_against(row, action, rows)
            obstacle = against and {"code": against[0], "message": against[1], "clause": None}
            answer.append(
                {"action": action, "name": name, "clause": None, "allowed": not against, "obstacle": obstacle}
            )
        return answer

    def stands_against(self, row: Row, action: str, steps: list[dict[str, Any]]) -> tuple[str, str] | None:
        """The code and the words of what does, or None."""
        cycle, me = self.cycle_of(row), (self.reader.tenant_id, self.reader.person_id)
        team = (row["tenant_id"], row["team_id"]) in self.my_teams()
        away, role, status = row["tenant_id"] != me[0], steps[0]["role"], row["status"]
        holds = {
            "review_team": team,
            "city_officer": away and me[0] == cycle["campaign_tenant_id"],
            "county_officer": not away,
        }
        if role != self.role or not holds[role]:
            return "actor.not_entitled", f"“{action}” is for a {role} of this jurisdiction"
        wrong = ("review.wrong_status", f"the review is {status}: {action} does not start from there")
        if action == "attach_evidence":
            return wrong if status in ("planned", "confirmed", "cancelled") else None
        starts = [one["from"] if isinstance(one["from"], list) else [one["from"]] for one in steps]
        step = next((one for one, start in zip(steps, starts, strict=True) if status in start), None)
        if step is None and action == "record_observations" and status != "planned":
            words = "this round of inspection is concluded: keep the observations, and send them if another round begins"
            return "inspection.round_closed", words
        if step is None:
            return wrong
        last = self.last_day(row)
        unmet = status in NAMED and action == "inspect_fail" and last < TODAY
        if step.get("stage") == "inspection" and not unmet and not cycle["opens_on"] <= TODAY <= last:
            return "review.outside_days", f"{action} is open from {cycle['opens_on']} to {last}"
        acted = {
            one.get("stage", "inspection")
            for table in ("review_verdicts", "observations")
            for one in self.beneath(table, row)
            if (one["author_tenant_id"], one["author_id"]) == me
        } | ({"inspection"} if team else set())
        for stage in ("inspection", "county", "city"):
            if "stage" in step and stage != step["stage"] and stage in acted:
                words = f"one person may not act at two stages of one review (the other: {stage})"
                return "actor.same_person", words
        return None
