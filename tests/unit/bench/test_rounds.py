"""The arithmetic of rounds and what is printed of it."""

from __future__ import annotations

import json

import pytest

from bench.rounds import Measure, Side, Table, compare, format_json, format_table, make_row, measure_all


def pairs(*values: tuple[float, float]) -> list[tuple[Measure, Measure]]:
    return [(Measure(limit, 10.0), Measure(ours, 20.0)) for limit, ours in values]


def test_ratio_is_taken_within_a_round() -> None:
    # The machine slows to a tenth in the third round: medians of each side apart would say 1.00.
    row = make_row("case", "1/s", pairs((1000, 500), (1000, 500), (100, 50), (900, 450)))
    assert (row.ratio, row.low, row.high) == (0.5, 0.5, 0.5)
    assert (row.limit, row.ours) == (950, 475)


def test_spread_is_lowest_and_highest() -> None:
    row = make_row("case", "1/s", pairs((100, 80), (100, 130), (100, 90)))
    assert (row.low, row.ratio, row.high) == (0.8, 0.9, 1.3)


def test_p99_is_absent_where_nothing_was_measured() -> None:
    row = make_row("case", "s", [(Measure(1), Measure(2))])
    assert (row.limit_p99, row.ours_p99) == (None, None)
    assert "–" in format_table(Table("Start", "PostgreSQL", (row,), {}))


async def test_sides_are_warmed_and_alternate() -> None:
    turns: list[str] = []

    def side(name: str, values: list[float]) -> Side:
        async def run() -> Measure:
            turns.append(name)
            return Measure(values.pop(0))

        return run

    row = await compare("case", side("limit", [1, 10, 10]), side("ours", [1000, 5, 7]), rounds=2)
    assert turns == ["limit", "ours"] * 3
    assert row.ratio == pytest.approx(0.6), "the warming turn must not count"
    turns.clear()
    row = await compare("case", side("limit", [1, 10, 30]), side("ours", [1, 10, 10]), rounds=1, slices=2)
    assert turns == ["limit", "ours"] * 3
    assert row.ratio == pytest.approx(0.5), "the slices of a round are one measure"


def test_table_and_json_carry_the_same_figures() -> None:
    table = Table("Reads", "bare SQL", (make_row("one", "1/s", pairs((4000, 3600))),), {"note": "text"})
    printed = format_table(table)
    assert "| one | 4,000 /s | 3,600 /s | **0.90** | 0.90 – 0.90 | 10.0 → 20.0 |" in printed
    assert "- note: text" in printed
    document = json.loads(format_json([table], {"rounds": 1}))
    assert document["rounds"] == 1
    assert document["tables"][0]["rows"][0]["ratio"] == pytest.approx(0.9)


async def test_all_sides_take_turns() -> None:
    order: list[str] = []

    def side(name: str) -> Side:
        async def run() -> Measure:
            order.append(name)
            return Measure(float(len(order)))

        return run

    turns = await measure_all([side("a"), side("b"), side("c")], rounds=2, slices=2)
    assert "".join(order) == "abc" * 5
    # The first three warm; a round's means are of the fourth and the seventh, and so on.
    assert [one.value for one in turns[0]] == [5.5, 6.5, 7.5]
    assert [one.value for one in turns[1]] == [11.5, 12.5, 13.5]


def test_milliseconds_and_the_names_of_the_sides_are_printed() -> None:
    row = make_row("case", "ms", [(Measure(2.0), Measure(3.0))])
    text = format_table(Table("T", "10 tenants", (row,), {}, ours="so many"))
    assert "| | 10 tenants | so many | ratio |" in text
    assert "| 2.0 ms | 3.0 ms | **1.50** |" in text
