"""The province's list comes as a file: kept with the report, matched line by line, and then the decision is recorded by it."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
import openpyxl.xml
import pytest

from tests.integration.api.kit import Caller, Stage
from tests.integration.evidence.kit import code_of, fetch, files_of, office, photo, rows_of
from xingji.demo import documents as q
from xingji.demo.cast import CITY, counties

HEADER = ["序号", "县（市、区）", "街道（乡镇）", "社区", "认定结论", "理由"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def send(caller: Caller, report: str, data: bytes, request: str | None = None) -> httpx.Response:
    """POST /imports/decision."""
    headers = {"Authorization": f"Bearer {caller.token}"} if caller.token else {}
    form = {"report": report, "requestId": request or str(uuid4())}
    return await caller.http.post(
        "/imports/decision", data=form, files={"file": ("名单.csv", data)}, headers=headers
    )


async def report_of(stage: Stage) -> tuple[str, list[dict[str, Any]]]:
    """The report, and what it lists."""
    (report,) = await stage.rosters("REPORT")
    query = "query($id: ID!) { node(id: $id) { ... on Roster { items { communityName verdict application { id } } } } }"
    items = (await (await stage.person(CITY, "leader")).get(query, id=report))["node"]["items"]
    return report, [item for item in items if item["verdict"] == "LISTED"]


def lines_of(items: list[dict[str, Any]], **verdicts: str) -> list[list[str]]:
    names = [item["communityName"].split(" / ") for item in items]
    return [[str(n), *name[1:], "认定", "符合认定标准"] for n, name in enumerate(names, 1)]


def csv_of(rows: list[list[str]], encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join(",".join(row) for row in [["关于认定的通知"], HEADER, *rows]).encode(encoding)


def xlsx_of(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    for row in [["关于认定的通知"], HEADER, *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["utf-8-sig", "gb18030", "xlsx"])
async def test_a_list_is_matched_and_the_decision_names_its_file(reported: Stage, kind: str) -> None:
    leader = await reported.person(CITY, "leader")
    report, items = await report_of(reported)
    rows = lines_of(items)
    rows[0][4:] = ["不予认定", "台账不全"]
    data = xlsx_of(rows) if kind == "xlsx" else csv_of(rows, kind)
    before = await reported.rows("SELECT count(*) AS n FROM rosters")
    answer = await send(leader, report, data, "import")
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert (found["unmatched"], found["missing"]) == ([], [])
    assert found["evidence"]["mediaType"] == (XLSX if kind == "xlsx" else "text/csv")
    assert [one["applicationId"] for one in found["matched"]] == [one["application"]["id"] for one in items]
    assert await reported.rows("SELECT count(*) AS n FROM rosters") == before, "the round is not touched"
    again = await send(leader, report, data, "import")
    assert again.status_code == 200
    assert {**again.json(), "receipt": None} == {**found, "receipt": None}
    assert (await fetch(leader, found["evidence"]["id"])).content == data
    wanted = {
        "campaignId": await reported.campaign(),
        "level": "provincial",
        "reportId": report,
        "documentNumber": "豫人社函〔2022〕1号",
        "documentDate": "2022-07-15",
        "items": [
            {name: one[name] for name in ("applicationId", "verdict", "reason")} for one in found["matched"]
        ],
    }
    refused = await leader.act(q.RECORD_DECISION, {**wanted, "documentSha256": "00" * 32})
    assert refused["code"] == "field.refused"
    done = await leader.act(q.RECORD_DECISION, {**wanted, "documentSha256": found["evidence"]["sha256"]})
    assert [one["verdict"] for one in done["roster"]["items"]].count("NOT_CERTIFIED") == 1
    (entry,) = await reported.rows("SELECT leaf FROM ledger_entries WHERE operation = 'roster.decision'")
    assert f'"document_sha256":"{found["evidence"]["sha256"]}"' in entry["leaf"]
    assert all(verdict.ok for verdict in (await reported.verify()).values())


async def test_what_does_not_match_is_shown(reported: Stage) -> None:
    leader = await reported.person(CITY, "leader")
    report, items = await report_of(reported)
    rows = lines_of(items)
    street = rows[0][2]
    rows[0][2], rows[1][4] = "别的街道", "待定"
    rows.append(["", "某县", "某镇", "某社区", "认定", ""])
    rows[2][3] = "=CONCATENATE(D3)"
    found = (await send(leader, report, xlsx_of(rows))).json()
    shown = {
        one["line"]: (one["why"], [c["applicationId"] for c in one["candidates"]])
        for one in found["unmatched"]
    }
    ids = [item["application"]["id"] for item in items]
    assert shown == {
        3: ("not_in_report", [ids[0]]),
        4: ("no_verdict", [ids[1]]),
        5: ("not_in_report", []),
        len(rows) + 2: ("not_in_report", []),
    }
    assert street not in json.dumps(found["unmatched"][0]["text"], ensure_ascii=False)
    assert [one["applicationId"] for one in found["missing"]] == ids[:3]
    assert len(found["matched"]) == len(items) - 3


async def test_a_list_that_is_none_is_refused_and_leaves_nothing(reported: Stage) -> None:
    leader = await reported.person(CITY, "leader")
    report, items = await report_of(reported)
    honest = csv_of(lines_of(items))
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    billion = office("xl/workbook.xml").replace(b"<x/>", b"<y/>")
    for data, code in (
        (b"", "table.no_header"),
        (b"a,b\r\n1,2", "table.no_header"),
        (b"\x00\x01", "evidence.type"),
        (b"\xff\xfe\x80", "evidence.type"),
        (photo(), "evidence.type"),
        (office(), "evidence.type"),
        (billion, "evidence.damaged"),
        (office("xl/workbook.xml", {"xl/a.xml": b"\0" * 30_000_000}), "evidence.bomb"),
        (
            office("xl/workbook.xml", {"xl/_rels/workbook.xml.rels": entity + b"]><x>&j;</x>"}),
            "evidence.damaged",
        ),
        (honest + b"\r\n1,2,3" * 3_000, "evidence.bomb"),
        (honest + b"\r\n" + b"x" * 5_000, "evidence.bomb"),
        (honest + b"\r\n" + b"," * 90, "evidence.bomb"),
        (honest + b'\r\n"x', "evidence.damaged"),
    ):
        answer = await send(leader, report, data)
        assert code_of(answer) == code, (data[:40], answer.text)
    (ranking,) = await reported.rosters("RANKING")
    assert code_of(await send(leader, ranking, honest)) == "roster.missing"
    county = await reported.person(counties()[0].code, "county")
    assert code_of(await send(county, report, honest)) == "not_found"
    assert code_of(await send(reported.stranger, report, honest)) == "auth.required"
    auditor = await reported.person(CITY, "auditor")
    assert code_of(await send(auditor, report, honest)) == "permission.denied"
    assert files_of(reported) == [] and await rows_of(reported) == 0


def test_spreadsheets_are_parsed_without_entities() -> None:
    assert openpyxl.xml.DEFUSEDXML
