"""A round in memory: states for the pure halves of the acts, made from the rows that their changes write."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from audit.entry import Cite
from certification.acts import file_application
from certification.changes import Act, Change, Context
from certification.following import ACT as FOLLOW
from certification.following import Command as FollowCommand
from certification.following import Named, decision_of_list
from certification.following import State as FollowState
from certification.life import Actor, ApplicationView, find_following
from certification.model import Application, Campaign, Certification, FormVersion, Opinion, Roster, RosterItem
from certification.programme import Programme
from certification.reading import ENDED, Candidate, Community, FoundApplication, FoundRound, places_taken
from certification.rosters import RoundView

CITY = 1


def named(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"urn:xingji:test:{name}")


def community_of(county: int, number: int) -> UUID:
    return named(f"{county}/{number}")


@dataclass(slots=True)
class Store:
    """Rows by id, and a number that grows with every act as a ledger's sequence would."""

    programme: Programme
    counties: tuple[int, ...]
    applications: dict[UUID, Application] = field(default_factory=dict)
    forms: dict[UUID, FormVersion] = field(default_factory=dict)
    opinions: list[Opinion] = field(default_factory=list)
    rosters: dict[UUID, Roster] = field(default_factory=dict)
    items: dict[UUID, list[RosterItem]] = field(default_factory=dict)
    certifications: list[Certification] = field(default_factory=list)
    history: dict[UUID, list[str]] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=count)
    campaign: Campaign = field(init=False)

    def __post_init__(self) -> None:
        opened = self.programme.windows["recommendation"].opens_at
        rows = self.programme.campaign_rows(CITY, named("campaign"), opened)
        self.campaign = next(row for row in rows if isinstance(row, Campaign))

    def do(self, act: Act[Any, Any], state: Any, command: Any, actor: Actor, now: datetime) -> Change:
        """Authorise and decide, and keep what was decided."""
        act.authorise(state, command, actor)
        numbers = self.numbers
        context = Context(
            actor,
            now,
            lambda: named(f"id/{next(numbers)}"),
            lambda: sha256(str(next(numbers)).encode()).digest(),
        )
        change = act.decide(state, command, context)
        for write in change.writes:
            self._keep(write.entity, write.new)
        return change

    def _keep(self, entity: Any, new: bool) -> None:
        if isinstance(entity, Application):
            self.applications[entity.id] = entity
            self.history.setdefault(entity.id, []).append(entity.status)
        elif isinstance(entity, FormVersion):
            self.forms[entity.id] = entity
        elif isinstance(entity, Opinion):
            self.opinions.append(entity)
        elif isinstance(entity, Roster):
            assert (entity.id in self.rosters) != new
            self.rosters[entity.id] = entity
            self.items.setdefault(entity.id, [])
        elif isinstance(entity, RosterItem):
            self.items[entity.roster_id].append(entity)
        elif isinstance(entity, Certification):
            self.certifications.append(entity)

    def statuses(self, county: int) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in self.applications.values():
            if one.tenant_id == county:
                found[one.status] = found.get(one.status, 0) + 1
        return found

    def to_file(self, county: int, number: int) -> file_application.State:
        place = community_of(county, number)
        live = any(
            one.community_id == place and one.status not in ENDED for one in self.applications.values()
        )
        community = Community(
            place, "community", named(f"{county}/street"), True, live, self.statuses(county)
        )
        taken = places_taken(self.programme, self.statuses(county))
        view = ApplicationView(
            county, CITY, "provincial", None, place, named(f"{county}/street"), county_taken=taken
        )
        return file_application.State(self.programme, community, view)

    def found(self, application_id: UUID) -> FoundApplication:
        one = self.applications[application_id]
        form = None if one.form_version_id is None else self.forms[one.form_version_id]
        versions = [version for version in self.forms.values() if version.application_id == one.id]
        given = [o for o in self.opinions if o.application_id == one.id]
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
            county_taken=places_taken(self.programme, self.statuses(one.tenant_id)),
        )
        return FoundApplication(one, self.programme, form, len(versions), view)

    def named(self, application_id: UUID) -> Named:
        """The application with what the city's lists say of it, followed or not."""
        lists = (
            (self.rosters[item.roster_id].kind, item.verdict)
            for items in self.items.values()
            for item in items
            if item.application_id == application_id
        )
        return Named(self.found(application_id), tuple(lists))

    def round(self) -> FoundRound:
        statuses: dict[str, int] = {}
        candidates = []
        for one in self.applications.values():
            statuses[one.status] = statuses.get(one.status, 0) + 1
            entry = Cite(f"x.example/{one.tenant_id}", one.revision, bytes(32))
            candidates.append(Candidate(one.tenant_id, one.id, one.status, "市 / 县 / 街道 / 社区", entry))
        view = RoundView(CITY, "provincial", tuple(self.rosters.values()), statuses)
        items = {key: tuple(value) for key, value in self.items.items()}
        return FoundRound(self.campaign, self.programme, view, items, tuple(candidates))

    def follow(self, author: Actor, now: datetime, at_most: int) -> int:
        """Follow at most so many of the items of this author's lists that wait; how many waited."""
        waiting = [
            (roster, item)
            for roster in self.rosters.values()
            for item in self.items[roster.id]
            if roster.author_id == author.person_id
            and find_following(
                self.programme, roster.kind, item.verdict, self.applications[item.application_id].status
            )
        ]
        for roster, item in waiting[:at_most]:
            entry = Cite("x.example/1", next(self.numbers), bytes(32))
            state = FollowState(
                self.found(item.application_id), decision_of_list(self.programme, roster, item, entry)
            )
            self.do(FOLLOW, state, FollowCommand(CITY, roster.id, item.application_id), author, now)
        return len(waiting)
