"""Which team goes where (抽签分组): conflict-free, as even as conflicts allow, and by the draw's seed alone.

    assign(seed, (Place(a, s1), Place(b, s2)), (Team(t1, 1, {s1}), Team(t2, 2, ∅)))     a → t2, b → t1

The rule upheld here (decided [D], the notice says nothing): no team goes to a street that one of its members is barred from; of all
ways that are left, the loads of the teams are as near to each other as can be; communities of one street may go to different teams.
Whoever has the list and the 32 bytes of the seed finds the same: both are put in order by id and shuffled by the seed, so neither the
order in which somebody read them nor anybody's choice enters.

How it stays even: places are given out one after another. From each, a chain place → team that may go there → a place that team has →
another team that may go there … leads to the team with the least load, and the chain is moved up by one. Loads are then optimal for
the places given out so far (Harvey, Ladner, Lovász, Tamir: Semi-matchings for bipartite graphs and load balancing, 2006).

Rules alone, but for what reads a cycle at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import and_, bindparam, select

from audit.canonical import Json
from audit.draw import derive, shuffle
from certification.changes import update
from certification.errors import DrawRefusedError, NotFoundError
from certification.reader import parse_stored
from certification.reading import entity, get_campaign
from certification.reviews.drawing import Settled
from certification.reviews.model import (
    AnnualReview,
    CycleStatus,
    Draw,
    DrawPurpose,
    ReviewCycle,
    ReviewStatus,
)
from certification.reviews.tables import annual_reviews, review_cycles, review_team_members, review_teams
from tenancy.database import TenantConnection
from tenancy.statements import statement

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """A community to be reviewed, and its street."""

    community_id: UUID
    street_id: UUID


@dataclass(frozen=True, slots=True)
class Team:
    """A team, its number in the cycle, and the streets that none of its members may review."""

    id: UUID
    number: int
    barred: frozenset[UUID]

    def may_go(self, place: Place) -> bool:
        """Whether nobody of the team is barred from the place."""
        return place.street_id not in self.barred


def find_blocked(places: Iterable[Place], teams: Sequence[Team]) -> Place | None:
    """The first place (by id) that every team is barred from, or None."""
    blocked = (place for place in places if not any(team.may_go(place) for team in teams))
    return min(blocked, key=lambda place: place.community_id, default=None)


def assign(seed: bytes, places: Sequence[Place], teams: Sequence[Team]) -> Mapping[UUID, UUID]:
    """Community → team. Raises ValueError where `find_blocked` finds a place, or there is one twice."""
    by_id = {place.community_id: place for place in places}
    if len(by_id) != len(places) or find_blocked(places, teams) is not None:
        raise ValueError("a place is there twice, or no team may go to it")
    drawn = _shuffled(seed, "places", sorted(places, key=lambda place: place.community_id))
    order = _shuffled(seed, "teams", sorted(teams, key=lambda team: team.id))
    held: dict[UUID, list[Place]] = {team.id: [] for team in order}
    for place in drawn:
        _give_out(place, order, held)
    return {place.community_id: team for team, found in held.items() for place in found}


def describe_list(
    cycle_id: UUID, year: int, places: Iterable[Place], teams: Iterable[Team]
) -> dict[str, Json]:
    """What is drawn from, in its one order, as the draw's first entry holds it: communities by street, teams with whom they avoid."""
    streets: dict[str, list[str]] = {}
    for place in places:
        streets.setdefault(str(place.street_id), []).append(str(place.community_id))
    return {
        "cycle": str(cycle_id),
        "places": {street: [*sorted(found)] for street, found in sorted(streets.items())},
        "teams": [
            {"barred": [*sorted(map(str, team.barred))], "id": str(team.id), "number": team.number}
            for team in sorted(teams, key=lambda team: team.number)
        ],
        "year": year,
    }


def parse_list(found: Mapping[str, Any]) -> tuple[tuple[Place, ...], tuple[Team, ...]]:
    """The places and teams of a list. Raises KeyError, TypeError or ValueError for what `describe_list` does not make."""
    places = tuple(
        Place(UUID(community), UUID(street))
        for street, listed in found["places"].items()
        for community in listed
    )
    teams = tuple(
        Team(UUID(team["id"]), int(team["number"]), frozenset(map(UUID, team["barred"])))
        for team in found["teams"]
    )
    return places, teams


def recompute(list_value: Mapping[str, Any], seed: bytes, picks: int) -> dict[str, Json]:
    """What the seed gives over a list, as the last entry of a draw says it: team → its communities. For whoever replays a draw.

    Raises KeyError, TypeError or ValueError for a list that no draw of assignments has.
    """
    places, teams = parse_list(list_value)
    if picks != len(places):
        raise ValueError("every place is assigned")
    return describe_result(teams, assign(seed, places, teams))


def describe_result(teams: Iterable[Team], team_of: Mapping[UUID, UUID]) -> dict[str, Json]:
    """Team → its communities, in order."""
    given: dict[UUID, list[str]] = {team.id: [] for team in teams}
    for community, team_id in team_of.items():
        given[team_id].append(str(community))
    return {str(team_id): [*sorted(found)] for team_id, found in given.items()}


def _give_out(place: Place, order: Sequence[Team], held: Mapping[UUID, list[Place]]) -> None:
    """Give one place more out, along the chain to the team with the least load; of equals, the first that the chain comes to."""
    came: dict[UUID, tuple[UUID | None, Place]] = {}
    waiting = [team for team in order if team.may_go(place)]
    came.update((team.id, (None, place)) for team in waiting)
    reached = list(waiting)
    while waiting:
        team = waiting.pop(0)
        for moved in held[team.id]:
            for other in order:
                if other.id not in came and other.may_go(moved):
                    came[other.id] = (team.id, moved)
                    waiting.append(other)
                    reached.append(other)
    taker: UUID | None = min(reached, key=lambda team: len(held[team.id])).id
    while taker is not None:
        giver, moved = came[taker]
        if giver is not None:
            held[giver].remove(moved)
        held[taker].append(moved)
        taker = giver


def _shuffled(seed: bytes, label: str, items: Sequence[T]) -> list[T]:
    return [items[at] for at in shuffle(derive(seed, label), len(items))]


def check_unassigned(status: str, waiting: int) -> None:
    """Raise DrawRefusedError when a cycle's teams are drawn, or none of its reviews waits for one."""
    if status != CycleStatus.PLANNED:
        raise DrawRefusedError(reason_zh="本周期已完成分组", reason_en="the cycle's teams have been drawn")
    if not waiting:
        raise DrawRefusedError(reason_zh="没有待分组的社区", reason_en="there is no community to assign")


@dataclass(frozen=True, slots=True)
class Assignment:
    """A cycle whose teams are to be drawn, as something to draw from (certification/reviews/drawing.py).

    `reviews` are those of the cycle that no team has yet, `teams` as the plan has them.
    """

    cycle: ReviewCycle
    hours: int | None
    reviews: tuple[AnnualReview, ...]
    teams: tuple[Team, ...]

    @property
    def purpose(self) -> str:
        return DrawPurpose.ASSIGNMENT

    @property
    def subject_id(self) -> UUID:
        return self.cycle.id

    @property
    def size(self) -> int:
        return len(self.reviews)

    @property
    def picks(self) -> int | None:
        return self.size

    @property
    def reveal_hours(self) -> int:
        if self.hours is None:
            raise DrawRefusedError(
                reason_zh="批次方案不可读", reason_en="the campaign of the cycle is not in reach"
            )
        return self.hours

    def check_drawable(self, now: datetime) -> None:
        """Raises DrawRefusedError when the teams are drawn, or nothing is left to assign."""
        check_unassigned(self.cycle.status, self.size)

    def list_value(self) -> dict[str, Json]:
        """Communities by street, and the teams with the streets that they avoid."""
        places = [Place(one.community_id, one.street_id) for one in self.reviews]
        return describe_list(self.cycle.id, self.cycle.year, places, self.teams)

    def settle(self, seed: bytes, draw: Draw, now: datetime) -> Settled:
        """Each review its team, and the cycle is assigned. A review cancelled since the draw was opened is drawn and stays as it is."""
        places, teams = parse_list(orjson.loads(draw.list_value))
        team_of = assign(seed, places, teams)
        assigned = [
            replace(
                one,
                team_id=team_of[one.community_id],
                status=ReviewStatus.ASSIGNED.value,
                revision=one.revision + 1,
                updated_at=now,
            )
            for one in self.reviews
            if one.community_id in team_of
        ]
        cycle = replace(
            self.cycle,
            status=CycleStatus.ASSIGNED.value,
            draw_id=draw.id,
            revision=self.cycle.revision + 1,
            updated_at=now,
        )
        return Settled(describe_result(teams, team_of), update(cycle, *assigned))


_CYCLE = statement(
    select(review_cycles).where(
        review_cycles.c.tenant_id == bindparam("tenant_id"), review_cycles.c.id == bindparam("cycle")
    )
)
_REVIEWS = statement(
    select(annual_reviews)
    .where(
        annual_reviews.c.tenant_id == bindparam("tenant_id"),
        annual_reviews.c.cycle_id == bindparam("cycle"),
        annual_reviews.c.status == ReviewStatus.PLANNED.value,
    )
    .order_by(annual_reviews.c.community_id)
)
_TEAMS = statement(
    select(review_teams.c.id, review_teams.c.number, review_team_members.c.barred)
    .join(
        review_team_members,
        and_(
            review_team_members.c.tenant_id == review_teams.c.tenant_id,
            review_team_members.c.team_id == review_teams.c.id,
        ),
    )
    .where(review_teams.c.tenant_id == bindparam("tenant_id"), review_teams.c.cycle_id == bindparam("cycle"))
    .order_by(review_teams.c.number)
)


async def read_cycle(tx: TenantConnection, cycle_id: UUID) -> ReviewCycle:
    """A cycle of the bound tenant. Raises NotFoundError."""
    row = await tx.first(_CYCLE, cycle=cycle_id)
    if row is None:
        raise NotFoundError(what="cycle", what_zh="复查周期")
    return entity(ReviewCycle, row)


async def _find_hours(tx: TenantConnection, cycle: ReviewCycle) -> int | None:
    try:
        campaign = await get_campaign(tx, cycle.campaign_tenant_id, cycle.campaign_id)
    except NotFoundError:
        return None
    rule = parse_stored(campaign.programme).reviews
    return None if rule is None else rule.reveal_hours.value


async def read_assignment(tx: TenantConnection, cycle_id: UUID) -> Assignment:
    """A cycle of the bound tenant, to draw its teams. Raises NotFoundError.

    Who opens the draw reads the cycle's campaign, which says how long it takes; an auditor who is its second party may not.
    """
    cycle = await read_cycle(tx, cycle_id)
    reviews = await tx.all(_REVIEWS, cycle=cycle_id)
    barred: dict[tuple[UUID, int], set[UUID]] = {}
    for row in await tx.all(_TEAMS, cycle=cycle_id):
        avoided = {UUID(one["street"]) for one in orjson.loads(row["barred"])}
        barred.setdefault((row["id"], row["number"]), set()).update(avoided)
    return Assignment(
        cycle,
        await _find_hours(tx, cycle),
        tuple(entity(AnnualReview, row) for row in reviews),
        tuple(Team(id_, number, frozenset(streets)) for (id_, number), streets in barred.items()),
    )
