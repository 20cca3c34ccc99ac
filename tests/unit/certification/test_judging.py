"""Points, marks and vetoes; other comparisons; what is shown of a percentage; what would change a result."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from certification.assessment import Found, check_items
from certification.errors import (
    AssessmentScoreError,
    CertificationError,
    ProgrammeRefusedError,
    ScoreShortError,
    StandardUnmetError,
)
from certification.explaining import format_share
from certification.figures import Figure
from certification.judging import ItemFinding, Judgement, judge
from certification.programme import Programme, Step
from certification.reader import PROGRAMMES, parse_programme, parse_stored, read_toml
from tests.unit.certification.samples import REVIEWING, a_view

DATA: dict[str, Any] = read_toml((PROGRAMMES / "zhoukou-2022.toml").read_text(encoding="utf-8"))
SAID: dict[str, Any] = {"decided": True, "reason": "For these tests."}
LEVELS = ["provincial", "star"]


def an_indicator(code: str, comparison: str, threshold: int | None = None, **more: Any) -> dict[str, Any]:
    """A row of a standard's indicators, the same at both levels."""
    at = [{"level": level, "wording": "…", "clause": "一", "threshold": threshold} for level in LEVELS]
    counted = {"numerator": "甲", "numerator_en": "a", "unit": "人", "unit_en": "persons"}
    whole = {"denominator": "乙", "denominator_en": "b", "zero": {"value": "not_applicable", **SAID}}
    return {
        **{"code": code, "label": code.upper(), "label_en": code, "comparison": comparison, "source": "台账"},
        **(counted if comparison != "yes" else {}),
        **(whole if "per" in more else {}),
        **more,
        "at": [{key: value for key, value in one.items() if value is not None} for one in at],
    }


def an_item(code: str, **more: Any) -> dict[str, Any]:
    said = {"label": code, "label_en": code, "wording": "…", "clause": "二"}
    return {"code": code, "part": "services", "levels": LEVELS, **said, **more}


def data_with(standard: dict[str, Any]) -> dict[str, Any]:
    data = copy.deepcopy(DATA)
    data["standard"] = {"code": "made-up", "version": 2, "title": "标准", "source": "测试", **standard}
    data["assessment"]["parts"]["value"] = ["services"]
    data["reviews"]["parts"]["value"] = ["services"]
    return data


def of(*indicators: dict[str, Any]) -> Programme:
    return parse_programme(data_with({"items": [an_item("2.1")], "indicators": list(indicators)}))


def scored(**changes: Any) -> dict[str, Any]:
    """100 points: items of 50 and 20 and an indicator of 30; the mark is 80, at star 90; one item and one indicator refuse alone."""
    marks = [{"level": level, "score": 80 + 10 * n, "clause": "三"} for n, level in enumerate(LEVELS)]
    standard = {
        "items": [an_item("2.1", points=50), an_item("2.2", points=20), an_item("2.3", veto=True)],
        "indicators": [
            an_indicator("share", "at_least", 95, per=100, points=30),
            an_indicator("wages_owed", "none", veto=True),
        ],
        "scoring": {"marks": marks, "not_applicable": {"value": "full", **SAID}},
    }
    return data_with({**standard, **changes})


GOOD = {"2.1": ItemFinding("meets", 50), "2.2": ItemFinding("meets", 20), "2.3": ItemFinding("meets")}
FIGURES = [Figure("share", None, 95, 100), Figure("wages_owed", count=0)]


def points(level: str = "provincial", figures: Any = FIGURES, **items: ItemFinding | None) -> Judgement:
    found = {**GOOD, **{code.replace("_", "."): one for code, one in items.items()}}
    return judge(parse_programme(scored()), level, {k: v for k, v in found.items() if v}, figures)


def test_points_are_added_and_the_mark_is_reached_or_not() -> None:
    best = points()
    assert (best.qualifies, best.score, best.highest, best.pass_score) == (True, 100, 100, 80)
    assert points("provincial", **{"2_2": ItemFinding("does_not_meet", 0)}).qualifies
    assert points("provincial", **{"2_1": ItemFinding("meets", 30)}).qualifies
    short = points("provincial", **{"2_1": ItemFinding("meets", 29)})
    assert (short.qualifies, short.score, short.refusing) == (False, 79, ())
    assert not points("star", **{"2_1": ItemFinding("meets", 39)}).qualifies
    below = [Figure("share", None, 949, 1000), FIGURES[1]]
    assert (points(figures=below).score, points(figures=below).qualifies) == (70, False)


def test_a_veto_refuses_whatever_the_points_are() -> None:
    for found in (
        points(**{"2_3": ItemFinding("does_not_meet")}),
        points(figures=[FIGURES[0], Figure("wages_owed", count=1)]),
    ):
        assert (found.qualifies, found.score) == (False, 100)
        assert [one.veto for one in found.refusing] == [True]


def test_nothing_qualifies_while_something_is_missing() -> None:
    assert not points(figures=FIGURES[1:]).qualifies
    found = points(**{"2_2": None})
    assert (found.qualifies, found.score, [one.code for one in found.refusing]) == (False, 80, ["2.2"])


@pytest.mark.parametrize(("meaning", "score"), [("full", 100), ("nothing", 50)])
def test_what_does_not_apply_gives_what_the_standard_says(meaning: str, score: int) -> None:
    data = scored()
    data["standard"]["scoring"]["not_applicable"]["value"] = meaning
    items = {**GOOD, "2.2": ItemFinding("not_applicable")}
    figures = [Figure("share", None, 0, 0), FIGURES[1]]
    assert judge(parse_programme(data), "provincial", items, figures).score == score


def test_a_scored_standard_is_stored_whole() -> None:
    found = parse_programme(scored())
    assert parse_stored(found.canonical.decode()) == found
    assert found.edition.scoring is not None and found.edition.scoring.marks["star"].value == 90


NEEDLESS = {
    "a mark out of reach": lambda s: s["scoring"]["marks"][0].update(score=101),
    "a level without a mark": lambda s: s["scoring"]["marks"].pop(),
    "a mark of nothing": lambda s: s["scoring"]["marks"][0].update(score=0),
    "an item that gives nothing": lambda s: s["items"][0].pop("points"),
    "an indicator that gives nothing": lambda s: s["indicators"][0].pop("points"),
    "an item that nobody assesses": lambda s: s["items"][0].update(part="platform"),
    "points without a mark": lambda s: s.pop("scoring"),
    "another meaning": lambda s: s["scoring"]["not_applicable"].update(value="half"),
    "of ten": lambda s: s["indicators"][0].update(per=10),
    "more than the whole": lambda s: s["indicators"][0]["at"][0].update(threshold=101),
    "a change without a number": lambda s: s["indicators"][0].update(change="多些", change_en="more"),
    "a change in one tongue": lambda s: s["indicators"][0].update(change="还需 {count}"),
    "a change of something else": lambda s: s["indicators"][0].update(
        change="{count}{x}", change_en="{count}"
    ),
    "a group twice": lambda s: s["indicators"][0].update(
        groups=[{"code": "a", "label": "a", "label_en": "a"}] * 2
    ),
    "a history that no level asks for": lambda s: s["indicators"].append(
        an_indicator("past", "history", points=1)
    ),
    "a name in one tongue": lambda s: s["indicators"][0]["at"][0].update(numerator="丙"),
}


@pytest.mark.parametrize("name", NEEDLESS)
def test_a_standard_that_does_not_hold_together_is_refused(name: str) -> None:
    data = scored()
    NEEDLESS[name](data["standard"])  # type: ignore[no-untyped-call]
    with pytest.raises(ProgrammeRefusedError):
        parse_programme(data)


def agree(found: Programme, *given: Found, figures: Any = tuple(FIGURES)) -> None:
    step = next(row for row in found.life if row.action == "city_agree")
    assert isinstance(step, Step)
    check_items(found, step, a_view("county_recommended", figures=figures), given, REVIEWING)


def test_who_agrees_by_points_has_reached_the_mark_and_no_veto() -> None:
    found = parse_programme(scored())
    one, two, three = Found("2.1", "meets", "", 50), Found("2.2", "meets", "", 20), Found("2.3", "meets")
    agree(found, one, two, three)
    agree(found, one, Found("2.2", "does_not_meet", "缺台账", 0), three)
    cases: list[tuple[type[CertificationError], tuple[Found, ...], Any]] = [
        (ScoreShortError, (Found("2.1", "meets", "", 29), two, three), tuple(FIGURES)),
        (StandardUnmetError, (one, two, Found("2.3", "does_not_meet", "有")), tuple(FIGURES)),
        (StandardUnmetError, (one, two, three), (FIGURES[0],)),
        (AssessmentScoreError, (Found("2.1", "meets", "", 51), two, three), tuple(FIGURES)),
        (AssessmentScoreError, (Found("2.1", "meets", "", -1), two, three), tuple(FIGURES)),
        (AssessmentScoreError, (Found("2.1", "meets", "", True), two, three), tuple(FIGURES)),
        (AssessmentScoreError, (Found("2.1", "meets"), two, three), tuple(FIGURES)),
        (AssessmentScoreError, (one, two, Found("2.3", "meets", "", 1)), tuple(FIGURES)),
        (AssessmentScoreError, (Found("2.1", "not_applicable", "无", 5), two, three), tuple(FIGURES)),
    ]
    for error, given, figures in cases:
        with pytest.raises(error):
            agree(found, *given, figures=figures)


@pytest.mark.parametrize(
    ("rule", "given", "result", "change"),
    [
        (("at_most", 50, {"per": 1000}), (50, 1000), "pass", None),
        (("at_most", 50, {"per": 1000}), (51, 1000), "fail", -1),
        (("at_most", 50, {"per": 1000}), (2, 19), "fail", -2),
        (("at_most", 3, {}), (3,), "pass", None),
        (("at_most", 3, {}), (5,), "fail", -2),
        (("exactly", 50, {"per": 100}), (1, 2), "pass", None),
        (("exactly", 50, {"per": 100}), (7, 10), "fail", -2),
        (("exactly", 50, {"per": 100}), (1, 3), "fail", None),
        (("exactly", 7, {}), (4,), "fail", 3),
        (("at_least", 120, {"per": 100, "over": True}), (119, 100), "fail", 1),
        (("at_least", 120, {"per": 100, "over": True}), (120, 100), "pass", None),
        (("at_least", 95, {"per": 100, "zero": {"value": "fails", **SAID}}), (0, 0), "fail", None),
        (("none", None, {}), (2**53 - 1,), "fail", 1 - 2**53),
    ],
)
def test_other_comparisons(rule: Any, given: Any, result: str, change: int | None) -> None:
    comparison, threshold, more = rule
    found = of(an_indicator("it", comparison, threshold, **more))
    figure = Figure("it", None, *given) if len(given) == 2 else Figure("it", count=given[0])
    (outcome,) = judge(found, "provincial", {}, [figure], parts=()).outcomes
    assert (outcome.result, outcome.change) == (result, change)
    assert (outcome.change_zh is None) == (outcome.change_en is None) == (result == "pass")


@pytest.mark.parametrize(
    ("fraction", "zh"),
    [
        ((80, 100, 100), "80%"),
        ((7999, 10000, 100), "79.99%"),
        ((799_999, 1_000_000, 100), "79.99…%"),
        ((2**53 - 2, 2**53 - 1, 100), "99.99…%"),
        ((1, 3, 100), "33.33…%"),
        ((1, 1000, 100), "0.1%"),
        ((1, 2**53 - 1, 100), "0.00…%"),
        ((0, 7, 1000), "0‰"),
        ((9_999_999, 10_000_000, 1000), "999.99…‰"),
    ],
)
def test_a_percentage_is_cut_off_and_says_so(fraction: tuple[int, int, int], zh: str) -> None:
    assert format_share(*fraction)[0] == zh
    assert format_share(*fraction)[1].replace(" ", "") == zh


def test_why_and_what_would_change_it() -> None:
    found = parse_programme(DATA)
    figures = [
        Figure("labour_force_registered", None, 3197, 4000),
        Figure("certificate_held", "newly_employed", 8, 9),
        Figure("zero_employment_households", count=1),
        Figure("office_area", count=48),
        Figure("reported_in_time", holds=False),
        Figure("satisfaction", None, 0, 0),
    ]
    told = {
        one.code: one
        for one in judge(found, "provincial", {}, figures, parts=()).outcomes
        if one.zh[-3:] != "未填报"
    }
    assert {code: (one.zh, one.change_zh) for code, one in told.items()} == {
        "labour_force_registered": (
            "劳动力资源登记率：3197/4000（79.92…%），低于 80%",
            "还需登记 3 人，即达到 80%",
        ),
        "certificate_held": (
            "《就业创业证》持有率（新增就业人员）：8/9（88.88…%），低于 100%",
            "还需办证 1 人，即达到 100%",
        ),
        "zero_employment_households": ("零就业家庭：1 户，应为 0", "还需消除 1 户，即为 0"),
        "office_area": ("办公场所面积：48 平方米，低于 50 平方米", "还需增加 2 平方米，即达到 50 平方米"),
        "reported_in_time": ("登记情况及时向上级传达：否", "须做到此项"),
        "satisfaction": ("服务对象满意率：有效答卷为 0，不适用", None),
    }
    assert told["labour_force_registered"].en == (
        "labour force registered electronically: 3197/4000 (79.92… %), below 80 %"
    )
    assert told["labour_force_registered"].change_en == "3 more registered would reach 80 %"
    assert (told["labour_force_registered"].threshold, told["labour_force_registered"].per) == (80, 100)
