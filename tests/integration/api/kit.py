"""The whole system over a clone of a founded world: a real server on loopback, people who sign in, and a superuser's eye.

The cast is the demonstration's. In `CROWDED`, a county with a large street, more officers and more clerks are added, so that many
people can press at once. Passwords are hashed cheaply: what is proved here is not how slow argon2 is.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from functools import cache
from io import StringIO
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

import asyncpg
import httpx
import pytest
from argon2 import PasswordHasher

from audit.note import VerifierKey
from audit.online import verify_stored
from audit.verdict import Verdict
from certification.founding import Founding, Login, Person
from tenancy.database import Database, Scope
from tenancy.divisions import Tenancy, units_of
from tenancy.personal import value_reader
from tenancy.tokens import LIFETIME
from tests.support import DatabaseUrls
from xingji.app import create_app
from xingji.cli import main
from xingji.commands.ledger import AUDITED
from xingji.demo import documents as q
from xingji.demo.cast import CITY, PASSWORD, County, Place, counties, founding_of
from xingji.demo.client import SIGN_IN
from xingji.demo.clock import StoryClock
from xingji.demo.words import findings, form_of
from xingji.founding import found_installation
from xingji.http.serving import make_server, open_socket
from xingji.http.settings import HttpSettings
from xingji.service import open_keys, open_service, open_vault, read_registry
from xingji.settings import Settings
from xingji.telemetry.opening import Telemetry

DOMAIN: Final = "test.xingji.example"
CROWD: Final = 6
_PEOPLE: Final = UUID("0b6ad1a5-7c2c-5d0e-8d3f-5d3f2d4c9a01")


@dataclass(frozen=True, slots=True)
class World:
    """A database to clone and the home with its keys."""

    template: str
    home: Path


@cache
def crowded() -> tuple[County, tuple[Place, ...]]:
    """The county with the largest first street, and communities of it that the cast leaves alone."""
    found = [(_beneath(county), county) for county in counties()[1:]]
    places, county = max(found, key=lambda pair: len(pair[0]))
    others = [place for place in places if place.id not in {county.nominee.id, county.rival.id}]
    return county, tuple(others[:CROWD])


def _beneath(county: County) -> list[Place]:
    rows = sorted(units_of(county.code).units, key=lambda row: str(row["sort_key"]))
    return [
        Place(row["id"], row["name"])
        for row in rows
        if row["parent_id"] == county.street.id and row["kind"] == "community" and row["valid_to"] is None
    ]


def founding_with_crowd(tenant: Tenancy, password_hash: str) -> Founding:
    """The demonstration's founding; in the crowded county with `officer0…` and a `clerk0…` for each further community."""
    founding = founding_of(tenant, password_hash)
    county, places = crowded()
    if tenant.code != county.code:
        return founding
    more = [(f"officer{n}", "county_officer", county.unit_id) for n in range(CROWD)]
    more += [(f"clerk{n}", "community_clerk", place.id) for n, place in enumerate(places)]
    people = [
        Person(uuid5(_PEOPLE, login), login, ((role, unit),), Login(login, password_hash, True))
        for login, role, unit in more
    ]
    return replace(founding, people=(*founding.people, *people))


async def found_world(urls: DatabaseUrls, home: Path, now: Any) -> None:
    """Found the installation on a migrated database."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    database = await Database.connect(urls.app, 1, 2, vault=open_vault(home))
    try:
        await found_installation(
            urls.owner,
            database,
            home,
            DOMAIN,
            lambda tenant: founding_with_crowd(tenant, cheap),
            now,
            lambda _done, _total: None,
        )
    finally:
        await database.close()


def heads_of(urls: DatabaseUrls, home: Path) -> Path:
    """The kept heads of one database: clones share the home and its keys, and go different ways."""
    return home / "heads" / urls.name


def make_settings(home: Path, *, demo: bool = True, heads: Path | None = None) -> Settings:
    """The settings of a server of these tests."""
    return Settings(
        home, "127.0.0.1", 0, 8, True, demo, None, None, heads, checkpoint_seconds=0.1, vouch_seconds=86_400
    )


@dataclass(slots=True)
class Caller:
    """Somebody with a token, or a stranger without one. Answers come back whole, whatever they are."""

    http: httpx.AsyncClient
    token: str | None = None

    async def send(
        self, query: str, variables: Mapping[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """The HTTP answer."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": query, "variables": dict(variables or {})}
        return await self.http.post("/graphql", json=body, headers={**sent, **headers})

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """`data` and `errors`. The answer must be 200."""
        response = await self.send(query, variables)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def get(self, query: str, **variables: Any) -> dict[str, Any]:
        """`data` of an answer without errors."""
        answer = await self.ask(query, **variables)
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    async def act(
        self, mutation: str, values: Mapping[str, Any], request_id: str | None = None
    ) -> dict[str, Any]:
        """The result of a mutation of one root field."""
        data = await self.get(mutation, requestId=request_id or str(uuid4()), input=dict(values))
        (result,) = data.values()
        return dict(result)


@dataclass(slots=True)
class Stage:
    """A served world."""

    address: str
    urls: DatabaseUrls
    home: Path
    clock: StoryClock
    http: httpx.AsyncClient
    log: list[dict[str, Any]]
    _callers: dict[tuple[str, str], tuple[float, Caller]] = field(default_factory=dict)

    @property
    def stranger(self) -> Caller:
        return Caller(self.http)

    async def person(self, tenant_code: str, login: str, *, fresh: bool = False) -> Caller:
        """Somebody of the cast, signed in; `fresh` with a new token. A stage may stand longer than a token lives."""
        made, caller = self._callers.get((tenant_code, login), (-inf, self.stranger))
        if fresh or monotonic() - made > LIFETIME.total_seconds() / 2:
            values = {"tenantCode": tenant_code, "login": login, "password": PASSWORD}
            answer = await self.stranger.get(SIGN_IN, input=values)
            assert answer["signIn"]["__typename"] == "SignedIn", (tenant_code, login, answer)
            caller = Caller(self.http, answer["signIn"]["token"])
            self._callers[tenant_code, login] = monotonic(), caller
        return caller

    async def tray(self, tenant_code: str, login: str) -> dict[str, dict[str, Any]]:
        """The applications that a person sees, by the community's name."""
        data = await (await self.person(tenant_code, login)).get(q.TRAY)
        return {edge["node"]["community"]["name"]: edge["node"] for edge in data["applications"]["edges"]}

    async def campaign(self) -> str:
        """The id of the round."""
        data = await (await self.person(CITY, "leader")).get(q.CAMPAIGN, code="zhoukou-2022")
        return str(data["campaigns"]["edges"][0]["node"]["id"])

    async def rosters(self, kind: str) -> list[str]:
        """The ids of the city's lists of a kind, in order of time."""
        data = await (await self.person(CITY, "leader")).get(q.LISTS, kind=kind)
        return [edge["node"]["id"] for edge in data["rosters"]["edges"]]

    async def rows(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Rows as a superuser sees them."""
        return await rows_of(self.urls, sql, *values)

    async def published(self, code: str) -> str:
        """The published checkpoint of a log, once it covers all that is recorded now."""
        sql = "SELECT size FROM ledger_heads h JOIN tenants t ON t.id = h.tenant_id WHERE t.code = $1"
        (row,) = await self.rows(sql, code)
        async with asyncio.timeout(20):
            while True:
                answer = await self.http.get(f"/ledger/{code}/checkpoint")
                if answer.status_code == 200 and int(answer.text.split("\n")[1]) >= row["size"]:
                    return answer.text
                await asyncio.sleep(0.02)

    async def verify(self) -> dict[str, Verdict]:
        """Every log, where it is stored and against the rows."""
        return await verify_all(self.urls, self.home)


def copy_home(world: World, urls: DatabaseUrls, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of one's own with the keys of a world; commands know every role of the database."""
    for part in ("keys", "secrets", "tokens", "vault"):
        if (world.home / part).exists():
            shutil.copytree(world.home / part, home / part)
    monkeypatch.setenv("XINGJI_MIGRATOR_URL", urls.owner)
    monkeypatch.setenv("XINGJI_BACKUP_URL", urls.superuser)
    return home


async def rows_of(urls: DatabaseUrls, sql: str, *values: Any) -> list[asyncpg.Record]:
    """Rows as a superuser sees them."""
    conn = await asyncpg.connect(urls.superuser)
    try:
        found: list[asyncpg.Record] = await conn.fetch(sql, *values)
        return found
    finally:
        await conn.close()


async def tamper(urls: DatabaseUrls, *statements: str) -> None:
    """A superuser with the triggers off, in one transaction."""
    conn = await asyncpg.connect(urls.superuser)
    try:
        async with conn.transaction():
            await conn.execute("SET LOCAL session_replication_role = replica")
            for sql in statements:
                await conn.execute(sql)
    finally:
        await conn.close()


async def verify_all(urls: DatabaseUrls, home: Path, only: Collection[str] = ()) -> dict[str, Verdict]:
    """Every tenant's verdict by its code, or that of some."""
    database = await Database.connect(urls.app, 1, 1, vault=open_vault(home))
    try:
        found, keys = {}, open_keys(home)
        for tenant in await read_registry(database):
            if only and tenant.code not in only:
                continue
            async with database.read(Scope(tenant.id)) as tx:
                key: VerifierKey = keys.get(tenant.origin).verifier_key
                values = value_reader(tx.get_vault())
                found[tenant.code] = await verify_stored(tx.raw, tenant.id, key, AUDITED, values=values)
        return found
    finally:
        await database.close()


@asynccontextmanager
async def serve_world(
    urls: DatabaseUrls,
    home: Path,
    start: Any,
    *,
    demo: bool = True,
    log: list[dict[str, Any]] | None = None,
    door: HttpSettings | None = None,
    telemetry: Telemetry | None = None,
    trusted: Path | None = None,
) -> AsyncIterator[Stage]:
    """Serve it in this process until the block ends, with a clock that tests set; no documents but the `trusted` ones, where they are given."""
    lines = [] if log is None else log
    stage: Stage
    settings = replace(
        make_settings(home, demo=demo, heads=heads_of(urls, home)),
        documents=trusted,
        documents_only=trusted is not None,
    )
    app = create_app(
        # One address asks for what thousands would: budgets have tests of their own.
        door or HttpSettings(budget=0, stranger_budget=0),
        # A test may put another clock on the stage.
        lambda: open_service(settings, urls.app, clock=lambda: stage.clock(), telemetry=telemetry),  # noqa: PLW0108
        write_log=lambda line: lines.append(json.loads(line)),
        telemetry=telemetry,
    )
    server = make_server(app, "127.0.0.1", 0, graceful_seconds=2)
    listening = open_socket("127.0.0.1", 0)
    limits = httpx.Limits(max_connections=40, max_keepalive_connections=40)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    http = httpx.AsyncClient(base_url=address, timeout=30, trust_env=False, limits=limits)
    stage = Stage(address, urls, home, StoryClock(start), http, lines)
    serving = asyncio.create_task(server._serve([listening]))
    while not server.started:
        assert not serving.done(), serving.exception() if serving.done() else None
        await asyncio.sleep(0.005)
    try:
        async with http:
            yield stage
    finally:
        server.should_exit = True
        await serving


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left: exit code and output."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@contextmanager
def _environment(urls: DatabaseUrls, home: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XINGJI_DATABASE_URL", urls.app)
        patch.setenv("XINGJI_HOME", str(home))
        patch.setenv("XINGJI_HEADS", str(heads_of(urls, home)))
        yield


def run_command(urls: DatabaseUrls, home: Path, *arguments: str) -> Ran:
    """The console script's `main` on this database; blocks, so call it in a thread."""
    out, err = StringIO(), StringIO()
    with _environment(urls, home), redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else 2
    return Ran(code, out.getvalue(), err.getvalue())


async def command(urls: DatabaseUrls, home: Path, *arguments: str) -> Ran:
    """The same, for a running loop."""
    return await asyncio.to_thread(run_command, urls, home, *arguments)


async def file_application(
    stage: Stage, county: County, login: str, place: Place, campaign: str
) -> tuple[str, str]:
    """File, fill in and submit, as a clerk: id and form hash."""
    clerk = await stage.person(county.code, login)
    wanted = {
        "campaignId": campaign,
        "level": "provincial",
        "communityId": f"Unit.{county.tenant_id}.{place.id}",
    }
    filed = (await clerk.act(q.FILE_APPLICATION, wanted))["application"]["id"]
    form = {"applicationId": filed, **form_of(county.name, county.street.name, place.name)}
    hash_ = (await clerk.act(q.SAVE_FORM, form))["application"]["form"]["hash"]
    await clerk.act(q.SUBMIT_APPLICATION, {"applicationId": filed, "formHash": hash_})
    return filed, hash_


def opinion(application: str, form_hash: str, stage: str, text: str = "同意。") -> dict[str, Any]:
    """The input of an agreeing opinion."""
    return {
        "applicationId": application,
        "stage": stage,
        "verdict": "AGREE",
        "text": text,
        "formHash": form_hash,
        "items": findings() if stage == "CITY" else [],
    }


def codes(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """The refusals' codes, and `ok` for what was recorded."""
    return [str(one.get("code", "ok")) for one in results]
