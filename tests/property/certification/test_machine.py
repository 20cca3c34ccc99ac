"""Random people do random things in a random order: the round's promises hold, whoever tries what.

The promises are written here by hand, from the notice, not read from the programme: no path skips a stage, no quota is
broken, no person acts at two stages, nothing happens outside its window, and five working days pass before a report.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from certification.acts import (
    close_publicity,
    file_application,
    give_opinion,
    lapse,
    open_publicity,
    rank,
    record_decision,
    record_site_visit,
    report,
    return_application,
    save_form,
    submit,
    withdraw,
)
from certification.acts.listing import Choice
from certification.assessment import Found
from certification.changes import Act
from certification.errors import CertificationError
from certification.forms import Contact
from certification.model import Application, Roster
from certification.reader import PROGRAMMES, parse_programme, plain
from tests.property.certification.store import CITY, Store, community_of, named

COUNTIES, COMMUNITIES, CITY_QUOTA = (2, 3, 4), (1, 2), 2
ORDER = {
    "draft": {"draft", "submitted", "withdrawn", "lapsed"},
    "submitted": {"street_endorsed", "rejected", "returned", "withdrawn", "lapsed"},
    "street_endorsed": {"county_recommended", "rejected", "returned", "withdrawn", "lapsed"},
    "county_recommended": {"city_reviewed", "rejected", "returned", "withdrawn"},
    "city_reviewed": {"site_visited", "rejected", "returned", "withdrawn"},
    "site_visited": {"publicised", "rejected", "returned", "withdrawn"},
    "returned": {"returned", "submitted", "withdrawn", "lapsed"},
    "publicised": {"reported", "withdrawn"},
    "reported": {"certified", "not_certified"},
}
AT_HOME = ("file", "save", "submit", "street", "county", "return street", "return county")
AT_CITY = ("city", "visit", "rank", "publicise", "close", "report", "return city", "return site_visit")
MET = tuple(Found(f"{part}.{n}", "meets") for part, last in ((1, 7), (2, 6)) for n in range(1, last + 1))
HOLDING = {
    "county_recommended",
    "city_reviewed",
    "site_visited",
    "publicised",
    "reported",
    "certified",
    "not_certified",
}
OPENS, TURNS, CLOSES = (
    datetime(2022, 4, 24, 16, tzinfo=UTC),
    datetime(2022, 5, 15, 16, tzinfo=UTC),
    datetime(2022, 5, 30, 16, tzinfo=UTC),
)
HOLIDAYS = {date(2022, 5, day) for day in (1, 2, 3, 4, 8, 14, 15, 21, 22, 28, 29)}
CONTACT = Contact("张三", None, "13812345678")


@dataclass(frozen=True, slots=True)
class HeldRole:
    name: str
    unit_id: UUID


@dataclass(frozen=True, slots=True)
class Person:
    person_id: UUID
    home_tenant_id: int
    roles: Sequence[HeldRole]
    oversees: bool


def people() -> list[Person]:
    found = []
    for county in COUNTIES:
        street, bureau = named(f"{county}/street"), named(f"{county}/bureau")
        clerks = [HeldRole("community_clerk", community_of(county, number)) for number in COMMUNITIES]
        officers = [HeldRole("street_officer", street), HeldRole("county_officer", bureau)]
        for name, roles in {
            "clerk": clerks,
            "street": officers[:1],
            "county": officers[1:],
            "all": [*clerks, *officers],
            "both": officers,
            "nobody": [],
        }.items():
            found.append(Person(named(f"{county}/{name}"), county, tuple(roles), False))
    role = HeldRole("city_officer", named("city"))
    return found + [Person(named(f"city/{number}"), CITY, (role,), True) for number in (1, 2)]


PEOPLE = people()
CITY_OFFICERS = [person for person in PEOPLE if person.home_tenant_id == CITY]


def small_programme() -> Any:
    data = plain(tomllib.loads((PROGRAMMES / "zhoukou-2022.toml").read_text(encoding="utf-8")))
    data = copy.deepcopy(data)
    data["levels"][0]["city_quota"]["value"] = CITY_QUOTA
    return parse_programme(data)


class Round(RuleBasedStateMachine):
    """Three counties with two communities each compete for two places."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(small_programme(), COUNTIES)
        self.now = OPENS
        self.done: list[tuple[str, datetime]] = []

    def attempt(self, what: str, act: Act[Any, Any], state: Any, command: Any, person: Person) -> bool:
        before = (dict(self.store.applications), dict(self.store.rosters), len(self.store.opinions))
        try:
            self.store.do(act, state, command, person, self.now)
        except CertificationError as refusal:
            assert refusal.zh
            assert refusal.en
            after = (self.store.applications, self.store.rosters, len(self.store.opinions))
            assert before == after
            return False
        self.done.append((what, self.now))
        return True

    @rule(hours=st.sampled_from([-24, 1, 12, 24, 24 * 10]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(
        county=st.sampled_from(COUNTIES), number=st.sampled_from(COMMUNITIES), person=st.sampled_from(PEOPLE)
    )
    def file(self, county: int, number: int, person: Person) -> None:
        command = file_application.Command(
            CITY, named("campaign"), "provincial", community_of(county, number)
        )
        self.attempt("file", file_application.ACT, self.store.to_file(county, number), command, person)

    @precondition(lambda self: self.store.applications)
    @rule(data=st.data(), person=st.sampled_from(PEOPLE), stale=st.integers(0, 9), agree=st.integers(0, 4))
    def someone_acts(self, data: st.DataObject, person: Person, stale: int, agree: int) -> None:
        application = data.draw(st.sampled_from(sorted(self.store.applications)))
        what = data.draw(st.sampled_from(["save", "submit", "street", "county", "city", "visit"]))
        self.act_on(application, what, person, stale == 0, agree > 0)

    @precondition(lambda self: self.store.applications)
    @rule(data=st.data(), stale=st.integers(0, 9), anybody=st.integers(0, 3))
    def someone_takes_it_back(self, data: st.DataObject, stale: int, anybody: int) -> None:
        application = data.draw(st.sampled_from(sorted(self.store.applications)))
        state = self.store.named(application)
        bound = bytes(32) if stale == 0 or state.found.form is None else state.found.form.hash
        stage = data.draw(st.sampled_from(["street", "county", "city", "site_visit", "withdraw", "lapse"]))
        county = state.found.application.tenant_id
        fitting = {"street": "street", "county": "county", "withdraw": "clerk", "lapse": "county"}.get(stage)
        those = [one for one in PEOPLE if one.person_id == named(f"{county}/{fitting}")] or CITY_OFFICERS
        person = data.draw(st.sampled_from(those if anybody else PEOPLE))
        if stage == "withdraw":
            left = self.attempt(stage, withdraw.ACT, state, withdraw.Command(application, "另有安排"), person)
            assert not left or self.store.applications[application].status == "withdrawn"
        elif stage == "lapse":
            self.attempt(stage, lapse.ACT, state.found, lapse.Command(application, "逾期"), person)
        else:
            command = return_application.Command(application, stage, "材料不全", bound)
            back = self.attempt(f"return {stage}", return_application.ACT, state, command, person)
            assert not (back and stale == 0)

    @initialize(depths=st.tuples(*(st.sampled_from([7, 7, 6, 4, 2, 0]) for _ in COUNTIES)))
    def some_have_begun(self, depths: tuple[int, ...]) -> None:
        """Each county's first community is some way along, so that random acts meet every stage."""
        self.now = OPENS
        officer = CITY_OFFICERS[0]
        for county, depth in zip(COUNTIES, depths, strict=True):
            if depth:
                clerk = next(p for p in PEOPLE if p.person_id == named(f"{county}/clerk"))
                self.file(county, 1, clerk)
        for steps in range(1, max(depths)):
            for application, one in list(self.store.applications.items()):
                if depths[COUNTIES.index(one.tenant_id)] > steps:
                    self.take_next_step(application, officer)

    @precondition(lambda self: self.store.applications)
    @rule(data=st.data(), officer=st.sampled_from(CITY_OFFICERS))
    def the_next_step_is_taken(self, data: st.DataObject, officer: Person) -> None:
        self.take_next_step(data.draw(st.sampled_from(sorted(self.store.applications))), officer)

    @rule(officer=st.sampled_from(CITY_OFFICERS), selected=st.integers(1, 3))
    def the_city_goes_on(self, officer: Person, selected: int) -> None:
        """The next list of the round, at a time at which it may be made, with nothing left waiting before it."""
        self.the_counties_follow(3)
        for application, one in list(self.store.applications.items()):
            if one.status in {"county_recommended", "city_reviewed"}:
                self.take_next_step(application, officer)
        publicity = self.latest("publicity")
        if self.latest("ranking") is None:
            visited = [one for one in self.store.applications.values() if one.status == "site_visited"]
            self.rank_in_order(visited, officer, selected)
        elif publicity is None:
            self.publicise(officer, 0)
        elif publicity.closed_at is None and publicity.closes_on is not None:
            day = publicity.closes_on + timedelta(days=1)
            self.now = max(self.now, datetime(day.year, day.month, day.day, tzinfo=UTC))
            self.close(officer)
        elif self.latest("report") is None:
            self.report_them(officer)
        elif self.latest("decision") is None:
            self.now = max(self.now, CLOSES)
            self.decide(officer, 1)

    def take_next_step(self, application: UUID, officer: Person) -> None:
        one = self.store.applications[application]
        following = {
            "draft": ("save" if one.form_version_id is None else "submit", "clerk"),
            "submitted": ("street", "street"),
            "street_endorsed": ("county", "county"),
            "county_recommended": ("city", "city"),
            "city_reviewed": ("visit", "city"),
            "returned": ("save" if self.store.found(application).view.form_returned else "submit", "clerk"),
        }.get(one.status)
        if following is None:
            return
        what, who = following
        if who == "city":
            self.now = max(self.now, TURNS)
            person = officer
        else:
            person = next(p for p in PEOPLE if p.person_id == named(f"{one.tenant_id}/{who}"))
        self.act_on(application, what, person, stale=False, agree=True)

    def act_on(self, application: UUID, what: str, person: Person, stale: bool, agree: bool) -> None:
        state = self.store.found(application)
        bound = bytes(32) if stale or state.form is None else state.form.hash
        command: Any
        if what == "save":
            command = save_form.Command(application, "情况", f"材料{len(self.store.forms)}", CONTACT)
            done = self.attempt(what, save_form.ACT, state, command, person)
        elif what == "submit":
            done = self.attempt(what, submit.ACT, state, submit.Command(application, bound), person)
        elif what == "visit":
            verdict = "agree" if agree else "refuse"
            command = record_site_visit.Command(application, "属实", bound, verdict, MET)
            done = self.attempt(what, record_site_visit.ACT, state, command, person)
        else:
            items = MET if what == "city" else ()
            command = give_opinion.Command(
                application, what, "agree" if agree else "refuse", "意见", bound, items
            )
            done = self.attempt(what, give_opinion.ACT, state, command, person)
        assert not (done and stale and what != "save")

    @rule(data=st.data(), person=st.sampled_from(PEOPLE), selected=st.integers(0, 3), whole=st.integers(0, 4))
    def rank_them(self, data: st.DataObject, person: Person, selected: int, whole: int) -> None:
        visited = [one for one in self.store.applications.values() if one.status == "site_visited"]
        order = data.draw(st.permutations(visited)) if visited else []
        self.rank_in_order(order if whole else order[1:], person, selected)

    def rank_in_order(self, order: Sequence[Application], person: Person, selected: int) -> None:
        items = tuple(
            Choice(one.tenant_id, one.id, "selected" if place < selected else "not_selected", "理由")
            for place, one in enumerate(order)
        )
        command = rank.Command(named("campaign"), "provincial", items, "比较")
        self.attempt("rank", rank.ACT, self.store.round(), command, person)

    def latest(self, kind: str) -> Roster | None:
        return self.store.round().view.find_latest(kind)

    @rule(person=st.sampled_from(CITY_OFFICERS), wait=st.integers(0, 6))
    def publicise(self, person: Person, wait: int) -> None:
        ranking = self.latest("ranking")
        day = (self.now + timedelta(hours=8)).date() + timedelta(days=wait)
        bound = ranking.id if ranking is not None else named("none")
        command = open_publicity.Command(named("campaign"), "provincial", bound, day)
        self.attempt("publicise", open_publicity.ACT, self.store.round(), command, person)

    @rule(person=st.sampled_from(CITY_OFFICERS))
    def close(self, person: Person) -> None:
        publicity = self.latest("publicity")
        bound = publicity.id if publicity is not None else named("none")
        command = close_publicity.Command(named("campaign"), "provincial", bound)
        self.attempt("close", close_publicity.ACT, self.store.round(), command, person)

    @rule(person=st.sampled_from(CITY_OFFICERS))
    def report_them(self, person: Person) -> None:
        publicity = self.latest("publicity")
        bound = publicity.id if publicity is not None else named("none")
        command = report.Command(
            named("campaign"), "provincial", bound, "周人社函〔2022〕9号", date(2022, 5, 16)
        )
        self.attempt("report", report.ACT, self.store.round(), command, person)

    @precondition(lambda self: self.latest("report") is not None)
    @rule(person=st.sampled_from(CITY_OFFICERS), refused=st.integers(0, 3))
    def decide(self, person: Person, refused: int) -> None:
        reported = self.latest("report")
        assert reported is not None
        items = tuple(
            Choice(
                item.application_tenant_id,
                item.application_id,
                "not_certified" if n < refused else "certified",
                "定",
            )
            for n, item in enumerate(self.store.items[reported.id])
            if item.verdict == "listed"
        )
        command = record_decision.Command(
            named("campaign"), "provincial", reported.id, "豫人社〔2022〕30号", date(2022, 5, 30), items
        )
        self.attempt("decide", record_decision.ACT, self.store.round(), command, person)

    @rule(at_most=st.integers(1, 3))
    def the_counties_follow(self, at_most: int) -> None:
        for author in CITY_OFFICERS:
            self.store.follow(author, self.now, at_most)

    @invariant()
    def no_stage_is_skipped(self) -> None:
        for path in self.store.history.values():
            assert path[0] == "draft"
            for before, after in pairwise(path):
                assert after in ORDER[before], path

    @invariant()
    def no_quota_is_broken(self) -> None:
        for county in COUNTIES:
            held = [
                one
                for one in self.store.applications.values()
                if one.tenant_id == county and one.status in HOLDING
            ]
            assert len(held) <= 1
        reported = {"reported", "certified", "not_certified"}
        assert sum(one.status in reported for one in self.store.applications.values()) <= CITY_QUOTA
        for roster in self.store.rosters.values():
            chosen = [item for item in self.store.items[roster.id] if item.verdict in {"selected", "listed"}]
            assert len(chosen) <= CITY_QUOTA
            assert not chosen or [item.position for item in chosen] == list(range(1, len(chosen) + 1))

    @invariant()
    def no_person_acts_at_two_stages(self) -> None:
        for one in self.store.applications.values():
            given = [o for o in self.store.opinions if o.application_id == one.id and o.stage != "site_visit"]
            authors = {f.author_id for f in self.store.forms.values() if f.application_id == one.id}
            assert len({o.author_id for o in given}) == len({(o.author_id, o.stage) for o in given})
            assert not {one.filed_by, *authors} & {o.author_id for o in given}
            for opinion in given:
                assert opinion.form_hash == self.store.forms[opinion.form_version_id].hash

    @invariant()
    def what_was_returned_came_back_with_another_form(self) -> None:
        for one in self.store.applications.values():
            returned = {
                o.form_version_id
                for o in self.store.opinions
                if o.application_id == one.id and o.verdict == "return"
            }
            assert one.status in {"returned", "withdrawn", "lapsed"} or one.form_version_id not in returned

    @invariant()
    def nothing_happens_outside_its_window(self) -> None:
        for what, when in self.done:
            assert what != "lapse" or when >= TURNS
            assert what not in AT_HOME or OPENS <= when < TURNS
            assert what not in AT_CITY or TURNS <= when < CLOSES

    @invariant()
    def five_working_days_pass_before_a_report(self) -> None:
        for roster in self.store.rosters.values():
            if roster.kind != "publicity" or roster.opens_on is None or roster.closes_on is None:
                continue
            days = [
                roster.opens_on + timedelta(n)
                for n in range(1, (roster.closes_on - roster.opens_on).days + 1)
            ]
            assert sum(day not in HOLIDAYS for day in days) == 5
            if roster.closed_at is not None:
                assert (roster.closed_at + timedelta(hours=8)).date() > roster.closes_on

    @invariant()
    def what_was_certified_was_certified_by_a_decision(self) -> None:
        certified = {one.id for one in self.store.applications.values() if one.status == "certified"}
        assert {one.application_id for one in self.store.certifications} == certified


TestRound = Round.TestCase
TestRound.settings = settings(
    max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_the_machine_reaches_the_end() -> None:
    """The rules above can play a round to its end: a machine that is always refused would prove nothing."""
    machine = Round()
    machine.now = OPENS
    for county in COUNTIES:
        clerk = next(p for p in PEOPLE if p.person_id == named(f"{county}/clerk"))
        machine.file(county, 1, clerk)
        application = next(
            one for one in machine.store.applications if machine.store.applications[one].tenant_id == county
        )
        for what in ("save", "submit"):
            machine.act_on(application, what, clerk, False, True)
        for what in ("street", "county"):
            officer = next(p for p in PEOPLE if p.person_id == named(f"{county}/{what}"))
            machine.act_on(application, what, officer, False, True)
    machine.now = TURNS
    for application in machine.store.applications:
        for what in ("city", "visit"):
            machine.act_on(application, what, CITY_OFFICERS[0], False, True)
    machine.rank_in_order(list(machine.store.applications.values()), CITY_OFFICERS[0], 2)
    machine.publicise(CITY_OFFICERS[0], 0)
    machine.the_counties_follow(3)
    machine.now += timedelta(days=10)
    machine.close(CITY_OFFICERS[0])
    machine.report_them(CITY_OFFICERS[0])
    machine.the_counties_follow(3)
    machine.now += timedelta(days=30)
    machine.decide(CITY_OFFICERS[0], 1)
    machine.the_counties_follow(3)
    assert [one.status for one in machine.store.applications.values()] == [
        "not_certified",
        "certified",
        "rejected",
    ]
