"""Which team goes where (抽签分组): conflict-free, as even as conflicts allow, and by the draw's seed alone.

    assign(seed, (Place(a, s1), Place(b, s2)), (Team(t1, 1, {s1}), Team(t2, 2, ∅)))     a → t2, b → t1

The rule upheld here (decided [D], the notice says nothing): no team goes to a street that one of its members is barred from; of all
ways that are left, the loads of the teams are as near to each other as can be; communities of one street may go to different teams.
Whoever has the list and the 32 bytes of the seed finds the same: both are put in order by id and shuffled by the seed, so neither the
order in which somebody read them nor anybody's choice enters.

How it stays even: places are given out one after another. From each, a chain place → team that may go there → a place that team has →
another team that may go there … leads to the team with the least load, and the chain is moved up by one. Loads are then optimal for
the places given out so far (Harvey, Ladner, Lovász, Tamir: Semi-matchings for bipartite graphs and load balancing, 2006).

Pure: no clock, no chance but the seed's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, TypeVar
from uuid import UUID

from audit.canonical import Json

T = TypeVar("T")

DOMAIN: Final = b"xingji-assignment/1\n"


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


def recompute(list_value: Mapping[str, Any], seed: bytes, picks: int) -> Json:
    """What the seed gives over a list, as the last entry of a draw says it: team → its communities. For whoever replays a draw.

    Raises KeyError, TypeError or ValueError for a list that no draw of assignments has.
    """
    places, teams = parse_list(list_value)
    if picks != len(places):
        raise ValueError("every place is assigned")
    given: dict[str, list[str]] = {str(team.id): [] for team in teams}
    for community, team in assign(seed, places, teams).items():
        given[str(team)].append(str(community))
    return {team: [*sorted(found)] for team, found in given.items()}


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


def derive(seed: bytes, label: str) -> bytes:
    """A seed (32 bytes) for one of several shuffles."""
    return sha256(DOMAIN + label.encode() + b"\n" + seed).digest()


def shuffle(seed: bytes, n: int) -> list[int]:
    """The numbers 0 to n-1 in an order that the seed alone makes (Fisher-Yates)."""
    below = _numbers(seed)
    found = list(range(n))
    for last in range(n - 1, 0, -1):
        at = below(last + 1)
        found[at], found[last] = found[last], found[at]
    return found


def _numbers(seed: bytes) -> Callable[[int], int]:
    tries = iter(range(2**32))

    def below(bound: int) -> int:
        while True:
            block = sha256(seed + next(tries).to_bytes(4, "big")).digest()
            number = int.from_bytes(block[:8], "big")
            if number < 2**64 - 2**64 % bound:
                return number % bound

    return below
