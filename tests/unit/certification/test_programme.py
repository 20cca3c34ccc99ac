"""The delivered programme says what the notice says, and the loader refuses what is not whole."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from certification.errors import NoSuchActionError, ProgrammeRefusedError
from certification.figures import Figure
from certification.judging import judge
from certification.life import find_obstacle
from certification.model import Campaign, CampaignLevel, CampaignWindow, StandardClause
from certification.reader import PROGRAMMES, load_programme, parse_stored, parse_toml, read_toml
from certification.reader import parse_programme as parse
from tests.unit.certification.samples import RECOMMENDING, a_view, named, programme, someone

VECTORS = Path(__file__).parents[2] / "vectors" / "programmes"
TEXT = (PROGRAMMES / "zhoukou-2022.toml").read_text(encoding="utf-8")
DATA: dict[str, Any] = read_toml(TEXT)


def test_the_numbers_are_those_of_the_notice() -> None:
    levels = programme().levels
    assert [(one.batch, one.city_quota.value, one.county_quota.value) for one in levels.values()] == [
        (6, 6, 1),
        (4, 4, None),
    ]
    assert programme().document.number == "周人社办〔2022〕72号"
    assert programme().legal_basis.number == "豫人社办函[2022]50号"
    assert programme().narrative_limit.value == 1500
    assert programme().publicity.working_days.value == 5
    assert [(one.opens_at, one.closes_at) for one in programme().windows.values()] == [
        (datetime(2022, 4, 24, 16, tzinfo=UTC), datetime(2022, 5, 15, 16, tzinfo=UTC)),
        (datetime(2022, 5, 15, 16, tzinfo=UTC), datetime(2022, 5, 30, 16, tzinfo=UTC)),
    ]


def test_a_programme_stored_before_a_setting_was_thought_of_is_still_read() -> None:
    data = copy.deepcopy(DATA)
    del data["extensions"], data["ranking"]["highest_score"], data["ranking"]["ties_argued"]
    earlier = parse_stored(parse(data).canonical.decode())
    assert earlier.canonical != programme().canonical
    assert (earlier.extension_days.value, earlier.ranking_highest_score.value) == (366, 1000)
    assert earlier.ranking_ties_argued.value and earlier.ranking_ties_argued.ground.decided


@pytest.mark.parametrize("days", [0, 3651, True, "366"])
def test_an_extension_lasts_from_a_day_to_ten_years(days: object) -> None:
    data = copy.deepcopy(DATA)
    data["extensions"]["longest_days"]["value"] = days
    with pytest.raises(ProgrammeRefusedError):
        parse(data)


def test_the_standard_is_whole() -> None:
    for level in programme().levels:
        parts = [item.part for item in programme().standard if level in item.levels]
        assert [parts.count(part) for part in ("platform", "services", "indicators")] == [7, 6, 6]
    percents = {(one.level, one.code): one.threshold for one in programme().indicators if one.per == 100}
    assert percents["provincial", "labour_force_registered"] == 80
    assert percents["star", "labour_force_registered"] == 90
    assert percents["provincial", "registered_unemployed_employed"] == 95
    assert percents["star", "registered_unemployed_employed"] == 97
    assert percents["provincial", "hardship_employed"] == 95
    assert percents["star", "hardship_employed"] == 100
    assert percents["star", "loans_repaid"] == 94
    assert percents["provincial", "satisfaction"] == percents["star", "satisfaction"] == 90


def test_what_was_decided_says_why() -> None:
    decided = [step.ground for step in programme().life] + [
        programme().separation.ground,
        programme().scope.ground,
    ]
    assert all(ground.clause or ground.reason for ground in decided)
    assert programme().levels["star"].county_quota.ground.decided


def test_the_stored_form_is_the_same_programme() -> None:
    assert parse_stored(programme().canonical.decode()) == programme()
    assert len(programme().digest) == 32
    with pytest.raises(ProgrammeRefusedError):
        parse_stored(" " + programme().canonical.decode())


def test_a_programme_stored_before_standards_were_files_is_read_as_it_stands() -> None:
    stored = (VECTORS / "zhoukou-2022.flat.json").read_text(encoding="utf-8")
    earlier = parse_stored(stored)
    assert earlier.canonical == stored.encode() and earlier.digest != programme().digest
    assert earlier.digest.hex() == "0779935ff014fb2086498e5870694ac1919a59cdfdbe192b140ec9f8af6f60b0"
    assert (earlier.edition.code, earlier.edition.scoring, earlier.figures) == ("", None, None)
    assert [(one.code, one.wording) for one in earlier.standard] == [
        (one.code, one.wording) for one in programme().standard
    ]
    now = {(one.level, one.code): one for one in programme().indicators}
    assert len(earlier.indicators) == 22
    for one in earlier.indicators:
        same = now[one.level, one.code]
        assert (one.comparison, one.threshold, one.per) == (same.comparison, same.threshold, same.per)
        assert [group.label for group in one.groups] == [group.label for group in same.groups]
    figures = [Figure("labour_force_registered", None, 3199, 4000)]
    found = judge(earlier, "provincial", {}, figures, parts=()).outcomes[0]
    assert (found.result, found.change, found.change_zh) == (
        "fail",
        1,
        "“通过信息化手段登记的劳动力”须增加 1，即达到 80%",
    )


def test_a_standard_that_is_not_delivered_is_refused() -> None:
    with pytest.raises(ProgrammeRefusedError, match="henan-trial-1922"):
        parse_toml(TEXT.replace('standard = "henan-trial-2022"', 'standard = "henan-trial-1922"'))


def test_the_order_of_the_file_and_its_comments_are_not_the_programme() -> None:
    assert parse_toml(re.sub(r"(?m)^#.*\n", "", TEXT)).digest == programme().digest


def test_rows_derive_from_the_programme() -> None:
    rows = programme().campaign_rows(1, named("campaign"), datetime(2022, 4, 25, tzinfo=UTC))
    kinds = [type(row) for row in rows]
    assert [kinds.count(kind) for kind in (Campaign, CampaignLevel, CampaignWindow, StandardClause)] == [
        1,
        2,
        2,
        38,
    ]
    positions = [row.position for row in rows if isinstance(row, StandardClause)]
    assert positions == list(range(1, 39))


def test_an_unknown_programme_is_refused() -> None:
    for code in ("", "../zhoukou-2022", "lanzhou-2022"):
        with pytest.raises(ProgrammeRefusedError):
            load_programme(code)
    with pytest.raises(ProgrammeRefusedError):
        parse_toml("schema = ")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every table of the file, and of every value in one."""
    found = [path] if isinstance(value, dict) else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += [(*path, key)] if not isinstance(item, dict) else []
        found += places(item, (*path, key))
    return found


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


TABLES = [path for path in places(DATA) if isinstance(at(DATA, path), dict)]
VALUES = [path for path in places(DATA) if not isinstance(at(DATA, path), dict) and isinstance(path[-1], str)]
# What may be left out: a rule stands on a clause, on a decision, or on both, and these have a meaning when absent.
OPTIONAL = {
    "corrects",
    "objections",
    "clause",
    "personal",
    "item",
    "groups",
    "requires",
    "window",
    "after",
    "again",
    "rests_on",
    "follows",
    "justified",
    "short",
    "by_draw",
}


def refused(data: dict[str, Any]) -> bool:
    try:
        parse(data)
    except ProgrammeRefusedError:
        return True
    return False


def along(path: tuple[Any, ...]) -> dict[str, Any]:
    """The file with its own tables on the way to a place: what lies beside the way is shared."""
    data = dict(DATA)
    here: Any = data
    for key in path:
        here[key] = copy.copy(here[key])
        here = here[key]
    return data


def spoiled(path: tuple[Any, ...], key: Any, value: Any) -> dict[str, Any]:
    data = along(path)
    at(data, path)[key] = value
    return data


def without(path: tuple[Any, ...]) -> dict[str, Any]:
    data = along(path[:-1])
    del at(data, path[:-1])[path[-1]]
    return data


def test_an_unknown_key_is_refused_everywhere() -> None:
    assert len(TABLES) > 100
    assert [path for path in TABLES if not refused(spoiled(path, "surplus", 1))] == []


def test_a_missing_key_is_refused() -> None:
    # A level may call an indicator's numerator by a name of its own.
    own = {path for path in VALUES if "at" in path and str(path[-1]).startswith("numerator")}
    needed = [path for path in VALUES if path[-1] not in OPTIONAL and path not in own]
    assert len(needed) > 300
    assert [path for path in needed if not refused(without(path))] == []


@pytest.mark.parametrize("wrong", [None, 1.5, -1, "", [], {"value": 1}], ids=str)
def test_a_value_of_another_kind_is_refused(wrong: Any) -> None:
    # An empty set of places or stages is a programme too.
    tried = [path for path in VALUES if wrong != [] or path[-1] not in {"value", "groups", "fields"}]
    assert [path for path in tried if not refused(spoiled(path[:-1], path[-1], wrong))] == []


def step(data: dict[str, Any], action: str, key: str = "life") -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in data[key] if row["action"] == action)
    return found


def review_step(data: dict[str, Any], action: str) -> dict[str, Any]:
    return step(data["reviews"], action)


BROKEN = {
    "a dead end": lambda data: data["statuses"]["final"].remove("lapsed"),
    "a way out of a final status": lambda data: step(data, "submit").update({"from": "certified"}),
    "a status never reached": lambda data: step(data, "city_agree").update({"from": "publicised"}),
    "a final status never reached": lambda data: data["life"].remove(step(data, "lapse")),
    "two beginnings": lambda data: data["life"].append({**data["life"][0], "action": "file_again"}),
    "no beginning": lambda data: data["life"].pop(0),
    "one action twice from one status": lambda data: data["life"].append(copy.deepcopy(data["life"][1])),
    "a window that is not there": lambda data: step(data, "submit").update(window="later"),
    "after a window that is not there": lambda data: step(data, "lapse").update(after="later"),
    "inside one window and after another": lambda data: step(data, "lapse").update(window="city_review"),
    "a step from nowhere": lambda data: step(data, "withdraw").update({"from": []}),
    "a window that closes first": lambda data: data["windows"][0].update(
        closes_at="2022-04-01T00:00:00+00:00"
    ),
    "a level twice": lambda data: data["levels"].append(copy.deepcopy(data["levels"][0])),
    "a form that is not there": lambda data: data["levels"][0].update(form="form-9"),
    "a stage without verdict": lambda data: step(data, "street_agree").pop("verdict"),
    "an item twice": lambda data: data["standard"]["items"].append(
        copy.deepcopy(data["standard"]["items"][0])
    ),
    "an indicator of no item": lambda data: data["standard"]["indicators"][0]["at"][0].update(item="9.9"),
    "a list on nothing": lambda data: step(data, "rank", "round").update(rests_on="decision"),
    "a list by a county": lambda data: step(data, "rank", "round").update(role="county_officer"),
    "a verdict without step": lambda data: step(data, "record_decision", "round")["follows"].pop("certified"),
    "a step without verdict": lambda data: step(data, "submit").update(by_roster=True),
    "a decision without reason": lambda data: data["narrative"]["counting"].pop("reason"),
    "a reason without decision": lambda data: data["narrative"]["limit"].update(reason="because"),
    "a rule on nothing": lambda data: step(data, "submit").pop("clause"),
    "not decided, said so": lambda data: data["narrative"]["counting"].update(decided=False),
    "a city's place that is no county's": lambda data: data["places"]["county"]["value"].remove("reported"),
    "an unknown time zone": lambda data: data.update(time_zone="Asia/Nowhere"),
    "another counting": lambda data: data["narrative"]["counting"].update(value="bytes"),
    "a publicity of no day": lambda data: data["publicity"]["working_days"].update(value=0),
    "a time without offset": lambda data: data["windows"][0].update(opens_at="2022-04-25T00:00:00"),
    "a history checked by no step": lambda data: data["history"]["checked"]["value"].append("fly"),
    "a history checked by a list": lambda data: data["history"]["checked"]["value"].append("publicise"),
    "a history checked nowhere": lambda data: data["history"]["checked"].update(value=[]),
    "a review nobody plans": lambda data: review_step(data, "plan_review").update({"from": "assigned"}),
    "a review planned twice": lambda data: review_step(data, "cancel_review").pop("from"),
    "a review nobody draws": lambda data: review_step(data, "assign_review").pop("by_draw"),
    "a review left after its end": lambda data: review_step(data, "cancel_review").update(
        {"from": "confirmed"}
    ),
    "a review that is never rechecked": lambda data: review_step(data, "inspect_recheck").update(
        to="rectifying"
    ),
    "a rectification without end": lambda data: (
        data["reviews"]["life"].remove(review_step(data, "recheck_pass"))
        or [review_step(data, one)["from"].remove("rectifying") for one in ("inspect_fail", "cancel_review")]
    ),
    "a verdict twice from one status": lambda data: review_step(data, "recheck_pass").update(
        {"from": "rechecking"}
    ),
    "a team that agrees": lambda data: review_step(data, "inspect_pass").update(verdict="agree"),
    "a county that passes": lambda data: review_step(data, "county_confirm_review").update(verdict="pass"),
    "a county that inspects": lambda data: review_step(data, "inspect_pass").update(role="county_officer"),
    "a pass that is a fail": lambda data: review_step(data, "inspect_pass").update(result="fail"),
    "a rectification with a result": lambda data: review_step(data, "inspect_rectify").update(result="pass"),
    "a county that confirms for good": lambda data: review_step(data, "county_confirm_review").update(
        to="confirmed"
    ),
    "a complete return": lambda data: data["reviews"]["complete"]["value"].append("return"),
    "no day to rectify": lambda data: data["reviews"]["rectify_days"].update(value=0),
    "a level that asks for none that is there": lambda data: data["levels"][1]["requires"].update(
        certified="golden"
    ),
    "a level that asks for itself": lambda data: data["levels"][1]["requires"].update(certified="star"),
    "levels in a circle": lambda data: data["levels"][0].update(
        requires={**data["levels"][1]["requires"], "certified": "star"}
    ),
    "lost what rests on nothing": lambda data: data["levels"][0].update(lost=data["levels"][1]["lost"]),
    "lost in a third way": lambda data: data["levels"][1]["lost"].update(value="all"),
    "a level in capitals": lambda data: data["levels"][1].update(code="STAR"),
    "a part in capitals": lambda data: data["standard"]["items"][0].update(part="PLATFORM"),
    "a part that no item is of": lambda data: data["reviews"]["parts"]["value"].append("spirit"),
    "a review that nobody draws": lambda data: review_step(data, "assign_review").pop("by_draw"),
    "a review that is drawn twice": lambda data: review_step(data, "inspect_recheck").update(by_draw=True),
    "a review without a result": lambda data: review_step(data, "inspect_fail").pop("result"),
    "a review left again": lambda data: review_step(data, "city_return_review").update({"from": "confirmed"}),
    "a review made twice": lambda data: review_step(data, "cancel_review").pop("from"),
    "a review that does not end": lambda data: review_step(data, "city_confirm_review").update(to="assigned"),
    "a review with an action twice": lambda data: data["reviews"]["life"].append(
        {**review_step(data, "cancel_review"), "from": "planned"}
    ),
    "an act that nobody can do": lambda data: step(data, "withdraw").update(action="fly"),
    "a verdict by two names": lambda data: data["life"].append(
        {**step(data, "street_agree"), "action": "street_nod", "from": "returned"}
    ),
    "a round without a decision": lambda data: data["round"].remove(step(data, "record_decision", "round")),
    "a list of our own": lambda data: step(data, "rank", "round").update(action="sort"),
    "a report on a ranking": lambda data: step(data, "report_to_province", "round").update(
        rests_on="ranking"
    ),
    "another schema": lambda data: data.update(schema=2),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_programme_that_does_not_hold_together_is_refused(name: str) -> None:
    data = copy.deepcopy(DATA)
    BROKEN[name](data)  # type: ignore[no-untyped-call]
    assert refused(data)


def test_a_programme_from_before_histories_still_asks_for_one_on_the_way_up() -> None:
    older = parse(without(("history",)))
    assert set(older.history.checked.value) < set(programme().history.checked.value)
    assert {"file_application", "submit", "county_recommend", "city_agree"} <= set(
        older.history.checked.value
    )
    assert (older.history.rectified_counts.value, older.history.suspended_stands.value) == (True, False)
    assert older.digest != programme().digest


def test_a_programme_from_before_returns_and_assessments_is_still_read() -> None:
    data = copy.deepcopy(DATA)
    del data["returns"], data["assessment"]
    data["life"] = [row for row in data["life"] if row["to"] not in {"withdrawn", "lapsed"}]
    data["statuses"]["final"] = ["certified", "not_certified", "rejected"]
    old = parse(data)
    obstacle = find_obstacle(old, "withdraw", a_view("draft"), someone("community_clerk"), RECOMMENDING)
    assert isinstance(obstacle, NoSuchActionError)
    assert not old.returned_anew.value
    assert old.items_of("provincial", "city") == ()
    assert len(programme().items_of("provincial", "city")) == 13


def test_programmes_are_named_after_their_code() -> None:
    for path in Path(PROGRAMMES).glob("*.toml"):
        assert load_programme(path.stem).code == path.stem


def test_clauses_of_the_table_exist_in_the_notice() -> None:
    known = re.compile(r"[一二三四](（[一二三]）)?|附件[123]( [一二三](（[一二]）)?\.\d)?")
    numbers = count()
    for row in (*programme().life, *programme().round, *programme().standard, *programme().indicators):
        for clause in (row.ground.clause or "一").split("；"):
            assert known.fullmatch(clause), clause
            next(numbers)
    assert next(numbers) > 50
