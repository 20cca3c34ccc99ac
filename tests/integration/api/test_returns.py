"""Sent back and mended: who may return what, what a return does to opinions and places, and how a village and a visit are judged."""

from typing import Any

import pytest

from tests.integration.api.arrangements import extend
from tests.integration.api.kit import Caller, Stage, World, opinion, serve_world
from tests.support import clone_database
from xingji.demo import documents as q
from xingji.demo.cast import CITY, DOUBLE, counties
from xingji.demo.clock import shanghai
from xingji.demo.words import findings, form_of
from xingji.postgres import EmbeddedPostgres

FIRST, RURAL = counties()[:2]
LOOK = """query Look($id: ID!) { node(id: $id) { ... on Application {
  status communityKind
  availableActions { action allowed obstacle { code } }
  formVersions { version isCurrent justification }
  opinions { stage verdict stands text justificationConfirmed items { itemCode verdict note } }
  assessments { itemCode } ending { status reason authorId }
  comparison(from: 1, to: 2) { field label changed segments { kind text } } } } }"""


async def look(caller: Caller, application: str) -> dict[str, Any]:
    return dict((await caller.get(LOOK, id=application))["node"])


def allowed(found: dict[str, Any]) -> set[str]:
    return {one["action"] for one in found["availableActions"] if one["allowed"]}


def obstacle(found: dict[str, Any], action: str) -> str | None:
    (one,) = [one for one in found["availableActions"] if one["action"] == action]
    return None if one["obstacle"] is None else str(one["obstacle"]["code"])


def returning(one: dict[str, Any], stage: str, reason: str = "台账缺少走访记录。") -> dict[str, Any]:
    bound = {"applicationId": one["id"], "formHash": one["form"]["hash"]}
    return {**bound, "stage": stage, "reason": reason}


async def mend(stage: Stage, login: str, one: dict[str, Any], **changed: str) -> str:
    """A new version by a clerk: its hash."""
    clerk = await stage.person(FIRST.code, login)
    form = {**form_of(FIRST.name, FIRST.street.name, "社区"), **changed, "applicationId": one["id"]}
    saved = await clerk.act(q.SAVE_FORM, form)
    assert "receipt" in saved, saved
    return str(saved["application"]["form"]["hash"])


async def test_what_was_returned_is_mended_and_passes_every_stage_again(endorsed: Stage):
    county, street = [await endorsed.person(FIRST.code, login) for login in ("county", "street")]
    clerk = await endorsed.person(FIRST.code, "clerk")
    one = (await endorsed.tray(FIRST.code, "county"))[FIRST.nominee.name]
    back = await county.act(q.RETURN_APPLICATION, returning(one, "COUNTY"), "once")
    assert (back["application"]["status"], back["receipt"]["replayed"]) == ("RETURNED", False)
    again = await county.act(q.RETURN_APPLICATION, returning(one, "COUNTY"), "once")
    assert again["receipt"] == {**back["receipt"], "replayed": True}

    seen = await look(clerk, one["id"])
    assert allowed(seen) == {"attach_evidence", "save_form", "withdraw"}
    assert obstacle(seen, "submit") == "form.returned"
    assert [(o["verdict"], o["stands"]) for o in seen["opinions"]] == [("AGREE", False), ("RETURN", True)]
    unchanged = {"applicationId": one["id"], "formHash": one["form"]["hash"]}
    assert (await clerk.act(q.SUBMIT_APPLICATION, unchanged))["code"] == "form.returned"
    hash_ = await mend(endorsed, "clerk", one, narrative="补充走访记录36份。")
    assert (await clerk.act(q.SUBMIT_APPLICATION, unchanged))["code"] == "form.stale"
    bound = {"applicationId": one["id"], "formHash": hash_}
    assert (await clerk.act(q.SUBMIT_APPLICATION, bound))["application"]["status"] == "SUBMITTED"

    # What the street said of the first version carries the second no further.
    assert (await county.act(q.GIVE_OPINION, opinion(one["id"], hash_, "COUNTY")))["code"] == (
        "application.wrong_status"
    )
    assert (await street.act(q.GIVE_OPINION, opinion(one["id"], one["form"]["hash"], "STREET")))["code"] == (
        "form.stale"
    )
    for caller, at in ((street, "STREET"), (county, "COUNTY")):
        assert "receipt" in await caller.act(q.GIVE_OPINION, opinion(one["id"], hash_, at))
    seen = await look(county, one["id"])
    assert [(o["stage"], o["verdict"], o["stands"]) for o in seen["opinions"]] == [
        ("STREET", "AGREE", False),
        ("COUNTY", "RETURN", False),
        ("STREET", "AGREE", True),
        ("COUNTY", "AGREE", True),
    ]
    assert [(f["version"], f["isCurrent"]) for f in seen["formVersions"]] == [(1, False), (2, True)]
    told = {one["field"]: one["changed"] for one in seen["comparison"]}
    assert told["narrative"] is True and told["contact_name"] is None
    assert (await endorsed.verify())[FIRST.code].ok


async def test_a_return_is_refused_at_the_wrong_stage_by_the_wrong_person_and_unseen(endorsed: Stage):
    one = (await endorsed.tray(FIRST.code, "county"))[FIRST.nominee.name]
    rival = (await endorsed.tray(FIRST.code, "county"))[FIRST.rival.name]
    size = "SELECT sum(size) AS n FROM ledger_heads"
    before = await endorsed.rows(size)
    stale = {**returning(one, "COUNTY"), "formHash": "00" * 32}
    for login, given, code in (
        ("street", returning(one, "STREET"), "application.wrong_status"),
        ("street", returning(one, "COUNTY"), "actor.not_entitled"),
        ("county", returning(one, "CITY"), "actor.not_entitled"),
        ("county", returning(one, "SITE_VISIT"), "actor.not_entitled"),
        ("clerk", returning(one, "COUNTY"), "actor.not_entitled"),
        # One person at two stages: the rival's application was endorsed by who is county officer as well.
        (DOUBLE, returning(rival, "COUNTY"), "actor.same_person"),
        ("county", stale, "form.stale"),
        ("county", returning(one, "COUNTY", " \n"), "field.refused"),
        ("county", returning(one, "COUNTY", "字" * 2001), "field.refused"),
    ):
        caller = await endorsed.person(FIRST.code, login)
        assert (await caller.act(q.RETURN_APPLICATION, given))["code"] == code, (login, given)
    neighbour = await endorsed.person(counties()[1].code, "county")
    assert (await neighbour.act(q.RETURN_APPLICATION, returning(one, "COUNTY")))["code"] == "not_found"
    reviewer = await endorsed.person(CITY, "reviewer")
    assert (await reviewer.act(q.RETURN_APPLICATION, returning(one, "CITY")))["code"] == (
        "application.wrong_status"
    )
    county = await endorsed.person(FIRST.code, "county")
    sly = {**opinion(one["id"], one["form"]["hash"], "COUNTY"), "verdict": "RETURN"}
    assert (await county.act(q.GIVE_OPINION, sly))["code"] == "action.unknown"
    assert await endorsed.rows(size) == before
    assert "receipt" in await county.act(q.RETURN_APPLICATION, returning(one, "COUNTY"))
    other = await endorsed.person(FIRST.code, "county2")
    assert (await other.act(q.RETURN_APPLICATION, returning(one, "COUNTY")))["code"] == (
        "application.wrong_status"
    )


async def test_who_returned_gives_no_opinion_at_another_stage_and_writes_no_form(endorsed: Stage):
    """A return counts as an opinion, and the author of any version as filing, whoever wrote the one in force."""
    double = await endorsed.person(FIRST.code, DOUBLE)
    one = (await endorsed.tray(FIRST.code, "county"))[FIRST.nominee.name]
    assert "receipt" in await double.act(q.RETURN_APPLICATION, returning(one, "COUNTY"))
    hash_ = await mend(endorsed, "clerk", one)
    clerk = await endorsed.person(FIRST.code, "clerk")
    await clerk.act(q.SUBMIT_APPLICATION, {"applicationId": one["id"], "formHash": hash_})
    refused = await double.act(q.GIVE_OPINION, opinion(one["id"], hash_, "STREET"))
    assert refused["code"] == "actor.same_person"
    seen = await look(double, one["id"])
    assert obstacle(seen, "street_agree") == obstacle(seen, "street_return") == "actor.same_person"


async def test_lapse_waits_for_the_end_of_the_window_and_ends_what_came_to_nothing(endorsed: Stage):
    county = await endorsed.person(FIRST.code, "county")
    found = await endorsed.tray(FIRST.code, "county")
    rival, nominee = found[FIRST.rival.name], found[FIRST.nominee.name]
    await county.act(q.GIVE_OPINION, opinion(nominee["id"], nominee["form"]["hash"], "COUNTY"))
    late = {"applicationId": rival["id"], "reason": "截至窗口关闭未获推荐。"}
    assert (await county.act(q.LAPSE_APPLICATION, late))["code"] == "window.not_over"
    endorsed.clock.travel(shanghai(5, 16))
    county = await endorsed.person(FIRST.code, "county", fresh=True)
    clerk = await endorsed.person(FIRST.code, "rival", fresh=True)
    assert (await clerk.act(q.LAPSE_APPLICATION, late))["code"] == "actor.not_entitled"
    assert "lapse" in allowed(await look(county, rival["id"]))
    recommended = {**late, "applicationId": nominee["id"]}
    assert (await county.act(q.LAPSE_APPLICATION, recommended))["code"] == "application.wrong_status"
    assert (await county.act(q.LAPSE_APPLICATION, late))["application"]["status"] == "LAPSED"
    assert (await county.act(q.LAPSE_APPLICATION, late))["code"] == "application.wrong_status"
    seen = await look(clerk, rival["id"])
    assert allowed(seen) == set()
    assert (seen["ending"]["status"], seen["ending"]["reason"]) == ("LAPSED", late["reason"])
    assert (await endorsed.verify())[FIRST.code].ok


async def test_the_city_returns_until_the_publicity_and_judges_item_by_item(
    postgres: EmbeddedPostgres, chapter
):
    world: World = await chapter(6)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 17)) as stage,
    ):
        reviewer, visitor = await stage.person(CITY, "reviewer"), await stage.person(CITY, "visitor")
        found = [
            one
            for one in (await stage.tray(CITY, "reviewer")).values()
            if one["status"] == "COUNTY_RECOMMENDED"
        ]
        first, second, third = found[:3]

        review = opinion(first["id"], first["form"]["hash"], "CITY")
        whole = findings()
        unmet = [*whole[:-1], {"code": "2.6", "verdict": "DOES_NOT_MEET", "note": "年内有信访一件。"}]
        for items, code in (
            ([], "assessment.incomplete"),
            (whole[:-1], "assessment.incomplete"),
            ([*whole, whole[0]], "assessment.refused"),
            ([*whole, {"code": "3.1", "verdict": "MEETS"}], "assessment.refused"),
            (unmet, "assessment.unmet"),
            ([*whole[:-1], {"code": "2.6", "verdict": "DOES_NOT_MEET"}], "field.refused"),
            ([*whole[:-1], {"code": "2.6", "verdict": "NOT_APPLICABLE", "note": " "}], "field.refused"),
        ):
            assert (await reviewer.act(q.GIVE_OPINION, {**review, "items": items}))["code"] == code, items
        refused = {**review, "verdict": "REFUSE", "items": unmet[-1:]}
        assert (await reviewer.act(q.GIVE_OPINION, refused))["application"]["status"] == "REJECTED"
        (*_, last) = (await look(reviewer, first["id"]))["opinions"]
        assert last["items"] == [{"itemCode": "2.6", "verdict": "DOES_NOT_MEET", "note": "年内有信访一件。"}]

        assert "receipt" in await reviewer.act(
            q.GIVE_OPINION, opinion(second["id"], second["form"]["hash"], "CITY")
        )
        visit = {"applicationId": second["id"], "formHash": second["form"]["hash"], "note": "与材料不符。"}
        assert (await visitor.act(q.RECORD_SITE_VISIT, visit))["code"] == "assessment.incomplete"
        sly = {**visit, "verdict": "RETURN"}
        assert (await visitor.act(q.RECORD_SITE_VISIT, sly))["code"] == "action.unknown"
        out = await visitor.act(q.RECORD_SITE_VISIT, {**visit, "verdict": "REFUSE", "items": unmet[-1:]})
        assert out["application"]["status"] == "REJECTED"
        assert len((await look(visitor, second["id"]))["assessments"]) == 14

        assert (await reviewer.act(q.RETURN_APPLICATION, returning(third, "SITE_VISIT")))["code"] == (
            "application.wrong_status"
        )
        await reviewer.act(q.GIVE_OPINION, opinion(third["id"], third["form"]["hash"], "CITY"))
        visited = {"applicationId": third["id"], "formHash": third["form"]["hash"], "note": "相符。"}
        await visitor.act(q.RECORD_SITE_VISIT, {**visited, "items": whole})
        back = await visitor.act(q.RETURN_APPLICATION, returning(third, "SITE_VISIT"))
        assert back["application"]["status"] == "RETURNED"
        # The recommendation's window is over: the community waits for an extension, or the county lets it lapse.
        home = next(one for one in counties() if one.code == third["tenant"]["code"])
        seen = await look(await stage.person(home.code, "clerk"), third["id"])
        assert obstacle(seen, "save_form") == obstacle(seen, "submit") == "window.closed"
        assert "lapse" in allowed(await look(await stage.person(home.code, "county"), third["id"]))
        assert {one.code for one in (await stage.verify()).values()} == {"verified"}


async def test_what_the_city_returned_comes_back_through_an_extension(postgres: EmbeddedPostgres, chapter):
    world: World = await chapter(6)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 17)) as stage,
    ):
        reviewer = await stage.person(CITY, "reviewer")
        one = (await stage.tray(FIRST.code, "county"))[FIRST.nominee.name]
        rival = (await stage.tray(FIRST.code, "county"))[FIRST.rival.name]
        assert "receipt" in await reviewer.act(q.RETURN_APPLICATION, returning(one, "CITY"))
        await extend(stage, beneficiaryTenantId=f"Tenant.{FIRST.tenant_id}.{FIRST.tenant_id}")
        clerk, street, county = [
            await stage.person(FIRST.code, login) for login in ("clerk", "street", "county")
        ]
        late = {"applicationId": one["id"], "reason": "逾期未补正。"}
        assert (await county.act(q.LAPSE_APPLICATION, late))["code"] == "window.not_over"
        assert allowed(await look(clerk, one["id"])) == {"attach_evidence", "save_form", "withdraw"}
        hash_ = await mend(stage, "clerk", one)
        # The return freed the county's place: another may take it before the community is back.
        given = opinion(rival["id"], rival["form"]["hash"], "COUNTY")
        assert "receipt" in await county.act(q.GIVE_OPINION, given)
        bound = {"applicationId": one["id"], "formHash": hash_}
        assert "receipt" in await clerk.act(q.SUBMIT_APPLICATION, bound)
        assert "receipt" in await street.act(q.GIVE_OPINION, opinion(one["id"], hash_, "STREET"))
        again = opinion(one["id"], hash_, "COUNTY")
        assert (await county.act(q.GIVE_OPINION, again))["code"] == "quota.county"
        assert "receipt" in await reviewer.act(q.RETURN_APPLICATION, returning(rival, "CITY"))
        assert "receipt" in await county.act(q.GIVE_OPINION, again)
        assert "receipt" in await reviewer.act(q.GIVE_OPINION, opinion(one["id"], hash_, "CITY"))
        standing = [o["stage"] for o in (await look(reviewer, one["id"]))["opinions"] if o["stands"]]
        assert standing == ["STREET", "COUNTY", "CITY"]
        stage.clock.travel(shanghai(5, 20, 0))
        county = await stage.person(FIRST.code, "county", fresh=True)
        lapsed = await county.act(q.LAPSE_APPLICATION, {**late, "applicationId": rival["id"]})
        assert lapsed["application"]["status"] == "LAPSED"
        assert {one.code for one in (await stage.verify()).values()} == {"verified"}


async def test_nothing_is_returned_once_it_is_public(postgres: EmbeddedPostgres, chapter):
    world: World = await chapter(10)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 20)) as stage,
    ):
        visitor = await stage.person(CITY, "visitor")
        tray = (await stage.tray(CITY, "visitor")).values()
        public = next(one for one in tray if one["status"] == "PUBLICISED")
        for at in ("CITY", "SITE_VISIT"):
            assert (await visitor.act(q.RETURN_APPLICATION, returning(public, at)))["code"] == (
                "application.wrong_status"
            )


ASSIGN = """mutation($requestId: ID!, $input: AssignRoleInput!) { assignRole(requestId: $requestId, input: $input) {
  ... on RoleRecorded { receipt { sequence } } ... on Refusal { code } } }"""


@pytest.fixture
async def village(fresh: Stage) -> tuple[str, str]:
    """A village beneath a street, and `rival` its clerk: its unit's id, and the campaign's."""
    await (await fresh.person(CITY, "leader")).act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    (row,) = await fresh.rows(
        "SELECT id FROM units WHERE tenant_id = $1 AND parent_id = $2 AND kind = 'village' AND valid_to IS NULL"
        " ORDER BY sort_key LIMIT 1",
        RURAL.tenant_id,
        RURAL.street.id,
    )
    (person,) = await fresh.rows(
        "SELECT person_id FROM credentials WHERE tenant_id = $1 AND login = 'rival'", RURAL.tenant_id
    )
    admin = await fresh.person(RURAL.code, "admin")
    unit = f"Unit.{RURAL.tenant_id}.{row['id']}"
    role = {
        "personId": f"Person.{RURAL.tenant_id}.{person['person_id']}",
        "role": "COMMUNITY_CLERK",
        "unitId": unit,
    }
    assert "receipt" in await admin.act(ASSIGN, role)
    return unit, await fresh.campaign()


async def test_a_village_says_why_and_the_county_confirms_it(fresh: Stage, village: tuple[str, str]):
    unit, campaign = village
    clerk, street, county = [
        await fresh.person(RURAL.code, login, fresh=True) for login in ("rival", "street", "county")
    ]
    wanted = {"campaignId": campaign, "level": "provincial", "communityId": unit}
    filed = (await clerk.act(q.FILE_APPLICATION, wanted))["application"]["id"]
    form = {"applicationId": filed, **form_of(RURAL.name, RURAL.street.name, "某村")}
    assert (await clerk.act(q.SAVE_FORM, form))["code"] == "application.justification_missing"
    for blank in ("", " ", "理" * 501):
        assert (await clerk.act(q.SAVE_FORM, {**form, "justification": blank}))["code"] == "field.refused"
    reason = "本村设有就业服务站，服务功能与社区相近。"
    saved = await clerk.act(q.SAVE_FORM, {**form, "justification": reason})
    hash_ = saved["application"]["form"]["hash"]
    await clerk.act(q.SUBMIT_APPLICATION, {"applicationId": filed, "formHash": hash_})
    assert "receipt" in await street.act(q.GIVE_OPINION, opinion(filed, hash_, "STREET"))
    bare = opinion(filed, hash_, "COUNTY")
    assert (await county.act(q.GIVE_OPINION, bare))["code"] == "opinion.justification_unconfirmed"
    assert "receipt" in await county.act(q.GIVE_OPINION, {**bare, "confirmJustification": True})
    seen = await look(county, filed)
    assert seen["communityKind"] == "VILLAGE"
    assert [one["justification"] for one in seen["formVersions"]] == [reason]
    assert [one["justificationConfirmed"] for one in seen["opinions"]] == [None, True]
    # A community has none to give.
    own = await fresh.person(RURAL.code, "clerk")
    place = f"Unit.{RURAL.tenant_id}.{RURAL.nominee.id}"
    filed = (await own.act(q.FILE_APPLICATION, {**wanted, "communityId": place}))["application"]["id"]
    sly = {**form, "applicationId": filed, "justification": reason}
    assert (await own.act(q.SAVE_FORM, sly))["code"] == "field.refused"
    assert (await fresh.verify())[RURAL.code].ok
