"""Whole random campaigns: people of every kind try every act at any time, and the oracle says of each what must come of it.

    game = Campaign(programme, random)
    game.begin()
    game.play(150)

Whatever `random` answers (Hypothesis, or a seed) decides all. Half of the moves are what the round waits for next, so that it gets
somewhere; the others are anything by anybody. Counties follow the city's decisions late, in part and in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from certification import following, following_changes
from certification.acts import (
    accept_objection,
    attest_legacy_record,
    close_publicity,
    confirm_certification_change,
    confirm_extension,
    correct_publicity,
    decide_objection,
    decline_extension,
    decline_legacy_record,
    file_application,
    file_objection,
    give_opinion,
    lapse,
    open_publicity,
    propose_certification_change,
    propose_extension,
    propose_legacy_records,
    rank,
    record_decision,
    record_site_visit,
    report,
    return_application,
    save_form,
    set_calendar,
    submit,
    withdraw,
)
from certification.acts.listing import Choice
from certification.assessment import Found
from certification.changes import Act, Change
from certification.errors import CertificationError
from certification.forms import Contact
from certification.model import Application, Certification, FormVersion, RosterItem
from certification.programme import Programme
from certification.publicity import count_item
from tests.property.certification.oracle import (
    AT_HOME,
    CLOSES,
    GONE,
    OPENS,
    STAGES,
    TURNS,
    WINDOWS,
    App,
    Certificate,
    Extension,
    Form,
    Item,
    Oracle,
    Proposal,
    Publicity,
    Record,
    Who,
    day_of,
)
from tests.property.certification.oracle import Objection as Objected
from tests.property.certification.store import CITY, Store, Unit, community_of, named
from tests.unit.certification.samples import good_figures

COUNTIES = (2, 3, 4)
CODES = [f"{part}.{n}" for part, last in ((1, 7), (2, 6)) for n in range(1, last + 1)]
MET = tuple(Found(code, "meets") for code in CODES)
ITEMS = {
    "met": (Found("1.1", "not_applicable", "无此项"), *MET[1:]),
    "some": MET[:5],
    "unmet": (*MET[1:], Found("1.1", "does_not_meet", "面积不足")),
}
CONTACT = Contact("张三", None, "13812345678")
REASON = "理由如下，情况属实"


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

    @property
    def who(self) -> Who:
        held = tuple((role.name, role.unit_id) for role in self.roles)
        return Who(self.person_id, self.home_tenant_id, held)


def units() -> dict[UUID, Unit]:
    """Two communities and a village in each county."""
    kinds = {1: "community", 2: "community", 3: "village"}
    return {
        community_of(county, number): Unit(county, community_of(county, number), kind)
        for county in COUNTIES
        for number, kind in kinds.items()
    }


def people() -> list[Person]:
    found = []
    for county in COUNTIES:
        street, bureau = named(f"{county}/street"), named(f"{county}/bureau")
        clerks = [HeldRole("community_clerk", community_of(county, number)) for number in (1, 2, 3)]
        officers = [HeldRole("street_officer", street), HeldRole("county_officer", bureau)]
        stray = HeldRole("city_officer", named("city"))
        for name, roles in {
            "clerk": clerks,
            "street": officers[:1],
            "county": officers[1:],
            "all": [*clerks, *officers],
            "both": officers,
            "stray": [stray, HeldRole("street_officer", named("another street")), clerks[0]],
            "nobody": [],
        }.items():
            found.append(Person(named(f"{county}/{name}"), county, tuple(roles), False))
    officer = HeldRole("city_officer", named("city"))
    keeper = HeldRole("tenant_administrator", named("city"))
    for number, held in {1: (officer,), 2: (officer,), 3: (officer, keeper), 4: (keeper,)}.items():
        found.append(Person(named(f"city/{number}"), CITY, held, True))
    return found


PEOPLE = people()
BY_ID = {person.person_id: person for person in PEOPLE}
CITY_OFFICERS = [BY_ID[named(f"city/{number}")] for number in (1, 2, 3)]
BOUND = {
    "recommendation": [
        "file_application",
        "save_form",
        "submit",
        "street_agree",
        "street_refuse",
        "street_return",
        "county_recommend",
        "county_refuse",
        "county_return",
    ],
    "city_review": [
        "city_agree",
        "city_refuse",
        "city_return",
        "record_site_visit",
        "site_visit_refuse",
        "site_visit_return",
        "rank",
        "open_publicity",
        "close_publicity",
        "report_to_province",
    ],
}
ROLE_OF = {"street_officer": "street", "county_officer": "county"}


class DisagreementError(AssertionError):
    """An act and the oracle disagree; the story so far is the message."""


class Campaign:
    """A round in memory beside the oracle's, and whoever moves."""

    def __init__(self, programme: Programme, random: Random) -> None:
        places = {level: rule.city_quota.value for level, rule in programme.levels.items()}
        self.store = Store(programme, units())
        self.oracle = Oracle(places)
        self.random = random
        self.now = OPENS
        self.story: list[str] = []
        self.seen: set[tuple[str, str]] = set()
        self.papers: dict[str, date] = {}

    # ---- an act, tried and compared

    def attempt(
        self,
        what: str,
        tenant: int,
        act: Act[Any, Any],
        state: Any,
        command: Any,
        person: Any,
        now: datetime,
        no: str | None,
    ) -> Change | None:
        """Do the act; it is refused exactly if the oracle says so, and a refusal says why in both languages."""
        line = f"{now:%m-%d %H:%M} {what} by {getattr(person, 'person_id', '-')}: oracle {no or 'allows'}"
        self.story.append(line)
        try:
            change = self.store.do(tenant, act, state, command, person, now)
        except CertificationError as refusal:
            assert refusal.zh
            assert refusal.en
            if no is None:
                self.fail(f"refused: {refusal.en}")
            return None
        if no is not None:
            self.fail("was done")
        action = str(change.intent.get("action", what))
        self.seen.add(("action", action))
        self._check_late(action, change, now)
        return change

    def _check_late(self, action: str, change: Change, now: datetime) -> None:
        """What came behind its window names an extension that admits it, and cites the entry that confirmed it."""
        window = next((name for name, actions in BOUND.items() if action in actions), None)
        named_ = change.intent.get("extension")
        late = window is not None and now >= WINDOWS[window][1]
        if late or named_ is not None:
            extension = self.oracle.extensions[UUID(str(named_))]
            assert (extension.window, extension.status) == (window, "confirmed")
            assert extension.until > now
            assert self.store.entries[UUID(str(named_))][1] in change.cites
            # A publicity may begin in time and end behind the window.
            assert late or action == "open_publicity"

    def fail(self, what: str) -> None:
        raise DisagreementError(what + "\n" + "\n".join(self.story[-60:]))

    def compare(self) -> None:
        """The rows say what the oracle says, after every act."""
        rows = self.store.rows[Application]
        for key, app in self.oracle.apps.items():
            if rows[key].status != app.status:
                self.fail(f"{key} is {rows[key].status}, for the oracle {app.status}")
            self.seen.add(("application", app.status))
        if len(rows) != len(self.oracle.apps):
            self.fail("another number of applications")
        pending = {(one.application_id, self._next(one)) for one in self.store.pending()}
        if pending != self.oracle.to_follow():
            self.fail(f"pending {pending}, for the oracle {self.oracle.to_follow()}")
        for lists in self.oracle.lists.values():
            if lists.publicity is not None:
                self._compare_items(lists.publicity)
        for one in self.oracle.objections.values():
            self.seen.add(("objection", one.status))
        self.oracle.check()

    def _compare_items(self, publicity: Publicity) -> None:
        """Each item reads what it was corrected to last, and has counted what the oracle counts day by day."""
        now, programme = self.store.time(CITY, self.now), self.store.programme
        for position, item in enumerate(publicity.items, start=1):
            found = self.store.publicised(publicity.id, position)
            count = count_item(found.listed, programme.publicity, programme.zone, now, found.calendar)
            counted = self.oracle.counted(item, now)
            complete = self.oracle.is_complete(publicity, item, now)
            if (count.days, count.complete) != (counted, complete):
                self.fail(f"item {position} has counted {count}, for the oracle {counted}")
            if found.listed.community_name != item.name:
                self.fail(f"item {position} reads {found.listed.community_name}, for the oracle {item.name}")
            busy = [one for one in self.oracle.objections.values() if one.item is item]
            stopped = any(one.status in ("accepted", "upheld") for one in busy)
            if count.stopped != stopped:
                self.fail(f"item {position} is stopped: {count.stopped}, for the oracle {stopped}")
            if not publicity.closed:
                self._see_item(publicity, item, counted, stopped, now)

    def _see_item(self, publicity: Publicity, item: Item, counted: int, stopped: bool, now: datetime) -> None:
        state = "complete" if counted == 5 else "stopped" if stopped else "open"
        if item.app.status in GONE:
            state = "left"
        elif self.oracle.is_upheld(item):
            state = "out"
        elif day_of(now) < publicity.opens:
            state = "scheduled"
        self.seen.add(("item", state))

    def _next(self, one: following.Following) -> str:
        decision = self.store.to_follow(one, self.now).decision
        return next(step.to for step in self.store.programme.life if step.action == decision.action)

    # ---- choosing

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def pick(self, of: Sequence[Any]) -> Any:
        return of[self.random.randrange(len(of))]

    def one_of(self, known: Mapping[UUID, Any], waiting: Callable[[Any], bool]) -> UUID:
        """One of them, mostly one that waits."""
        found = [key for key, one in known.items() if waiting(one)]
        return UUID(str(self.pick(found if found and self.chance(70) else list(known))))

    def anybody(self, fitting: Sequence[Person] = CITY_OFFICERS) -> Person:
        return self.pick(fitting) if self.chance(75) else self.pick(PEOPLE)

    def person_for(self, role: str, county: int) -> Person:
        if role == "city_officer":
            return self.pick(CITY_OFFICERS)
        name = {"community_clerk": "clerk"}.get(role) or ROLE_OF[role]
        return BY_ID[named(f"{county}/{name}")]

    # ---- acts on applications

    def file(self, place: UUID, level: str, person: Person) -> App | None:
        county = self.store.units[place].county
        now = self.store.time(county, self.now)
        kind = self.store.units[place].kind
        app = App(place, county, place, named(f"{county}/street"), level, kind, person.person_id)
        command = file_application.Command(CITY, named("campaign"), level, place)
        no = self.oracle.may_file(person.who, app, now)
        state = self.store.to_file(place, level, now)
        change = self.attempt("file", county, file_application.ACT, state, command, person, now, no)
        if change is None:
            return None
        app.id = change.subject.id
        self.oracle.apps[app.id] = app
        return app

    def save(self, app: App, person: Person, justified: bool) -> None:
        now = self.store.time(app.county, self.now)
        why = "原为集镇，服务功能与社区相近" if justified else None
        text = f"材料{len(self.story)}"
        command = save_form.Command(app.id, "情况", text, CONTACT, why, good_figures(app.level))
        no = self.oracle.may_save(person.who, app, now, justified)
        state = self.store.found(app.id, now)
        change = self.attempt("save", app.county, save_form.ACT, state, command, person, now, no)
        if change is not None:
            (form,) = (one.entity for one in change.writes if isinstance(one.entity, FormVersion))
            history = self.oracle.history_of(app, now)
            app.forms.append(Form(form.id, person.person_id, form.hash, history))

    def bound(self, app: App) -> bytes:
        """The hash of the form in force; sometimes of one before, or of none."""
        if not app.forms or self.chance(5):
            return bytes(32)
        return app.forms[0 if self.chance(5) else -1].hash

    def submit(self, app: App, person: Person, given: bytes) -> None:
        now = self.store.time(app.county, self.now)
        no = self.oracle.may_submit(person.who, app, now, given)
        state = self.store.found(app.id, now)
        command = submit.Command(app.id, given)
        if self.attempt("submit", app.county, submit.ACT, state, command, person, now, no):
            app.status = "submitted"

    def say(
        self,
        app: App,
        person: Person,
        stage: str,
        verdict: str,
        given: bytes,
        items: str = "met",
        confirmed: bool = True,
    ) -> None:
        """An opinion, a site visit, or a return."""
        now = self.store.time(app.county, self.now)
        no = self.oracle.may_say(person.who, app, now, stage, verdict, given, items, confirmed)
        state: Any = self.store.found(app.id, now)
        found = ITEMS[items] if stage in ("city", "site_visit") else ()
        act: Act[Any, Any] = give_opinion.ACT
        command: Any = give_opinion.Command(app.id, stage, verdict, REASON, given, found, confirmed)
        if verdict == "return":
            act, state = return_application.ACT, self.store.named(app.id, now)
            command = return_application.Command(app.id, stage, REASON, given)
        elif stage == "site_visit":
            state = self.store.to_visit(app.id, now)
            act, command = (
                record_site_visit.ACT,
                record_site_visit.Command(app.id, REASON, given, verdict, found),
            )
        what = f"{stage} {verdict} {app.community}"
        if self.attempt(what, app.county, act, state, command, person, now, no):
            self.oracle.said(person.who, app, stage, verdict)

    def withdraw(self, app: App, person: Person) -> None:
        now = self.store.time(app.county, self.now)
        no = self.oracle.may_withdraw(person.who, app)
        state, command = self.store.named(app.id, now), withdraw.Command(app.id, REASON)
        if self.attempt("withdraw", app.county, withdraw.ACT, state, command, person, now, no):
            app.status = "withdrawn"

    def lapse(self, app: App, person: Person) -> None:
        now = self.store.time(app.county, self.now)
        no = self.oracle.may_lapse(person.who, app, now)
        state, command = self.store.found(app.id, now), lapse.Command(app.id, REASON)
        if self.attempt("lapse", app.county, lapse.ACT, state, command, person, now, no):
            app.status = "lapsed"

    def advance(self, app: App, person: Person | None = None, good: bool = True) -> None:
        """The next step of an application's own way, by whom it is for; `good`: nothing else is tried."""
        form = app.forms[-1].hash if app.forms else bytes(32)
        stale = app.forms and app.forms[-1].history != self.oracle.history_of(
            app, self.store.time(app.county, self.now)
        )
        if app.status in ("draft", "returned"):
            clerk = person or self.person_for("community_clerk", app.county)
            if not app.forms or app.returned or stale:
                self.save(app, clerk, app.kind == "village")
            else:
                self.submit(app, clerk, form)
            return
        for stage, (starts, _, _, role) in STAGES.items():
            if app.status in starts:
                verdict = "agree" if good or self.chance(80) else self.pick(["refuse", "return"])
                items = "met" if good or self.chance(90) else self.pick(["some", "unmet"])
                sure = good or self.chance(90)
                who = person or self.person_for(role, app.county)
                self.say(app, who, stage, verdict, form, items, sure)
                return

    # ---- the city's lists

    def rank(
        self,
        level: str,
        person: Person,
        order: Sequence[UUID],
        selected: int,
        scores: Sequence[int | None],
        ties: Sequence[bool],
    ) -> None:
        now = self.store.time(CITY, self.now)
        chosen = [(key, at < selected) for at, key in enumerate(order)]
        apps = self.oracle.apps
        items = tuple(
            Choice(
                apps[key].county,
                key,
                "selected" if chosen else "not_selected",
                REASON,
                scores[at],
                REASON if ties[at] else None,
            )
            for at, (key, chosen) in enumerate(chosen)
        )
        no = self.oracle.may_rank(person.who, level, now, chosen, scores, ties)
        command = rank.Command(named("campaign"), level, items, "比较")
        state = self.store.round(level, "rank")
        change = self.attempt("rank", CITY, rank.ACT, state, command, person, now, no)
        if change is not None:
            named_apps = [(apps[key], selected_) for key, selected_ in chosen]
            self.oracle.ranked(level, change.subject.id, named_apps)

    def rank_well(self, level: str, person: Person) -> None:
        order = [app.id for app in self.oracle.visited(level)]
        self.random.shuffle(order)
        selected = (
            self.random.randrange(1, self.oracle.places[level] + 2)
            if self.chance(20)
            else (min(len(order), self.oracle.places[level]))
        )
        scores: list[int | None] = [None] * len(order)
        if self.chance(50):
            scores = sorted((self.pick([0, 80, 80, 90, 1000]) for _ in order), reverse=True)
        ties = [at > 0 and score is not None and score == scores[at - 1] for at, score in enumerate(scores)]
        if scores and self.chance(15):
            at = self.random.randrange(len(scores))
            scores[at], ties[at] = self.pick([None, 50, 1001, scores[at]]), self.chance(50)
        self.rank(level, person, order, selected, scores, ties)

    def publicise(self, level: str, person: Person, ranking: UUID, opens: date) -> None:
        now = self.store.time(CITY, self.now)
        no = self.oracle.may_publicise(person.who, level, now, ranking, opens)
        command = open_publicity.Command(named("campaign"), level, ranking, opens)
        state = self.store.round(level, "open_publicity")
        change = self.attempt("open_publicity", CITY, open_publicity.ACT, state, command, person, now, no)
        if change is None:
            return
        rows = [one.entity for one in change.writes if isinstance(one.entity, RosterItem)]
        names = {row.application_id: row.community_name for row in rows}
        self.oracle.publicised(level, change.subject.id, opens, names)
        publicity = self.oracle.lists[level].publicity
        assert publicity is not None
        assert [item.app.id for item in publicity.items] == [row.application_id for row in rows]
        assert publicity.announced.isoformat() == change.intent["closes_on"]

    def object(self, publicity: Publicity, at: int) -> None:
        """Somebody of the public, of whom nothing is known."""
        now, item = self.store.time(CITY, self.now), publicity.items[at]
        no = self.oracle.may_object(publicity, item, now)
        text = "该社区台账与实际情况不符，请核查"
        command = file_objection.Command(publicity.id, at + 1, bytes(32), text)
        state, stranger = self.store.publicised(publicity.id, at + 1), Person(named("?"), CITY, (), False)
        change = self.attempt("object", CITY, file_objection.ACT, state, command, stranger, now, no)
        if change is not None:
            self.oracle.objections[change.subject.id] = Objected(item)

    def treat(self, key: UUID, person: Person, to: str) -> None:
        """Accept an objection, uphold it or dismiss it."""
        now, objection = self.store.time(CITY, self.now), self.oracle.objections[key]
        no = self.oracle.may_treat(person.who, objection, to)
        act, command = accept_objection.ACT, accept_objection.Command(key)
        if to != "accepted":
            act, command = decide_objection.ACT, decide_objection.Command(key, to, REASON, "已核查")
        if self.attempt(to, CITY, act, self.store.objection(key), command, person, now, no):
            self.oracle.treated(objection, to, now)

    def correct(self, publicity: Publicity, at: int, person: Person, name: str) -> None:
        now, item = self.store.time(CITY, self.now), publicity.items[at]
        no = self.oracle.may_correct(person.who, publicity, item, now, name)
        command = correct_publicity.Command(publicity.id, at + 1, name, REASON)
        state = self.store.publicised(publicity.id, at + 1)
        if self.attempt("correct", CITY, correct_publicity.ACT, state, command, person, now, no):
            item.name, item.since = name, day_of(now)
            self.seen.add(("item", "corrected"))

    def close(self, level: str, person: Person, publicity_id: UUID) -> None:
        now = self.store.time(CITY, self.now)
        no = self.oracle.may_close(person.who, level, now, publicity_id)
        state = self.store.round(level)
        command = close_publicity.Command(named("campaign"), level, publicity_id)
        if self.attempt("close_publicity", CITY, close_publicity.ACT, state, command, person, now, no):
            publicity = self.oracle.lists[level].publicity
            assert publicity is not None
            publicity.closed = True
            self.seen.add(("publicity", "past the window" if now >= CLOSES else "closed"))

    def report(self, level: str, person: Person, publicity_id: UUID, paper: date) -> None:
        now = self.store.time(CITY, self.now)
        no = self.oracle.may_report(person.who, level, now, publicity_id, paper)
        command = report.Command(named("campaign"), level, publicity_id, "周人社函〔2022〕9号", paper)
        state = self.store.round(level)
        change = self.attempt("report_to_province", CITY, report.ACT, state, command, person, now, no)
        if change is not None:
            rows = [one.entity for one in change.writes if isinstance(one.entity, RosterItem)]
            listed, out = self.oracle.reported(level, change.subject.id)
            assert {row.application_id for row in rows if row.verdict == "listed"} == listed
            assert {row.application_id for row in rows if row.verdict == "not_selected"} == out
            assert len(rows) == len(listed) + len(out)

    def decide(
        self, level: str, person: Person, report_id: UUID, paper: date, verdicts: Sequence[tuple[UUID, bool]]
    ) -> None:
        now = self.store.time(CITY, self.now)
        named_ids = [key for key, _ in verdicts]
        no = self.oracle.may_decide(person.who, level, now, report_id, paper, named_ids)
        items = tuple(
            Choice(self.oracle.apps[key].county, key, "certified" if yes else "not_certified", REASON)
            for key, yes in verdicts
        )
        command = record_decision.Command(
            named("campaign"), level, report_id, "豫人社〔2022〕30号", paper, items
        )
        state = self.store.round(level)
        if self.attempt("record_decision", CITY, record_decision.ACT, state, command, person, now, no):
            self.oracle.decided(level, [key for key, yes in verdicts if yes])
            self.papers[level] = paper

    # ---- by two persons

    def extend(self, one: Extension, person: Person) -> UUID | None:
        now = self.store.time(CITY, self.now)
        no = self.oracle.may_extend(person.who, one, now)
        command = propose_extension.Command(
            named("campaign"), one.window, one.level, one.county, one.community, one.until, REASON
        )
        state = self.store.to_extend(one.county, one.community)
        change = self.attempt("extend", CITY, propose_extension.ACT, state, command, person, now, no)
        if change is None:
            return None
        one.by = person.person_id
        self.oracle.extensions[change.subject.id] = one
        self.seen.add(("extension", "proposed"))
        return change.subject.id

    def sign(self, key: UUID, person: Person, to: str) -> None:
        now, one = self.store.time(CITY, self.now), self.oracle.extensions[key]
        no = self.oracle.may_sign(person.who, one, now, to)
        act, command = confirm_extension.ACT, confirm_extension.Command(key)
        if to == "declined":
            act, command = decline_extension.ACT, decline_extension.Command(key)
        state = self.store.extension(key)
        if self.attempt(f"extension {to}", CITY, act, state, command, person, now, no):
            one.status = to
            self.seen.add(("extension", to))

    def extend_well(self, window: str, level: str | None, county: int | None, place: UUID | None) -> None:
        """Two officers of the city sign what is needed to go on now."""
        now = self.store.time(CITY, self.now)
        until = now + timedelta(days=self.random.randrange(3, 25))
        first, second = CITY_OFFICERS[:2]
        key = self.extend(Extension(level, window, county, place, until, first.person_id), first)
        if key is not None:
            self.sign(key, second, "confirmed")

    def set_days(self, person: Person, days: dict[date, bool | None]) -> None:
        now = self.store.time(CITY, self.now)
        choices = tuple(set_calendar.DayChoice(day, worked, "调整") for day, worked in days.items())
        command = set_calendar.Command(2022, "周政办〔2022〕1号", "工作日调整", None, choices, REASON)
        no = self.oracle.may_set_days(person.who)
        state = self.store.calendar_year(2022)
        if self.attempt("set_days", CITY, set_calendar.ACT, state, command, person, now, no):
            for day, worked in days.items():
                self.oracle.set_days.pop(day, None)
                if worked is not None:
                    self.oracle.set_days[day] = worked

    def record(self, place: UUID, person: Person, items: Sequence[tuple[str, int, str]]) -> list[UUID]:
        """Propose what paper says of a community: kind, year and result of each record."""
        county = self.store.units[place].county
        now = self.store.time(county, self.now)
        no = self.oracle.may_record(person.who, place, county, [(kind, year) for kind, year, _ in items], now)
        given = tuple(
            propose_legacy_records.Item(
                kind, "provincial", year, result, f"豫人社〔{year}〕1号", date(year, 12, 20), bytes(32)
            )
            for kind, year, result in items
        )
        state = self.store.to_record(place)
        act, command = propose_legacy_records.ACT, propose_legacy_records.Command(place, given)
        change = self.attempt("record", county, act, state, command, person, now, no)
        if change is None:
            return []
        keys = []
        for (kind, year, result), write in zip(items, change.writes, strict=True):
            day = date(year, 12, 20)
            keys.append(write.entity.id)
            self.oracle.records[write.entity.id] = Record(
                place, county, kind, year, result, day, person.person_id
            )
            self.seen.add(("legacy", "proposed"))
        return keys

    def settle(self, key: UUID, person: Person, to: str) -> None:
        one = self.oracle.records[key]
        now = self.store.time(one.county, self.now)
        no = self.oracle.may_settle(person.who, one, to)
        act, command = attest_legacy_record.ACT, attest_legacy_record.Command(key)
        if to == "declined":
            act, command = decline_legacy_record.ACT, decline_legacy_record.Command(key, REASON)
        change = self.attempt(to, one.county, act, self.store.record(key), command, person, now, no)
        if change is None:
            return
        one.status = to
        self.seen.add(("legacy", to))
        for write in change.writes:
            if isinstance(write.entity, Certification):
                assert (one.kind, to) == ("certification", "attested")
                self._certified(write.entity, one.day)

    def _certified(self, row: Certification, day: date) -> None:
        assert row.certified_on == day
        self.oracle.certificates[row.id] = Certificate(row.community_id, row.level, day)
        self.seen.add(("certification", "in force"))

    def change(self, key: UUID, person: Person, kind: str, day: date) -> UUID | None:
        now, one = self.store.time(CITY, self.now), self.oracle.certificates[key]
        no = self.oracle.may_change(person.who, one, kind, day, now)
        county = self.store.units[one.community].county
        command = propose_certification_change.Command(county, key, kind, "豫人社〔2022〕3号", day, REASON)
        state, act = self.store.certification(key), propose_certification_change.ACT
        change = self.attempt(kind, CITY, act, state, command, person, now, no)
        if change is None:
            return None
        self.oracle.proposals[change.subject.id] = Proposal(one, kind, day, person.person_id)
        return change.subject.id

    def confirm(self, key: UUID, person: Person) -> None:
        now, one = self.store.time(CITY, self.now), self.oracle.proposals[key]
        no = self.oracle.may_confirm(person.who, one, now)
        command, act = confirm_certification_change.Command(key), confirm_certification_change.ACT
        if self.attempt(f"{one.kind} confirmed", CITY, act, self.store.change(key), command, person, now, no):
            self.oracle.confirmed(one)

    # ---- following

    def follow(self, at_most: int) -> None:
        """Some of what waits, in any order; now and then somebody else tries in vain."""
        waiting = self.store.pending()
        self.random.shuffle(waiting)
        for one in waiting[:at_most]:
            if (one.application_id, self._next(one)) not in self.oracle.to_follow():
                continue
            author = BY_ID[one.author_id] if self.chance(95) else self.pick(PEOPLE)
            now = self.store.time(one.tenant_id, self.now)
            no = None if author.person_id == one.author_id else "who"
            to = self._next(one)
            command = following.Command(CITY, one.source, one.source_id, one.application_id)
            state = self.store.to_follow(one, now)
            change = self.attempt("follow", one.tenant_id, following.ACT, state, command, author, now, no)
            if change is None:
                continue
            app = self.oracle.apps[one.application_id]
            self.oracle.followed(app, to)
            assert one.entry in change.cites
            for write in change.writes:
                if isinstance(write.entity, Certification):
                    assert app.status == "certified"
                    self._certified(write.entity, self.papers[app.level])

    def follow_changes(self, lagging: bool = True) -> None:
        for one in self.store.pending_changes():
            if lagging and self.chance(60):
                continue
            now = self.store.time(one.certification_tenant_id, self.now)
            command = following_changes.Command(CITY, one.id, one.certification_id)
            author = BY_ID[one.confirmed_by or one.id]
            done = self.attempt(
                "follow change",
                one.certification_tenant_id,
                following_changes.ACT,
                self.store.to_follow_change(one),
                command,
                author,
                now,
                None,
            )
            assert done
            self.store.followed.add(one.id)
            certificate = self.oracle.certificates[one.certification_id]
            certificate.county = certificate.waiting.pop(0)
            row = self.store.rows[Certification][one.certification_id]
            assert (row.state, row.state_on) == certificate.county
            self.seen.add(("certification", row.state or "in force"))

    # ---- how it begins, and goes on

    def begin(self) -> None:
        """Histories of those who may apply for star, applications of both levels, each some way along."""
        places = list(self.store.units)
        self.random.shuffle(places)
        for place in places[: self.pick([0, 1, 3, 6])]:
            self.give_history(place, complete=self.chance(85))
        for place in places:
            for level in ("provincial", "star"):
                if self.chance(70 if level == "provincial" or self.oracle.certificates else 5):
                    self.file(
                        place, level, self.person_for("community_clerk", self.store.units[place].county)
                    )
        goal = self.random.randrange(8)
        for app in list(self.oracle.apps.values()):
            for _ in range(min(goal, 4) if self.chance(85) else self.random.randrange(4)):
                self.advance(app)
        if goal > 4:
            self.now = TURNS + timedelta(hours=9)
            for app in list(self.oracle.apps.values()):
                for _ in range(goal - 4):
                    if app.status not in AT_HOME:
                        self.advance(app)
        self.compare()

    def give_history(self, place: UUID, complete: bool = True) -> None:
        """A certification and reviews of paper, attested: three passes up to last year, or something amiss."""
        county = self.store.units[place].county
        results = ["pass", "pass_after_rectification", "pass"]
        if not complete:
            results = [self.pick(["pass", "fail"]) for _ in range(self.random.randrange(4))]
        items = [("certification", 2018, "certified")]
        items += [
            ("annual_review", year, result) for year, result in zip((2019, 2020, 2021), results, strict=False)
        ]
        for key in self.record(place, self.person_for("county_officer", county), items):
            if complete or self.chance(60):
                self.settle(key, self.pick(CITY_OFFICERS), "attested" if self.chance(90) else "declined")

    def play(self, moves: int) -> None:
        """That many moves, each compared."""
        for _ in range(moves):
            if self.chance(55):
                self.go_on()
            else:
                self.pick(self.anything())()
            self.compare()

    def go_on(self) -> None:
        """What the round waits for, at a time at which it may be done."""
        waiting_for = self.oracle.to_follow()
        if waiting_for and self.chance(60):
            self.follow(9)
            return
        if waiting_for and self.chance(15):
            # The county's row does not say so yet, but the city has decided.
            app = self.oracle.apps[self.pick(sorted(waiting_for))[0]]
            if self.chance(40):
                self.withdraw(app, self.person_for("community_clerk", app.county))
            else:
                self.say(app, self.pick(CITY_OFFICERS), "site_visit", "return", app.forms[-1].hash)
            return
        level = self.pick(["provincial", "provincial", "star"])
        mine = [app for app in self.oracle.apps.values() if app.level == level]
        waiting = [app for app in mine if app.status in AT_HOME]
        if waiting and (self.now < TURNS or self.chance(20)):
            app = self.pick(waiting)
            self._reach("recommendation", level, app)
            # One person in a hurry does what is nobody's to do alone.
            jack = BY_ID[named(f"{app.county}/{self.pick(['all', 'both'])}")] if self.chance(15) else None
            self.advance(app, jack, good=False)
            return
        waiting = [app for app in mine if app.status in ("county_recommended", "city_reviewed")]
        self._reach("city_review", level, self.pick(waiting) if waiting else None)
        for app in waiting:
            self.advance(app, good=False)
        if not waiting:
            self.list_on(level)

    def _reach(self, window: str, level: str, app: App | None) -> None:
        """Come to that window, or have it extended when it is over."""
        opens = OPENS if window == "recommendation" else TURNS
        self.now = max(self.now, opens)
        county, place = (None, None) if app is None or self.chance(30) else (app.county, app.community)
        tenant = CITY if app is None else app.county
        now = self.store.time(tenant, self.now)
        known = (None, None) if app is None else (app.county, app.community)
        if now >= self.oracle.close(window, level, *known):
            wide = self.chance(40)
            self.extend_well(window, None if wide else level, county, place if self.chance(50) else None)

    def list_on(self, level: str) -> None:
        """The next list of a level, when nothing stands before it."""
        lists, person = self.oracle.lists[level], self.pick(CITY_OFFICERS)
        publicity = lists.publicity
        today = day_of(self.store.time(CITY, self.now))
        if self.oracle.unranked(level) and publicity is not None and lists.report is None:
            # Whoever was visited so late is compared with nobody: it is handed back, or the report waits.
            for app in self.oracle.visited(level):
                self.say(app, person, "site_visit", "return", app.forms[-1].hash)
        elif publicity is None:
            if not self.oracle.visited(level):
                self.time_jumps()
                return
            if lists.ranking is None or self.oracle.unranked(level) or self.chance(15):
                self.rank_well(level, person)
                return
            last = self.oracle.last_start(level) or today
            days = [today + timedelta(days=n) for n in range(-1, 6)]
            fitting = [day for day in days if self.oracle.is_worked(day) and day <= last] or days
            self.publicise(level, person, lists.ranking[0], self.pick(fitting))
        elif not publicity.closed:
            self.wait_for(level, publicity, person)
        elif lists.report is None:
            self.report(level, person, publicity.id, today)
        elif not lists.decision:
            verdicts = [(app.id, self.chance(60)) for app in lists.report[1]]
            self.decide(level, person, lists.report[0], today, verdicts)

    def wait_for(self, level: str, publicity: Publicity, person: Person) -> None:
        """Days pass; objections are treated, and in the end the publicity is closed."""
        mine = [key for key, one in self.oracle.objections.items() if one.item in publicity.items]
        for key in mine if self.chance(60) else []:
            if self.oracle.objections[key].status == "received":
                self.treat(key, person, "accepted")
                return
            if self.oracle.objections[key].status == "accepted":
                self.treat(key, person, self.pick(["upheld", "dismissed", "dismissed"]))
                return
        if self.chance(40):
            self.close(level, person, publicity.id)
        else:
            self.now += timedelta(days=self.pick([1, 1, 2, 3]))

    # ---- anything by anybody

    def anything(self) -> list[Callable[[], None]]:
        """The moves that have something to be about, as often as they should come."""
        moves = [
            self.time_jumps,
            self.somebody_files,
            self.somebody_extends,
            self.days_are_set,
            self.somebody_records,
        ]
        if self.oracle.apps:
            moves += [self.somebody_acts] * 6 + [self.somebody_ends] + [self.somebody_lists] * 2
        if any(lists.publicity for lists in self.oracle.lists.values()):
            moves += [self.somebody_objects] * 3
        if self.oracle.objections:
            moves += [self.somebody_treats] * 2
        if self.oracle.certificates:
            moves += [self.somebody_changes] * 2 + [self.follow_changes]
        if self.store.pending():
            moves += [lambda: self.follow(1)]
        return moves

    def time_jumps(self) -> None:
        hours = self.pick([-24 * 20, -24, -1, 1, 5, 12, 24, 24, 48, 24 * 9])
        self.now = min(
            max(self.now + timedelta(hours=hours), OPENS - timedelta(days=2)), CLOSES + timedelta(days=200)
        )

    def somebody_files(self) -> None:
        place = self.pick(list(self.store.units))
        clerk = self.person_for("community_clerk", self.store.units[place].county)
        self.file(place, self.pick(["provincial", "star"]), self.anybody([clerk]))

    def somebody_acts(self) -> None:
        app = self.pick(list(self.oracle.apps.values()))
        fitting = [stage for stage, (starts, *_) in STAGES.items() if app.status in starts]
        if app.status == "site_visited":
            fitting = ["site_visit"]
        stage = self.pick(fitting) if fitting and self.chance(80) else self.pick(["save", "submit", *STAGES])
        if not fitting and self.chance(70):
            stage = self.pick(["save", "submit"])
        role = "community_clerk" if stage in ("save", "submit") else STAGES[stage][3]
        jack = BY_ID[named(f"{app.county}/{self.pick(['all', 'all', 'both', 'stray'])}")]
        person = self.anybody([self.person_for(role, app.county)] * 3 + [jack])
        if stage == "save":
            self.save(app, person, (app.kind == "village") != self.chance(10))
        elif stage == "submit":
            self.submit(app, person, self.bound(app))
        else:
            verdict = self.pick(["agree", "agree", "refuse", "return", "return"])
            items = self.pick(["met", "met", "met", "some", "unmet"])
            self.say(app, person, stage, verdict, self.bound(app), items, self.chance(80))

    def somebody_ends(self) -> None:
        app = self.pick(list(self.oracle.apps.values()))
        if self.chance(50):
            self.withdraw(app, self.anybody([self.person_for("community_clerk", app.county)]))
        else:
            self.lapse(app, self.anybody([self.person_for("county_officer", app.county)]))

    def somebody_lists(self) -> None:
        """A list at any time: of all or of some, in any order, resting on any list."""
        level, person = self.pick(["provincial", "star"]), self.anybody()
        lists, today = self.oracle.lists[level], day_of(self.store.time(CITY, self.now))
        those = [named("none")]
        those += [one.id for one in (lists.publicity,) if one] + [
            one[0] for one in (lists.ranking, lists.report) if one
        ]
        which, paper = self.pick(those), today - timedelta(days=self.pick([-1, 0, 0, 3, 90]))
        what = self.random.randrange(6)
        if what == 0:
            self.rank_well(level, person)
        elif what == 1:
            self.rank_badly(level, person)
        elif what == 2:
            self.publicise(level, person, which, today + timedelta(days=self.random.randrange(-1, 9)))
        elif what == 3:
            self.close(level, person, which)
        elif what == 4:
            self.report(level, person, which, paper)
        else:
            apps = lists.report[1] if lists.report else list(self.oracle.apps.values())[:2]
            verdicts = [(app.id, self.chance(50)) for app in apps][self.chance(20) :]
            self.decide(level, person, which, paper, verdicts)

    def rank_badly(self, level: str, person: Person) -> None:
        of = self.oracle.visited(level) if self.chance(80) else list(self.oracle.apps.values())
        order = [app.id for app in of][self.chance(30) :]
        self.random.shuffle(order)
        scores = [self.pick([None, -1, 50, 50, 70, 1001]) if self.chance(20) else 60 for _ in order]
        ties = [self.chance(50) for _ in order]
        self.rank(level, person, order, self.random.randrange(4), scores, ties)

    def somebody_objects(self) -> None:
        there = [lists.publicity for lists in self.oracle.lists.values() if lists.publicity]
        publicity = self.pick(there)
        at = self.random.randrange(len(publicity.items))
        if self.chance(60):
            self.object(publicity, at)
        else:
            name = self.pick([publicity.items[at].name, f"育新社区{self.random.randrange(9)}"])
            self.correct(publicity, at, self.anybody(), name)

    def somebody_treats(self) -> None:
        key = self.pick(list(self.oracle.objections))
        self.treat(key, self.anybody(), self.pick(["accepted", "dismissed", "upheld"]))

    def somebody_extends(self) -> None:
        if self.oracle.extensions and self.chance(60):
            key = self.one_of(self.oracle.extensions, lambda one: one.status == "proposed")
            self.sign(key, self.anybody(), self.pick(["confirmed", "confirmed", "declined"]))
            return
        county, place = self.pick([None, *COUNTIES]), None
        if self.chance(40):
            place = community_of(county or 2, self.random.randrange(1, 4))
        until = self.now + timedelta(days=self.pick([-3, 3, 10, 30, 400]))
        level, window = self.pick([None, "provincial", "star"]), self.pick(["recommendation", "city_review"])
        self.extend(Extension(level, window, county, place, until, named("?")), self.anybody())

    def days_are_set(self) -> None:
        first = day_of(self.now)
        days = {
            first + timedelta(days=n): self.pick([True, False, None]) for n in range(1, 5) if self.chance(40)
        }
        days = {day: worked for day, worked in days.items() if day.year == 2022}
        if days:
            self.set_days(self.anybody([BY_ID[named("city/4")]]), days)

    def somebody_records(self) -> None:
        if self.oracle.records and self.chance(60):
            key = self.one_of(self.oracle.records, lambda one: one.status == "proposed")
            self.settle(key, self.anybody(), self.pick(["attested", "declined"]))
            return
        place = self.pick(list(self.store.units))
        officer = self.person_for("county_officer", self.store.units[place].county)
        if self.chance(50):
            year = self.random.randrange(2016, 2022)
            kind, result = self.pick([("certification", "certified"), ("annual_review", "pass")])
            self.record(place, self.anybody([officer]), [(kind, year, result)])
        else:
            self.give_history(place, complete=False)

    def somebody_changes(self) -> None:
        if self.oracle.proposals and self.chance(60):
            self.confirm(self.one_of(self.oracle.proposals, lambda one: not one.confirmed), self.anybody())
            return
        key = self.pick(list(self.oracle.certificates))
        today = day_of(self.store.time(CITY, self.now))
        day = today - timedelta(days=self.pick([-1, 0, 0, 30, 900]))
        self.change(key, self.anybody(), self.pick(["suspend", "revoke", "reinstate", "reinstate"]), day)
