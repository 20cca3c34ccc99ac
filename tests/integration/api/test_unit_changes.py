"""Changes of divisions through the API: merged, divided, moved, renamed, recoded; who may, and what stands in the way."""

from __future__ import annotations

from tests.integration.api.divisions import (
    ask,
    check_units,
    done,
    new_unit,
    place_id,
    shown,
    unit,
)
from tests.integration.api.kit import Stage
from tests.integration.api.star import import_history
from xingji.demo.cast import CITY, counties

COUNTY = counties()[0]
A, B = COUNTY.nominee, COUNTY.rival
CODE = f"{COUNTY.code}002099"


async def test_merged_communities_end_and_the_new_one_goes_on_from_both(fresh: Stage) -> None:
    await import_history(fresh, COUNTY, A)
    pair = [place_id(COUNTY, A), place_id(COUNTY, B)]
    merged = await done(fresh, merge={"communities": pair, "into": {"create": new_unit(COUNTY, CODE)}})
    (opened,) = merged["change"]["outcome"]["opened"]
    assert {one["unitId"] for one in merged["change"]["outcome"]["closed"]} == set(pair)
    officer = await fresh.person(COUNTY.code, "county")
    after = await shown(officer, opened["unitId"])
    assert (after["name"], after["code"], after["validFrom"], after["kind"]) == (
        "新合社区",
        CODE,
        "2022-04-20",
        "COMMUNITY",
    )
    assert sorted(one["predecessor"]["id"] for one in after["predecessors"]) == sorted(pair)
    before = await shown(officer, pair[0])
    assert (before["validTo"], before["code"]) == ("2022-04-20", None)
    (succession,) = before["successors"]
    assert (succession["kind"], succession["carried"], succession["successor"]["id"]) == (
        "MERGED",
        True,
        opened["unitId"],
    )
    facts = await fresh.rows(
        "SELECT * FROM history_facts WHERE kind = 'succeeded' AND community_id = $1", opened["unitId"].split(".")[2]
    )
    assert {unit(COUNTY.tenant_id, one["subject_id"]) for one in facts} == set(pair)
    await check_units(fresh)
