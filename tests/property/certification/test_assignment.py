"""Assigning teams by a seed: against every way there is, for small lists; and that nothing but list and seed matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certification.reviews.assignment import (
    Place,
    Team,
    assign,
    describe_list,
    find_blocked,
    parse_list,
    recompute,
)

STREETS = [UUID(int=900 + n) for n in range(4)]
seeds = st.binary(min_size=32, max_size=32)


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[Place], list[Team]]:
    places = [
        Place(UUID(int=n), draw(st.sampled_from(STREETS))) for n in range(1, draw(st.integers(1, 6)) + 1)
    ]
    barred = st.frozensets(st.sampled_from(STREETS), max_size=3)
    teams = [Team(UUID(int=100 + n), n, draw(barred)) for n in range(1, draw(st.integers(1, 3)) + 1)]
    return places, teams


def ways(places: Sequence[Place], teams: Sequence[Team]) -> Iterator[Counter[UUID]]:
    """The loads of every conflict-free assignment, one after another."""
    for chosen in product(teams, repeat=len(places)):
        if all(place.street_id not in team.barred for place, team in zip(places, chosen, strict=True)):
            yield Counter(team.id for team in chosen)


def spread(loads: Counter[UUID], teams: Sequence[Team]) -> list[int]:
    return sorted((loads[team.id] for team in teams), reverse=True)


@given(lists(), seeds)
@settings(max_examples=150, deadline=None)
def test_it_is_free_of_conflicts_and_as_even_as_any_way(found: tuple[list[Place], list[Team]], seed: bytes):
    places, teams = found
    every = [spread(loads, teams) for loads in ways(places, teams)]
    if not every:
        assert find_blocked(places, teams) is not None
        with pytest.raises(ValueError, match="no team may go"):
            assign(seed, places, teams)
        return
    assert find_blocked(places, teams) is None
    given_out = assign(seed, places, teams)
    assert given_out.keys() == {place.community_id for place in places}
    by_id = {team.id: team for team in teams}
    assert all(place.street_id not in by_id[given_out[place.community_id]].barred for place in places)
    loads = spread(Counter(given_out.values()), teams)
    assert loads[0] == min(one[0] for one in every)
    assert loads[0] - loads[-1] == min(one[0] - one[-1] for one in every)


@given(lists(), seeds, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_only_the_list_and_the_seed_matter(
    found: tuple[list[Place], list[Team]], seed: bytes, random: Random
):
    places, teams = found
    if find_blocked(places, teams) is not None:
        return
    given_out = assign(seed, places, teams)
    random.shuffle(places)
    random.shuffle(teams)
    assert assign(seed, places, teams) == given_out
    listed = describe_list(UUID(int=7), 2023, places, teams)
    assert {frozenset(one) for one in map(set, parse_list(listed))} == {frozenset(places), frozenset(teams)}
    told = recompute(listed, seed, len(places))
    assert told == {
        str(team.id): sorted(str(place) for place, to in given_out.items() if to == team.id) for team in teams
    }
    with pytest.raises(ValueError, match="every place"):
        recompute(listed, seed, len(places) + 1)


def test_every_team_comes_to_every_place_about_as_often():
    places = [Place(UUID(int=n), STREETS[0]) for n in range(1, 5)]
    teams = [Team(UUID(int=100 + n), n, frozenset()) for n in range(4)]
    came = Counter(
        (place, team)
        for n in range(2000)
        for place, team in assign(n.to_bytes(32, "big"), places, teams).items()
    )
    # 500 each, give or take five standard deviations of a binomial of 2000 tries at a quarter.
    assert len(came) == 16 and all(403 < often < 597 for often in came.values())


def test_three_hundred_places_are_as_even_as_can_be_in_a_moment():
    random = Random(3)
    streets = [UUID(int=900 + n) for n in range(20)]
    places = [Place(UUID(int=n), random.choice(streets)) for n in range(1, 301)]
    teams = [Team(UUID(int=5000 + n), n, frozenset(random.sample(streets, 3))) for n in range(1, 13)]
    loads = Counter(assign(bytes(32), places, teams).values())
    assert set(loads.values()) == {25}
