"""What growth compares: every step with the smallest, round by round."""

from __future__ import annotations

from bench.data import CAMPAIGNS
from bench.growth import ENDORSED, SIZES, TITLES, Taken, panels, rows, shapes


def taken() -> Taken:
    """At every size ten times as slow in the second round, and a quarter slower with 3,000 tenants."""
    return {
        (title, tenants): [(1.0, factor * 4.0), (10.0, factor * 40.0)]
        for title in (*TITLES, ENDORSED)
        for tenants, _ in SIZES
        for factor in (1.25 if tenants == 3_000 else 1.0,)
    }


def test_ratio_is_to_the_smallest_step_of_the_same_round() -> None:
    found = {row.case: row for row in rows(taken())}
    assert len(found) == 4 * (len(SIZES) - 1)
    row = found["an endorsement, 3,000 tenants"]
    assert (row.ratio, row.low, row.high, row.unit) == (1.25, 1.25, 1.25, "ms")
    assert found["one application, 100 tenants"].ratio == 1


def test_a_panel_shows_the_medians_of_every_step() -> None:
    found = panels(taken())
    assert [one.title for one in found] == [*TITLES, ENDORSED]
    assert found[0].curves["p50"] == [(tenants, 5.5) for tenants, _ in SIZES]
    assert found[0].curves["p99"][-1] == (3_000, 27.5)


def test_it_grows_from_a_thousand_communities_to_six_hundred_thousand() -> None:
    found = shapes()
    assert [len(one.read) for one in found] == [10, 100, 1_000, 3_000]
    assert [len(one.read) * one.communities for one in found] == [1_000, 20_000, 200_000, 600_000]
    for one in found:
        (pool,) = one.pools
        assert pool.community(pool.size - 1) < one.communities
        places = {
            (pool.tenant(m), m // pool.tenants % CAMPAIGNS, pool.community(m)) for m in range(pool.size)
        }
        assert len(places) == pool.size
        assert {pool.tenant(m) for m in range(pool.size)} == set(one.write)
