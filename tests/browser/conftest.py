"""A real Chromium before a served world: `./dev browser [--pictures DIR]`. Kept out of `./dev test`, which needs no browser.

Every page that a test looks at is searched by axe-core, and photographed where `--pictures` names a folder.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from tests.integration.api.kit import Stage
from tests.integration.conftest import founded  # noqa: F401  the same worlds
from xingji.demo.cast import PASSWORD

ROOT = Path(__file__).parents[2]
AXE = ROOT / "platform/console/node_modules/axe-core/axe.min.js"
DESK = ViewportSize(width=1366, height=768)
PHONE = ViewportSize(width=390, height=844)
OFFICE = "office.intranet"
"""A host that is no secure context for the browser, as an intranet's."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", type=Path, help="where the pages looked at are photographed")


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """The console as the tree has it."""
    subprocess.run(
        [ROOT / "platform/console/build"],
        check=True,
        timeout=300,
        env={**os.environ, "PYTHON": sys.executable},
    )


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The system's browser; no page reaches beyond this machine."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.exit("需要 Chromium（Debian：apt-get install chromium）· Chromium is needed", 2)
    flags = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
    quiet = ("--disable-background-networking", "--disable-component-update")
    hosts = f"--host-resolver-rules=MAP {OFFICE} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*flags, *quiet, hosts])
        yield browser
        await browser.close()


async def find_violations(page: Page) -> list[tuple[str, str, list[str]]]:
    """What axe finds on a page: impact, rule, and the places."""
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run()")
    return [
        (one["impact"], one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in found["violations"]
    ]


@dataclass
class Desk:
    """One person before one browser. What the page complains of is kept, and must be nothing at the end."""

    page: Page
    name: str
    pictures: Path | None
    complaints: list[str] = field(default_factory=list)

    async def sign_in(self, address: str, code: str, login: str) -> None:
        """Through the form, by keyboard."""
        await self.page.goto(f"{address}/console/")
        await self.page.get_by_label("行政区划代码").fill(code)
        await self.page.get_by_label("用户名").fill(login)
        await self.page.get_by_label("密码").fill(PASSWORD)
        await self.page.keyboard.press("Enter")
        await self.page.get_by_role("tab", name="待办").wait_for()

    async def look(self, where: str) -> None:
        """axe finds nothing serious here; a picture, where pictures are wanted."""
        if self.pictures is not None:
            self.pictures.mkdir(parents=True, exist_ok=True)
            await self.page.screenshot(path=self.pictures / f"{self.name}-{where}.png", full_page=True)
        serious = [one for one in await find_violations(self.page) if one[0] in {"serious", "critical"}]
        assert serious == [], f"{self.name} at {where}"

    async def open_first(self, tray: str = "待办") -> None:
        """The first application of a tray."""
        await self.page.get_by_role("tab", name=tray).click()
        await self.page.get_by_role("tabpanel", name=tray).get_by_role("link").first.click()


Sit = Callable[[Stage, str, str, ViewportSize], Awaitable[Desk]]


@pytest.fixture
async def sit(chromium: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Sit]:
    """`await sit(stage, code, login, DESK)`: somebody of the cast, signed in at the intranet's address."""
    async with AsyncExitStack() as stack:
        desks: list[Desk] = []

        async def seat(stage: Stage, code: str, login: str, viewport: ViewportSize) -> Desk:
            context = await stack.enter_async_context(_context(chromium, viewport))
            page = await context.new_page()
            desk = Desk(page, login, request.config.getoption("--pictures"))
            page.on("pageerror", lambda error: desk.complaints.append(str(error)))
            desks.append(desk)
            await desk.sign_in(stage.address.replace("127.0.0.1", OFFICE), code, login)
            return desk

        yield seat
        assert [complaint for desk in desks for complaint in desk.complaints] == []


@asynccontextmanager
async def _context(browser: Browser, viewport: ViewportSize) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport=viewport, locale="zh-CN")
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        await context.close()
