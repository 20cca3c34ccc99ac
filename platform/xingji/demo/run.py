"""One demonstration, whole: database, divisions, server, story, verification, and the address to try it at.

The story is played once a home: a later run finds it played and only verifies. The server keeps a signed head of every ledger beside the
home, so that a later run proves growth from it, even against someone who owns the home.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import Final

import httpx

from audit.export import export_log
from audit.guard import Guard
from audit.heads import HeadStore
from audit.note import VerifierKey
from audit.online import verify_stored
from audit.verdict import Verdict
from audit.verify import verify_log
from certification.shelf import PROGRAMMES
from tenancy.database import Database, Scope
from tenancy.personal import value_reader
from tenancy.sign_in import hash_password
from xingji import sealing
from xingji.app import create_app
from xingji.commands.ledger import AUDITED
from xingji.databases import Database as Server
from xingji.databases import open_database
from xingji.demo import documents as q
from xingji.demo.cast import CITY, PASSWORD, counties, founding_of
from xingji.demo.client import ApiError
from xingji.demo.clock import StoryClock, shanghai
from xingji.demo.show import Screen, print_told
from xingji.demo.story import STEPS, Story
from xingji.demo.telling import StoryError, Told
from xingji.errors import DemoFailedError
from xingji.evidence.checking import find_wrong_file
from xingji.evidence.places import open_store
from xingji.founding import found_installation
from xingji.http.serving import make_server, open_socket
from xingji.http.settings import HttpSettings
from xingji.service import Tenant, open_keys, open_service, open_vault, read_registry
from xingji.settings import Settings

DOMAIN: Final = "demo.xingji.example"
BEGINS: Final = shanghai(4, 25, 8)
ENDS: Final = shanghai(7, 15, 10, year=2026)
TOLD: Final = "demo-told.json"
OURS: Final = Path(__file__).parent / "programmes"


def run_demo(settings: Settings, *, stay: bool) -> int:
    """Play it; 0 only if everything held. Raises DemoFailedError."""
    screen = Screen()
    with open_database(settings) as server:
        screen.step("PostgreSQL 就绪", "内嵌" if server.server else "外部")
        sealing.upgrade(server.get_owner_url(), settings.home)
        place_programmes(settings.home)
        screen.step("数据库结构已是最新")
        try:
            return asyncio.run(_run(settings, server, screen, stay))
        except (ApiError, StoryError) as error:
            raise DemoFailedError(reason=str(error)) from error


async def _run(settings: Settings, server: Server, screen: Screen, stay: bool) -> int:
    database = await Database.connect(server.app_url, 1, 4, vault=open_vault(settings.home))
    try:
        await _found(settings, server, database, screen)
        store = HeadStore(settings.heads_folder)
        before = {one.origin: store.find(one.origin) for one in await read_registry(database)}
        told = _read_told(settings.home)
        clock = StoryClock(ENDS if told.steps == STEPS else BEGINS)
        async with _serving(settings, server.app_url, clock) as address:
            screen.step("服务已启动", address)
            async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as http:
                keep = partial(_keep_told, settings.home)
                told = await Story(http, clock, screen.step, told, keep).play()
            print_told(told)
            held = await _verify(settings, database, screen, before)
            if not stay:
                return 0 if held else 1
            _print_way_in(address)
            await _wait()
            return 0 if held else 1
    finally:
        await database.close()


def place_programmes(home: Path) -> None:
    """Lay the demonstration's own programmes where an installation has its own."""
    folder = home / PROGRAMMES.name
    folder.mkdir(parents=True, exist_ok=True)
    for file in OURS.glob("*.toml"):
        (folder / file.name).write_bytes(file.read_bytes())


def _read_told(home: Path) -> Told:
    """What an earlier run of this home played."""
    file = home / TOLD
    return Told.from_json(json.loads(file.read_text("utf-8"))) if file.exists() else Told()


def _keep_told(home: Path, told: Told) -> None:
    fresh = home / f"{TOLD}.new"
    fresh.write_text(json.dumps(told.to_json(), ensure_ascii=False), "utf-8")
    fresh.replace(home / TOLD)


async def _found(settings: Settings, server: Server, database: Database, screen: Screen) -> None:
    @cache
    def password_hash() -> str:
        return hash_password(PASSWORD)

    founded = await found_installation(
        server.get_owner_url(),
        database,
        settings.home,
        DOMAIN,
        lambda tenant: founding_of(tenant, password_hash()),
        BEGINS,
        lambda done, total: screen.count("载入真实区划", done, total),
        Guard(HeadStore(settings.heads_folder)),
    )
    screen.step("周口市及各县区的区划、账本与人员", f"新建 {founded} 个租户" if founded else "已在")


@asynccontextmanager
async def _serving(settings: Settings, url: str, clock: StoryClock) -> AsyncIterator[str]:
    app = create_app(
        HttpSettings(), lambda: open_service(settings, url, clock=clock), write_log=lambda _line: None
    )
    server = make_server(app, settings.host, settings.port)
    try:
        listening = open_socket(settings.host, settings.port)
    except OSError as error:
        raise DemoFailedError(reason=f"{settings.host}:{settings.port}: {error}") from error
    port = listening.getsockname()[1]
    serving = asyncio.create_task(server._serve([listening]))
    try:
        while not server.started:
            if serving.done():
                await serving
                raise DemoFailedError(reason="the server stopped while starting")
            await asyncio.sleep(0.01)
        yield f"http://{settings.host}:{port}"
    finally:
        server.should_exit = True
        await serving


async def _verify(
    settings: Settings, database: Database, screen: Screen, before: Mapping[str, bytes | None]
) -> bool:
    """Every ledger offline from its export and online against the rows, from the head that was kept when the run began."""
    keys, verdicts, grown = open_keys(settings.home), [], 0
    registry = await read_registry(database)
    for number, tenant in enumerate(registry, start=1):
        since = before[tenant.origin]
        grown += since is not None
        key = keys.get(tenant.origin).verifier_key
        verdicts.append(await _verify_online(settings, database, tenant, key, since))
        verdicts.append(await _verify_offline(settings, database, tenant, key, since))
        screen.count("验证账本", number, len(registry))
    wrong = [verdict for verdict in verdicts if not verdict.ok]
    for verdict in wrong:
        print(f"  ✗ {verdict.origin} [{verdict.code}] {verdict.zh}")
    total = sum(verdict.size or 0 for verdict in verdicts) // 2
    since_text = f"，均从以前保存的头部增长而来（{grown}）" if grown else ""
    print()
    screen.step(
        f"{len(registry)} 本账本、{total} 条账目：离线验证与在线核对",
        f"全部通过{since_text}" if not wrong else f"{len(wrong)} 处不符",
    )
    screen.step("已签名的头部保存在数据目录之外", str(settings.heads_folder))
    return not wrong


async def _verify_online(
    settings: Settings, database: Database, tenant: Tenant, key: VerifierKey, since: bytes | None
) -> Verdict:
    """The log against its rows, the personal values against their commitments, the files against their hashes."""
    async with database.read(Scope(tenant.id)) as tx:
        values = value_reader(tx.get_vault())
        verdict = await verify_stored(tx.raw, tenant.id, key, AUDITED, since=since, values=values)
        wrong = await find_wrong_file(tx, open_store(settings)) if verdict.ok else None
    return verdict if wrong is None else wrong.verdict(verdict.origin)


async def _verify_offline(
    settings: Settings, database: Database, tenant: Tenant, key: VerifierKey, since: bytes | None
) -> Verdict:
    signer = open_keys(settings.home).get(tenant.origin)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / tenant.code
        async with database.read(Scope(tenant.id)) as tx:
            await export_log(tx.raw, tenant.id, signer, directory)
        return await asyncio.to_thread(verify_log, directory, key, since)


def _print_way_in(address: str) -> None:
    first = counties()[0].code
    print(f"\n服务地址 · address   {address}/graphql （浏览器打开即为 GraphiQL · GraphiQL in a browser）")
    print(f"控制台 · console     {address}/console/")
    print(f"口令 · password      {PASSWORD}")
    print("账号 · logins        tenantCode / login")
    for role, code, login in (
        ("社区经办员 community clerk", first, "clerk"),
        ("街道经办员 street officer", first, "street"),
        ("县级经办员 county officer", first, "county"),
        ("市级负责人 city officer", CITY, "leader"),
        ("审计员 auditor", CITY, "auditor"),
        ("租户管理员 administrator", first, "admin"),
    ):
        print(f"  {code} / {login:<9} {role}")
    sign_in = json.dumps({"query": q.PASTE.format(code=first, password=PASSWORD)})
    ask = json.dumps({"query": q.FIRST_QUERY})
    post = f"curl -s {address}/graphql -H 'content-type: application/json'"
    print("\n先登录，再查询（可直接粘贴）· sign in, then ask (paste both lines):")
    print(f"  TOKEN=$({post} -d '{sign_in}' | sed 's/.*\"token\":\"\\([^\"]*\\).*/\\1/')")
    print(f"  {post} -H \"authorization: Bearer $TOKEN\" -d '{ask}'")
    public = json.dumps({"query": q.PUBLIC_QUERY})
    print("\n公示与结果，无需登录 · the public lists, without a login:")
    print(f"  {post} -d '{public}'")
    print("Ctrl-C 停止 · stops")


async def _wait() -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
