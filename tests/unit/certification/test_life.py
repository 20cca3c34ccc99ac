"""The table of steps, whole: every status × action × role, and each rule at its boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from certification.errors import (
    CertificationError,
    CountyQuotaError,
    FormHistoryStaleError,
    FormMissingError,
    FormReturnedError,
    HistoryMissingError,
    NotEntitledError,
    NotFoundError,
    OutsideWindowError,
    SamePersonError,
    WindowNotOverError,
    WrongStatusError,
)
from certification.life import available_actions, check_following, check_step, find_obstacle
from certification.model import Status
from certification.reader import ROLES
from tests.unit.certification.samples import (
    AFTER,
    BEFORE,
    COMMUNITY,
    COUNTY,
    ELSEWHERE,
    LAST,
    OPENS,
    RECOMMENDING,
    REVIEW_LAST,
    REVIEWING,
    Someone,
    SomeRole,
    a_star_view,
    a_view,
    named,
    programme,
    someone,
)

CLERK, STREET, COUNTY_OFFICER, CITY = "community_clerk", "street_officer", "county_officer", "city_officer"

# Written out by hand from the notice, not derived from the file: who does what from where, in which weeks, to where.
ALLOWED = {
    (None, "file_application", CLERK): ("recommendation", "draft"),
    ("draft", "save_form", CLERK): ("recommendation", "draft"),
    ("draft", "submit", CLERK): ("recommendation", "submitted"),
    ("submitted", "street_agree", STREET): ("recommendation", "street_endorsed"),
    ("submitted", "street_refuse", STREET): ("recommendation", "rejected"),
    ("street_endorsed", "county_recommend", COUNTY_OFFICER): ("recommendation", "county_recommended"),
    ("street_endorsed", "county_refuse", COUNTY_OFFICER): ("recommendation", "rejected"),
    ("county_recommended", "city_agree", CITY): ("review", "city_reviewed"),
    ("county_recommended", "city_refuse", CITY): ("review", "rejected"),
    ("city_reviewed", "record_site_visit", CITY): ("review", "site_visited"),
    ("city_reviewed", "site_visit_refuse", CITY): ("review", "rejected"),
    ("site_visited", "site_visit_refuse", CITY): ("review", "rejected"),
    ("returned", "save_form", CLERK): ("recommendation", "returned"),
    ("returned", "submit", CLERK): ("recommendation", "submitted"),
    ("submitted", "street_return", STREET): ("recommendation", "returned"),
    ("street_endorsed", "county_return", COUNTY_OFFICER): ("recommendation", "returned"),
    ("county_recommended", "city_return", CITY): ("review", "returned"),
    ("city_reviewed", "site_visit_return", CITY): ("review", "returned"),
    ("site_visited", "site_visit_return", CITY): ("review", "returned"),
    ("draft", "withdraw", CLERK): ("always", "withdrawn"),
    ("submitted", "withdraw", CLERK): ("always", "withdrawn"),
    ("returned", "withdraw", CLERK): ("always", "withdrawn"),
    ("street_endorsed", "withdraw", CLERK): ("always", "withdrawn"),
    ("county_recommended", "withdraw", CLERK): ("always", "withdrawn"),
    ("city_reviewed", "withdraw", CLERK): ("always", "withdrawn"),
    ("site_visited", "withdraw", CLERK): ("always", "withdrawn"),
    ("publicised", "withdraw", CLERK): ("always", "withdrawn"),
    ("draft", "lapse", COUNTY_OFFICER): ("later", "lapsed"),
    ("submitted", "lapse", COUNTY_OFFICER): ("later", "lapsed"),
    ("returned", "lapse", COUNTY_OFFICER): ("later", "lapsed"),
    ("street_endorsed", "lapse", COUNTY_OFFICER): ("later", "lapsed"),
}
FOLLOWING = {
    ("site_visited", "publicise"): "publicised",
    ("publicised", "report"): "reported",
    ("site_visited", "leave_unselected"): "rejected",
    ("reported", "certify"): "certified",
    ("reported", "decline_certification"): "not_certified",
}
ACTIONS = sorted({action for _, action, _ in ALLOWED} | {action for _, action in FOLLOWING})
INSIDE = {
    "recommendation": RECOMMENDING,
    "review": REVIEWING,
    "always": RECOMMENDING,
    "later": REVIEWING,
}


@pytest.mark.parametrize(("status", "action", "role"), list(product((None, *Status), ACTIONS, ROLES)))
def test_the_table_allows_exactly_what_the_notice_says(status: str | None, action: str, role: str) -> None:
    outcomes = set()
    for moment in INSIDE.values():
        try:
            outcomes.add(check_step(programme(), action, a_view(status), someone(role), moment).to)
        except CertificationError:
            continue
    expected = ALLOWED.get((status, action, role))
    assert outcomes == ({expected[1]} if expected else set())


@pytest.mark.parametrize(("status", "action"), list(product((None, *Status), ACTIONS)))
def test_a_list_moves_exactly_what_it_may(status: str | None, action: str) -> None:
    if not any(step.action == action and step.by_roster for step in programme().life):
        return
    if (status, action) in FOLLOWING:
        assert check_following(programme(), action, a_view(status)).to == FOLLOWING[status or "", action]
    else:
        with pytest.raises(WrongStatusError):
            check_following(programme(), action, a_view(status))


@pytest.mark.parametrize(
    ("row", "moment", "inside"),
    [
        (row, moment, inside)
        for row, (window, _) in ALLOWED.items()
        for moment, inside in (
            (BEFORE, window == "always"),
            (OPENS, window in {"recommendation", "always"}),
            (LAST, window in {"recommendation", "always"}),
            (REVIEWING, window in {"review", "always", "later"}),
            (REVIEW_LAST, window in {"review", "always", "later"}),
            (AFTER, window in {"always", "later"}),
        )
    ],
)
def test_a_window_begins_and_ends_at_midnight(
    row: tuple[str | None, str, str], moment: object, inside: bool
) -> None:
    status, action, role = row
    obstacle = find_obstacle(programme(), action, a_view(status), someone(role), moment)  # type: ignore[arg-type]
    assert (obstacle is None) == inside
    if not inside:
        assert isinstance(obstacle, OutsideWindowError | WindowNotOverError)
        assert obstacle.clause is not None


@pytest.mark.parametrize("row", sorted(ALLOWED, key=str))
def test_a_role_elsewhere_may_nothing(row: tuple[str | None, str, str]) -> None:
    status, action, role = row
    moment = INSIDE[ALLOWED[row][0]]
    unit = COMMUNITY if role == CLERK else named("street")
    strangers = [
        Someone(named("x"), ELSEWHERE, (SomeRole(role, unit),), oversees=True),
        Someone(named("x"), COUNTY, ()),
        Someone(named("x"), COUNTY, (SomeRole(CITY, unit),)),
    ]
    if role == CITY:
        strangers.append(Someone(named("x"), 1, (SomeRole(CITY, unit),), oversees=False))
    for stranger in strangers:
        obstacle = find_obstacle(programme(), action, a_view(status), stranger, moment)
        assert isinstance(obstacle, NotEntitledError)
    if role in {CLERK, STREET}:
        neighbour = Someone(named("x"), COUNTY, (SomeRole(role, named("another unit")),))
        obstacle = find_obstacle(programme(), action, a_view(status), neighbour, moment)
        assert isinstance(obstacle, NotEntitledError if status is None else NotFoundError)


def test_a_county_recommends_once() -> None:
    view = a_view("street_endorsed", county_taken=1)
    with pytest.raises(CountyQuotaError) as refusal:
        check_step(programme(), "county_recommend", view, someone(COUNTY_OFFICER), RECOMMENDING)
    assert refusal.value.clause == "一"
    assert "1" in refusal.value.zh
    assert (
        check_step(programme(), "county_refuse", view, someone(COUNTY_OFFICER), RECOMMENDING).to == "rejected"
    )


def test_star_has_no_cap_a_county() -> None:
    view = a_star_view("street_endorsed", county_taken=9)
    assert check_step(programme(), "county_recommend", view, someone(COUNTY_OFFICER), RECOMMENDING)


STEPS_UPWARD = (
    (None, "file_application", CLERK),
    ("draft", "submit", CLERK),
    ("submitted", "street_agree", STREET),
    ("street_endorsed", "county_recommend", COUNTY_OFFICER),
    ("county_recommended", "city_agree", CITY),
    ("city_reviewed", "record_site_visit", CITY),
)


@pytest.mark.parametrize(("status", "action", "role"), STEPS_UPWARD)
def test_every_step_upward_asks_for_the_history_again(status: str | None, action: str, role: str) -> None:
    moment = INSIDE[ALLOWED[status, action, role][0]]
    assert check_step(programme(), action, a_star_view(status), someone(role), moment)
    with pytest.raises(HistoryMissingError) as refused:
        check_step(programme(), action, a_star_view(status, state="revoked"), someone(role), moment)
    assert "撤销" in refused.value.zh and "revoked" in refused.value.en
    assert refused.value.clause == "一；附件1 三（二）.1"
    bare = a_view(status, level="star")
    assert (
        find_obstacle(programme(), action, bare, someone(role), moment).code == "application.history_missing"
    )  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("status", "action", "role"),
    [
        ("draft", "save_form", CLERK),
        ("submitted", "street_refuse", STREET),
        ("street_endorsed", "county_refuse", COUNTY_OFFICER),
        ("county_recommended", "city_refuse", CITY),
    ],
)
def test_no_step_out_asks_for_the_history(status: str, action: str, role: str) -> None:
    view = a_star_view(status, state="revoked")
    assert check_step(programme(), action, view, someone(role), INSIDE[ALLOWED[status, action, role][0]])


@pytest.mark.parametrize(("status", "action", "role"), STEPS_UPWARD[1:])
def test_a_form_that_says_another_history_goes_no_further(status: str, action: str, role: str) -> None:
    moment = INSIDE[ALLOWED[status, action, role][0]]
    view = a_star_view(status)
    for stale in ((None, None), (view.form_history[0], "[]"), (date(2017, 1, 1), view.form_history[1])):
        with pytest.raises(FormHistoryStaleError):
            check_step(programme(), action, replace(view, form_history=stale), someone(role), moment)


@pytest.mark.parametrize(
    "before",
    [
        {"filed_by": named(COUNTY_OFFICER)},
        {"form_authors": (named(COUNTY_OFFICER), named("filer"))},
        {"endorsed": (("street", named(COUNTY_OFFICER)), ("county", named("another")))},
        {"endorsed": (("street", named(COUNTY_OFFICER)),)},
    ],
)
def test_no_one_acts_at_two_stages(before: dict[str, object]) -> None:
    with pytest.raises(SamePersonError):
        check_step(
            programme(),
            "county_recommend",
            a_view("street_endorsed", **before),
            someone(COUNTY_OFFICER),
            OPENS,
        )


def test_a_site_visit_is_no_endorsement() -> None:
    view = a_view("city_reviewed", endorsed=(("city", named(CITY)),))
    assert check_step(programme(), "record_site_visit", view, someone(CITY), REVIEWING)


def test_submitting_needs_a_form() -> None:
    with pytest.raises(FormMissingError):
        check_step(programme(), "submit", a_view("draft", form_hash=None), someone(CLERK), OPENS)
    assert check_step(programme(), "save_form", a_view("draft", form_hash=None), someone(CLERK), OPENS)


@pytest.mark.parametrize(("status", "role"), list(product((None, *Status), ROLES)))
def test_what_is_shown_is_what_decides(status: str | None, role: str) -> None:
    for moment in (BEFORE, RECOMMENDING, REVIEWING, AFTER):
        for one in available_actions(programme(), a_view(status), someone(role), moment):
            obstacle = find_obstacle(programme(), one.action, a_view(status), someone(role), moment)
            assert one.allowed == (obstacle is None)
            if obstacle is not None:
                assert one.obstacle is not None
                assert one.obstacle.code == obstacle.code
                assert one.obstacle.zh and one.obstacle.en


def test_every_action_of_a_person_is_shown_once() -> None:
    shown = [one.action for one in available_actions(programme(), a_view("draft"), someone(CLERK), OPENS)]
    assert shown == list(dict.fromkeys(action for _, action, _ in ALLOWED if action != "file_application"))
    assert [one.action for one in available_actions(programme(), a_view(None), someone(CLERK), OPENS)] == [
        "file_application"
    ]


def test_what_was_returned_comes_back_with_a_new_form() -> None:
    view = a_view("returned", form_returned=True)
    with pytest.raises(FormReturnedError):
        check_step(programme(), "submit", view, someone(CLERK), OPENS)
    assert check_step(programme(), "save_form", view, someone(CLERK), OPENS).to == "returned"
    assert check_step(programme(), "withdraw", view, someone(CLERK), OPENS).to == "withdrawn"
    assert check_step(programme(), "submit", a_view("returned"), someone(CLERK), OPENS).to == "submitted"


def test_who_gave_an_opinion_mends_no_form_but_may_withdraw() -> None:
    view = a_view("returned", endorsed=(("street", named(CLERK)),))
    for action in ("save_form", "submit"):
        with pytest.raises(SamePersonError):
            check_step(programme(), action, view, someone(CLERK), OPENS)
    assert check_step(programme(), "withdraw", view, someone(CLERK), OPENS)


def test_the_same_person_may_return_and_later_agree_at_one_stage() -> None:
    view = a_view("submitted", endorsed=(("street", named(STREET)),))
    assert check_step(programme(), "street_agree", view, someone(STREET), OPENS)


def test_a_lapse_waits_for_the_end_of_the_extension() -> None:
    view = a_view("submitted", extended={"recommendation": REVIEW_LAST})
    with pytest.raises(WindowNotOverError) as refusal:
        check_step(programme(), "lapse", view, someone(COUNTY_OFFICER), REVIEWING)
    assert "2022-05-30" in refusal.value.zh
    assert check_step(programme(), "lapse", view, someone(COUNTY_OFFICER), AFTER)


@pytest.mark.parametrize("action", ["withdraw", "lapse"])
def test_a_draft_without_a_form_may_end(action: str) -> None:
    who = someone(CLERK if action == "withdraw" else COUNTY_OFFICER)
    assert check_step(programme(), action, a_view("draft", form_hash=None), who, REVIEWING)
