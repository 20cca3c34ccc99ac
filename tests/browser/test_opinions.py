"""A street and a county give their opinions by clicking; an answer that is lost records nothing twice."""

import json
import re

import pytest
from playwright.async_api import Route

from tests.browser.conftest import DESK, PHONE, Sit
from tests.integration.api.kit import Stage, World, file_application, serve_world
from tests.support import clone_database
from xingji.demo import documents as q
from xingji.demo.cast import CITY, counties
from xingji.demo.clock import shanghai
from xingji.postgres import EmbeddedPostgres

COUNTY = counties()[0]


async def _submit(stage: Stage) -> None:
    leader = await stage.person(CITY, "leader")
    await leader.act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    await file_application(stage, COUNTY, "clerk", COUNTY.nominee, await stage.campaign())


async def test_street_and_county(postgres: EmbeddedPostgres, founded: World, sit: Sit) -> None:
    async with (
        clone_database(postgres, founded.template) as urls,
        serve_world(urls, founded.home, shanghai(5, 10)) as stage,
    ):
        await _submit(stage)
        await _street_agrees_over_a_cut_line(stage, sit)
        await _county_recommends(stage, sit)
        (nominee,) = [
            row
            for name, row in (await stage.tray(COUNTY.code, "county")).items()
            if name == COUNTY.nominee.name
        ]
        assert nominee["status"] == "COUNTY_RECOMMENDED"
        assert all(verdict.ok for verdict in (await stage.verify()).values())


async def _street_agrees_over_a_cut_line(stage: Stage, sit: Sit) -> None:
    desk = await sit(stage, COUNTY.code, "street", PHONE)
    page, sent = desk.page, list[str]()
    assert not await page.evaluate("isSecureContext")
    await desk.look("tray")
    await desk.open_first()
    await page.get_by_role("heading", name="已提交").wait_for()
    await desk.look("application")
    await page.get_by_role("button", name="同意").first.click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("经核查，同意。")
    await desk.look("dialog")

    async def lose_first_answer(route: Route) -> None:
        body = route.request.post_data or ""
        if "giveOpinion" in body:
            sent.append(json.loads(body)["variables"]["requestId"])
            if len(sent) == 1:
                await route.fetch(url=f"{stage.address}/graphql")
                await route.abort()
                return
        await route.continue_()

    await page.route("**/graphql", lose_first_answer)
    await page.get_by_role("button", name=re.compile("确.?定")).click()
    await page.get_by_role("alert").filter(has_text="没有收到答复").wait_for()
    assert await page.get_by_role("dialog").get_by_role("textbox").is_disabled()
    await page.get_by_role("button", name=re.compile("重.?试")).click()
    await page.get_by_role("heading", name="街道已签署").wait_for()
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert len(await stage.rows("SELECT 1 FROM opinions")) == 1
    await desk.look("agreed")


async def _county_recommends(stage: Stage, sit: Sit) -> None:
    desk = await sit(stage, COUNTY.code, "county", DESK)
    page = desk.page
    await desk.look("tray")
    await desk.open_first()
    await page.get_by_role("heading", name="街道已签署").wait_for()
    await page.get_by_role("button", name="退回").first.click()
    await page.get_by_role("button", name=re.compile("确.?定")).click()
    await page.get_by_text("必填").wait_for()
    await page.get_by_role("button", name=re.compile("取.?消")).click()
    await page.get_by_role("dialog").wait_for(state="hidden")
    await page.get_by_role("button", name="推荐").first.click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("同意推荐。")
    await page.get_by_role("button", name=re.compile("确.?定")).click()
    await page.get_by_role("heading", name="县级已推荐").wait_for()
    await desk.look("recommended")
    await page.get_by_role("button", name="English").click()
    await page.get_by_text("May not be done").wait_for()
    await desk.look("english")


@pytest.mark.parametrize("path", ["applications/none", "nowhere"])
async def test_what_is_not_there(postgres: EmbeddedPostgres, founded: World, sit: Sit, path: str) -> None:
    async with (
        clone_database(postgres, founded.template) as urls,
        serve_world(urls, founded.home, shanghai(5, 10)) as stage,
    ):
        desk = await sit(stage, COUNTY.code, "county", DESK)
        await desk.page.goto(f"{desk.page.url.split('/console')[0]}/console/{path}")
        await desk.page.get_by_role("alert").wait_for()
        await desk.look(path.split("/", maxsplit=1)[0] + "-missing")
