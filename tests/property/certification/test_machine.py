"""Whole campaigns, at random, beside an oracle that was written by hand: who may do what, and what must come of it.

Each act is done exactly if the oracle says that it must be possible (campaign.py, oracle.py). What random moves seldom meet is told
here step by step; and over a fixed set of runs every state and every action of the programme is reached.
"""

from __future__ import annotations

import tomllib
from functools import cache
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certification.model import (
    CertificationState,
    ObjectionStatus,
    Status,
)
from certification.programme import Programme
from certification.reader import PROGRAMMES, parse_programme, plain
from tests.property.certification.campaign import Campaign

CITY_QUOTA = 2


@cache
def small_programme() -> Programme:
    """The delivered programme, with two provincial places instead of six: three counties compete."""
    data = plain(tomllib.loads((PROGRAMMES / "zhoukou-2022.toml").read_text(encoding="utf-8")))
    data["levels"][0]["city_quota"]["value"] = CITY_QUOTA
    return parse_programme(data)


def a_campaign(seed: int = 0) -> Campaign:
    return Campaign(small_programme(), Random(seed))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(20, 120))
def test_every_act_is_done_exactly_if_it_must_be(random: Random, moves: int) -> None:
    campaign = Campaign(small_programme(), random)
    campaign.begin()
    campaign.play(moves)


def test_every_state_and_every_action_is_reached() -> None:
    seen: set[tuple[str, str]] = set()
    for seed in range(80):
        campaign = a_campaign(seed)
        campaign.begin()
        campaign.play(150)
        seen |= campaign.seen
    programme = small_programme()
    actions = [row.action for row in (*programme.life, *programme.round, *programme.objections)]
    expected = {("action", action) for action in actions}
    expected |= {("application", status.value) for status in Status}
    expected |= {("objection", status.value) for status in ObjectionStatus}
    expected |= {("extension", one) for one in ("proposed", "confirmed", "declined")}
    expected |= {("legacy", one) for one in ("proposed", "attested", "declined")}
    expected |= {("certification", one) for one in ("in force", *CertificationState)}
    expected |= {
        ("item", one) for one in ("scheduled", "open", "stopped", "complete", "corrected", "out", "left")
    }
    expected |= {("publicity", one) for one in ("closed", "past the window")}
    assert expected <= seen, sorted(expected - seen)
