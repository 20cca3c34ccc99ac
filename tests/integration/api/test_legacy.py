"""Legacy records and changes of a certification through the API: who may not, what is refused, and what a race leaves."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import Any

import pytest

from tests.integration.api.kit import Stage, codes
from tests.integration.api.star import (
    ATTEST,
    CONFIRM_CHANGE,
    DECLINE,
    DECLINE_CHANGE,
    PROPOSE,
    PROPOSE_CHANGE,
    a_change,
    a_record,
    a_review,
    attest,
    certifications,
    change,
    file_star,
    import_history,
    mutation,
    propose,
    unit,
)
from tests.integration.evidence.kit import pdf, send
from xingji.demo import documents as q
from xingji.demo.cast import CITY, counties

COUNTY, OTHER = counties()[:2]
PLACE = COUNTY.nominee
UNIT = unit(COUNTY, PLACE)
ENTRIES = "SELECT count(*) AS n FROM ledger_entries"
GRANTS = "{ grants(filter: {scope: OVERSEE}) { edges { node { id } } } }"
END_GRANT = mutation("endGrant", "... on GrantRecorded { grant { id } }")


async def ask(stage: Stage, *records: dict[str, Any], login: str = "county", **to: Any) -> dict[str, Any]:
    officer = await stage.person(COUNTY.code, login)
    return await officer.act(PROPOSE, {"communityId": UNIT, "records": list(records), **to})


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([a_record(), a_review(2022, documentDate="2022-04-01")], "field.refused"),
        ([a_record(), a_review(2030, documentDate="2022-04-01")], "field.refused"),
        ([a_record(), a_review(2019, documentDate="2022-04-26")], "field.refused"),
        ([a_record(year=2022, documentDate="2022-12-01")], "field.refused"),
        ([a_record(year=2017)], "field.refused"),
        ([a_record(), a_review(2018)], "legacy.uncertified"),
        ([a_record(), a_review(2017, documentDate="2018-12-01")], "legacy.uncertified"),
        ([a_review(2019)], "legacy.uncertified"),
        ([a_record(level="star"), a_review(2019)], "legacy.uncertified"),
        ([a_record(), a_review(2019), a_review(2019, "FAIL")], "legacy.exists"),
        ([a_record(), a_record()], "legacy.exists"),
        ([a_record(documentSha256="ab" * 31)], "field.refused"),
        ([a_record(documentSha256="")], "field.refused"),
        ([a_record(result="PASS")], "field.refused"),
        ([a_record(), a_review(2019, "CERTIFIED")], "field.refused"),
        ([a_record(documentNumber=" ")], "field.refused"),
        ([a_record(documentNumber="豫\n号")], "field.refused"),
        ([], "field.refused"),
        ([a_record()] * 31, "field.refused"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_what_paper_cannot_say_is_refused(reading: Stage, records: list[Any], code: str) -> None:
    """On the played world's clock, which only reads on: what is later than 2022-07-15 is in the future."""
    place = counties()[9].rival
    county = counties()[9]
    later = {"2022-04-26": "2022-07-16", "2022-12-01": "2022-12-01"}
    asked = [{**one, "documentDate": later.get(one["documentDate"], one["documentDate"])} for one in records]
    before = await reading.rows(ENTRIES)
    officer = await reading.person(county.code, "county")
    refused = await officer.act(PROPOSE, {"communityId": unit(county, place), "records": asked})
    assert refused["code"] == code, refused
    assert refused["messageZh"] and refused["messageEn"]
    assert await reading.rows(ENTRIES) == before


async def test_only_the_right_two_persons_attest(fresh: Stage) -> None:
    certification, review = await propose(fresh, COUNTY, PLACE, a_record(), a_review(2019))
    leader, reviewer = [await fresh.person(CITY, one) for one in ("leader", "reviewer")]
    county, clerk = [await fresh.person(COUNTY.code, one) for one in ("county", "clerk")]
    other = await fresh.person(OTHER.code, "county")
    before = await fresh.rows(ENTRIES)
    refused = [
        await county.act(ATTEST, {"recordId": certification}),
        await county.act(DECLINE, {"recordId": certification, "reason": "不实"}),
        await clerk.act(ATTEST, {"recordId": certification}),
        await other.act(ATTEST, {"recordId": certification}),
        await clerk.act(PROPOSE, {"communityId": UNIT, "records": [a_review(2020)]}),
        await leader.act(PROPOSE, {"communityId": UNIT, "records": [a_review(2020)]}),
        await county.act(PROPOSE, {"communityId": unit(OTHER, OTHER.nominee), "records": [a_record()]}),
        await county.act(
            PROPOSE, {"communityId": f"Unit.{COUNTY.tenant_id}.{OTHER.nominee.id}", "records": [a_record()]}
        ),
        await county.act(
            PROPOSE, {"communityId": f"Unit.{COUNTY.tenant_id}.{COUNTY.street.id}", "records": [a_record()]}
        ),
        await leader.act(ATTEST, {"recordId": review}),
        await leader.act(DECLINE, {"recordId": review, "reason": " "}),
    ]
    entitled = "actor.not_entitled"
    assert codes(refused) == [
        *[entitled] * 3,
        "not_found",
        *[entitled] * 2,
        *["not_found"] * 3,
        "legacy.uncertified",
        "field.refused",
    ]
    assert await fresh.rows(ENTRIES) == before
    done = await leader.act(ATTEST, {"recordId": certification}, "once")
    assert (done["record"]["attestedTenant"]["code"], done["record"]["declinedAt"]) == (CITY, None)
    assert (await leader.act(ATTEST, {"recordId": certification}, "once"))["receipt"]["replayed"] is True
    assert (await reviewer.act(ATTEST, {"recordId": certification}))["code"] == "legacy.settled"
    # The county ends its oversight: the city attests nothing more, by a token that still says that it may.
    admin = await fresh.person(COUNTY.code, "admin")
    grant = (await admin.get(GRANTS))["grants"]["edges"][0]["node"]["id"]
    assert "grant" in await admin.act(END_GRANT, {"grantId": grant})
    assert (await leader.act(ATTEST, {"recordId": review}))["code"] == entitled
    assert (await fresh.verify())[COUNTY.code].ok


async def test_nobody_attests_a_document_that_is_not_there(fresh: Stage) -> None:
    leader, county = await fresh.person(CITY, "leader"), await fresh.person(COUNTY.code, "county")
    paper, other = pdf(b"% of 2018\n"), pdf(b"% of another\n")
    (record,) = await propose(fresh, COUNTY, PLACE, a_record(documentSha256=sha256(paper).hexdigest()))
    elsewhere = f"Unit.{COUNTY.tenant_id}.{COUNTY.rival.id}"
    for subject, data in ((None, b""), (elsewhere, paper), (record, other), (record, paper)):
        if subject is not None:
            refused = await leader.act(ATTEST, {"recordId": record})
            assert refused["code"] == "legacy.document_missing" and "扫描件" in refused["messageZh"]
            sent = await send(county, subject, data, name="a.pdf", kind="application/pdf")
            assert sent.status_code == 201, sent.text
    assert "record" in await leader.act(ATTEST, {"recordId": record})


async def test_what_is_not_attested_or_declined_counts_for_nothing(fresh: Stage) -> None:
    leader = await fresh.person(CITY, "leader")
    await leader.act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    clerk = await fresh.person(COUNTY.code, "clerk")
    certification, *reviews = await propose(
        fresh, COUNTY, PLACE, a_record(), *(a_review(year) for year in (2019, 2020, 2021))
    )
    assert "账本中没有此项认定" in (await file_star(fresh, clerk, COUNTY, PLACE))["messageZh"]
    await attest(fresh, certification, *reviews[:2])
    assert "缺 2021" in (await file_star(fresh, clerk, COUNTY, PLACE))["messageZh"]
    declined = await leader.act(DECLINE, {"recordId": reviews[2], "reason": "扫描件不清"})
    assert declined["record"]["declineReason"] == "扫描件不清"
    assert "缺 2021" in (await file_star(fresh, clerk, COUNTY, PLACE))["messageZh"]
    assert (await leader.act(ATTEST, {"recordId": reviews[2]}))["code"] == "legacy.settled"
    await attest(fresh, *await propose(fresh, COUNTY, PLACE, a_review(2021, "FAIL")))
    refused = await file_star(fresh, clerk, COUNTY, PLACE)
    assert "2021 年度复查不合格" in refused["messageZh"] and "2025" in refused["messageZh"]
    assert (await ask(fresh, a_review(2021)))["code"] == "legacy.exists"
    assert await fresh.rows("SELECT 1 FROM applications") == []


async def test_two_attestations_at_once_leave_one(fresh: Stage) -> None:
    (record,) = await propose(fresh, COUNTY, PLACE, a_record())
    people = [await fresh.person(CITY, one) for one in ("leader", "reviewer", "visitor")]
    results = await asyncio.gather(
        *(one.act(ATTEST, {"recordId": record}) for one in people),
        people[0].act(DECLINE, {"recordId": record, "reason": "不实"}),
    )
    assert sorted(codes(results)) == ["legacy.settled"] * 3 + ["ok"]
    rows = await fresh.rows("SELECT 1 FROM certifications")
    attested = await fresh.rows("SELECT 1 FROM legacy_records WHERE attested_at IS NOT NULL")
    assert len(rows) == len(attested) <= 1
    assert (await fresh.verify())[COUNTY.code].ok


async def test_two_proposals_of_one_year_at_once_leave_one(fresh: Stage) -> None:
    results = await asyncio.gather(*(ask(fresh, a_record(), login=one) for one in ("county", "county2")))
    assert sorted(codes(results)) == ["legacy.exists", "ok"]
    assert len(await fresh.rows("SELECT 1 FROM legacy_records")) == 1


async def test_a_certification_is_changed_by_two_persons_of_the_city(fresh: Stage) -> None:
    await import_history(fresh, COUNTY, PLACE)
    county, other = [await fresh.person(one.code, "county") for one in (COUNTY, OTHER)]
    leader, reviewer = [await fresh.person(CITY, one) for one in ("leader", "reviewer")]
    (certified,) = await certifications(county)
    id_ = certified["id"]
    refused = [
        await county.act(PROPOSE_CHANGE, a_change(id_)),
        await other.act(PROPOSE_CHANGE, a_change(id_)),
        await leader.act(PROPOSE_CHANGE, a_change(id_, "REINSTATE")),
        await leader.act(PROPOSE_CHANGE, a_change(id_, documentDate="2018-07-01")),
        await leader.act(PROPOSE_CHANGE, a_change(id_, documentDate="2022-04-26")),
        await leader.act(PROPOSE_CHANGE, a_change(id_, reason=" ")),
        await leader.act(PROPOSE_CHANGE, a_change(id_, documentNumber="")),
        await leader.act(PROPOSE_CHANGE, a_change(id_.replace(f".{COUNTY.tenant_id}.", ".1."))),
    ]
    assert codes(refused) == [
        *["not_found"] * 2,
        "certification.wrong_state",
        *["field.refused"] * 4,
        "not_found",
    ]
    proposed = [
        (await leader.act(PROPOSE_CHANGE, a_change(id_, kind)))["change"]["id"]
        for kind in ("SUSPEND", "REVOKE", "REVOKE")
    ]
    (still,) = await certifications(county)
    assert still["state"] is None
    assert (await leader.act(CONFIRM_CHANGE, {"changeId": proposed[0]}))["code"] == "actor.second_person"
    for caller in (county, other):
        assert (await caller.act(CONFIRM_CHANGE, {"changeId": proposed[0]}))["code"] == "not_found"
    done = await reviewer.act(CONFIRM_CHANGE, {"changeId": proposed[0]})
    assert done["change"]["certification"]["state"] == "SUSPENDED" and len(done["followed"]) == 1
    assert (await reviewer.act(CONFIRM_CHANGE, {"changeId": proposed[0]}))[
        "code"
    ] == "certification.change_settled"
    visitor = await fresh.person(CITY, "visitor")
    raced = await asyncio.gather(
        *(one.act(CONFIRM_CHANGE, {"changeId": id_}) for id_ in proposed[1:] for one in (reviewer, visitor))
    )
    assert sorted(codes(raced)).count("ok") == 1
    assert set(codes(raced)) <= {"ok", "certification.change_settled", "certification.wrong_state"}
    (now,) = await certifications(county)
    assert now["state"] == "REVOKED"
    after = await leader.act(PROPOSE_CHANGE, a_change(id_, "REINSTATE"))
    assert after["code"] == "certification.wrong_state"
    followed = await fresh.rows("SELECT 1 FROM ledger_entries WHERE operation = 'certification.followed'")
    assert len(followed) == 2
    assert all(verdict.ok for verdict in (await fresh.verify()).values())


async def test_what_was_declined_of_a_certification_never_holds(fresh: Stage) -> None:
    await import_history(fresh, COUNTY, PLACE, ())
    county = await fresh.person(COUNTY.code, "county")
    leader, reviewer = await fresh.person(CITY, "leader"), await fresh.person(CITY, "reviewer")
    (certified,) = await certifications(county)
    asked = [(await leader.act(PROPOSE_CHANGE, a_change(certified["id"])))["change"]["id"] for _ in range(2)]
    refused = [
        await county.act(DECLINE_CHANGE, {"changeId": asked[0], "reason": "依据不足"}),
        await reviewer.act(DECLINE_CHANGE, {"changeId": asked[0], "reason": " "}),
    ]
    assert codes(refused) == ["not_found", "field.refused"]
    # Another declines it, or who proposed it takes it back.
    for one, change_id in zip((reviewer, leader), asked, strict=True):
        done = await one.act(DECLINE_CHANGE, {"changeId": change_id, "reason": "依据不足"})
        assert done["change"]["declinedAt"] and done["change"]["declineReason"] == "依据不足"
        for mutation_ in (CONFIRM_CHANGE, DECLINE_CHANGE):
            given = {"changeId": change_id, **({"reason": "再次"} if mutation_ is DECLINE_CHANGE else {})}
            assert (await reviewer.act(mutation_, given))["code"] == "certification.change_settled"
    (still,) = await certifications(county)
    assert still["state"] is None
    assert all(verdict.ok for verdict in (await fresh.verify()).values())


async def test_a_revoked_community_is_certified_and_counts_anew(fresh: Stage) -> None:
    leader = await fresh.person(CITY, "leader")
    await leader.act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    await import_history(fresh, COUNTY, PLACE)
    county, clerk = [await fresh.person(COUNTY.code, one) for one in ("county", "clerk")]
    (certified,) = await certifications(county)
    await change(fresh, certified["id"], documentDate="2019-05-01")
    again = a_record(year=2020, documentDate="2020-07-01", documentNumber="豫人社函〔2020〕9号")
    await attest(fresh, *await propose(fresh, COUNTY, PLACE, again))
    refused = await file_star(fresh, clerk, COUNTY, PLACE)
    assert "2020 年认定后仅有 1 个完整年度" in refused["messageZh"]
    assert "2024" in refused["messageEn"]
