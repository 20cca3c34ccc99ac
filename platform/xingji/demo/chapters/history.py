"""What exists on paper only: certifications and reviews of before the platform, attested by county and city."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from xingji.demo import documents as q
from xingji.demo.cast import CITY, GAP, STARS, County, counties
from xingji.demo.telling import Teller
from xingji.demo.words import paper_of

CERTIFIED = 2018
YEARS = (2019, 2020, 2021)


async def import_paper(teller: Teller) -> str:
    """Four communities with three years, one that lacks a year; who brings a paper does not attest it."""
    brought = 0
    for county in counties():
        if county.code not in (*STARS, GAP):
            continue
        officer, attestor = teller.actor(county.code, "county"), teller.actor(CITY, "reviewer")
        records = _records(county)
        values = {"communityId": f"Unit.{county.tenant_id}.{county.star.id}", "records": records}
        proposed = await teller.done(officer, q.PROPOSE_LEGACY_RECORDS, f"paper:{county.star.id}", values)
        for number, record in enumerate(proposed["community"]["legacyRecords"]):
            named = {"recordId": record["id"]}
            if brought == 0:
                who, what = county.name, "县级经办人自己证实自己补录的材料"
                await teller.refused(officer, q.ATTEST_LEGACY_RECORD, named, who, what)
            await teller.done(attestor, q.ATTEST_LEGACY_RECORD, f"attest:{county.star.id}:{number}", named)
            brought += 1
    return f"{len(STARS) + 1} 个社区的 {brought} 份纸质材料，县市各一人证实（legacy-attested）"


def _records(county: County) -> list[dict[str, Any]]:
    certified: dict[str, Any] = {"kind": "CERTIFICATION", "year": CERTIFIED, "result": "CERTIFIED"}
    reviews: list[dict[str, Any]] = [
        {"kind": "ANNUAL_REVIEW", "year": year, "result": "PASS"}
        for year in YEARS
        if not (county.code == GAP and year == YEARS[1])
    ]
    return [
        {
            **record,
            "level": "PROVINCIAL",
            "documentNumber": f"豫人社函〔{record['year']}〕演示{county.tenant_id}号",
            "documentDate": f"{record['year']}-12-10",
            "documentSha256": sha256(paper_of(county.name, county.star.name, record["year"])).hexdigest(),
        }
        for record in (certified, *reviews)
    ]
