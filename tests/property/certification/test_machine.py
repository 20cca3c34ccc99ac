"""Whole campaigns, at random, beside an oracle that was written by hand: who may do what, and what must come of it.

Each act is done exactly if the oracle says that it must be possible (campaign.py, oracle.py). What random moves seldom meet is told
here step by step; and over a fixed set of runs every state and every action of the programme is reached.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certification.model import CertificationState, ObjectionStatus, Status
from certification.programme import Programme
from certification.reader import PROGRAMMES, parse_programme, read_toml
from tests.property.certification.campaign import CITY_OFFICERS, Campaign, DisagreementError
from tests.property.certification.oracle import CLOSES, OPENS, TURNS, App, Extension, day_of, midnight_after
from tests.property.certification.store import community_of

CITY_QUOTA = 2


@cache
def small_programme() -> Programme:
    """The delivered programme, with two provincial places instead of six: three counties compete."""
    data = read_toml((PROGRAMMES / "zhoukou-2022.toml").read_text(encoding="utf-8"))
    data["levels"][0]["city_quota"]["value"] = CITY_QUOTA
    return parse_programme(data)


def a_campaign(seed: int = 0) -> Campaign:
    return Campaign(small_programme(), Random(seed))


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(20, 120))
def test_every_act_is_done_exactly_if_it_must_be(random: Random, moves: int) -> None:
    campaign = Campaign(small_programme(), random)
    campaign.begin()
    campaign.play(moves)


def test_every_state_and_every_action_is_reached() -> None:
    seen: set[tuple[str, str]] = set()
    for seed in range(140):
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


def lead(
    campaign: Campaign, county: int, level: str = "provincial", number: int = 1, to: str = "site_visited"
) -> App:
    """An application of that community, led to a status by whom each step is for."""
    place = community_of(county, number)
    app = campaign.file(place, level, campaign.person_for("community_clerk", county))
    assert app is not None
    go_on(campaign, app, to)
    return app


def go_on(campaign: Campaign, app: App, to: str) -> None:
    while app.status != to:
        before = app.status, len(app.forms)
        if app.status == "county_recommended":
            campaign.now = max(campaign.now, TURNS)
        campaign.advance(app)
        assert (app.status, len(app.forms)) != before
    campaign.compare()


def publicised(campaign: Campaign, level: str = "provincial") -> None:
    """Ranked, put up and followed."""
    campaign.now = max(campaign.now, TURNS)
    rank_all(campaign, level)
    put_up(campaign, level)
    assert campaign.oracle.lists[level].publicity is not None
    campaign.follow(9)


def rank_all(campaign: Campaign, level: str = "provincial", first: int = CITY_QUOTA) -> None:
    order = [app.id for app in campaign.oracle.visited(level)]
    nothing = [None] * len(order)
    campaign.rank(level, FIRST, order, first, nothing, [False] * len(order))


def put_up(campaign: Campaign, level: str = "provincial") -> None:
    ranking = campaign.oracle.lists[level].ranking
    assert ranking is not None
    campaign.publicise(level, FIRST, ranking[0], day_of(campaign.now))
    campaign.compare()


def close_and_report(campaign: Campaign, level: str = "provincial") -> bool:
    """Whether it was reported, once the days of every item are over."""
    publicity = campaign.oracle.lists[level].publicity
    assert publicity is not None
    if not publicity.closed:
        campaign.now = max(campaign.now, midnight_after(publicity.announced))
        campaign.close(level, FIRST, publicity.id)
    campaign.report(level, FIRST, publicity.id, day_of(campaign.now))
    campaign.compare()
    return campaign.oracle.lists[level].report is not None


def decide(campaign: Campaign, level: str = "provincial") -> bool:
    lists = campaign.oracle.lists[level]
    assert lists.report is not None
    verdicts = [(app.id, True) for app in lists.report[1]]
    campaign.decide(level, FIRST, lists.report[0], day_of(campaign.now), verdicts)
    campaign.compare()
    return lists.decision


def quiet(campaign: Campaign) -> Campaign:
    """Nobody tries in vain to follow."""
    campaign.chance = lambda percent: percent > 50  # type: ignore[method-assign]
    return campaign


FIRST, SECOND = CITY_OFFICERS[:2]


def test_a_round_comes_to_its_end() -> None:
    campaign = quiet(a_campaign())
    apps = [lead(campaign, county, to="county_recommended") for county in (2, 3, 4)]
    for app in apps:
        go_on(campaign, app, "site_visited")
    publicised(campaign)
    assert close_and_report(campaign)
    campaign.follow(9)
    campaign.now += timedelta(days=60)
    assert decide(campaign)
    campaign.follow(9)
    assert sorted(app.status for app in apps) == ["certified", "certified", "rejected"]


def test_nobody_visited_late_is_passed_over_or_holds_up_the_province() -> None:
    campaign = quiet(a_campaign())
    early = lead(campaign, 2)
    rank_all(campaign)
    campaign.extend_well("recommendation", None, None, None)
    lead(campaign, 3)
    put_up(campaign)
    assert campaign.oracle.lists["provincial"].publicity is None
    publicised(campaign)
    campaign.extend_well("recommendation", None, None, None)
    late = lead(campaign, 4)
    assert not close_and_report(campaign)
    campaign.say(late, FIRST, "site_visit", "return", late.forms[-1].hash)
    assert close_and_report(campaign)
    campaign.follow(9)
    campaign.extend_well("recommendation", None, None, None)
    go_on(campaign, late, "county_recommended")
    assert decide(campaign)
    campaign.follow(9)
    assert (early.status, late.status) == ("certified", "county_recommended")


def test_what_the_city_decided_is_not_overtaken_and_who_is_out_is_not_reported() -> None:
    campaign = quiet(a_campaign())
    out, stays = (lead(campaign, county, to="county_recommended") for county in (2, 3))
    for app in (out, stays):
        go_on(campaign, app, "site_visited")
    rank_all(campaign)
    put_up(campaign)
    clerk = campaign.person_for("community_clerk", 2)
    campaign.withdraw(out, clerk)
    campaign.say(out, FIRST, "site_visit", "return", out.forms[-1].hash)
    assert out.status == "site_visited"
    campaign.follow(9)
    publicity = campaign.oracle.lists["provincial"].publicity
    assert publicity is not None
    at = [item.app.id for item in publicity.items].index(out.id)
    campaign.object(publicity, at)
    campaign.object(publicity, at)
    assert not close_and_report(campaign)
    first, second = campaign.oracle.objections
    for key, to in ((first, "accepted"), (second, "accepted"), (first, "upheld"), (second, "dismissed")):
        campaign.treat(key, SECOND, to)
    campaign.withdraw(out, clerk)
    assert out.status == "publicised"
    # Only the item that was objected to has stopped.
    assert close_and_report(campaign)
    report = campaign.oracle.lists["provincial"].report
    assert report is not None
    assert [app.id for app in report[1]] == [stays.id]
    campaign.follow(9)
    assert (out.status, stays.status) == ("rejected", "reported")


def test_what_stands_of_the_past_is_asked_at_every_step_and_a_form_says_it() -> None:
    campaign = quiet(a_campaign())
    place = community_of(2, 1)
    campaign.give_history(place)
    app = lead(campaign, 2, "star", to="draft")
    (key,) = campaign.oracle.certificates

    def change(kind: str) -> None:
        proposal = campaign.change(key, FIRST, kind, day_of(campaign.now))
        assert proposal is not None
        campaign.confirm(proposal, SECOND)
        while campaign.store.pending_changes():
            campaign.follow_changes(lagging=False)

    change("suspend")
    campaign.advance(app)
    change("reinstate")
    clerk = campaign.person_for("community_clerk", 2)
    campaign.submit(app, clerk, app.forms[-1].hash)
    assert app.status == "draft"
    go_on(campaign, app, "site_visited")
    rank_all(campaign, "star")
    # Two proposals to suspend: what the first did, the second cannot do again.
    proposals = [campaign.change(key, FIRST, "suspend", day_of(campaign.now)) for _ in range(2)]
    for one in proposals:
        assert one is not None
        campaign.confirm(one, SECOND)
    campaign.follow_changes(lagging=False)
    put_up(campaign, "star")
    assert campaign.oracle.lists["star"].publicity is None
    change("reinstate")
    put_up(campaign, "star")
    assert campaign.oracle.lists["star"].publicity is not None
    campaign.follow(9)


def test_four_star_places_whatever_the_counties() -> None:
    campaign = quiet(a_campaign())
    those = [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2)]
    for county, number in those:
        campaign.give_history(community_of(county, number))
        lead(campaign, county, "star", number, to="county_recommended")
    for app in list(campaign.oracle.apps.values()):
        go_on(campaign, app, "site_visited")
    rank_all(campaign, "star", first=5)
    assert campaign.oracle.lists["star"].ranking is None
    rank_all(campaign, "star", first=4)
    assert campaign.oracle.lists["star"].ranking is not None


def test_an_extension_that_has_run_out_is_confirmed_no_more() -> None:
    campaign = a_campaign()
    campaign.now = CLOSES
    until = CLOSES + timedelta(days=3)
    key = campaign.extend(Extension(None, "city_review", None, None, until, FIRST.person_id), FIRST)
    assert key is not None
    campaign.now = until
    campaign.sign(key, SECOND, "confirmed")
    assert campaign.oracle.extensions[key].status == "proposed"


def test_what_was_mended_and_visited_again_is_compared_again() -> None:
    campaign = quiet(a_campaign())
    one = lead(campaign, 2)
    rank_all(campaign)
    campaign.say(one, FIRST, "site_visit", "return", one.forms[-1].hash)
    campaign.extend_well("recommendation", None, None, None)
    go_on(campaign, one, "site_visited")
    put_up(campaign)
    assert campaign.oracle.lists["provincial"].publicity is None
    publicised(campaign)
    assert campaign.oracle.lists["provincial"].publicity is not None


def test_a_place_that_was_left_may_be_taken() -> None:
    campaign = quiet(a_campaign())
    first = lead(campaign, 2, to="county_recommended")
    campaign.now = OPENS
    second = lead(campaign, 2, number=2, to="street_endorsed")
    officer = campaign.person_for("county_officer", 2)
    campaign.say(second, officer, "county", "agree", second.forms[-1].hash)
    assert second.status == "street_endorsed"
    campaign.withdraw(first, campaign.person_for("community_clerk", 2))
    go_on(campaign, second, "county_recommended")


def test_the_oracle_is_heard() -> None:
    """An act that the oracle forbids and the programme admits, and the other way round, is told with its story."""
    campaign = a_campaign()
    campaign.oracle.places["provincial"] = 0
    lead(campaign, 2)
    with pytest.raises(DisagreementError, match="was done"):
        rank_all(campaign)
    campaign = a_campaign()
    campaign.now = TURNS
    key = campaign.extend(Extension(None, "recommendation", None, None, CLOSES, FIRST.person_id), FIRST)
    assert key is not None
    campaign.oracle.extensions[key].status = "confirmed"
    with pytest.raises(DisagreementError, match="refused"):
        lead(campaign, 2)
