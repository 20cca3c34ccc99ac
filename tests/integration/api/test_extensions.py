"""Late only through the city: an extension that two of its officers signed, for whom it names, and the late act cites it."""

import json
from typing import Any

from tests.integration.api.arrangements import CONFIRM, propose
from tests.integration.api.kit import Stage, opinion
from xingji.demo import documents as q
from xingji.demo.cast import CITY, County, counties
from xingji.demo.clock import shanghai

LATE = shanghai(5, 17)
FIRST, SECOND = counties()[0], counties()[1]


async def recommend(stage: Stage, county: County, name: str) -> dict[str, Any]:
    """The county's recommendation of one of its endorsed communities."""
    found = (await stage.tray(county.code, "county"))[name]
    officer = await stage.person(county.code, "county")
    return await officer.act(q.GIVE_OPINION, opinion(found["id"], found["form"]["hash"], "COUNTY"))


async def leaf_of(stage: Stage, tenant: int) -> dict[str, Any]:
    """The body of the latest entry of a log."""
    (row,) = await stage.rows(
        "SELECT leaf FROM ledger_entries WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1", tenant
    )
    return dict(json.loads(row["leaf"])["body"])


async def test_a_late_recommendation_is_refused_and_then_admitted_by_two_persons(endorsed: Stage):
    endorsed.clock.travel(LATE)
    assert (await recommend(endorsed, FIRST, FIRST.nominee.name))["code"] == "window.closed"
    proposed = await propose(endorsed)
    assert (await recommend(endorsed, FIRST, FIRST.nominee.name))["code"] == "window.closed"
    reviewer = await endorsed.person(CITY, "reviewer")
    confirmed = await reviewer.act(CONFIRM, {"extensionId": proposed})
    assert confirmed["extension"]["confirmedAt"] is not None

    assert "receipt" in await recommend(endorsed, FIRST, FIRST.nominee.name)

    body = await leaf_of(endorsed, FIRST.tenant_id)
    receipt = confirmed["receipt"]
    assert {"origin": receipt["origin"], "seq": receipt["sequence"], "hash": receipt["hash"]} in body["cites"]
    assert body["intent"]["extension"] == proposed.split(".")[2]
    endorsed.clock.travel(shanghai(5, 20, 0))
    assert (await recommend(endorsed, SECOND, SECOND.nominee.name))["code"] == "window.closed"
    assert {one.code for one in (await endorsed.verify()).values()} == {"verified"}
