"""What exists on paper only: certifications and reviews of before the platform, attested by county and city."""

from __future__ import annotations

from typing import Any

from xingji.demo import documents as q
from xingji.demo.cast import CITY, GAP, STARS, County, counties
from xingji.demo.telling import Teller
from xingji.demo.words import scan_of

CERTIFIED = 2018
YEARS = (2019, 2020, 2021)


async def import_paper(teller: Teller) -> str:
    """Four communities with three years, one that lacks a year; who brings a paper does not attest it."""
    brought = 0
    for county in counties():
        if county.code not in (*STARS, GAP):
            continue
        officer, attestor = teller.actor(county.code, "county"), teller.actor(CITY, "reviewer")
        community = f"Unit.{county.tenant_id}.{county.star.id}"
        records = []
        for record in _records(county):
            year = record["year"]
            named = {"subject": community, "label": f"{year} 年纸质材料"}
            paper = scan_of(county.tenant_id, year)
            scan = teller.check(officer, await officer.send("/evidence", f"demo:scan:{year}", paper, **named))
            records.append({**record, "documentSha256": scan["evidence"]["sha256"]})
        values = {"communityId": community, "records": records}
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
            "level": "provincial",
            "documentNumber": f"豫人社函〔{record['year']}〕演示{county.tenant_id}号",
            "documentDate": f"{record['year']}-12-10",
        }
        for record in (certified, *reviews)
    ]
