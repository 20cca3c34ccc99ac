"""What may be planned: which communities a cycle reviews and as what, and who is of its teams.

The rule upheld here, all decided [D], for the notice says no more than 年度复查合格: the review of a year happens in that year; reviewed
is who was certified in an earlier one, as the highest level that it holds and once a level and year; who is suspended is reviewed too
(whether that counts is the streak's to say), who is revoked or is no more is not. A person is of one team, and is barred from each
street of the county in which they hold or ever held a role, over the street or a community in it, beside those they declare. A
cycle that no draw could assign is not planned. A county names people of its own; whom the city sends, the city names.

Pure: certification/acts/plan_review_cycle.py reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NoReturn
from uuid import UUID

from audit.canonical import encode
from certification.errors import NotEntitledError, NotFoundError
from certification.forms import check_line
from certification.life import Actor
from certification.model import ROLE_ZH, CertificationState
from certification.programme import Programme
from certification.reviews.assignment import Place, Team, find_blocked
from certification.reviews.errors import (
    AssignmentImpossibleError,
    CycleRefusedError,
    InspectorRefusedError,
    NotReviewableError,
    ReviewPlannedError,
    ReviewsUnruledError,
)
from certification.reviews.rule import ReviewRule

ROLE: Final = "review_team"
MOST_PLACES: Final = 300
MOST_TEAMS: Final = 30
MOST_MEMBERS: Final = 60
"""Of a cycle: so that the entry that plans it, and the one that assigns it, holds a digest of every row (65,535 bytes)."""
LARGEST_LIST: Final = 60_000
"""Bytes of what is drawn from, which stands whole in the entry that opens the draw."""
NAME_LIMIT: Final = 60
REASON_LIMIT: Final = 500

Inspector = tuple[int, UUID]
"""A person by home tenant and id."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the plan names them; `declared`: streets of the county that they do not review (回避)."""

    tenant_id: int
    person_id: UUID
    declared: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedTeam:
    """A team as the plan names it."""

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A certification of a community, with what tells whether the community is reviewed by it."""

    id: UUID
    community_id: UUID
    level: str
    certified_on: date
    state: str | None


@dataclass(frozen=True, slots=True)
class Community:
    """A community of the county. `exists`: it has not been closed."""

    id: UUID
    street_id: UUID
    name: str
    exists: bool


@dataclass(frozen=True, slots=True)
class RoleHeld:
    """A role that somebody holds or held; `street_id`: the street that it is over or in, None for none of this county."""

    name: str
    street_id: UUID | None
    in_force: bool


@dataclass(frozen=True, slots=True)
class Reviewable:
    """What is reviewed: a community by a certification."""

    community: Community
    certification_id: UUID
    level: str

    @property
    def place(self) -> Place:
        """As what a draw assigns."""
        return Place(self.community.id, self.community.street_id)


def get_rule(programme: Programme) -> ReviewRule:
    """What the programme says of reviews. Raises ReviewsUnruledError."""
    if programme.reviews is None:
        raise ReviewsUnruledError(programme=programme.name)
    return programme.reviews


def check_planner(programme: Programme, tenant_id: int, actor: Actor, action: str, name: str) -> str:
    """The role in which the actor plans reviews of a county: one of its own, or of the city that oversees it. Raises NotEntitledError."""
    planners = get_rule(programme).planners
    for role in actor.roles:
        near = actor.oversees if role.name == "city_officer" else actor.home_tenant_id == tenant_id
        if role.name in planners.value and near:
            return str(role.name)
    raise NotEntitledError(
        clause=planners.ground.clause,
        action=action,
        name=name,
        role=" / ".join(planners.value),
        role_zh="、".join(ROLE_ZH[one] for one in planners.value),
    )


def check_days(year: int, opens_on: date, closes_on: date, today: date) -> None:
    """Raise CycleRefusedError unless the days are in order, of the reviewed year, and the last is still to come."""
    if opens_on > closes_on:
        refuse("起始日晚于截止日", "it ends before it begins")
    if {opens_on.year, closes_on.year} != {year}:
        refuse(f"起止日期须在 {year} 年内", f"its days are of {year}")
    if closes_on < today:
        refuse("截止日已过", "its last day is past")


def check_extension(year: int, closes_on: date, later: date, today: date) -> None:
    """Raise CycleRefusedError unless a cycle may go on to a later day: after its last one and today, within its year."""
    if later <= closes_on or later <= today:
        refuse("新的截止日须晚于原截止日和今天", "its new last day is later than the last one and than today")
    if later.year != year:
        refuse(f"截止日不得晚于 {year} 年 12 月 31 日", f"its last day is of {year}")


def find_level(programme: Programme, held: Iterable[Held], year: int) -> Held | None:
    """The certification by which its community is reviewed in a year: the highest level, and of that the first; None: it is not."""
    found = [one for one in held if one.level in programme.levels and one.certified_on.year < year]
    standing = [one for one in found if one.state != CertificationState.REVOKED]
    highest = max((_height(programme, one.level) for one in standing), default=0)
    of_level = [one for one in standing if _height(programme, one.level) == highest]
    return min(of_level, key=lambda one: (one.certified_on, one.id), default=None)


def choose(
    programme: Programme,
    year: int,
    named: Sequence[UUID] | None,
    communities: Mapping[UUID, Community],
    held: Iterable[Held],
    planned: Collection[tuple[UUID, str]],
) -> tuple[Reviewable, ...]:
    """What a cycle reviews: the communities that are named, each of which must be reviewable, or (None) all that are and are not
    planned yet. `planned`: (community, level) of the year's reviews.

    Raises NotFoundError, NotReviewableError, ReviewPlannedError, CycleRefusedError.
    """
    by_community: dict[UUID, list[Held]] = {}
    for one in held:
        by_community.setdefault(one.community_id, []).append(one)
    found: list[Reviewable] = []
    for community_id in communities if named is None else named:
        community = communities.get(community_id)
        if community is None:
            raise NotFoundError(what="community", what_zh="社区")
        by = find_level(programme, by_community.get(community_id, ()), year)
        if named is None and (by is None or not community.exists or (community_id, by.level) in planned):
            continue
        if not community.exists:
            _not_reviewable(community, year, "已撤销", "it is no more")
        if by is None:
            _not_reviewable(
                community,
                year,
                "此前年度未获认定，或认定已撤销",
                "it was not certified in an earlier year, or was revoked",
            )
        if (community_id, by.level) in planned:
            raise ReviewPlannedError(
                community=community.name, year=year, level=by.level, level_zh=programme.levels[by.level].name
            )
        found.append(Reviewable(community, by.id, by.level))
    _check_places(found, named)
    return tuple(sorted(found, key=lambda one: one.community.id))


def check_teams(
    rule: ReviewRule, teams: Sequence[PlannedTeam], roles: Mapping[Inspector, Sequence[RoleHeld]]
) -> None:
    """Raise CycleRefusedError or InspectorRefusedError unless the teams may be; `roles` of those who may be named at all."""
    if not 1 <= len(teams) <= MOST_TEAMS or sum(len(team.members) for team in teams) > MOST_MEMBERS:
        refuse(
            f"须设 1 至 {MOST_TEAMS} 个组，合计至多 {MOST_MEMBERS} 人",
            f"it has 1 to {MOST_TEAMS} teams of {MOST_MEMBERS} people at most",
        )
    if len({team.name for team in teams}) != len(teams):
        refuse("复查组重名", "two teams have one name")
    seen: set[Inspector] = set()
    for team in teams:
        check_line("team", "复查组名称", team.name, NAME_LIMIT)
        least = rule.team_members
        if len(team.members) < least.value:
            raise InspectorRefusedError(
                clause=least.ground.clause,
                team=team.name,
                reason_zh=f"至少 {least.value} 人",
                reason_en=f"it has at least {least.value}",
            )
        for member in team.members:
            _check_member(team, member, roles, seen)


def find_barred(rule: ReviewRule, member: Member, roles: Iterable[RoleHeld]) -> tuple[tuple[UUID, str], ...]:
    """(street, ground) of the streets that a member does not review, in order."""
    held = {one.street_id for one in roles if one.street_id is not None} if rule.apart.value else set()
    found = dict.fromkeys(member.declared, "declared") | dict.fromkeys(held, "role")
    return tuple(sorted(found.items()))


def format_barred(barred: Iterable[tuple[UUID, str]]) -> str:
    """As a row holds it: canonical JSON."""
    return encode([{"ground": ground, "street": str(street)} for street, ground in barred]).decode()


def check_assignable(chosen: Sequence[Reviewable], teams: Sequence[Team]) -> None:
    """Raise AssignmentImpossibleError for a community that no team may go to."""
    blocked = find_blocked([one.place for one in chosen], teams)
    if blocked is not None:
        name = next(one.community.name for one in chosen if one.place == blocked)
        raise AssignmentImpossibleError(community=name)


def check_list(listed: Mapping[str, object]) -> None:
    """Raise CycleRefusedError for a list that the entry which opens its draw could not hold."""
    if len(encode(listed)) > LARGEST_LIST:
        refuse("回避的街道过多，请分几个周期安排", "its teams avoid too many streets: plan several cycles")


def refuse(zh: str, en: str) -> NoReturn:
    """Raise CycleRefusedError."""
    raise CycleRefusedError(reason_zh=zh, reason_en=en)


def _check_places(found: Sequence[Reviewable], named: Sequence[UUID] | None) -> None:
    if named is not None and len(set(named)) != len(named):
        refuse("同一社区列了两次", "a community is named twice")
    if not found:
        refuse("没有需要复查的社区", "there is no community to review")
    if len(found) > MOST_PLACES:
        refuse(
            f"一个周期至多 {MOST_PLACES} 个社区，请列明社区，分几个周期安排",
            f"it has at most {MOST_PLACES} communities: name them, in several cycles",
        )


def _check_member(
    team: PlannedTeam,
    member: Member,
    roles: Mapping[Inspector, Sequence[RoleHeld]],
    seen: set[Inspector],
) -> None:
    inspector = (member.tenant_id, member.person_id)
    if all(not (one.name == ROLE and one.in_force) for one in roles.get(inspector, ())):
        raise InspectorRefusedError(
            team=team.name,
            reason_zh="须为本县（市、区）在任的年度复查组成员；市级人员由市局列入",
            reason_en="they hold no review team's role here now; the city names its own people",
        )
    if inspector in seen:
        raise InspectorRefusedError(
            team=team.name, reason_zh="一人只能在一个组", reason_en="a person is of one team"
        )
    seen.add(inspector)


def _not_reviewable(community: Community, year: int, zh: str, en: str) -> NoReturn:
    raise NotReviewableError(community=community.name, year=year, reason_zh=zh, reason_en=en)


def _height(programme: Programme, level: str) -> int:
    """How many levels it takes to reach a level, itself included."""
    requires = programme.levels[level].requires
    return 1 if requires is None else 1 + _height(programme, requires.certified)
