"""Star applications through the API: a past that county and city attest from paper, and what stops who lacks one."""

from __future__ import annotations

import pytest

from tests.integration.api.kit import Stage
from tests.integration.api.star import (
    APPLICATION,
    CERTIFICATIONS,
    PASSES,
    UNIT,
    a_record,
    a_review,
    attest,
    file_star,
    import_history,
    node,
    propose,
    submitted,
    unit,
)
from xingji.demo import documents as q
from xingji.demo.cast import CITY, counties

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
    assert (seen["level"], seen["status"], seen["restsOnLegacy"]) == ("STAR", "SUBMITTED", True)
    form = seen["form"]
    assert (form["hash"], form["certifiedOn"]) == (form_hash, "2018-07-02")
    assert [(one["year"], one["result"], one["legacy"]) for one in form["reviews"]] == [
        (year, result, True) for year, result in PASSES
    ]
    attestations = "SELECT hash FROM ledger_entries WHERE operation = 'legacy.attested' ORDER BY seq"
    hashes = [row["hash"].hex() for row in await opened.rows(attestations)]
    assert [one["cite"]["hash"] for one in form["reviews"]] == hashes[1:]
    assert seen["history"]["streak"] == 3 and seen["history"]["obstacle"] is None
    certified = await officer.get(CERTIFICATIONS, f={"communityId": unit(COUNTY, PLACE)})
    (edge,) = certified["certifications"]["edges"]
    (proposed,) = await opened.rows("SELECT hash FROM ledger_entries WHERE operation = 'legacy.proposed'")
    assert (edge["node"]["legacy"], edge["node"]["application"]) == (True, None)
    assert (edge["node"]["legacyRecord"]["year"], edge["node"]["citedHash"]) == (2018, proposed["hash"].hex())
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
