"""Changes of divisions through the API: merged, divided, moved, renamed, recoded; who may, and what stands in the way."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.integration.api.divisions import (
    CHANGES,
    CONFIRM,
    DECLINE,
    PROPOSE,
    a_change,
    ask,
    check_units,
    confirm,
    done,
    new_unit,
    place_id,
    shown,
    unit,
)
from tests.integration.api.kit import Stage
from tests.integration.api.reviews import inspector, planned, reviews_of, team
from tests.integration.api.star import (
    ATTEST,
    PROPOSE_CHANGE,
    a_record,
    a_review,
    attest,
    certifications,
    change,
    file_star,
    import_history,
    mutation,
    propose,
)
from tests.integration.api.star import (
    PROPOSE as PROPOSE_RECORDS,
)
from tests.integration.api.star import a_change as a_certification_change
from tests.integration.evidence.kit import pdf, send
from xingji.demo import documents as q
from xingji.demo.cast import CITY, FORMED_LATER, Place, counties

COUNTY = counties()[0]
OTHER = counties()[1]
A, B, C = COUNTY.nominee, COUNTY.rival, COUNTY.star
CODE = f"{COUNTY.code}002099"


@pytest.fixture
async def opened(fresh: Stage) -> Stage:
    """The round is open, on 2022-04-25."""
    await (await fresh.person(CITY, "leader")).act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    return fresh


async def id_of(stage: Stage, code: str) -> str:
    """The unit that carries the code."""
    (row,) = await stage.rows(
        "SELECT tenant_id, unit_id FROM unit_codes WHERE code = $1 AND valid_to IS NULL", code
    )
    return unit(row["tenant_id"], row["unit_id"])


async def code_of(stage: Stage, unit_id: str) -> str:
    (row,) = await stage.rows(
        "SELECT code FROM unit_codes WHERE unit_id = $1::uuid AND valid_to IS NULL", unit_id.split(".")[2]
    )
    return str(row["code"])


async def streak(stage: Stage, unit_id: str) -> tuple[int, list[tuple[int, str]]]:
    history = (await shown(await stage.person(CITY, "leader"), unit_id))["history"]
    return history["streak"], [(one["year"], one["result"]) for one in history["years"]]


async def test_merged_communities_end_and_the_new_one_goes_on_from_both(opened: Stage) -> None:
    await import_history(opened, COUNTY, A)
    pair = [place_id(COUNTY, A), place_id(COUNTY, B)]
    merged = await done(opened, merge={"communityIds": pair, "into": {"create": new_unit(COUNTY, CODE)}})
    (begun,) = merged["change"]["outcome"]["opened"]
    assert {one["unitId"] for one in merged["change"]["outcome"]["closed"]} == set(pair)
    officer = await opened.person(COUNTY.code, "county")
    after = await shown(officer, begun["unitId"])
    told = (after["name"], after["code"], after["validFrom"], after["kind"])
    assert told == ("新合社区", CODE, "2022-04-20", "COMMUNITY")
    assert sorted(one["predecessor"]["id"] for one in after["predecessors"]) == sorted(pair)
    assert after["history"]["streak"] == 3
    before = await shown(officer, pair[0])
    assert (before["validTo"], before["code"]) == ("2022-04-20", None)
    (succession,) = before["successors"]
    assert (succession["kind"], succession["carried"]) == ("MERGED", True)
    assert succession["successor"]["id"] == begun["unitId"]
    assert [one["eligible"] for one in before["eligibility"]] == [False, False]
    await check_units(opened)


async def test_a_failed_year_goes_on_through_mergers_and_splits(opened: Stage) -> None:
    """The union of what is known counts, strictly: no chain of changes gets rid of a fail."""
    await import_history(opened, COUNTY, A)
    failed = [(2019, "PASS"), (2020, "FAIL"), (2021, "PASS")]
    await import_history(opened, COUNTY, B, failed)
    into = {"unitId": place_id(COUNTY, A)}
    await done(opened, merge={"communityIds": [place_id(COUNTY, B)], "into": into})
    assert await streak(opened, place_id(COUNTY, A)) == (1, failed)
    opened.clock.travel(opened.clock().replace(day=26))
    parts = [new_unit(COUNTY, f"{COUNTY.code}002{n:03}", f"第{n}社区") for n in (91, 92)]
    of_day = {"effectiveOn": "2022-04-25"}
    await done(opened, split={"communityId": place_id(COUNTY, A), "into": parts}, **of_day)
    one, two = [await id_of(opened, part["code"]) for part in parts]
    assert await streak(opened, one) == (1, failed) and await streak(opened, two) == (1, failed)
    await done(opened, rename={"unitId": one, "name": "新名社区"}, **of_day)
    again = {"create": new_unit(COUNTY, CODE)}
    await done(opened, merge={"communityIds": [one, two], "into": again}, effectiveOn="2022-04-26")
    merged = await id_of(opened, CODE)
    assert await streak(opened, merged) == (1, failed)
    await check_units(opened)


async def test_a_history_is_left_out_with_a_reason_alone_and_shown(opened: Stage) -> None:
    await import_history(opened, COUNTY, A)
    await import_history(opened, COUNTY, B, [(2019, "PASS"), (2020, "FAIL"), (2021, "PASS")])
    pair = [place_id(COUNTY, A), place_id(COUNTY, B)]
    wanted = {"communityIds": pair, "into": {"create": new_unit(COUNTY, CODE)}, "carriedIds": pair[:1]}
    assert (await ask(opened, merge=wanted))["code"] == "unit_change.refused"
    merged = await done(opened, merge={**wanted, "leftOut": "仅划入零星楼栋，机构与人员未并入"})
    outcome = merged["change"]["outcome"]
    assert {one["predecessorId"]: one["carried"] for one in outcome["passed"]} == {
        pair[0]: True,
        pair[1]: False,
    }
    assert outcome["leftOut"] == "仅划入零星楼栋，机构与人员未并入"
    left = await shown(await opened.person(COUNTY.code, "county"), pair[1])
    assert [one["carried"] for one in left["successors"]] == [False]
    assert (await streak(opened, await id_of(opened, CODE)))[0] == 3


async def test_a_street_moves_with_its_communities_and_their_history(opened: Stage) -> None:
    await import_history(opened, COUNTY, A)
    await import_history(opened, COUNTY, B, [(2019, "PASS"), (2021, "PASS")])
    (legacy,) = await certifications(
        await opened.person(COUNTY.code, "county"), communityId=place_id(COUNTY, A)
    )
    await change(opened, legacy["id"], "SUSPEND", documentDate="2022-04-20")
    await change(opened, legacy["id"], "REINSTATE", documentDate="2022-04-21")
    street = unit(COUNTY.tenant_id, COUNTY.street.id)
    beneath = await opened.rows("SELECT id FROM units WHERE parent_id = $1", COUNTY.street.id)
    (zone,) = await opened.rows("SELECT id FROM tenants WHERE code = $1", FORMED_LATER)
    asked = {"unitId": street, "toTenantId": f"Tenant.{zone['id']}.{zone['id']}", "code": "411671014000"}
    moved = await done(opened, move=asked, effectiveOn="2022-04-22")
    # One entry closes, and each unit is opened by its own.
    assert len(moved["followed"]) == len(beneath) + 2
    last = (await code_of_closed(opened, A))[9:]
    there = await id_of(opened, f"411671014{last}")
    leader = await opened.person(CITY, "leader")
    after, before = await shown(leader, there), await shown(leader, place_id(COUNTY, A))
    assert after["name"] == A.name and after["tenant"]["code"] == FORMED_LATER
    assert after["history"]["streak"] == 3 and after["history"]["certifiedOn"] == "2018-07-02"
    assert {one["cite"]["origin"] for one in after["history"]["years"]} == {
        (await opened.rows("SELECT origin FROM tenants WHERE code = $1", COUNTY.code))[0]["origin"]
    }
    star = next(one for one in after["eligibility"] if one["level"] in ("STAR", "star"))
    assert star["eligible"] is True
    assert [(one["kind"], one["tenant"]["code"]) for one in after["predecessors"]] == [("MOVED", COUNTY.code)]
    assert [(one["kind"], one["successor"]["id"]) for one in before["successors"]] == [("MOVED", there)]
    missing = await id_of(opened, f"411671014{(await code_of_closed(opened, B))[9:]}")
    assert (await streak(opened, missing))[0] == 1
    # The county that lost it sees where it went, and not what is there.
    seen = await shown(await opened.person(COUNTY.code, "county"), place_id(COUNTY, A))
    assert [(one["tenant"]["code"], one["successor"]) for one in seen["successors"]] == [(FORMED_LATER, None)]
    # What becomes of the certification is decided where it is now.
    old = await leader.act(PROPOSE_CHANGE, a_certification_change(legacy["id"]))
    assert old["code"] == "change.moved" and "开发区" in old["messageZh"]
    (now,) = await certifications(leader, communityId=there)
    assert (now["legacy"], now["state"], now["stateOn"]) == (True, None, "2022-04-21")
    await change(opened, now["id"], "REVOKE")
    assert (await streak(opened, there))[0] == 0
    await check_units(opened)
    entries = await opened.rows(
        "SELECT leaf FROM ledger_entries WHERE operation = 'unit.opened' AND subject_id = $1::uuid",
        there.split(".")[2],
    )
    assert '"facts"' in entries[0]["leaf"] and len(entries) == 1


async def code_of_closed(stage: Stage, place: Place) -> str:
    (row,) = await stage.rows(
        "SELECT code FROM unit_codes WHERE unit_id = $1 ORDER BY valid_from DESC LIMIT 1", place.id
    )
    return str(row["code"])


async def test_a_moved_community_brings_what_it_had_from_mergers_before(opened: Stage) -> None:
    await import_history(opened, COUNTY, B)
    await done(opened, merge={"communityIds": [place_id(COUNTY, B)], "into": {"unitId": place_id(COUNTY, A)}})
    street = unit(OTHER.tenant_id, OTHER.street.id)
    code = f"{OTHER.code}002088"
    move = {"unitId": place_id(COUNTY, A), "toParentId": street, "code": code}
    move["toTenantId"] = f"Tenant.{OTHER.tenant_id}.{OTHER.tenant_id}"
    await done(opened, move=move, effectiveOn="2022-04-22")
    there = await id_of(opened, code)
    assert (await streak(opened, there))[0] == 3
    # And on: every fact goes on citing the entry that first said it.
    back = {"unitId": there, "toParentId": unit(COUNTY.tenant_id, COUNTY.street.id), "code": CODE}
    back["toTenantId"] = f"Tenant.{COUNTY.tenant_id}.{COUNTY.tenant_id}"
    await done(opened, move=back, effectiveOn="2022-04-25")
    here = await id_of(opened, CODE)
    history = (await shown(await opened.person(COUNTY.code, "county"), here))["history"]
    assert history["streak"] == 3
    attested = await opened.rows("SELECT hash FROM ledger_entries WHERE operation = 'legacy.attested'")
    assert {one["cite"]["hash"] for one in history["years"]} <= {row["hash"].hex() for row in attested}
    await check_units(opened)


async def test_a_rename_and_a_new_code_keep_the_unit(opened: Stage) -> None:
    await import_history(opened, COUNTY, A)
    street = unit(COUNTY.tenant_id, COUNTY.street.id)
    await done(opened, rename={"unitId": place_id(COUNTY, A), "name": "迎春社区居民委员会"})
    recoded = await done(opened, recode={"unitId": street, "code": f"{COUNTY.code}099000"})
    assert len(recoded["followed"]) == 1
    after = await shown(await opened.person(COUNTY.code, "county"), place_id(COUNTY, A))
    assert after["name"] == "迎春社区" and after["code"].startswith(f"{COUNTY.code}099")
    assert (after["history"]["streak"], after["predecessors"], after["successors"]) == (3, [], [])
    altered = recoded["change"]["outcome"]["altered"]
    assert altered[0]["formerCode"].endswith("000") and altered[0]["formerName"] == COUNTY.street.name
    again = await ask(opened, recode={"unitId": street, "code": f"{COUNTY.code}098000"})
    assert again["code"] == "unit_change.refused"
    await check_units(opened)


async def test_what_is_under_way_comes_first(opened: Stage) -> None:
    merge = {"communityIds": [place_id(COUNTY, B)], "into": {"unitId": place_id(COUNTY, A)}}
    proposed = await ask(opened, merge=merge)
    clerk = await opened.person(COUNTY.code, "clerk")
    wanted = {
        "campaignId": await opened.campaign(),
        "level": "provincial",
        "communityId": place_id(COUNTY, A),
    }
    filed = await clerk.act(q.FILE_APPLICATION, wanted)
    refused = await confirm(opened, proposed["change"]["id"])
    assert refused["code"] == "unit_change.busy" and A.name in refused["messageZh"]
    street = {"unitId": unit(COUNTY.tenant_id, COUNTY.street.id), "code": f"{OTHER.code}098000"}
    street["toTenantId"] = f"Tenant.{OTHER.tenant_id}.{OTHER.tenant_id}"
    assert (await ask(opened, move=street))["code"] == "unit_change.busy"
    parts = [new_unit(COUNTY, CODE)]
    split = {"communityId": place_id(COUNTY, A), "into": parts, "keeps": True}
    assert (await ask(opened, split=split))["code"] == "unit_change.busy"
    withdrawn = await clerk.act(
        q.WITHDRAW_APPLICATION, {"applicationId": filed["application"]["id"], "reason": "撤回"}
    )
    assert "receipt" in withdrawn, withdrawn
    assert (await confirm(opened, proposed["change"]["id"]))["unfollowed"] == []
    await check_units(opened)


async def test_a_closed_unit_gives_nobody_a_role_and_takes_nothing(opened: Stage) -> None:
    clerk = await opened.person(COUNTY.code, "clerk")
    await propose(opened, COUNTY, A, a_record())
    (record,) = await opened.rows("SELECT tenant_id, id FROM legacy_records")
    await done(opened, merge={"communityIds": [place_id(COUNTY, A)], "into": {"unitId": place_id(COUNTY, B)}})
    refused = await file_star(opened, clerk, COUNTY, A)
    assert refused["code"] == "actor.not_entitled"
    officer = await opened.person(COUNTY.code, "county")
    records = {"communityId": place_id(COUNTY, A), "records": [a_review(2020)]}
    assert (await officer.act(PROPOSE_RECORDS, records))["code"] == "unit.closed"
    sent = await send(officer, place_id(COUNTY, A), pdf())
    assert sent.json()["errors"][0]["extensions"]["code"] == "unit.closed"
    reviewer = await opened.person(CITY, "reviewer")
    attested = await reviewer.act(ATTEST, {"recordId": f"LegacyRecord.{record['tenant_id']}.{record['id']}"})
    assert attested["code"] == "unit.closed"
    (role,) = await opened.rows("SELECT person_id FROM role_assignments WHERE unit_id = $1", A.id)
    admin = await opened.person(COUNTY.code, "admin")
    wanted = {
        "personId": f"Person.{COUNTY.tenant_id}.{role['person_id']}",
        "role": "COMMUNITY_CLERK",
        "unitId": place_id(COUNTY, A),
    }
    assert (await admin.act(mutation("assignRole", ""), wanted))["code"] == "not_found"
    again = await ask(opened, rename={"unitId": place_id(COUNTY, A), "name": "旧社区"})
    assert again["code"] == "unit.closed"
    # What paper says is entered for the one that goes on.
    await attest(opened, *await propose(opened, COUNTY, B, a_record()))


async def test_only_two_persons_of_the_city_change_divisions(opened: Stage) -> None:
    asked = a_change(rename={"unitId": place_id(COUNTY, A), "name": "迎春社区"})
    officer = await opened.person(COUNTY.code, "county")
    assert (await officer.act(PROPOSE, asked))["code"] == "actor.not_entitled"
    leader = await opened.person(CITY, "leader")
    request = str(uuid4())
    first, again = [await leader.act(PROPOSE, asked, request) for _ in range(2)]
    assert again["receipt"]["replayed"] and again["change"]["id"] == first["change"]["id"]
    other = {**asked, "reason": "另有原因"}
    assert (await leader.act(PROPOSE, other, request))["code"] == "request.conflict"
    by = {"unitChangeId": first["change"]["id"]}
    assert (await leader.act(CONFIRM, by))["code"] == "actor.second_person"
    allowed = {one["action"]: one["allowed"] for one in first["change"]["availableActions"]}
    assert allowed == {"confirm_unit_change": False, "decline_unit_change": True}
    assert (await officer.act(CONFIRM, by))["code"] == "not_found"
    seen = await officer.get(CHANGES)
    assert [edge["node"]["id"] for edge in seen["unitChanges"]["edges"]] == [first["change"]["id"]]
    request = str(uuid4())
    first, again = [await confirm(opened, by["unitChangeId"], request) for _ in range(2)]
    assert again["receipt"]["replayed"] and (len(first["followed"]), again["followed"]) == (1, [])
    assert (await leader.act(DECLINE, {**by, "reason": "不妥"}))["code"] == "unit_change.settled"
    declined = await ask(opened, rename={"unitId": place_id(COUNTY, B), "name": "迎秋社区"})
    done_ = await leader.act(DECLINE, {"unitChangeId": declined["change"]["id"], "reason": "不妥"})
    assert done_["change"]["declineReason"] == "不妥" and done_["followed"] == []
    assert (await confirm(opened, declined["change"]["id"]))["code"] == "unit_change.settled"
    assert (await shown(officer, place_id(COUNTY, B)))["name"] == B.name


async def test_what_is_no_change_is_refused(opened: Stage) -> None:
    pair, none = [place_id(COUNTY, A), place_id(COUNTY, B)], {}
    new = {"create": new_unit(COUNTY, CODE)}
    for asked, code in (
        ({"effectiveOn": "2022-04-26"}, "field.refused"),
        ({"documentDate": "2022-04-26"}, "field.refused"),
        ({"effectiveOn": "2020-06-30"}, "unit_change.refused"),
        ({"merge": {"communityIds": pair[:1], "into": new}}, "unit_change.refused"),
        ({"merge": {"communityIds": [pair[0], pair[0]], "into": new}}, "unit_change.refused"),
        (
            {"merge": {"communityIds": pair, "into": new, "carriedIds": [place_id(COUNTY, C)]}},
            "unit_change.refused",
        ),
        ({"merge": {"communityIds": pair, "into": none}}, "unit_change.refused"),
        ({"merge": {"communityIds": [pair[0], place_id(OTHER, OTHER.nominee)], "into": none}}, "not_found"),
        ({"merge": {"communityIds": [], "into": none}}, "field.refused"),
        ({"rename": {"unitId": pair[0], "name": "又名社区"}}, "field.refused"),
        ({"merge": None, "rename": {"unitId": pair[0], "name": A.name}}, "unit_change.refused"),
        ({"merge": None, "rename": {"unitId": pair[0], "name": " "}}, "field.refused"),
        (
            {"merge": None, "rename": {"unitId": unit(COUNTY.tenant_id, COUNTY.unit_id), "name": "某县"}},
            "unit_change.refused",
        ),
        ({"merge": None, "split": {"communityId": pair[0], "into": [new["create"]]}}, "unit_change.refused"),
        (
            {"merge": None, "recode": {"unitId": pair[0], "code": f"{COUNTY.code}099000"}},
            "unit_change.refused",
        ),
    ):
        refused = await ask(opened, **{"merge": {"communityIds": pair, "into": new}, **asked})
        assert refused.get("code") == code, (asked, refused)
    assert await opened.rows("SELECT 1 FROM unit_changes") == []


async def test_codes_are_of_the_county_and_carried_once(opened: Stage) -> None:
    pair = [place_id(COUNTY, A), place_id(COUNTY, B)]

    async def merged_as(code: str) -> str:
        made = {"create": new_unit(COUNTY, code)}
        return str((await ask(opened, merge={"communityIds": pair, "into": made})).get("code", "ok"))

    assert await merged_as(f"{OTHER.code}002099") == "unit_change.refused"
    assert await merged_as(f"{COUNTY.code}00209") == "unit_change.refused"
    assert await merged_as(f"{COUNTY.code}002000") == "unit_change.refused"
    assert await merged_as(await code_of(opened, place_id(COUNTY, C))) == "unit_change.code_taken"
    # The code of one that ends may go on, carried by another unit.
    own = await code_of(opened, pair[0])
    merged = await done(opened, merge={"communityIds": pair, "into": {"create": new_unit(COUNTY, own)}})
    (begun,) = merged["change"]["outcome"]["opened"]
    assert begun["unitId"] not in pair and await id_of(opened, own) == begun["unitId"]
    await check_units(opened)


async def test_a_plan_overtaken_by_another_is_refused(opened: Stage) -> None:
    merge = {"communityIds": [place_id(COUNTY, A)], "into": {"unitId": place_id(COUNTY, B)}}
    first, second = await ask(opened, merge=merge), await ask(opened, merge=merge)
    assert (await confirm(opened, first["change"]["id"]))["unfollowed"] == []
    assert (await confirm(opened, second["change"]["id"]))["code"] == "unit_change.stale"


async def test_lists_that_were_public_keep_the_name(replay: Stage) -> None:
    notices = await replay.rows(
        "SELECT application_tenant_id, application_id, community_name FROM roster_items WHERE application_tenant_id = $1",
        COUNTY.tenant_id,
    )
    unit_id = place_id(COUNTY, COUNTY.recommended[1])
    await done(replay, rename={"unitId": unit_id, "name": "迎春社区"})
    assert (await shown(await replay.person(COUNTY.code, "county"), unit_id))["name"] == "迎春社区"
    after = await replay.rows(
        "SELECT application_tenant_id, application_id, community_name FROM roster_items WHERE application_tenant_id = $1",
        COUNTY.tenant_id,
    )
    assert notices == after and all(COUNTY.recommended[1].name in row["community_name"] for row in after)


async def test_a_part_that_moved_has_its_own_certification_and_the_rest_keeps_the_old(opened: Stage) -> None:
    await import_history(opened, COUNTY, A)
    (old,) = await certifications(await opened.person(COUNTY.code, "county"), communityId=place_id(COUNTY, A))
    part, code = new_unit(COUNTY, CODE), f"{OTHER.code}002088"
    await done(opened, split={"communityId": place_id(COUNTY, A), "into": [part], "keeps": True})
    beside = await id_of(opened, CODE)
    move = {"unitId": beside, "toParentId": unit(OTHER.tenant_id, OTHER.street.id), "code": code}
    move["toTenantId"] = f"Tenant.{OTHER.tenant_id}.{OTHER.tenant_id}"
    await done(opened, move=move, effectiveOn="2022-04-22")
    there = await id_of(opened, code)
    leader = await opened.person(CITY, "leader")
    (new,) = await certifications(leader, communityId=there)
    assert (await streak(opened, there))[0] == 3
    await change(opened, new["id"], "SUSPEND", documentDate="2022-04-23")
    assert [one["state"] for one in await certifications(leader, communityId=place_id(COUNTY, A))] == [None]
    # The community that keeps its name still rests on the old row.
    await change(opened, old["id"], "REVOKE", documentDate="2022-04-24")
    assert [one["state"] for one in await certifications(leader, communityId=there)] == ["SUSPENDED"]
    await check_units(opened, COUNTY.code, OTHER.code)


async def test_certified_and_uncertified_merge_and_the_renamed_one_later(opened: Stage) -> None:
    await import_history(opened, COUNTY, A)
    await done(opened, rename={"unitId": place_id(COUNTY, A), "name": "迎春社区"})
    await done(opened, merge={"communityIds": [place_id(COUNTY, A)], "into": {"unitId": place_id(COUNTY, B)}})
    assert (await streak(opened, place_id(COUNTY, B)))[0] == 3
    opened.clock.travel(opened.clock().replace(day=27))
    chain = {"communityIds": [place_id(COUNTY, B)], "into": {"unitId": place_id(COUNTY, C)}}
    await done(opened, merge=chain, effectiveOn="2022-04-26")
    assert (await streak(opened, place_id(COUNTY, C)))[0] == 3
    # What becomes of the certification is told of whoever goes on from it.
    leader = await opened.person(CITY, "leader")
    (row,) = await certifications(leader, communityId=place_id(COUNTY, A))
    await change(opened, row["id"], "REVOKE")
    assert (await shown(leader, place_id(COUNTY, C)))["history"]["stands"] is False
    await check_units(opened)


async def test_who_goes_on_is_reviewed_and_stays_what_it_is_meanwhile(opened: Stage) -> None:
    await attest(opened, *await propose(opened, COUNTY, A, a_record()))
    await done(opened, merge={"communityIds": [place_id(COUNTY, A)], "into": {"unitId": place_id(COUNTY, B)}})
    cycle = await planned(opened, team("一组", await inspector(opened, "north")))
    assert [one["community"]["id"] for one in reviews_of(cycle)] == [place_id(COUNTY, B)]
    parts = [new_unit(COUNTY, CODE)]
    refused = await ask(opened, split={"communityId": place_id(COUNTY, B), "into": parts, "keeps": True})
    assert refused["code"] == "unit_change.busy" and "年度复查" in refused["messageZh"]
