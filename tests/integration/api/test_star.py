"""Star applications through the API: a past that county and city attest from paper, and what stops who lacks one."""

from __future__ import annotations

import pytest

from tests.integration.api.kit import Stage, opinion
from tests.integration.api.star import (
    APPLICATION,
    PASSES,
    UNIT,
    a_record,
    a_review,
    attest,
    certifications,
    change,
    file_star,
    import_history,
    node,
    propose,
    save_star,
    submitted,
    unit,
)
from xingji.demo import documents as q
from xingji.demo.cast import CITY, counties, person_id
from xingji.demo.clock import shanghai
from xingji.demo.words import findings

COUNTY = counties()[0]
PLACE = COUNTY.nominee


@pytest.fixture
async def opened(fresh: Stage) -> Stage:
    """The round is open, on 2022-04-25."""
    await (await fresh.person(CITY, "leader")).act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    return fresh


async def test_a_community_with_an_attested_past_applies_for_star(opened: Stage) -> None:
    await import_history(opened, COUNTY, PLACE)
    application, form_hash = await submitted(opened, COUNTY, "clerk", PLACE)
    officer = await opened.person(COUNTY.code, "county")
    seen = await node(officer, APPLICATION, application)
    assert (seen["level"], seen["status"], seen["restsOnLegacy"]) == ("star", "SUBMITTED", True)
    form = seen["form"]
    assert (form["hash"], form["certifiedOn"]) == (form_hash, "2018-07-02")
    assert [(one["year"], one["result"], one["legacy"]) for one in form["reviews"]] == [
        (year, result, True) for year, result in PASSES
    ]
    attestations = "SELECT hash FROM ledger_entries WHERE operation = 'legacy.attested' ORDER BY seq"
    hashes = [row["hash"].hex() for row in await opened.rows(attestations)]
    assert [one["cite"]["hash"] for one in form["reviews"]] == hashes[1:]
    assert seen["history"]["streak"] == 3 and seen["history"]["obstacle"] is None
    (certified,) = await certifications(officer, communityId=unit(COUNTY, PLACE))
    (proposed,) = await opened.rows("SELECT hash FROM ledger_entries WHERE operation = 'legacy.proposed'")
    assert (certified["legacy"], certified["application"]) == (True, None)
    assert (certified["legacyRecord"]["year"], certified["citedHash"]) == (2018, proposed["hash"].hex())
    assert (await opened.verify())[COUNTY.code].ok


async def test_a_missing_year_is_refused_and_named(opened: Stage) -> None:
    await import_history(opened, COUNTY, PLACE, [PASSES[0], PASSES[2]])
    clerk = await opened.person(COUNTY.code, "clerk")
    refused = await file_star(opened, clerk, COUNTY, PLACE)
    assert (refused["code"], refused["clause"]) == ("application.history_missing", "一；附件1 三（二）.1")
    assert "缺 2020 年度复查记录" in refused["messageZh"] and "no review of 2020" in refused["messageEn"]
    assert await opened.rows("SELECT 1 FROM applications") == []
    await attest(opened, *await propose(opened, COUNTY, PLACE, a_review(2020)))
    assert "application" in await file_star(opened, clerk, COUNTY, PLACE)


async def test_a_star_round_ends_beside_the_provincial_certification(opened: Stage) -> None:
    """Two of one county, for star has no cap a county; by lists of their own level."""
    filed = {}
    for login, place in (("clerk", COUNTY.nominee), ("rival", COUNTY.rival)):
        await import_history(opened, COUNTY, place)
        filed[place.name] = await submitted(opened, COUNTY, login, place)
    for one in filed.values():
        for login, stage in (("street", "STREET"), ("county", "COUNTY")):
            officer = await opened.person(COUNTY.code, login)
            assert "receipt" in await officer.act(q.GIVE_OPINION, opinion(*one, stage))
    leader, reviewer, visitor = [await opened.person(CITY, one) for one in ("leader", "reviewer", "visitor")]
    opened.clock.travel(shanghai(5, 17))
    for one in filed.values():
        assert "receipt" in await reviewer.act(q.GIVE_OPINION, opinion(*one, "CITY"))
        visit = {
            "applicationId": one[0],
            "formHash": one[1],
            "note": "实地察看，情况属实。",
            "items": findings(),
        }
        assert "receipt" in await visitor.act(q.RECORD_SITE_VISIT, visit)
    opened.clock.travel(shanghai(5, 20))
    of_star = {"campaignId": await opened.campaign(), "level": "star"}
    items = [
        {"applicationId": one[0], "verdict": "SELECTED", "reason": "逐项比较，符合标准"}
        for one in filed.values()
    ]
    ranked = await leader.act(q.RANK_APPLICATIONS, {**of_star, "items": items, "reason": "按标准逐项比较"})
    wanted = {**of_star, "rankingId": ranked["roster"]["id"], "opensOn": "2022-05-20"}
    publicity = (await leader.act(q.OPEN_PUBLICITY, wanted))["roster"]["id"]
    opened.clock.travel(shanghai(5, 30))
    assert "receipt" in await leader.act(q.CLOSE_PUBLICITY, {**of_star, "publicityId": publicity})
    document = {"documentNumber": "周人社函〔2022〕9号", "documentDate": "2022-05-30"}
    reported = await leader.act(q.REPORT_TO_PROVINCE, {**of_star, "publicityId": publicity, **document})
    opened.clock.travel(shanghai(7, 15))
    decided = {
        **of_star,
        "reportId": reported["roster"]["id"],
        "documentNumber": "豫人社函〔2022〕31号",
        "documentDate": "2022-07-01",
        "items": [{**item, "verdict": "CERTIFIED"} for item in items],
    }
    done = await leader.act(q.RECORD_DECISION, decided)
    assert len(done["followed"]) == 2, done
    clerk = await opened.person(COUNTY.code, "clerk")
    found = {one["level"]: one for one in await certifications(clerk)}
    assert set(found) == {"provincial", "star"}
    assert (found["provincial"]["legacy"], found["star"]["legacy"]) == (True, False)
    assert found["star"]["application"]["id"] == filed[COUNTY.nominee.name][0]
    assert [one["state"] for one in found.values()] == [None, None]
    assert len(await certifications(await opened.person(COUNTY.code, "street"))) == 4
    assert all(verdict.ok for verdict in (await opened.verify()).values())


async def test_a_revocation_in_between_stops_an_application_where_it_is(opened: Stage) -> None:
    await import_history(opened, COUNTY, PLACE)
    application, form = await submitted(opened, COUNTY, "clerk", PLACE)
    street, officer = [await opened.person(COUNTY.code, one) for one in ("street", "county")]
    await street.act(q.GIVE_OPINION, opinion(application, form, "STREET"))
    (certified,) = await certifications(officer)

    await change(opened, certified["id"], "SUSPEND")
    refused = await officer.act(q.GIVE_OPINION, opinion(application, form, "COUNTY"))
    assert refused["code"] == "application.history_missing" and "2022-04-24 暂停" in refused["messageZh"]
    seen = await node(officer, APPLICATION, application)
    actions = {one["action"]: one for one in seen["availableActions"]}
    assert actions["county_recommend"]["obstacle"]["code"] == "application.history_missing"
    assert actions["county_refuse"]["allowed"] is True
    assert (seen["history"]["stands"], seen["history"]["state"]) == (False, "SUSPENDED")

    lifted = await change(opened, certified["id"], "REINSTATE", documentDate="2022-04-25")
    assert lifted["change"]["certification"]["state"] is None and len(lifted["followed"]) == 1
    assert (await node(officer, APPLICATION, application))["history"]["streak"] == 3
    assert "receipt" in await officer.act(q.GIVE_OPINION, opinion(application, form, "COUNTY"))

    await change(opened, certified["id"], "REVOKE", documentDate="2022-04-25")
    opened.clock.travel(shanghai(5, 17))
    reviewer = await opened.person(CITY, "reviewer")
    refused = await reviewer.act(q.GIVE_OPINION, opinion(application, form, "CITY"))
    assert refused["code"] == "application.history_missing" and "撤销" in refused["messageZh"]
    refuse = {**opinion(application, form, "CITY", "认定已撤销"), "verdict": "REFUSE"}
    assert (await reviewer.act(q.GIVE_OPINION, refuse))["application"]["status"] == "REJECTED"
    (now,) = await certifications(officer)
    assert (now["state"], now["stateDocument"], now["stateOn"]) == (
        "REVOKED",
        "豫人社函〔2022〕8号",
        "2022-04-25",
    )
    assert all(verdict.ok for verdict in (await opened.verify()).values())


async def test_the_city_selects_and_publicises_none_that_lost_its_certification(opened: Stage) -> None:
    await import_history(opened, COUNTY, PLACE)
    application, form = await submitted(opened, COUNTY, "clerk", PLACE)
    for login, stage in (("street", "STREET"), ("county", "COUNTY")):
        await (await opened.person(COUNTY.code, login)).act(q.GIVE_OPINION, opinion(application, form, stage))
    leader, reviewer = [await opened.person(CITY, one) for one in ("leader", "reviewer")]
    opened.clock.travel(shanghai(5, 20))
    await reviewer.act(q.GIVE_OPINION, opinion(application, form, "CITY"))
    visit = {
        "applicationId": application,
        "formHash": form,
        "note": "实地察看，情况属实。",
        "items": findings(),
    }
    assert "receipt" in await reviewer.act(q.RECORD_SITE_VISIT, visit)
    (certified,) = await certifications(await opened.person(COUNTY.code, "county"))
    of_star = {"campaignId": await opened.campaign(), "level": "star"}
    item = {"applicationId": application, "verdict": "SELECTED", "reason": "符合标准"}
    ranking = {**of_star, "items": [item], "reason": "按标准逐项比较"}

    await change(opened, certified["id"], "SUSPEND", documentDate="2022-05-19")
    refused = await leader.act(q.RANK_APPLICATIONS, ranking)
    assert refused["code"] == "roster.items"
    assert PLACE.name in refused["messageZh"] and "2022-05-19 暂停" in refused["messageZh"]
    await change(opened, certified["id"], "REINSTATE", documentDate="2022-05-20")
    ranked = await leader.act(q.RANK_APPLICATIONS, ranking)
    await change(opened, certified["id"], "REVOKE", documentDate="2022-05-20")
    wanted = {**of_star, "rankingId": ranked["roster"]["id"], "opensOn": "2022-05-20"}
    refused = await leader.act(q.OPEN_PUBLICITY, wanted)
    assert refused["code"] == "roster.items" and "撤销" in refused["messageZh"]
    out = {**ranking, "items": [{**item, "verdict": "NOT_SELECTED", "reason": "认定已撤销"}]}
    assert "receipt" in await leader.act(q.RANK_APPLICATIONS, out)


async def test_a_form_is_saved_anew_when_the_past_has_changed_since(opened: Stage) -> None:
    await import_history(opened, COUNTY, PLACE)
    clerk = await opened.person(COUNTY.code, "clerk")
    application = (await file_star(opened, clerk, COUNTY, PLACE))["application"]["id"]
    first = (await save_star(clerk, application, COUNTY, PLACE))["application"]["form"]["hash"]
    older = a_record(year=2016, documentDate="2016-06-01", documentNumber="豫人社函〔2016〕3号")
    await attest(opened, *await propose(opened, COUNTY, PLACE, older))
    stale = await clerk.act(q.SUBMIT_APPLICATION, {"applicationId": application, "formHash": first})
    assert (stale["code"], stale["clause"]) == ("form.history_stale", "附件3")
    second = (await save_star(clerk, application, COUNTY, PLACE))["application"]["form"]["hash"]
    assert second != first
    done = await clerk.act(q.SUBMIT_APPLICATION, {"applicationId": application, "formHash": second})
    assert done["application"]["status"] == "SUBMITTED"
    versions = "{ applications { edges { node { formVersions { certifiedOn } } } } }"
    (edge,) = (await clerk.get(versions))["applications"]["edges"]
    days = [one["certifiedOn"] for one in edge["node"]["formVersions"]]
    assert days == ["2018-07-02", "2016-06-01"]


async def test_eligibility_is_shown_before_anybody_files(opened: Stage) -> None:
    clerk, rival = [await opened.person(COUNTY.code, one) for one in ("clerk", "rival")]
    bare = await node(clerk, UNIT, unit(COUNTY, PLACE))
    shown = {one["level"]: one for one in bare["eligibility"]}
    assert shown["provincial"] == {
        "level": "provincial",
        "eligible": True,
        "allowed": True,
        "obstacle": None,
    }
    assert (shown["star"]["eligible"], shown["star"]["allowed"]) == (False, False)
    assert shown["star"]["obstacle"]["code"] == "application.history_missing"
    assert (bare["history"]["certifiedOn"], bare["history"]["firstYear"]) == (None, None)
    await import_history(opened, COUNTY, PLACE, PASSES[:2])
    seen = await node(clerk, UNIT, unit(COUNTY, PLACE))
    history = seen["history"]
    assert (history["level"], history["applyingFor"]) == ("provincial", "star")
    assert (history["streak"], history["brokenBy"]) == (0, {"kind": "MISSING", "year": 2021})
    assert history["firstYear"] == 2025 and history["legacy"] is True
    assert [(one["year"], one["result"]) for one in history["years"]] == [*PASSES[:2], (2021, None)]
    assert len(seen["legacyRecords"]) == 3
    await attest(opened, *await propose(opened, COUNTY, PLACE, a_review(2021)))
    seen = await node(clerk, UNIT, unit(COUNTY, PLACE))
    # Who is certified as provincial does not take a place of it again.
    assert seen["eligibility"][0]["obstacle"]["code"] == "application.certified"
    again = {"campaignId": await opened.campaign(), "level": "provincial", "communityId": unit(COUNTY, PLACE)}
    refused = await clerk.act(q.FILE_APPLICATION, again)
    assert (refused["code"], "不再申报" in refused["messageZh"]) == ("application.certified", True)
    assert seen["eligibility"][1] == {"level": "star", "eligible": True, "allowed": True, "obstacle": None}
    # A neighbouring community's clerk sees the unit and nothing of its past; a street's officer sees it.
    assert await node(rival, UNIT, unit(COUNTY, PLACE)) == {
        "history": None,
        "eligibility": [],
        "legacyRecords": [],
    }
    street = await opened.person(COUNTY.code, "street")
    assert len((await node(street, UNIT, unit(COUNTY, PLACE)))["legacyRecords"]) == 4
    officer = await opened.person(COUNTY.code, "county")
    ask = (await node(officer, UNIT, unit(COUNTY, PLACE)))["eligibility"][1]
    assert (ask["eligible"], ask["allowed"]) == (True, False)
    assert ask["obstacle"]["code"] == "actor.not_entitled"


async def test_who_was_given_a_role_since_signing_in_is_shown_what_they_record(opened: Stage) -> None:
    clerk, admin = await opened.person(COUNTY.code, "clerk"), await opened.person(COUNTY.code, "admin")
    wanted = {
        "campaignId": await opened.campaign(),
        "level": "provincial",
        "communityId": unit(COUNTY, COUNTY.rival),
    }
    assert (await clerk.act(q.FILE_APPLICATION, wanted))["code"] == "actor.not_entitled"
    person = f"Person.{COUNTY.tenant_id}.{person_id(COUNTY.code, 'clerk')}"
    role = {"personId": person, "role": "COMMUNITY_CLERK", "unitId": unit(COUNTY, COUNTY.rival)}
    assert "receipt" in await admin.act(q.ASSIGN_ROLE, role)
    filed = await clerk.act(q.FILE_APPLICATION, wanted)  # by the same token, which says nothing of it
    assert filed["application"]["status"] == "DRAFT"
