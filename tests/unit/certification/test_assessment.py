"""What an opinion that assesses must say, item by item."""

from __future__ import annotations

import pytest

from certification.assessment import Found, check_items
from certification.errors import (
    AssessmentIncompleteError,
    AssessmentRefusedError,
    AssessmentUnmetError,
    CertificationError,
    FieldRefusedError,
)
from certification.programme import Step
from tests.unit.certification.samples import REVIEWING, a_view, programme

CODES = [*(f"1.{n}" for n in range(1, 8)), *(f"2.{n}" for n in range(1, 7))]
MET = [Found(code, "meets") for code in CODES]
SHORT = Found("2.6", "does_not_meet", "年内有信访一件")


def step(action: str) -> Step:
    return next(row for row in programme().life if row.action == action)


def check(action: str, *given: Found, level: str = "provincial") -> None:
    check_items(programme(), step(action), a_view("county_recommended", level=level), given, REVIEWING)


@pytest.mark.parametrize("level", ["provincial", "star"])
@pytest.mark.parametrize("action", ["city_agree", "record_site_visit"])
def test_agreeing_names_all_thirteen_items(action: str, level: str) -> None:
    check(action, *MET, level=level)
    check(action, *MET[:-1], Found("2.6", "not_applicable", "本年度新设"), level=level)
    with pytest.raises(AssessmentIncompleteError) as refusal:
        check(action, *MET[2:], level=level)
    assert refusal.value.details["items"] == "1.1、1.2"


def test_nobody_agrees_while_an_item_falls_short() -> None:
    with pytest.raises(AssessmentUnmetError) as refusal:
        check("city_agree", *MET[:-1], SHORT)
    assert refusal.value.details["items"] == "2.6"


@pytest.mark.parametrize("action", ["city_refuse", "site_visit_refuse"])
def test_a_refusal_may_rest_on_one_item_or_none(action: str) -> None:
    check(action, SHORT)
    check(action)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ([*MET, MET[0]], AssessmentRefusedError),
        ([*MET, Found("3.1", "meets")], AssessmentRefusedError),
        ([*MET[:-1], Found("2.6", "splendid")], AssessmentRefusedError),
        ([*MET[:-1], Found("2.6", "not_applicable")], FieldRefusedError),
        ([*MET[:-1], Found("2.6", "meets", "\x00")], FieldRefusedError),
        ([*MET[:-1], Found("2.6", "does_not_meet", "长" * 501)], FieldRefusedError),
    ],
)
def test_what_makes_no_sense_is_refused(given: list[Found], error: type[CertificationError]) -> None:
    with pytest.raises(error):
        check("city_agree", *given)


@pytest.mark.parametrize("action", ["street_agree", "county_recommend", "city_return"])
def test_other_stages_assess_nothing(action: str) -> None:
    check(action)
    if action != "city_return":
        with pytest.raises(AssessmentRefusedError):
            check(action, MET[0])
