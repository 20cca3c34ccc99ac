"""A programme whose cycle is two years: what a community has behind it is counted in cycles, as its file says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from certification.fact import Fact, certified, reviewed
from certification.history import first_year
from certification.life import find_history, find_history_obstacle
from certification.reader import load_programme
from certification.shelf import Shelf
from tests.unit.certification.samples import COMMUNITY, named, told

TIERED = load_programme("tiered-2023", Shelf((Path(__file__).parents[2],)))


def past(*reviews: tuple[int, str], level: str = "one_star") -> Sequence[Fact]:
    """Certified as the level in 2019, and reviewed so."""
    return (
        certified(COMMUNITY, named("certification"), level, date(2019, 11, 2)),
        *(reviewed(COMMUNITY, named(f"{year}{n}"), level, year, r) for n, (year, r) in enumerate(reviews)),
    )


@pytest.mark.parametrize(
    ("year", "reviews", "years", "streak", "first"),
    [
        (2021, [(2020, "pass")], [], 0, 2022),
        (2022, [(2020, "pass")], [2021], 1, 2022),
        (2022, [(2021, "pass")], [2021], 1, 2022),
        (2023, [(2021, "pass")], [2021], 1, 2022),
        (2023, [(2022, "pass")], [2021], 0, 2024),
        (2023, [(2020, "pass"), (2021, "fail")], [2021], 0, 2024),
        # The programme does not let a pass after rectification count.
        (2023, [(2021, "pass_after_rectification")], [2021], 0, 2024),
        (2024, [(2021, "pass"), (2023, "pass")], [2021, 2023], 2, 2022),
        (2024, [(2021, "pass")], [2021, 2023], 0, 2026),
    ],
)
def test_a_review_counts_for_its_cycle(
    year: int, reviews: list[tuple[int, str]], years: list[int], streak: int, first: int
) -> None:
    now = datetime(year, 6, 1, tzinfo=UTC)
    history = find_history(TIERED, "two_star", told(COMMUNITY, list(past(*reviews))), now)
    assert history is not None
    assert ([one.year for one in history.years], history.streak) == (years, streak)
    assert first_year(history, 1) == first
    obstacle = find_history_obstacle(TIERED, "two_star", history)
    assert (obstacle is None) == (streak >= 1)
    if obstacle is not None:
        assert obstacle.clause == "第九条" and str(first) in obstacle.zh


def test_the_third_tier_asks_for_the_second_and_two_cycles() -> None:
    reviews = ((2021, "pass"), (2022, "pass"))
    for level, year, lacks in (("two_star", 2024, False), ("two_star", 2023, True), ("one_star", 2024, True)):
        facts = told(COMMUNITY, list(past(*reviews, level=level)))
        history = find_history(TIERED, "three_star", facts, datetime(year, 6, 1, tzinfo=UTC))
        assert (find_history_obstacle(TIERED, "three_star", history) is not None) == lacks, (level, year)
