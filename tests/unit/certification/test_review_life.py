"""What may be done with a review: every status, role and day; and what carries over between rounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from certification.evidence import find_attaching_to_review
from certification.reviews.concluding import Conclusion, check_conclusion, judge_findings
from certification.reviews.errors import ConclusionRefusedError
from certification.reviews.life import OBSERVE, ReviewView, available_actions, check_action
from certification.reviews.model import AnnualReview, ReviewStatus, ReviewVerdict
from certification.reviews.overdue import is_overdue
from certification.reviews.rounds import Anew, find_anew, find_findings
from tests.unit.certification.samples import (
    CITY,
    COMMUNITY,
    COUNTY,
    STREET,
    Someone,
    named,
    programme,
    someone,
)

OPENS, CLOSES, DUE = date(2023, 6, 1), date(2023, 6, 30), date(2023, 8, 1)
WITHIN = datetime(2023, 6, 15, 4, tzinfo=UTC)
TEAM = ((COUNTY, named("review_team")), (CITY, named("sent")))
INSPECTOR, OFFICER, CITY_OFFICER = someone("review_team"), someone("county_officer"), someone("city_officer")
ALLOWED = {
    "planned": ({"cancel_review"}, set(), set()),
    "assigned": (
        {"cancel_review"},
        set(),
        {OBSERVE, "inspect_pass", "inspect_rectify", "inspect_recheck", "inspect_fail"},
    ),
    "rectifying": ({"cancel_review"}, set(), {OBSERVE, "inspect_fail", "recheck_pass"}),
    "rechecking": ({"cancel_review"}, set(), {OBSERVE, "inspect_pass", "inspect_rectify", "inspect_fail"}),
    "inspected": ({"county_confirm_review", "county_return_review"}, set(), set()),
    "county_confirmed": (set(), {"city_confirm_review", "city_return_review"}, set()),
    "confirmed": (set(), set(), set()),
    "cancelled": (set(), set(), set()),
}


def a_view(status: str, **changes: Any) -> ReviewView:
    values: dict[str, Any] = {
        "tenant_id": COUNTY,
        "campaign_tenant_id": CITY,
        "community_id": COMMUNITY,
        "street_id": STREET,
        "opens_on": OPENS,
        "closes_on": CLOSES,
        "due_on": DUE,
        "team": frozenset(TEAM),
        **changes,
        "status": status,
    }
    return ReviewView(**values)


def may(view: ReviewView, actor: Someone, now: datetime = WITHIN) -> set[str]:
    return {one.action for one in available_actions(programme(), view, actor, now) if one.allowed}


@pytest.mark.parametrize("status", [one.value for one in ReviewStatus])
def test_each_status_is_open_to_whose_it_is_and_to_nobody_else(status: str) -> None:
    assert set(ALLOWED) == {one.value for one in ReviewStatus}
    found = tuple(may(a_view(status), actor) for actor in (OFFICER, CITY_OFFICER, INSPECTOR))
    assert found == ALLOWED[status]
    strangers = [someone(role) for role in ("community_clerk", "street_officer", "auditor")]
    strangers += [someone("review_team", "another"), replace(OFFICER, home_tenant_id=3)]
    strangers += [replace(CITY_OFFICER, oversees=False), replace(INSPECTOR, roles=())]
    assert [may(a_view(status), one) for one in strangers] == [set()] * len(strangers)


def test_what_is_shown_is_what_decides() -> None:
    rule = programme().reviews
    assert rule is not None
    for status, actor in product(ReviewStatus, (OFFICER, CITY_OFFICER, INSPECTOR)):
        for one in available_actions(programme(), a_view(status), actor, WITHIN):
            if one.allowed:
                assert check_action(programme(), one.action, a_view(status), actor, WITHIN)
            else:
                with pytest.raises(type(one.obstacle)):  # type: ignore[arg-type]
                    check_action(programme(), one.action, a_view(status), actor, WITHIN)


@pytest.mark.parametrize(
    ("status", "moment", "wanted"),
    [
        ("assigned", "2023-05-31T15:59:59+00:00", set()),
        ("assigned", "2023-05-31T16:00:00+00:00", ALLOWED["assigned"][2]),
        ("assigned", "2023-06-30T15:59:59+00:00", ALLOWED["assigned"][2]),
        ("assigned", "2023-06-30T16:00:00+00:00", set()),
        ("rectifying", "2023-08-01T15:59:59+00:00", ALLOWED["rectifying"][2]),
        ("rectifying", "2023-08-01T16:00:00+00:00", {"inspect_fail"}),
        ("rechecking", "2023-08-01T16:00:00+00:00", {"inspect_fail"}),
    ],
)
def test_days_are_the_programmes_and_a_day_that_passed_unmet_leaves_a_fail(
    status: str, moment: str, wanted: set[str]
) -> None:
    assert may(a_view(status), INSPECTOR, datetime.fromisoformat(moment)) == wanted


def test_nobody_acts_at_two_stages_and_no_member_of_the_team_at_another() -> None:
    both = replace(INSPECTOR, roles=(*INSPECTOR.roles, *OFFICER.roles))
    assert may(a_view("inspected"), both) == set()
    was = {("inspection", COUNTY, OFFICER.person_id)}
    assert may(a_view("inspected", acted=frozenset(was)), OFFICER) == set()
    before = {("county", CITY, CITY_OFFICER.person_id)}
    assert may(a_view("county_confirmed", acted=frozenset(before)), CITY_OFFICER) == set()
    # The same pseudonym of another tenant is another person.
    assert may(a_view("inspected", acted=frozenset({("inspection", 9, OFFICER.person_id)})), OFFICER)


@pytest.mark.parametrize(
    ("status", "due", "today", "late"),
    [
        ("assigned", None, CLOSES, False),
        ("assigned", None, date(2023, 7, 1), True),
        ("assigned", DUE, date(2023, 7, 1), True),
        ("rectifying", DUE, date(2023, 7, 1), False),
        ("rectifying", DUE, date(2023, 8, 2), True),
        ("inspected", None, date(2023, 7, 1), True),
        ("county_confirmed", None, date(2024, 1, 1), True),
        ("rechecking", date(2024, 2, 1), date(2024, 1, 1), True),
        ("confirmed", None, date(2024, 1, 1), False),
        ("cancelled", None, date(2024, 1, 1), False),
    ],
)
def test_overdue_is_computed_and_never_ends_by_itself(
    status: str, due: date | None, today: date, late: bool
) -> None:
    assert is_overdue(status, 2023, CLOSES, due, today) is late


def a_verdict(round_: int, verdict: str, items: str | None = None) -> ReviewVerdict:
    return ReviewVerdict(
        COUNTY,
        UUID(int=round_),
        named("review"),
        round_,
        "inspection",
        verdict,
        "",
        COUNTY,
        named("x"),
        WITHIN,
        items,
    )


def test_what_is_to_be_put_right_is_looked_at_anew_and_a_return_leaves_nothing() -> None:
    asked = a_verdict(1, "rectify", '["1.2","satisfaction"]')
    anew = find_anew([asked], carries=True)
    assert [
        anew.since(key) for key in ("item:1.1", "item:1.2", "figure:satisfaction", "figure:card_held:aid")
    ] == [1, 2, 2, 1]
    assert find_anew([asked], carries=False).since("item:1.1") == 2
    assert find_anew([a_verdict(1, "recheck")], carries=True).since("item:1.1") == 1
    back = find_anew(
        [asked, a_verdict(2, "pass"), a_verdict(2, "agree"), a_verdict(2, "return")], carries=True
    )
    assert {back.since(key) for key in ("item:1.1", "item:1.2", "note:a")} == {3}
    assert find_anew([a_verdict(1, "pass"), a_verdict(1, "agree")], carries=True).since("item:1.1") == 1


def test_a_day_lies_within_the_reviewed_year() -> None:
    rule = programme().reviews
    assert rule is not None
    found = find_findings([], 1, Anew())
    judgement = judge_findings(programme(), "provincial", found)
    review = AnnualReview(
        COUNTY,
        named("review"),
        named("cycle"),
        named("held"),
        COMMUNITY,
        STREET,
        "provincial",
        2023,
        "assigned",
        1,
        1,
        False,
        WITHIN,
        WITHIN,
    )
    today = date(2023, 12, 20)
    for day, allowed in (
        (today, False),
        (date(2023, 12, 21), True),
        (date(2023, 12, 31), True),
        (date(2024, 1, 1), False),
    ):
        given = Conclusion("recheck", "另行复核。", (), day)
        if allowed:
            check_conclusion(rule, review, given, found, judgement, today)
        else:
            with pytest.raises(ConclusionRefusedError):
                check_conclusion(rule, review, given, found, judgement, today)


def test_a_star_review_does_not_ask_the_ledger_for_earlier_years() -> None:
    judged = judge_findings(programme(), "star", find_findings([], 1, Anew()))
    assert {one.comparison for one in judged.outcomes} >= {"at_least"}
    assert "history" not in {one.comparison for one in judged.outcomes}
    assert not judged.qualifies


def test_a_refusal_names_what_was_asked_for() -> None:
    """Not the first act of the table that asks for the same role."""
    view, actor = a_view("assigned"), someone("county_officer")
    shown = {one.action: one for one in available_actions(programme(), view, actor, WITHIN)}
    attaching = find_attaching_to_review(programme(), view, 0, actor)
    for found in (shown[OBSERVE], shown["inspect_pass"], attaching):
        assert found.obstacle is not None
        assert f"“{found.name}”" in found.obstacle.zh and f"“{found.action}”" in found.obstacle.en
