"""What a cycle may review, who may be of its teams, and its numbers, without a database."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from certification.reader import load_programme
from certification.reviews.errors import CycleRefusedError
from certification.reviews.planning import (
    LARGEST_LIST,
    Community,
    Held,
    Member,
    RoleHeld,
    check_days,
    check_extension,
    check_list,
    choose,
    find_barred,
    find_level,
    get_rule,
)
from certification.reviews.progress import Group, Progress, count_progress

PROGRAMME = load_programme("zhoukou-2022")
PLACE, STREET, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
TEAM = UUID(int=4)


def held(number: int, level: str, on: date, state: str | None = None, place: UUID = PLACE) -> Held:
    return Held(UUID(int=number), place, level, on, state)


@pytest.mark.parametrize(
    ("found", "year", "by"),
    [
        ([], 2023, None),
        ([held(9, "provincial", date(2022, 7, 1))], 2022, None),
        ([held(9, "provincial", date(2022, 7, 1))], 2023, 9),
        ([held(9, "provincial", date(2022, 7, 1)), held(8, "star", date(2025, 7, 1))], 2025, 9),
        ([held(9, "provincial", date(2022, 7, 1)), held(8, "star", date(2025, 7, 1))], 2026, 8),
        ([held(9, "provincial", date(2022, 7, 1)), held(8, "star", date(2025, 7, 1), "suspended")], 2026, 8),
        ([held(9, "provincial", date(2022, 7, 1)), held(8, "star", date(2025, 7, 1), "revoked")], 2026, 9),
        ([held(9, "provincial", date(2022, 7, 1), "revoked")], 2023, None),
        ([held(9, "provincial", date(2022, 7, 1)), held(8, "provincial", date(2019, 7, 1))], 2023, 8),
        ([held(9, "gold", date(2022, 7, 1))], 2023, None),
    ],
)
def test_reviewed_is_the_highest_level_held_since_an_earlier_year(
    found: list[Held], year: int, by: int | None
) -> None:
    chosen = find_level(PROGRAMME, found, year)
    assert (None if chosen is None else chosen.id.int) == by


def test_all_means_those_that_are_there_and_not_planned_yet() -> None:
    places = {
        UUID(int=n): Community(UUID(int=n), STREET, f"{n}号社区", exists=n != 12) for n in (10, 11, 12, 13)
    }
    certified = [held(n, "provincial", date(2020, 1, 1), place=UUID(int=n)) for n in (10, 11, 12)]
    chosen = choose(PROGRAMME, 2022, None, places, certified, {(UUID(int=10), "provincial")})
    assert [one.community.id.int for one in chosen] == [11]
    assert chosen[0].place.street_id == STREET


def test_days_are_of_the_reviewed_year_and_go_on_alone() -> None:
    check_days(2024, date(2024, 1, 1), date(2024, 12, 31), date(2024, 12, 31))
    for opens, closes, today in (
        (date(2024, 5, 2), date(2024, 5, 1), date(2024, 1, 1)),
        (date(2023, 12, 31), date(2024, 5, 1), date(2024, 1, 1)),
        (date(2024, 1, 1), date(2025, 1, 1), date(2024, 1, 1)),
        (date(2024, 1, 1), date(2024, 5, 1), date(2024, 5, 2)),
    ):
        with pytest.raises(CycleRefusedError):
            check_days(2024, opens, closes, today)
    check_extension(2024, date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 1))
    for later, today in (
        (date(2024, 5, 1), date(2024, 4, 1)),
        (date(2024, 6, 1), date(2024, 6, 1)),
        (date(2025, 1, 1), date(2024, 6, 1)),
    ):
        with pytest.raises(CycleRefusedError):
            check_extension(2024, date(2024, 5, 1), later, today)


def test_barred_is_every_street_of_a_role_whenever_held_and_what_is_declared() -> None:
    roles = [
        RoleHeld("community_clerk", STREET, in_force=False),
        RoleHeld("street_officer", STREET, in_force=True),
        RoleHeld("review_team", None, in_force=True),
    ]
    member = Member(2, UUID(int=5), (STREET, OTHER))
    assert find_barred(get_rule(PROGRAMME), member, roles) == ((STREET, "role"), (OTHER, "declared"))


def test_a_list_that_no_entry_holds_is_refused() -> None:
    check_list({"x": "a" * (LARGEST_LIST - 8)})
    with pytest.raises(CycleRefusedError):
        check_list({"x": "a" * (LARGEST_LIST - 7)})


def test_late_is_what_is_past_its_day_and_neither_confirmed_nor_cancelled() -> None:
    groups = [
        Group(None, "planned", None, 3),
        Group(TEAM, "rectifying", date(2024, 8, 1), 2),
        Group(TEAM, "rectifying", date(2024, 10, 1), 1),
        Group(TEAM, "inspected", date(2024, 8, 1), 1),
        Group(TEAM, "confirmed", None, 4),
        Group(TEAM, "cancelled", None, 5),
    ]
    closes = date(2024, 9, 30)
    counted = {"planned": 3, "rectifying": 3, "inspected": 1, "confirmed": 4, "cancelled": 5, "total": 16}
    for today, overdue in (
        (date(2024, 8, 1), 0),
        (date(2024, 8, 2), 2),
        (date(2024, 10, 1), 6),
        (date(2024, 10, 2), 7),
        (date(2025, 1, 1), 7),
    ):
        assert count_progress(groups, closes, 2024, today) == Progress(**counted, overdue=overdue), today
