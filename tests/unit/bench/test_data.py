"""What numbers of the benches stand for."""

from __future__ import annotations

import pytest

from bench.data import CAMPAIGNS, COMMUNITIES, HOT_TENANT, POOLS, READ, WRITE, Pool


@pytest.mark.parametrize("pool", POOLS, ids=lambda pool: pool.name)
def test_no_community_applies_twice_in_a_campaign(pool: Pool) -> None:
    taken = set()
    for number in range(pool.size):
        campaign = number // pool.tenants % CAMPAIGNS
        taken.add((pool.tenant(number), campaign, pool.community(number)))
        assert pool.community(number) < COMMUNITIES
        assert pool.tenant(number) in WRITE
    assert len(taken) == pool.size
    assert len({pool.application(number) for number in range(pool.size)}) == pool.size


def test_pools_and_readers_share_no_tenant() -> None:
    hot, spread = ({pool.tenant(number) for number in range(pool.size)} for pool in POOLS)
    assert hot == {HOT_TENANT}
    assert len(spread) == 100
    assert not hot & spread
    assert not set(READ) & set(WRITE)
