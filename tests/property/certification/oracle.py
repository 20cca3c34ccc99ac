"""What must hold of a whole round: a second, naive model of it, by hand from the notice and the rules of the domain.

It never reads the programme. Of every act it is asked beforehand (`may_…`) what stands against it: a short reason, or None when the
act must be possible; and told afterwards what was done. So a system that refuses everything fails as surely as one that admits too much.
Days are the city's, counted one by one; nothing is stored that can be counted again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

CITY = 1
OPENS, TURNS, CLOSES = (
    datetime(2022, 4, 24, 16, tzinfo=UTC),
    datetime(2022, 5, 15, 16, tzinfo=UTC),
    datetime(2022, 5, 30, 16, tzinfo=UTC),
)
WINDOWS = {"recommendation": (OPENS, TURNS), "city_review": (TURNS, CLOSES)}
ISSUED = date(2022, 4, 25)


def _days(year: int, *spans: tuple[int, int, int]) -> set[date]:
    return {date(year, month, day) for month, first, last in spans for day in range(first, last + 1)}


# 国办发明电〔2021〕11号 for 2022, 国办发明电〔2022〕16号 for 2023.
HOLIDAYS = (
    _days(
        2022,
        (1, 1, 3),
        (1, 31, 31),
        (2, 1, 6),
        (4, 3, 5),
        (4, 30, 30),
        (5, 1, 4),
        (6, 3, 5),
        (9, 10, 12),
        (10, 1, 7),
    )
    | _days(
        2023, (1, 1, 2), (1, 21, 27), (4, 5, 5), (4, 29, 30), (5, 1, 3), (6, 22, 24), (9, 29, 30), (10, 1, 6)
    )
    | {date(2022, 12, 31)}
)
MADE_UP = _days(2022, (1, 29, 30), (4, 2, 2), (4, 24, 24), (5, 7, 7), (10, 8, 9)) | _days(
    2023, (1, 28, 29), (4, 23, 23), (5, 6, 6), (6, 25, 25), (10, 7, 8)
)

AT_HOME = ("draft", "submitted", "returned", "street_endorsed")
HOLDING = (
    "county_recommended",
    "city_reviewed",
    "site_visited",
    "publicised",
    "reported",
    "certified",
    "not_certified",
)
GONE = ("rejected", "withdrawn", "lapsed")
BEFORE_REPORT = (*AT_HOME, "county_recommended", "city_reviewed", "site_visited", "publicised")
STAGES = {
    "street": (("submitted",), "street_endorsed", "recommendation", "street_officer"),
    "county": (("street_endorsed",), "county_recommended", "recommendation", "county_officer"),
    "city": (("county_recommended",), "city_reviewed", "city_review", "city_officer"),
    "site_visit": (("city_reviewed",), "site_visited", "city_review", "city_officer"),
}
SEPARATED = ("filing", "street", "county", "city")


def day_of(moment: datetime) -> date:
    """The day in Zhoukou: eight hours ahead, all the year."""
    return (moment + timedelta(hours=8)).date()


def midnight_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 16, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Who:
    """A person: home tenant, and (role, unit) of each role."""

    id: UUID
    home: int
    roles: tuple[tuple[str, UUID], ...]

    def has(self, role: str) -> bool:
        return any(name == role for name, _ in self.roles)


@dataclass(slots=True)
class Form:
    id: UUID
    author: UUID
    hash: bytes
    history: object


@dataclass(slots=True)
class App:
    """An application as the oracle knows it; `decided`: what the city decided and its county has yet to follow, in order."""

    id: UUID
    county: int
    community: UUID
    street: UUID
    level: str
    kind: str
    filed_by: UUID
    status: str = "draft"
    forms: list[Form] = field(default_factory=list)
    given: list[tuple[str, str, UUID, int]] = field(default_factory=list)
    decided: list[tuple[str, str]] = field(default_factory=list)

    @property
    def returned(self) -> bool:
        """Whether the form in force was handed back."""
        return any(verdict == "return" and form == len(self.forms) for _, verdict, _, form in self.given)

    @property
    def visits(self) -> int:
        """How often it was found good on the spot."""
        return sum(stage == "site_visit" and verdict == "agree" for stage, verdict, _, _ in self.given)

    def standing(self) -> list[str]:
        """The stages that agree to the form in force, and were not taken back by a return."""
        found: list[str] = []
        for stage, verdict, _, form in self.given:
            if verdict == "return":
                found = []
            elif verdict == "agree" and form == len(self.forms):
                found.append(stage)
        return found


@dataclass(slots=True)
class Item:
    """A publicised item: what it reads, and since when."""

    app: App
    name: str
    since: date


@dataclass(slots=True)
class Publicity:
    id: UUID
    ranking: UUID
    opens: date
    announced: date
    items: list[Item]
    closed: bool = False


@dataclass(slots=True)
class Objection:
    item: Item
    status: str = "received"
    accepted: date | None = None
    decided: date | None = None


@dataclass(slots=True)
class Lists:
    """What the city made for a level; `ranking` is the latest: id and (application, selected) in order.

    `compared` is how often each had been visited when it was ranked.
    """

    ranking: tuple[UUID, list[tuple[App, bool]]] | None = None
    compared: dict[UUID, int] = field(default_factory=dict)
    publicity: Publicity | None = None
    report: tuple[UUID, list[App]] | None = None
    decision: bool = False


@dataclass(slots=True)
class Extension:
    level: str | None
    window: str
    county: int | None
    community: UUID | None
    until: datetime
    by: UUID
    status: str = "proposed"


@dataclass(slots=True)
class Record:
    community: UUID
    county: int
    kind: str
    year: int
    result: str
    day: date
    by: UUID
    status: str = "proposed"


@dataclass(slots=True)
class Certificate:
    """`city` is what the city's confirmed changes make of it, `county` what its county has followed so far (state, day)."""

    community: UUID
    level: str
    day: date
    city: str | None = None
    last: date | None = None
    county: tuple[str | None, date | None] = (None, None)
    waiting: list[tuple[str | None, date]] = field(default_factory=list)


@dataclass(slots=True)
class Proposal:
    certificate: Certificate
    kind: str
    day: date
    by: UUID
    confirmed: bool = False


@dataclass(slots=True)
class Oracle:
    """The whole round; `places`: the city's for each level."""

    places: dict[str, int]
    apps: dict[UUID, App] = field(default_factory=dict)
    lists: dict[str, Lists] = field(default_factory=dict)
    objections: dict[UUID, Objection] = field(default_factory=dict)
    extensions: dict[UUID, Extension] = field(default_factory=dict)
    set_days: dict[date, bool] = field(default_factory=dict)
    records: dict[UUID, Record] = field(default_factory=dict)
    certificates: dict[UUID, Certificate] = field(default_factory=dict)
    proposals: dict[UUID, Proposal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lists = {level: Lists() for level in self.places}

    # ---- days and windows

    def is_worked(self, day: date) -> bool:
        if day in self.set_days:
            return self.set_days[day]
        return day in MADE_UP or (day not in HOLIDAYS and day.weekday() < 5)

    def close(
        self, window: str, level: str, county: int | None = None, community: UUID | None = None
    ) -> datetime:
        """When it closes for those, with what two officers of the city signed."""
        late = [WINDOWS[window][1]]
        for one in self.extensions.values():
            mine = one.county is None or (one.county == county and one.community in (None, community))
            if one.status == "confirmed" and one.window == window and one.level in (None, level) and mine:
                late.append(one.until)
        return max(late)

    def _shut(self, window: str, now: datetime, level: str, app: App | None = None) -> bool:
        place = (None, None) if app is None else (app.county, app.community)
        return not WINDOWS[window][0] <= now < self.close(window, level, *place)

    def counted(self, item: Item, now: datetime) -> int:
        """The whole working days behind the first, on which nobody was investigating this item."""
        mine = [one for one in self.objections.values() if one.item is item and one.accepted is not None]
        days, day = 0, item.since + timedelta(days=1)
        while days < 5 and midnight_after(day) <= now:
            busy = False
            for one in mine:
                assert one.accepted is not None
                ended = one.decided if one.status == "dismissed" else None
                busy = busy or (one.accepted <= day and (ended is None or day <= ended))
            days += self.is_worked(day) and not busy
            day += timedelta(days=1)
        return days

    def is_complete(self, publicity: Publicity, item: Item, now: datetime) -> bool:
        """Five days have counted, and the day that was announced is over."""
        return self.counted(item, now) == 5 and midnight_after(publicity.announced) <= now

    def is_upheld(self, item: Item) -> bool:
        return any(one.item is item and one.status == "upheld" for one in self.objections.values())

    def is_there(self, item: Item) -> bool:
        return item.app.status not in GONE and not self.is_upheld(item)

    def _is_objected(self, publicity: Publicity) -> bool:
        return any(
            one.status in ("received", "accepted") and self.is_there(one.item)
            for one in self.objections.values()
            if one.item in publicity.items
        )

    def last_start(self, level: str) -> date | None:
        """The latest day from which five working days and one for the report fit into the city's window."""
        day = day_of(self.close("city_review", level) - timedelta(seconds=1))
        behind = 0
        while day >= day_of(TURNS):
            if self.is_worked(day):
                if behind >= 6:
                    return day
                behind += 1
            day -= timedelta(days=1)
        return None

    def five_after(self, day: date) -> date:
        left = 5
        while left:
            day += timedelta(days=1)
            left -= self.is_worked(day)
        return day

    # ---- history

    def passes(self, community: UUID, now: datetime) -> int | None:
        """Consecutive passes up to last year, counted backward; None unless a provincial certification stands today."""
        today = day_of(now)
        mine = [
            one
            for one in self.certificates.values()
            if one.community == community and one.level == "provincial" and one.day <= today
        ]
        come = {id(one): one.county[0] for one in mine if one.county[1] is None or one.county[1] <= today}
        standing = [one for one in mine if come.get(id(one)) is None]
        if not standing:
            return None
        floor = min(one.day.year for one in standing)
        for one in mine:
            if come.get(id(one)) == "revoked" and one.county[1] is not None:
                floor = max(floor, one.county[1].year)
        year = today.year - 1
        while year > floor and self.result(community, year) in ("pass", "pass_after_rectification"):
            year -= 1
        return today.year - 1 - year

    def result(self, community: UUID, year: int) -> str | None:
        for one in self.records.values():
            if (one.community, one.kind, one.year, one.status) == (
                community,
                "annual_review",
                year,
                "attested",
            ):
                return one.result
        return None

    def history_of(self, app: App, now: datetime) -> object:
        """What a form of that level has to say of the past."""
        if app.level != "star":
            return None
        if self.passes(app.community, now) is None:
            return (None, ())
        today = day_of(now)
        standing, floor = [], 0
        for one in self.certificates.values():
            if one.community != app.community or one.level != "provincial" or one.day > today:
                continue
            state, since = one.county if one.county[1] is None or one.county[1] <= today else (None, None)
            if state is None:
                standing.append(one.day)
            elif state == "revoked" and since is not None:
                floor = max(floor, since.year)
        floor = max(floor, min(standing).year)
        years = [year for year in range(today.year - 3, today.year) if year > floor]
        found = [(year, self.result(app.community, year)) for year in years]
        return min(standing), tuple(one for one in found if one[1] is not None)

    def lacks_history(self, level: str, community: UUID, now: datetime) -> bool:
        return level == "star" and (self.passes(community, now) or 0) < 3

    # ---- an application

    def _reaches(self, who: Who, role: str, app: App) -> bool:
        if role == "city_officer":
            return who.home == CITY and who.has(role)
        unit = {"community_clerk": app.community, "street_officer": app.street}.get(role)
        held = any(name == role and unit in (None, over) for name, over in who.roles)
        return held and who.home == app.county

    def _acted(self, who: Who, app: App, stage: str) -> bool:
        """Whether the person acted at another stage of this application: ever, returns and all authors of its form included."""
        if stage not in SEPARATED:
            return False
        past = [("filing", app.filed_by), *(("filing", form.author) for form in app.forms)]
        past += [(given, person) for given, _, person, _ in app.given]
        return any(who.id == person and given in SEPARATED and given != stage for given, person in past)

    def may_file(self, who: Who, app: App, now: datetime) -> str | None:
        """`app` as it would be."""
        if not self._reaches(who, "community_clerk", app):
            return "who"
        if self.lacks_history(app.level, app.community, now):
            return "history"
        if self._shut("recommendation", now, app.level, app):
            return "window"
        if self._holds(app, day_of(now)):
            return "held"
        for one in self.apps.values():
            live = one.status not in (*GONE, "not_certified")
            if one.community == app.community and one.level == app.level and live:
                return "live"
        return None

    def _holds(self, app: App, today: date) -> bool:
        """Whether the community is certified so already; who is suspended still is, who was revoked is not."""
        for one in self.certificates.values():
            state, since = one.county
            out = state == "revoked" and (since is None or since <= today)
            if (one.community, one.level) == (app.community, app.level) and one.day <= today and not out:
                return True
        return False

    def may_save(self, who: Who, app: App, now: datetime, justified: bool) -> str | None:
        if not self._reaches(who, "community_clerk", app):
            return "who"
        if app.status not in ("draft", "returned"):
            return "status"
        if self._shut("recommendation", now, app.level, app):
            return "window"
        if self._acted(who, app, "filing"):
            return "person"
        return None if justified == (app.kind == "village") else "justification"

    def may_submit(self, who: Who, app: App, now: datetime, given: bytes) -> str | None:
        if not self._reaches(who, "community_clerk", app):
            return "who"
        if app.status not in ("draft", "returned"):
            return "status"
        if self._shut("recommendation", now, app.level, app):
            return "window"
        if self._acted(who, app, "filing"):
            return "person"
        if not app.forms or app.returned:
            return "form"
        return self._stale(app, now, given)

    def _stale(self, app: App, now: datetime, given: bytes, upward: bool = True) -> str | None:
        if upward and self.lacks_history(app.level, app.community, now):
            return "history"
        if upward and app.forms[-1].history != self.history_of(app, now):
            return "form history"
        return None if given == app.forms[-1].hash else "stale"

    def may_say(
        self,
        who: Who,
        app: App,
        now: datetime,
        stage: str,
        verdict: str,
        given: bytes,
        items: str = "met",
        confirmed: bool = False,
    ) -> str | None:
        """An opinion, a site visit or a return. `items`: met, some, unmet."""
        starts, _, window, role = STAGES[stage]
        if stage == "site_visit" and verdict != "agree":
            starts = ("city_reviewed", "site_visited")
        if not self._reaches(who, role, app):
            return "who"
        if app.status not in starts:
            return "status"
        if self._shut(window, now, app.level, app):
            return "window"
        if self._acted(who, app, stage):
            return "person"
        if app.decided:
            return "listed"
        stale = self._stale(app, now, given, upward=verdict == "agree")
        if stale or verdict != "agree":
            return stale
        if stage in ("city", "site_visit") and items != "met":
            return "items"
        if stage != "county":
            return None
        if app.kind == "village" and not confirmed:
            return "unconfirmed"
        if app.level != "provincial":
            return None
        held = [o for o in self.apps.values() if o.county == app.county and o.level == app.level]
        return "place" if any(one.status in HOLDING for one in held) else None

    def said(self, who: Who, app: App, stage: str, verdict: str) -> None:
        app.given.append((stage, verdict, who.id, len(app.forms)))
        app.status = {"agree": STAGES[stage][1], "refuse": "rejected", "return": "returned"}[verdict]

    def may_withdraw(self, who: Who, app: App) -> str | None:
        if not self._reaches(who, "community_clerk", app):
            return "who"
        if app.status not in BEFORE_REPORT:
            return "status"
        return "listed" if app.decided else None

    def may_lapse(self, who: Who, app: App, now: datetime) -> str | None:
        if not self._reaches(who, "county_officer", app):
            return "who"
        if app.status not in AT_HOME:
            return "status"
        over = now >= self.close("recommendation", app.level, app.county, app.community)
        return None if over else "window"

    # ---- the city's lists

    def _may_list(self, who: Who, level: str, now: datetime) -> str | None:
        if who.home != CITY or not who.has("city_officer"):
            return "who"
        return "window" if self._shut("city_review", now, level) else None

    def _behind(self, level: str) -> bool:
        """Whether one is under the city's review."""
        on_its_way = ("county_recommended", "city_reviewed")
        return any(one.level == level and one.status in on_its_way for one in self.apps.values())

    def visited(self, level: str) -> list[App]:
        return [one for one in self.apps.values() if one.level == level and one.status == "site_visited"]

    def unranked(self, level: str) -> bool:
        """Whether one was visited, or visited again, that the ranking in force does not compare as it is."""
        compared = self.lists[level].compared
        return any(app.visits > compared.get(app.id, 0) for app in self.visited(level))

    def ranked(self, level: str, ranking: UUID, order: list[tuple[App, bool]]) -> None:
        self.lists[level].ranking = (ranking, order)
        self.lists[level].compared = {app.id: app.visits for app, _ in order}

    def may_rank(
        self,
        who: Who,
        level: str,
        now: datetime,
        order: Sequence[tuple[UUID, bool]],
        scores: Sequence[int | None],
        ties: Sequence[bool],
    ) -> str | None:
        """`ties`: which are told why they stand behind an equal score."""
        no = self._may_list(who, level, now)
        if no:
            return no
        if self.lists[level].publicity:
            return "publicised"
        if self._behind(level):
            return "behind"
        visited = {one.id: one for one in self.visited(level)}
        if not visited or sorted(map(str, visited)) != sorted(str(key) for key, _ in order):
            return "items"
        chosen = [selected for _, selected in order]
        if sum(chosen) > self.places[level]:
            return "places"
        if chosen != sorted(chosen, reverse=True):
            return "order"
        for at, score in enumerate(scores):
            if (score is None) != (scores[0] is None):
                return "scores"
            before = scores[at - 1] if at else None
            if score is not None and not 0 <= score <= 1000:
                return "scores"
            if score is not None and before is not None and score > before:
                return "scores"
            if ties[at] != (score is not None and before == score):
                return "ties"
        lacking = any(
            self.lacks_history(level, visited[key].community, now) for key, selected in order if selected
        )
        return "history" if lacking else None

    def may_publicise(self, who: Who, level: str, now: datetime, ranking: UUID, opens: date) -> str | None:
        no = self._may_list(who, level, now)
        if no:
            return no
        lists, today, last = self.lists[level], day_of(now), self.last_start(level)
        if lists.ranking is None or lists.ranking[0] != ranking:
            return "ranking"
        if lists.publicity:
            return "publicised"
        if self._behind(level) or self.unranked(level):
            return "behind"
        left = [app for app, selected in lists.ranking[1] if selected and app.status not in GONE]
        if not left or any(app.status != "site_visited" for app in left):
            return "items"
        if any(self.lacks_history(level, app.community, now) for app in left):
            return "history"
        if last is None or not max(today, day_of(TURNS)) <= opens <= last or not self.is_worked(opens):
            return "day"
        return None

    def publicised(self, level: str, list_id: UUID, opens: date, names: dict[UUID, str]) -> None:
        ranking = self.lists[level].ranking
        assert ranking is not None
        left = [app for app, selected in ranking[1] if selected and app.status == "site_visited"]
        items = [Item(app, names[app.id], opens) for app in left]
        self.lists[level].publicity = Publicity(list_id, ranking[0], opens, self.five_after(opens), items)
        for app in left:
            app.decided.append(("site_visited", "publicised"))

    def may_object(self, publicity: Publicity, item: Item, now: datetime) -> str | None:
        running = (
            not publicity.closed
            and publicity.opens <= day_of(now)
            and not self.is_complete(publicity, item, now)
        )
        return None if running and not self.is_upheld(item) else "not running"

    def may_treat(self, who: Who, objection: Objection, to: str) -> str | None:
        if who.home != CITY or not who.has("city_officer"):
            return "who"
        start = "received" if to == "accepted" else "accepted"
        return None if objection.status == start else "status"

    def treated(self, objection: Objection, to: str, now: datetime) -> None:
        objection.status = to
        if to == "accepted":
            objection.accepted = day_of(now)
            return
        objection.decided = day_of(now)
        app = objection.item.app
        if to == "upheld" and app.status not in GONE:
            app.decided.append(("publicised", "rejected"))

    def may_correct(self, who: Who, publicity: Publicity, item: Item, now: datetime, name: str) -> str | None:
        if who.home != CITY or not who.has("city_officer"):
            return "who"
        if publicity.closed or day_of(now) < publicity.opens or self.is_upheld(item):
            return "not running"
        if not self.is_worked(day_of(now)):
            return "day"
        return "same" if name == item.name else None

    def may_close(self, who: Who, level: str, now: datetime, publicity_id: UUID) -> str | None:
        no = self._may_list(who, level, now)
        publicity = self.lists[level].publicity
        if no or publicity is None or publicity.id != publicity_id or publicity.closed:
            return no or "list"
        if self._is_objected(publicity):
            return "objected"
        waits = any(self.is_there(one) and self.counted(one, now) < 5 for one in publicity.items)
        return "days" if waits or now < midnight_after(publicity.announced) else None

    def may_report(self, who: Who, level: str, now: datetime, publicity_id: UUID, paper: date) -> str | None:
        no = self._may_list(who, level, now)
        lists = self.lists[level]
        publicity = lists.publicity
        if no or publicity is None or publicity.id != publicity_id or not publicity.closed or lists.report:
            return no or "list"
        if self._behind(level) or self.unranked(level):
            return "behind"
        there = [item.app for item in publicity.items if self.is_there(item)]
        if not there or any(app.status != "publicised" for app in there):
            return "items"
        if self._is_objected(publicity):
            return "objected"
        return None if ISSUED <= paper <= day_of(now) else "paper"

    def reported(self, level: str, list_id: UUID) -> tuple[set[UUID], set[UUID]]:
        """Those who are reported, and those who go out with the report."""
        lists = self.lists[level]
        assert lists.publicity is not None
        assert lists.ranking is not None
        listed = [item.app for item in lists.publicity.items if self.is_there(item)]
        out = [app for app, selected in lists.ranking[1] if not selected and app.status == "site_visited"]
        lists.report = (list_id, listed)
        for app in listed:
            app.decided.append(("publicised", "reported"))
        for app in out:
            app.decided.append(("site_visited", "rejected"))
        return {app.id for app in listed}, {app.id for app in out}

    def may_decide(
        self, who: Who, level: str, now: datetime, report: UUID, paper: date, named: Iterable[UUID]
    ) -> str | None:
        """The province answers in its own time: no window."""
        lists = self.lists[level]
        if who.home != CITY or not who.has("city_officer"):
            return "who"
        if lists.report is None or lists.report[0] != report or lists.decision:
            return "list"
        if any(app.status != "reported" for app in lists.report[1]):
            return "items"
        if sorted(str(app.id) for app in lists.report[1]) != sorted(map(str, named)):
            return "items"
        return None if ISSUED <= paper <= day_of(now) else "paper"

    def decided(self, level: str, certified: Collection[UUID]) -> None:
        lists = self.lists[level]
        assert lists.report is not None
        lists.decision = True
        for app in lists.report[1]:
            to = "certified" if app.id in certified else "not_certified"
            app.decided.append(("reported", to))

    # ---- by two persons

    def may_extend(self, who: Who, one: Extension, now: datetime) -> str | None:
        if who.home != CITY or not who.has("city_officer"):
            return "who"
        if one.community is not None and one.county is None:
            return "whom"
        close = WINDOWS[one.window][1]
        return None if max(close, now) < one.until <= close + timedelta(days=366) else "until"

    def may_sign(self, who: Who, one: Extension, now: datetime, to: str) -> str | None:
        if who.home != CITY or not who.has("city_officer"):
            return "who"
        if one.status != "proposed":
            return "settled"
        if to == "declined":
            return None
        if who.id == one.by:
            return "person"
        return None if one.until > now else "until"

    def may_set_days(self, who: Who) -> str | None:
        return None if who.home == CITY and who.has("tenant_administrator") else "who"

    def may_record(
        self, who: Who, community: UUID, county: int, items: Sequence[tuple[str, int]], now: datetime
    ) -> str | None:
        """`items`: kind and year. A review is of a closed year after a certification that is known or comes with it."""
        if who.home != county or not who.has("county_officer"):
            return "who"
        known = self._known_years(community, ("proposed", "attested"))
        seen = [("certification", year) for year in known] + [
            (one.kind, one.year)
            for one in self.records.values()
            if one.community == community and one.kind == "annual_review" and one.status != "declined"
        ]
        both = known + [year for kind, year in items if kind == "certification"]
        for kind, year in items:
            if (kind, year) in seen:
                return "twice"
            if kind == "annual_review" and not any(since < year for since in both):
                return "before"
            if year >= day_of(now).year:
                return "year"
            seen.append((kind, year))
        return None

    def _known_years(self, community: UUID, statuses: Collection[str]) -> list[int]:
        paper = [
            one.year
            for one in self.records.values()
            if one.community == community and one.kind == "certification" and one.status in statuses
        ]
        return paper + [
            one.day.year
            for one in self.certificates.values()
            if one.community == community and one.level == "provincial"
        ]

    def may_settle(self, who: Who, one: Record, to: str) -> str | None:
        if who.home != CITY or not who.has("city_officer"):
            return "who"
        if one.status != "proposed":
            return "settled"
        if one.by == who.id:
            return "person"
        if to == "declined":
            return None
        years = self._known_years(one.community, ("attested",))
        if one.kind == "certification":
            return "twice" if one.year in years else None
        return None if any(since < one.year for since in years) else "before"

    def may_change(self, who: Who, one: Certificate, kind: str, day: date, now: datetime) -> str | None:
        if who.home != CITY or not who.has("city_officer"):
            return "who"
        may = {"suspend": (None,), "revoke": (None, "suspended"), "reinstate": ("suspended",)}
        if one.city not in may[kind]:
            return "state"
        return None if (one.last or one.day) <= day <= day_of(now) else "paper"

    def may_confirm(self, who: Who, one: Proposal, now: datetime) -> str | None:
        if one.confirmed:
            return "settled"
        if one.by == who.id:
            return "person"
        return self.may_change(who, one.certificate, one.kind, one.day, now)

    def confirmed(self, one: Proposal) -> None:
        one.confirmed = True
        state = {"suspend": "suspended", "revoke": "revoked", "reinstate": None}[one.kind]
        one.certificate.city, one.certificate.last = state, one.day
        one.certificate.waiting.append((state, one.day))

    # ---- what the counties follow

    def to_follow(self) -> set[tuple[UUID, str]]:
        """(application, next status) of what can be followed now."""
        return {
            (app.id, to) for app in self.apps.values() for start, to in app.decided if start == app.status
        }

    def followed(self, app: App, to: str) -> None:
        assert (app.status, to) in app.decided
        app.decided.remove((app.status, to))
        app.status = to

    # ---- what is true at any time

    def check(self) -> None:
        """The promises of a round, as sentences about the applications alone."""
        for level, places in self.places.items():
            mine = [one for one in self.apps.values() if one.level == level]
            assert sum(one.status in ("reported", "certified", "not_certified") for one in mine) <= places
            if level == "provincial":
                held = [one.county for one in mine if one.status in HOLDING]
                assert len(held) == len(set(held))
        for app in self.apps.values():
            agreed = {
                "submitted": [],
                "street_endorsed": ["street"],
                "county_recommended": ["street", "county"],
                "city_reviewed": ["street", "county", "city"],
            }.get(app.status, ["street", "county", "city", "site_visit"] if app.status in HOLDING else None)
            assert agreed is None or app.standing() == agreed, app
            persons = {(person, stage) for stage, _, person, _ in app.given if stage != "site_visit"}
            persons |= {(form.author, "filing") for form in app.forms} | {(app.filed_by, "filing")}
            assert len(persons) == len({person for person, _ in persons}), app
