"""The public page before a served world with a publicity up: what strangers see, file, follow and check, and what is refused."""

import gzip
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest

from audit.proof import parse_proof
from tests.integration.api.kit import Stage, World, serve_world
from tests.integration.api.test_objections import NOTICES
from tests.support import clone_database
from xingji.demo.clock import shanghai
from xingji.postgres import EmbeddedPostgres
from xingji.public.reference import parse_reference

TEXT = "该社区公示材料中的就业人数与实际情况不符，请核实。"
FIRST_LOAD = 30_000
NEW = "/public/objections/new"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def stage(postgres: EmbeddedPostgres, chapter: Any) -> AsyncIterator[Stage]:
    """Monday 2022-05-23: a publicity of six has been up since Friday."""
    world: World = await chapter(10)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 23)) as served,
    ):
        yield served


async def _notice(stage: Stage) -> dict[str, Any]:
    found = await stage.stranger.get(NOTICES)
    return next(e["node"] for e in found["publicNotices"]["edges"] if e["node"]["kind"] == "PUBLICITY")


async def _form(stage: Stage, position: int = 2) -> dict[str, str]:
    """The hidden fields as the page gives them."""
    notice = (await _notice(stage))["noticeId"]
    page = await stage.http.get(NEW, params={"notice": notice, "position": position})
    assert page.status_code == 200, page.text
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))


async def _post(stage: Stage, given: dict[str, str], path: str = NEW, **headers: str) -> Any:
    return await stage.http.post(path, data=given, headers={"origin": stage.address, **headers})


async def test_lists_show_what_the_api_shows_strangers_within_the_size(stage: Stage) -> None:
    page = await stage.http.get("/public/")
    assert page.status_code == 200
    for item in (await _notice(stage))["items"]:
        assert item["communityName"] in page.text
        assert f"尚余 {item['publicity']['daysLeft']} 个工作日" in page.text
    assert "（周口市） 第 6 批" in page.text
    style = await stage.http.get(re.findall(r'href="(/public/style[^"]+)"', page.text)[0])
    assert "immutable" in style.headers["cache-control"]
    assert len(gzip.compress(page.content)) + len(gzip.compress(style.content)) < FIRST_LOAD
    assert "<script" not in page.text
    policies = page.headers.get_list("content-security-policy")
    assert len(policies) == 1
    assert "script-src" not in policies[0]
    assert policies[0].startswith("default-src 'none'; style-src 'self';")
    again = await stage.http.get("/public/", headers={"if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    english = await stage.http.get("/public/?lang=en")
    assert english.headers["etag"] != page.headers["etag"]
    assert '<html lang="en">' in english.text
    assert "lang=en" in re.findall(r'href="(/public/results[^"]*)"', english.text)[0]
    preferred = await stage.http.get("/public/", headers={"accept-language": "en"})
    assert '<html lang="en">' in preferred.text
    assert (await stage.http.get("/public/results")).status_code == 200


async def test_results_are_what_the_province_decided(replay: Stage) -> None:
    found = await replay.stranger.get(NOTICES)
    decided = [e["node"] for e in found["publicNotices"]["edges"] if e["node"]["kind"] == "DECISION"]
    page = (await replay.http.get("/public/results")).text
    assert decided
    for notice in decided:
        assert notice["documentNumber"] in page
        assert all(item["communityName"] in page for item in notice["items"])
    certified = sum(item["result"] == "CERTIFIED" for notice in decided for item in notice["items"])
    assert page.count("<td>认定</td>") == certified > 0
    assert "提出异议" not in page
    over = (await replay.http.get("/public/")).text
    assert "已满（" in over
    assert NEW not in over


async def test_an_objection_is_filed_once_followed_and_proven(stage: Stage) -> None:
    given = {**await _form(stage), "text": TEXT, "name": "甲某某", "contact": "13900001234"}
    answers = [await _post(stage, given) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert len(await stage.rows("SELECT 1 FROM objections")) == 1
    assert answers[0].headers["location"] == "/public/objections/filed"
    receipt = await stage.http.get("/public/objections/filed")
    code = re.findall(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){7}", receipt.text)[0]
    assert receipt.headers["cache-control"] == "no-store"
    status = await _post(stage, {"code": code.lower()}, "/public/objections/status")
    assert "已收到，待受理" in status.text
    unknown = await _post(stage, {"code": "A" * 32}, "/public/objections/status")
    assert (unknown.status_code, "没有这个查询码" in unknown.text) == (404, True)
    for path in ("/public/", "/public/results", "/public/objections/status"):
        shown = (await stage.http.get(path)).text
        assert not any(secret in shown for secret in (TEXT, "甲某某", "13900001234", code))

    query = re.findall(r'/public/proof\?([^"]+)"', receipt.text)[0].replace("&amp;", "&")
    origin, sequence, hash_ = (parse_qs(query)[name][0] for name in ("origin", "sequence", "hash"))
    await stage.published(origin.rpartition("/")[2])
    proven = await stage.http.get(f"/public/proof?{query}")
    assert (proven.status_code, "相符" in proven.text) == (200, True)
    pasted = await stage.http.get("/public/proof", params={"text": f"https://else.example/x?{query}"})
    assert "相符" in pasted.text
    file = await stage.http.get(f"/public/proof/file?{query}")
    assert str(parse_proof(file.content).index) == sequence
    forged = {"origin": origin, "sequence": sequence, "hash": "0" * 64}
    refused = await stage.http.get("/public/proof", params=forged)
    assert (refused.status_code, "不符" in refused.text, hash_ in refused.text) == (404, True, False)
    assert (await stage.http.get("/public/proof/file", params=forged)).status_code == 404
    later = await stage.http.get("/public/proof", params={**forged, "sequence": "999999"})
    assert "尚未包括" in later.text
    nowhere = await stage.http.get("/public/proof", params={**forged, "origin": "none.example/1"})
    assert "没有这个账本" in nowhere.text


async def test_what_is_refused_keeps_the_words_and_tells_beside_the_field(stage: Stage) -> None:
    hidden = await _form(stage)
    evil = '"><script>alert(1)</script>'
    short = await _post(stage, {**hidden, "text": "太短", "name": evil})
    assert short.status_code == 422
    assert 'id="text-error"' in short.text
    assert "不足 10 字" in short.text
    assert "太短</textarea>" in short.text
    assert "<script" not in short.text
    assert "&lt;script&gt;" in short.text
    for number in range(6):
        answer = await _post(stage, {**hidden, "request_id": str(uuid4()), "text": f"{TEXT}{number}"})
    assert (answer.status_code, "操作过于频繁" in answer.text) == (429, True)
    assert int(answer.headers["retry-after"]) > 0
    assert f"{TEXT}5</textarea>" in answer.text


async def test_a_form_from_elsewhere_is_not_heard(stage: Stage) -> None:
    given = {**await _form(stage), "text": TEXT}
    assert (await stage.http.post(NEW, data=given)).status_code == 403
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ):
        assert (await _post(stage, given, **headers)).status_code == 403
    assert (await _post(stage, given, **{"content-type": "text/plain"})).status_code == 415
    assert (await _post(stage, {**given, "text": "字" * 40_000})).status_code == 413
    bad = await stage.http.post(NEW, content="text=%ff", headers={"origin": stage.address, **FORM})
    assert bad.status_code == 400
    assert (await stage.http.put("/public/")).status_code == 405
    assert (await stage.http.post("/public/")).status_code == 405
    assert (await stage.http.get("/public/none")).status_code == 404
    assert (
        await stage.http.get(NEW, params={"notice": "PublicNotice.1.x", "position": "2"})
    ).status_code == 404
    split = await stage.http.get("/public/?lang=en%0d%0aset-cookie:a=b&after=%00")
    assert "set-cookie" not in split.headers
    assert await stage.rows("SELECT 1 FROM objections") == []


def test_references_are_read_strictly() -> None:
    hash_ = "ab" * 32
    found = parse_reference(f"a.example/1 7 {hash_.upper()}")
    assert found is not None
    assert parse_reference(f"http://x/?{found.as_query()}") == found
    bad = (
        f"a.example/1 07 {hash_}",
        f"a.example/1 7 {hash_[1:]}",
        f"http://x/?{found.as_query()}&hash={hash_}",
        "",
        "http://[",
    )
    assert [parse_reference(text) for text in bad] == [None] * 5
