"""Sixty-four clients on one county through the front door: every receipt stands in the log exactly once, and the log holds nothing else."""

import asyncio
import random
from itertools import count
from typing import Any
from uuid import uuid4

from tests.integration.api.kit import CROWD, Stage, crowded
from xingji.demo import documents as q
from xingji.demo.cast import CITY
from xingji.demo.words import form_of

CLIENTS = 64
REQUESTS = 320
ENTRIES = """SELECT e.seq, encode(e.hash, 'hex') AS hash, e.request_id, e.xmin::text AS tx FROM ledger_entries e
  JOIN tenants t ON t.id = e.tenant_id WHERE t.code = $1 ORDER BY e.seq"""


async def test_every_receipt_is_in_the_log_exactly_once(fresh: Stage) -> None:
    """Forms saved and put in, opinions given and refused, by all at once; a tenth is asked again under the same id."""
    county, places = crowded()
    await (await fresh.person(CITY, "leader")).act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    campaign = await fresh.campaign()
    clerks = [await fresh.person(county.code, f"clerk{n}") for n in range(CROWD)]
    street = await fresh.person(county.code, "street")
    forms = []
    for clerk, place in zip(clerks, places, strict=True):
        unit = f"Unit.{county.tenant_id}.{place.id}"
        wanted = {"campaignId": campaign, "level": "provincial", "communityId": unit}
        filed = (await clerk.act(q.FILE_APPLICATION, wanted))["application"]["id"]
        forms.append({"applicationId": filed, **form_of(county.name, county.street.name, place.name)})
    before = len(await fresh.rows(ENTRIES, county.code))
    numbers, receipts, refused, asked = count(), list[dict[str, Any]](), list[str](), list[tuple[int, str]]()

    async def client() -> None:
        for number in numbers:
            if number >= REQUESTS:
                return
            again = bool(asked) and random.random() < 0.1
            who, request = random.choice(asked) if again else (number % CROWD, str(uuid4()))
            if not again and number % 8 == 7:
                opinion = {
                    "applicationId": forms[who]["applicationId"],
                    "stage": "STREET",
                    "verdict": "AGREE",
                }
                result = await street.act(q.GIVE_OPINION, {**opinion, "formHash": "00" * 32})
            else:
                asked.append((who, request))
                result = await clerks[who].act(q.SAVE_FORM, forms[who], request)
            if "receipt" in result:
                receipts.append(result["receipt"])
            else:
                refused.append(result["code"])

    await asyncio.gather(*(client() for _ in range(CLIENTS)))

    entries = (await fresh.rows(ENTRIES, county.code))[before:]
    first = [one for one in receipts if not one["replayed"]]
    assert sorted((one["sequence"], one["hash"]) for one in first) == [
        (row["seq"], row["hash"]) for row in entries
    ]
    assert {(one["sequence"], one["hash"]) for one in receipts} == {
        (row["seq"], row["hash"]) for row in entries
    }
    assert sorted({request for _, request in asked}) == sorted(row["request_id"] for row in entries)
    assert len(receipts) > len(first) > REQUESTS // 2
    assert set(refused) == {"application.wrong_status"}
    assert len({row["tx"] for row in entries}) < len(entries) / 4
    assert (await fresh.verify())[county.code].ok
