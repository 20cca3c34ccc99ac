"""Figures through the API: what a community states, what it comes to, and what an officer is told who recommends it nevertheless."""

from typing import Any

from tests.integration.api.kit import Caller, Stage, opinion
from xingji.demo import documents as q
from xingji.demo.cast import CITY, counties
from xingji.demo.words import figures_of, form_of

FIRST = counties()[0]
LOOK = """query Look($id: ID!) { node(id: $id) { ... on Application { status revision
  figures { code group numerator denominator count holds }
  judgement { qualifies score outcomes { code group clause result refuses numerator denominator explanation remedy change } }
  availableActions { action allowed obstacle { code message clause } }
  comparison(from: 1, to: 2) { field label changed before after }
  formVersions { version hash figures { code } } } } }"""
STANDARD = """{ campaigns { edges { node { standard(level: "%s") { code version title source passScore
  items { code clause } indicators { code clause label threshold per zero stated groups { code } } } } } } }"""


async def look(caller: Caller, application: str, locale: str = "zh-CN") -> dict[str, Any]:
    sent = await caller.send(LOOK, {"id": application}, **{"Accept-Language": locale})
    return dict(sent.json()["data"]["node"])


def with_figure(figures: list[dict[str, Any]], code: str, **values: Any) -> list[dict[str, Any]]:
    return [{**one, **values} if one["code"] == code else one for one in figures]


async def a_draft(stage: Stage) -> tuple[Caller, dict[str, Any]]:
    """A community that has begun beside the county's nominee, and its form without figures."""
    leader, clerk = await stage.person(CITY, "leader"), await stage.person(FIRST.code, "rival")
    await leader.act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    place = FIRST.rival
    wanted = {
        "campaignId": await stage.campaign(),
        "level": "provincial",
        "communityId": f"Unit.{FIRST.tenant_id}.{place.id}",
    }
    filed = (await clerk.act(q.FILE_APPLICATION, wanted))["application"]["id"]
    form = form_of(FIRST.name, FIRST.street.name, place.name)
    del form["figures"]
    return clerk, {"applicationId": filed, **form}


async def test_a_form_states_every_figure_before_it_goes_up_and_good_ones_to_be_recommended(
    fresh: Stage,
) -> None:
    clerk, form = await a_draft(fresh)
    one, figures = form["applicationId"], figures_of("provincial")
    await clerk.act(q.SAVE_FORM, {**form, "figures": figures[1:]})
    bound = (await clerk.act(q.SAVE_FORM, {**form, "figures": with_figure(figures[1:], "staff", count=2)}))[
        "application"
    ]
    submit = {"applicationId": one, "formHash": bound["form"]["hash"]}
    refused = await clerk.act(q.SUBMIT_APPLICATION, submit)
    assert refused["code"] == "figures.missing"
    seen = await look(clerk, one)
    (shown,) = [each for each in seen["availableActions"] if each["action"] == "submit"]
    assert (shown["allowed"], shown["obstacle"]["code"]) == (False, "figures.missing")
    assert "劳动力资源登记率" in shown["obstacle"]["message"]
    changed = [each for each in seen["comparison"] if each["changed"]]
    assert [(each["field"], each["label"], each["before"], each["after"]) for each in changed] == [
        ("figure:staff", "专职工作人员", "3", "2")
    ]
    assert [len(version["figures"]) for version in seen["formVersions"]] == [20, 20]

    short = with_figure(figures, "labour_force_registered", numerator=3199, denominator=4000)
    hash_ = (await clerk.act(q.SAVE_FORM, {**form, "figures": short}))["application"]["form"]["hash"]
    sent = await clerk.act(q.SUBMIT_APPLICATION, {"applicationId": one, "formHash": hash_})
    assert sent["application"]["status"] == "SUBMITTED"
    street, county = [await fresh.person(FIRST.code, login) for login in ("street", "county")]
    await street.act(q.GIVE_OPINION, opinion(one, hash_, "STREET"))
    told = await county.act(q.GIVE_OPINION, opinion(one, hash_, "COUNTY"))
    assert (told["code"], told["clause"]) == ("standard.unmet", "附件1 三（一）.1")
    for locale, why, remedy in (
        ("zh-CN", "劳动力资源登记率：3199/4000（79.97…%），低于 80%", "还需登记 1 人，即达到 80%"),
        (
            "en",
            "labour force registered electronically: 3199/4000 (79.97… %), below 80 %",
            "1 more registered would reach 80 %",
        ),
    ):
        seen = await look(county, one, locale)
        (shown,) = [each for each in seen["availableActions"] if each["action"] == "county_recommend"]
        assert why in shown["obstacle"]["message"] and remedy in shown["obstacle"]["message"]
        judged = {each["code"]: each for each in seen["judgement"]["outcomes"]}
        assert not seen["judgement"]["qualifies"] and seen["judgement"]["score"] is None
        first = judged["labour_force_registered"]
        assert (first["result"], first["refuses"], first["change"]) == ("FAIL", True, 1)
        assert (first["explanation"], first["remedy"]) == (why, remedy)
        assert judged["1.1"]["result"] == "MISSING"
        others = {
            each["result"] for each in judged.values() if each["code"][0].isalpha() and each is not first
        }
        assert others == {"PASS"}


NONE = (
    {"code": "labour_force_registered", "numerator": 4001, "denominator": 4000},
    {"code": "labour_force_registered", "numerator": -1, "denominator": 4000},
    {"code": "labour_force_registered", "count": 1},
    {"code": "loans_repaid", "numerator": 1, "denominator": 1},
    {"code": "certificate_held", "numerator": 1, "denominator": 1},
    {"code": "staff", "count": 2, "holds": True},
    {"code": "x" * 5000, "count": 2},
)


async def test_what_is_no_figure_is_refused_and_writes_nothing(fresh: Stage) -> None:
    clerk, form = await a_draft(fresh)
    before = await look(clerk, form["applicationId"])
    for figure in NONE:
        refused = await clerk.act(q.SAVE_FORM, {**form, "figures": [figure]})
        assert refused["code"] == "figures.refused", figure
    twice = [{"code": "staff", "count": 2}] * 2
    assert (await clerk.act(q.SAVE_FORM, {**form, "figures": twice}))["code"] == "figures.refused"
    for number in (True, 0.5, "3", 2**53, 10**40):
        figures = [{"code": "staff", "count": number}]
        answer = await clerk.ask(q.SAVE_FORM, requestId="once", input={**form, "figures": figures})
        assert answer["errors"] and answer.get("data") is None, number
    assert await look(clerk, form["applicationId"]) == before


async def test_a_retry_with_other_figures_is_another_request(fresh: Stage) -> None:
    clerk, form = await a_draft(fresh)
    given = {**form, "figures": [{"code": "staff", "count": 2}]}
    first = await clerk.act(q.SAVE_FORM, given, "once")
    again = await clerk.act(q.SAVE_FORM, given, "once")
    assert (first["receipt"]["replayed"], again["receipt"]["replayed"]) == (False, True)
    other = {**form, "figures": [{"code": "staff", "count": 3}]}
    assert (await clerk.act(q.SAVE_FORM, other, "once"))["code"] == "request.conflict"


async def test_the_standard_is_shown_with_all_its_data(fresh: Stage) -> None:
    clerk, _ = await a_draft(fresh)
    for level, indicators in (("provincial", 13), ("star", 15)):
        (edge,) = (await clerk.get(STANDARD % level))["campaigns"]["edges"]
        found = edge["node"]["standard"]
        assert (found["code"], found["version"], found["passScore"]) == ("henan-trial-2022", 1, None)
        assert (len(found["items"]), len(found["indicators"])) == (19, indicators)
        assert all(one["clause"] and one["label"] for one in found["indicators"])
