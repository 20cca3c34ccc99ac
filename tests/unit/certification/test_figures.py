"""Figures are whole numbers of the kind that is asked for; a form that states some says so in its hash; and who recommends answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from certification.errors import CertificationError, FigureRefusedError
from certification.figures import Figure, check_figures, find_missing, format_figures, parse_figures
from certification.forms import content_hash
from certification.life import available_actions, check_step, find_obstacle
from certification.reader import parse_stored
from tests.unit.certification.samples import (
    RECOMMENDING,
    REVIEWING,
    a_star_view,
    a_view,
    good_figures,
    named,
    programme,
    someone,
)
from tests.unit.certification.test_programme import VECTORS

RATIO, COUNT, YES, HELD = "labour_force_registered", "staff", "reported_in_time", "certificate_held"


@pytest.mark.parametrize(
    "figure",
    [
        Figure("happiness", None, 1, 1),
        Figure("loans_repaid", None, 1, 1),
        Figure(RATIO, "newly_employed", 1, 1),
        Figure(HELD, None, 1, 1),
        Figure(HELD, "新增就业人员", 1, 1),
        Figure(RATIO, None, -1, 1),
        Figure(RATIO, None, 0, -1),
        Figure(RATIO, None, 2, 1),
        Figure(RATIO, None, 1, 0),
        Figure(RATIO, None, 1),
        Figure(RATIO, None, None, 1),
        Figure(RATIO, None, 1, 2, 3),
        Figure(RATIO, None, True, 1),
        Figure(RATIO, None, 0, False),
        Figure(RATIO, None, 0.8, 1),  # type: ignore[arg-type]
        Figure(RATIO, None, "3", 4),  # type: ignore[arg-type]
        Figure(RATIO, None, 1, 2**53),
        Figure(RATIO, None, 10**30, 10**31),
        Figure(RATIO, holds=True),
        Figure(COUNT, None, 2, 2),
        Figure(COUNT, count=-1),
        Figure(COUNT, count=True),
        Figure(COUNT, count=2**53),
        Figure(COUNT),
        Figure(YES, count=1),
        Figure(YES, holds=1),  # type: ignore[arg-type]
        Figure(YES),
    ],
    ids=str,
)
def test_what_is_no_figure_of_the_level_is_refused(figure: Figure) -> None:
    with pytest.raises(FigureRefusedError) as refusal:
        check_figures(programme(), "provincial", [figure])
    assert figure.code in refusal.value.zh and figure.code in refusal.value.en


def test_a_history_is_stated_by_nobody_and_nothing_twice() -> None:
    with pytest.raises(FigureRefusedError):
        check_figures(programme(), "star", [Figure("annual_passes", count=3)])
    with pytest.raises(FigureRefusedError):
        check_figures(programme(), "star", [Figure(RATIO, None, 1, 1), Figure(RATIO, None, 2, 2)])
    check_figures(programme(), "star", [Figure(RATIO, None, 2**53 - 1, 2**53 - 1)])


@pytest.mark.parametrize("level", ["provincial", "star"])
def test_every_figure_is_missing_until_it_is_stated(level: str) -> None:
    figures = good_figures(level)
    assert len(find_missing(programme(), level, ())) == len(figures) == {"provincial": 21, "star": 22}[level]
    for number, one in enumerate(figures):
        ((indicator, group),) = find_missing(programme(), level, (*figures[:number], *figures[number + 1 :]))
        assert (indicator.code, group and group.code) == (one.code, one.group)


def test_figures_are_stored_the_same_in_any_order() -> None:
    figures = good_figures("star")
    text = format_figures(figures)
    assert text == format_figures(figures[::-1])
    assert set(parse_figures(text)) == set(figures)
    assert (format_figures(()), parse_figures(None)) == (None, ())


def test_figures_are_content_of_a_form_only_where_there_are_some() -> None:
    content: dict[str, Any] = {"form": "form-2", "situation": "情况", "narrative": "材料", "commitments": {}}
    without = content_hash(named("a"), 1, **content)
    assert content_hash(named("a"), 1, **content, figures=None) == without
    hashes = {
        content_hash(named("a"), 1, **content, figures=format_figures([Figure(RATIO, None, n, 9)]))
        for n in range(9)
    }
    assert len(hashes | {without}) == 10


ASKED = [
    ("draft", "submit", "community_clerk", RECOMMENDING),
    ("street_endorsed", "county_recommend", "county_officer", RECOMMENDING),
    ("county_recommended", "city_agree", "city_officer", REVIEWING),
]


@pytest.mark.parametrize(("status", "action", "role", "moment"), ASKED)
@pytest.mark.parametrize("make", [a_view, a_star_view])
def test_what_goes_upward_states_every_figure(
    make: Any, status: str, action: str, role: str, moment: Any
) -> None:
    view = make(status)
    assert check_step(programme(), action, view, someone(role), moment)
    lacking = replace(view, figures=view.figures[1:])
    obstacle = find_obstacle(programme(), action, lacking, someone(role), moment)
    assert obstacle is not None and obstacle.code == "figures.missing"
    assert "劳动力资源登记率" in obstacle.zh and "labour force registered" in obstacle.en


@pytest.mark.parametrize(("status", "action", "role", "moment"), ASKED)
def test_who_answers_for_the_standard_answers_for_the_figures(
    status: str, action: str, role: str, moment: Any
) -> None:
    view = a_view(status)
    short = replace(view, figures=(Figure(RATIO, None, 3199, 4000), *view.figures[1:]))
    obstacle = find_obstacle(programme(), action, short, someone(role), moment)
    if action == "submit":
        assert obstacle is None
        return
    assert isinstance(obstacle, CertificationError)
    assert (obstacle.code, obstacle.clause) == ("standard.unmet", "附件1 三（一）.1")
    assert "3199/4000（79.97…%），低于 80%；还需登记 1 人，即达到 80%" in obstacle.zh
    assert "3199/4000 (79.97… %), below 80 %; 1 more registered would reach 80 %" in obstacle.en
    shown = {one.action: one for one in available_actions(programme(), short, someone(role), moment)}
    assert not shown[action].allowed and shown[action].obstacle is not None
    assert shown[action].obstacle.en == obstacle.en
    for other in (
        ("county_refuse", "county_return") if status == "street_endorsed" else ("city_refuse", "city_return")
    ):
        assert shown[other].allowed


def test_the_street_passes_on_what_a_community_states() -> None:
    view = a_view("submitted", figures=())
    assert check_step(programme(), "street_agree", view, someone("street_officer"), RECOMMENDING)


def test_a_programme_of_before_asks_for_no_figures() -> None:
    earlier = parse_stored((VECTORS / "zhoukou-2022.flat.json").read_text(encoding="utf-8"))
    for status, action, role, moment in ASKED:
        assert check_step(earlier, action, a_view(status, figures=()), someone(role), moment)
