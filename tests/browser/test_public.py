"""Strangers in Chromium, with scripts off and the page's own policy on: reading, objecting, following, checking a QR code's address."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import DESK, OFFICE, PHONE, find_violations
from tests.integration.api.kit import Stage, World, serve_world
from tests.integration.conftest import chapter  # noqa: F401  the same worlds
from tests.support import clone_database
from xingji.demo.clock import shanghai
from xingji.postgres import EmbeddedPostgres

TEXT = "该社区公示材料中的就业人数与实际情况不符，请核实。"


@pytest.fixture
async def open_list(postgres: EmbeddedPostgres, chapter: Any) -> AsyncIterator[Stage]:  # noqa: F811
    """Monday 2022-05-23: a publicity has been up since Friday."""
    world: World = await chapter(10)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, shanghai(5, 23)) as stage,
    ):
        yield stage


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
async def test_a_stranger_objects_and_follows(
    open_list: Stage, chromium: Browser, request: pytest.FixtureRequest, viewport: Any, scripts: bool
) -> None:
    pictures = request.config.getoption("--pictures")
    context = await chromium.new_context(viewport=viewport, java_script_enabled=scripts, locale="zh-CN")
    page = await context.new_page()
    complaints = list[str]()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    async def look(where: str) -> None:
        if not scripts:
            return
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=pictures / f"public-{viewport['width']}-{where}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
        assert await find_violations(page) == [], where

    await page.goto(open_list.address.replace("127.0.0.1", OFFICE) + "/public/")
    await look("lists")
    await page.get_by_role("link", name="提出异议").first.click()
    await page.get_by_label("异议内容").fill("太短")
    await page.get_by_role("button", name="提交异议").click()
    await page.get_by_role("alert").get_by_text("不足 10 字").wait_for()
    await look("refused")
    await page.get_by_label("异议内容").fill(TEXT)
    await page.get_by_role("button", name="提交异议").click()
    await page.get_by_role("heading", name="异议已收到").wait_for()
    await look("receipt")
    code = await page.locator(".code").inner_text()
    await page.reload()
    entry = await page.locator("main dl a").get_attribute("href")
    assert entry is not None
    await page.get_by_role("main").get_by_role("link", name="异议查询").click()
    await page.get_by_label("查询码").fill(code)
    await page.get_by_role("button", name="查询").click()
    await page.get_by_text("已收到，待受理").wait_for()
    await look("status")
    await open_list.published(entry.split("&")[0].rpartition("%2F")[2])
    await page.get_by_role("link", name="证书验证").click()
    await page.get_by_label("二维码内容").fill(f"http://{OFFICE}{entry}")
    await page.get_by_role("button", name="验证").click()
    await page.get_by_text("相符：账本中有这一条目。").wait_for()
    await look("proof")
    await page.get_by_role("link", name="English").click()
    await page.get_by_text("It matches").wait_for()
    await look("english")
    assert len(await open_list.rows("SELECT 1 FROM objections")) == 1
    assert [one for one in complaints if "422" not in one] == []
    await context.close()
