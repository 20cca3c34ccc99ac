"""A round in memory: the rows that acts write, the entries that name them, and the states that the acts' `load` would read of them.

Where certification/ has a pure half for what a statement reads, it is called; the statements themselves are held by
tests/integration. Each tenant has a log of which the time never steps back (`time`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from audit.entry import Cite
from certification.acts import (
    certification_change,
    confirm_certification_change,
    confirm_extension,
    file_application,
    legacy,
    objecting,
    propose_extension,
    propose_legacy_records,
    set_calendar,
)
from certification.calendar import Calendar
from certification.changes import Act, Change, Context
from certification.extensions import Confirmed, latest_closes
from certification.figures import parse_figures
from certification.following import (
    LIST,
    Following,
    Named,
    State,
    decision_of_list,
    decision_of_objection,
)
from certification.following_changes import State as ChangeState
from certification.history import Certified, Facts, Reviewed
from certification.life import Actor, ApplicationView, find_following, starts
from certification.model import (
    Application,
    CalendarDay,
    CalendarYear,
    Campaign,
    Certification,
    CertificationChange,
    Extension,
    FormVersion,
    LegacyRecord,
    Objection,
    Opinion,
    PersonalValue,
    PublicityCorrection,
    Roster,
    RosterItem,
)
from certification.programme import Programme
from certification.publicity import list_item
from certification.reading import (
    ENDED,
    VISITED,
    Candidate,
    Community,
    FoundApplication,
    FoundItem,
    FoundRound,
    list_items,
    places_taken,
)
from certification.rosters import RoundView, find_latest
from certification.windows import is_late

CITY = 1


def named(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"urn:xingji:test:{name}")


def community_of(county: int, number: int) -> UUID:
    return named(f"{county}/{number}")


@dataclass(frozen=True, slots=True)
class Unit:
    """A community or village of a county."""

    county: int
    id: UUID
    kind: str


@dataclass(slots=True)
class Store:
    """Rows by kind and key, in the order in which they came; entries by the row or subject that they name."""

    programme: Programme
    units: Mapping[UUID, Unit]
    rows: dict[type, dict[Any, Any]] = field(default_factory=lambda: defaultdict(dict))
    entries: dict[Any, list[Cite]] = field(default_factory=lambda: defaultdict(list))
    visits: dict[UUID, int] = field(default_factory=dict)
    times: dict[int, datetime] = field(default_factory=dict)
    followed: set[UUID] = field(default_factory=set)
    numbers: count[int] = field(default_factory=count)
    campaign: Campaign = field(init=False)

    def __post_init__(self) -> None:
        opened = self.programme.windows["recommendation"].opens_at
        rows = self.programme.campaign_rows(CITY, named("campaign"), opened)
        self.campaign = next(row for row in rows if isinstance(row, Campaign))

    def all(self, kind: type) -> list[Any]:
        return list(self.rows[kind].values())

    def time(self, tenant_id: int, now: datetime) -> datetime:
        """When that tenant's next entry is recorded: its log's time never steps back."""
        return max(now, self.times.get(tenant_id, now))

    def do(
        self, tenant_id: int, act: Act[Any, Any], state: Any, command: Any, actor: Actor, now: datetime
    ) -> Change:
        """Authorise and decide, and keep what was decided: whole, and of one tenant."""
        act.authorise(state, command, actor)
        numbers = self.numbers
        context = Context(
            actor,
            now,
            lambda: named(f"id/{next(numbers)}"),
            lambda: sha256(str(next(numbers)).encode()).digest(),
        )
        change = act.decide(state, command, context)
        cite = Cite(f"x.example/{tenant_id}", next(numbers), sha256(str(next(numbers)).encode()).digest())
        for key in {
            change.subject.id,
            *(self._keep(tenant_id, one.entity, one.new) for one in change.writes),
        }:
            self.entries[key].append(cite)
        if change.operation == VISITED:
            self.visits[change.subject.id] = cite.seq
        self.times[tenant_id] = now
        return change

    def _keep(self, tenant_id: int, entity: Any, new: bool) -> Any:
        assert entity.tenant_id == tenant_id
        rows, key = self.rows[type(entity)], _key_of(entity)
        assert (key not in rows) == new, entity
        rows[key] = entity
        return key

    # ---- what the acts on applications read

    def statuses(self, level: str, county: int | None = None) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for one in self.all(Application):
            if one.level == level and county in (None, one.tenant_id):
                found[one.status] += 1
        return found

    def facts(self, level: str, community_id: UUID) -> Facts | None:
        """As `read_facts`: none for a level that asks for none."""
        return None if self.programme.levels[level].requires is None else self.all_facts(community_id)

    def all_facts(self, community_id: UUID) -> Facts:
        certified = (
            Certified(
                one.level,
                one.certified_on,
                one.legacy_id is not None,
                Cite(one.cited_origin, one.cited_seq, one.cited_hash),
                one.state,
                one.state_on,
            )
            for one in self.all(Certification)
            if one.community_id == community_id
        )
        reviewed = (
            Reviewed(one.level, one.year, one.result, True, self.entries[one.id][-1])
            for one in self.all(LegacyRecord)
            if one.community_id == community_id and one.kind == "annual_review" and one.attested_at
        )
        return Facts(tuple(certified), tuple(reviewed))

    def extensions(
        self, level: str, county: int | None = None, community_id: UUID | None = None
    ) -> tuple[Confirmed, ...]:
        """The confirmed ones, by the conditions of `read_extensions`."""
        return tuple(
            Confirmed(one.id, one.stage, one.closes_at, self.entries[one.id][1])
            for one in self.all(Extension)
            if one.confirmed_at is not None
            and one.level in (None, level)
            and (
                one.beneficiary_tenant_id is None
                or (one.beneficiary_tenant_id == county and one.community_id in (None, community_id))
            )
        )

    def _extended(
        self, view: ApplicationView, now: datetime
    ) -> tuple[ApplicationView, tuple[Confirmed, ...]]:
        if not is_late(self.programme, view, now):
            return view, ()
        found = self.extensions(view.level, view.tenant_id, view.community_id)
        return replace(view, extended=latest_closes(found)), found

    def to_file(self, place: UUID, level: str, now: datetime) -> file_application.State:
        unit = self.units[place]
        county, street = unit.county, named(f"{unit.county}/street")
        live = any(
            one.community_id == place and one.level == level and one.status not in ENDED
            for one in self.all(Application)
        )
        statuses = self.statuses(level, county)
        view = ApplicationView(
            tenant_id=county,
            campaign_tenant_id=CITY,
            level=level,
            status=None,
            community_id=place,
            street_id=street,
            county_taken=places_taken(self.programme, statuses),
            facts=self.all_facts(place),
        )
        view, extensions = self._extended(view, now)
        community = Community(place, unit.kind, street, True, live, statuses)
        return file_application.State(self.programme, community, view, extensions)

    def found(self, application_id: UUID, now: datetime) -> FoundApplication:
        one = self.rows[Application][application_id]
        form = None if one.form_version_id is None else self.rows[FormVersion][one.form_version_id]
        versions = [version for version in self.all(FormVersion) if version.application_id == one.id]
        given = [opinion for opinion in self.all(Opinion) if opinion.application_id == one.id]
        view = ApplicationView(
            tenant_id=one.tenant_id,
            campaign_tenant_id=CITY,
            level=one.level,
            status=one.status,
            community_id=one.community_id,
            street_id=one.street_id,
            filed_by=one.filed_by,
            form_authors=tuple(version.author_id for version in versions),
            form_hash=None if form is None else form.hash,
            form_returned=any(
                o.verdict == "return" and o.form_version_id == one.form_version_id for o in given
            ),
            endorsed=tuple((o.stage, o.author_id) for o in given),
            county_taken=places_taken(self.programme, self.statuses(one.level, one.tenant_id)),
            facts=self.facts(one.level, one.community_id),
            form_history=(None, None) if form is None else (form.certified_on, form.reviews),
            figures=() if form is None else parse_figures(form.figures),
        )
        view, extensions = self._extended(view, now)
        return FoundApplication(one, self.programme, form, len(versions), view, extensions)

    def named(self, application_id: UUID, now: datetime) -> Named:
        """The application with what the city's lists say of it, followed or not."""
        lists = (
            (self.rows[Roster][item.roster_id].kind, item.verdict)
            for item in self.all(RosterItem)
            if item.application_id == application_id
        )
        upheld = any(
            one.application_id == application_id and one.status == "upheld" for one in self.all(Objection)
        )
        return Named(self.found(application_id, now), tuple(lists), upheld)

    def to_visit(self, application_id: UUID, now: datetime) -> FoundApplication:
        named = self.named(application_id, now)
        return replace(named.found, view=named.view)

    # ---- what the acts of the city read

    def calendar(self) -> Calendar:
        days = {one.day: one.working for one in self.all(CalendarDay) if one.working is not None}
        return Calendar(days, frozenset(one.year for one in self.all(CalendarYear) if one.complete))

    def round(self, level: str, action: str = "") -> FoundRound:
        """As `read_round`; with facts where the level's history is looked at again."""
        asked = action in self.programme.history.checked.value
        candidates = tuple(
            Candidate(
                one.tenant_id,
                one.id,
                one.status,
                f"市 / 县{one.tenant_id} / 街道 / {one.community_id}",
                self.entries[one.id][-1],
                self.facts(level, one.community_id) if asked else None,
                self.visits.get(one.id),
            )
            for one in self.all(Application)
            if one.level == level
        )
        lists = tuple(one for one in self.all(Roster) if one.level == level)
        items = {one.id: self.items_of(one.id) for one in lists}
        publicity = find_latest(lists, "publicity")
        objected: tuple[Objection, ...] = ()
        corrected: tuple[PublicityCorrection, ...] = ()
        listed: Any = ()
        if publicity is not None:
            objected, corrected = self._about(publicity.id)
            listed = list_items(
                self.programme, publicity, items[publicity.id], objected, corrected, candidates
            )
        found = self.extensions(level)
        view = RoundView(
            CITY, level, lists, self.statuses(level), latest_closes(found), self.calendar(), listed
        )
        return FoundRound(
            self.campaign,
            self.programme,
            view,
            items,
            candidates,
            found,
            objections=objected,
            corrections=corrected,
        )

    def items_of(self, roster_id: UUID) -> tuple[RosterItem, ...]:
        return tuple(one for one in self.all(RosterItem) if one.roster_id == roster_id)

    def _about(self, roster_id: UUID) -> tuple[tuple[Objection, ...], tuple[PublicityCorrection, ...]]:
        objected = (one for one in self.all(Objection) if one.roster_id == roster_id)
        corrected = (one for one in self.all(PublicityCorrection) if one.roster_id == roster_id)
        return tuple(objected), tuple(corrected)

    def publicised(self, roster_id: UUID, position: int) -> FoundItem:
        """As `read_publicised`: counties' rows are not asked."""
        roster, item = self.rows[Roster][roster_id], self.rows[RosterItem][roster_id, position]
        objected, corrected = self._about(roster_id)
        listed = list_item(
            item, roster.opens_on, objected, corrected, self.programme.zone, announced=roster.closes_on
        )
        return FoundItem(self.programme, roster, item, listed, len(corrected), self.calendar())

    def objection(self, objection_id: UUID) -> objecting.FoundObjection:
        one = self.rows[Objection][objection_id]
        return objecting.FoundObjection(one, self.rows[Roster][one.roster_id], self.programme)

    def to_extend(self, county: int | None, community_id: UUID | None) -> propose_extension.State:
        known = any(unit.county == county for unit in self.units.values())
        unit = self.units.get(community_id) if community_id is not None else None
        mine = unit is not None and unit.county == county
        return propose_extension.State(CITY, self.programme, known, unit.kind if unit and mine else None)

    def extension(self, extension_id: UUID) -> confirm_extension.State:
        return confirm_extension.State(self.rows[Extension][extension_id], self.programme)

    def calendar_year(self, year: int) -> set_calendar.State:
        known = next((one for one in self.all(CalendarYear) if one.year == year), None)
        days = frozenset(one.day for one in self.all(CalendarDay))
        return set_calendar.State(CITY, "city", known, days)

    # ---- history

    def certified(self, community_id: UUID) -> tuple[tuple[str, Any], ...]:
        return tuple(
            (one.level, one.certified_on)
            for one in self.all(Certification)
            if one.community_id == community_id
        )

    def to_record(self, community_id: UUID) -> propose_legacy_records.State:
        live = (
            (one.kind, one.level, one.year)
            for one in self.all(LegacyRecord)
            if one.community_id == community_id and one.declined_at is None
        )
        years = tuple((level, on.year) for level, on in self.certified(community_id))
        return propose_legacy_records.State(self.units[community_id].county, frozenset(live), years, None)

    def record(self, record_id: UUID) -> legacy.Found:
        one = self.rows[LegacyRecord][record_id]
        return legacy.Found(one, self.entries[one.id][0], self.certified(one.community_id), scanned=True)

    def certification(self, certification_id: UUID) -> certification_change.Found:
        confirmed = [
            one
            for one in self.all(CertificationChange)
            if one.certification_id == certification_id and one.confirmed_at is not None
        ]
        confirmed.sort(key=lambda one: self.entries[one.id][-1].seq)
        one = self.rows[Certification][certification_id]
        return certification_change.Found(CITY, one, self.entries[one.id][-1], tuple(confirmed))

    def change(self, change_id: UUID) -> confirm_certification_change.State:
        one = self.rows[CertificationChange][change_id]
        return confirm_certification_change.State(one, self.certification(one.certification_id))

    # ---- following

    def pending(self) -> list[Following]:
        """As `pending_followings`: what the city decided and its counties do not mirror yet."""
        found = []
        for item in self.all(RosterItem):
            roster = self.rows[Roster][item.roster_id]
            status = self.rows[Application][item.application_id].status
            if find_following(self.programme, roster.kind, item.verdict, status):
                found.append(self._following(LIST, roster.id, roster.author_id, item, 0))
        for one in self.all(Objection):
            status = self.rows[Application][one.application_id].status
            if one.status == "upheld" and starts(self.programme, self.programme.publicity.upheld, status):
                found.append(self._following("objection", one.id, one.decided_by, one, -1))
        return found

    def _following(self, source: str, source_id: UUID, author_id: UUID, of: Any, entry: int) -> Following:
        cite = self.entries[source_id][entry]
        county, application = of.application_tenant_id, of.application_id
        return Following(CITY, source, source_id, author_id, county, application, cite)

    def to_follow(self, one: Following, now: datetime) -> State:
        found = self.found(one.application_id, now)
        if one.source != LIST:
            objection = self.rows[Objection][one.source_id]
            return State(found, decision_of_objection(self.programme, objection, one.entry))
        items = self.items_of(one.source_id)
        item = next(item for item in items if item.application_id == one.application_id)
        roster = self.rows[Roster][one.source_id]
        return State(found, decision_of_list(self.programme, roster, item, one.entry))

    def pending_changes(self) -> list[CertificationChange]:
        """The first confirmed change of each certification that its county has not followed."""
        waiting = [
            one for one in self.all(CertificationChange) if one.confirmed_at and one.id not in self.followed
        ]
        waiting.sort(key=lambda one: self.entries[one.id][-1].seq)
        return list({one.certification_id: one for one in reversed(waiting)}.values())

    def to_follow_change(self, one: CertificationChange) -> ChangeState:
        return ChangeState(self.rows[Certification][one.certification_id], one, self.entries[one.id][-1])


def _key_of(entity: Any) -> Any:
    if isinstance(entity, RosterItem):
        return entity.roster_id, entity.position
    if isinstance(entity, CalendarDay):
        return entity.day
    if isinstance(entity, PersonalValue):
        return entity.commitment
    return getattr(entity, "id", None) or entity.application_id
