"""Counted tries: never more than the limit, whoever comes at once, and nothing kept of who came."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tenancy.errors import ThrottledError
from tenancy.throttle import WINDOW, Limit, check_rate
from tests.integration.tenancy.conftest import Place

NOW = datetime(2022, 5, 23, 1, tzinfo=UTC)
ONE, ALL = b"\1" * 32, b"\2" * 32


async def tries(place: Place, limits: tuple[Limit, ...], now: datetime = NOW, tenant: int = 1) -> int:
    """0 when it was heard, else the seconds to wait."""
    try:
        await check_rate(place.database, tenant, limits, now)
    except ThrottledError as refused:
        return int(str(refused.details["seconds"]))
    return 0


async def counts(place: Place) -> list[tuple[int, bytes, int]]:
    return [
        tuple(row)
        for row in await place.root.fetch(
            "SELECT tenant_id, key, count FROM throttles ORDER BY tenant_id, key"
        )
    ]


async def test_tries_at_once_are_counted_one_by_one(place: Place) -> None:
    waits = await asyncio.gather(*(tries(place, (Limit(ONE, 5),)) for _ in range(20)))
    assert sorted(waits) == [0] * 5 + [3600] * 15
    assert await counts(place) == [(1, ONE, 5)]


async def test_a_window_is_an_hour_from_its_first_try(place: Place) -> None:
    limit = (Limit(ONE, 1),)
    assert await tries(place, limit) == 0
    assert await tries(place, limit, NOW + timedelta(minutes=59)) == 60
    assert await tries(place, limit, NOW + WINDOW - timedelta(microseconds=1)) == 1
    assert await tries(place, limit, NOW + WINDOW) == 0
    assert await tries(place, limit, NOW + WINDOW) == 3600


async def test_what_one_limit_refuses_is_counted_by_none(place: Place) -> None:
    assert [await tries(place, (Limit(bytes([n]) * 32, 5), Limit(ALL, 2))) for n in (10, 11)] == [0, 0]
    assert await tries(place, (Limit(bytes([12]) * 32, 5), Limit(ALL, 2))) == 3600
    assert [count for _, _, count in await counts(place)] == [2, 1, 1]


async def test_several_tries_are_heard_all_or_none(place: Place) -> None:
    assert await tries(place, (Limit(ONE, 60, 40),)) == 0
    assert await tries(place, (Limit(ONE, 60, 21),)) == 3600
    assert await tries(place, (Limit(ONE, 60, 20),)) == 0
    assert await tries(place, (Limit(ALL, 60, 61),)) == 3600
    assert await counts(place) == [(1, ONE, 60)]


async def test_counters_that_are_over_are_swept_and_tenants_are_kept_apart(place: Place) -> None:
    for tenant in (1, 2):
        assert await tries(place, (Limit(ONE, 1),), tenant=tenant) == 0
    assert await tries(place, (Limit(ALL, 1),), NOW + WINDOW) == 0
    assert await counts(place) == [(1, ALL, 1), (2, ONE, 1)]


@pytest.mark.parametrize("many", [150])
async def test_sweeps_at_once_do_not_wait_for_each_other(place: Place, many: int) -> None:
    await asyncio.gather(*(tries(place, (Limit(bytes([n, 1] * 16), 1),)) for n in range(many)))
    later = await asyncio.gather(
        *(tries(place, (Limit(bytes([n, 2] * 16), 1),), NOW + WINDOW) for n in range(20))
    )
    assert later == [0] * 20
    assert len(await counts(place)) == 20
