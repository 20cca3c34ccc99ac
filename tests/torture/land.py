"""A land of made-up counties, each truly founded with its ledger, its people and its street: what the torture acts on.

    async with served(folder, counties=50) as land: …      its own home and durable PostgreSQL, served by a process

The city and its real counties are founded beside them, as in an installation, and the round is open. Tokens are made with the home's keys:
what is tortured here is the ledger, not the sign-in.
"""

import time
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import httpx

from certification.founding import Founding, Person, found_tenant
from tenancy.database import Database, Scope
from tenancy.identity import Principal, Role, RoleName
from tenancy.tokens import LIFETIME, TokenKeys
from tests.integration.api.kit import DOMAIN, verify_all
from tests.integration.api.test_killed import Installation, installed, sign_in
from tests.support import DatabaseUrls
from xingji.demo import documents as q
from xingji.demo.cast import CITY
from xingji.demo.run import BEGINS
from xingji.demo.words import form_of
from xingji.service import open_keys, open_vault

CITY_TENANT = 1
FIRST = 3001
_IDS = UUID("0d9b1d54-5a0f-5f3e-9f52-3f7f3b1c8e11")
_REGISTER = """INSERT INTO tenants (id, code, name, level, parent_id, unit_id, origin)
VALUES ($1, $2, $3, 'county', $4, $5, $6)"""


@dataclass(frozen=True, slots=True)
class MadeCounty:
    """A county with one street of one community; `clerk` applies, `street` gives opinions, `county` reads the log."""

    tenant_id: int

    @property
    def code(self) -> str:
        """Its six digits."""
        return f"99{self.tenant_id}"

    @property
    def name(self) -> str:
        return f"第{self.tenant_id}县"

    @property
    def origin(self) -> str:
        return f"{DOMAIN}/{self.code}"

    def id_of(self, what: str) -> UUID:
        """The id of a unit or a person of it."""
        return uuid5(_IDS, f"{self.tenant_id}/{what}")

    def principal(self, login: str) -> Principal:
        """Who acts as `clerk`, `street` or `county`."""
        name, unit, kind = {
            "clerk": (RoleName.COMMUNITY_CLERK, "community", "community"),
            "street": (RoleName.STREET_OFFICER, "unit-street", "street"),
            "county": (RoleName.COUNTY_OFFICER, "county-unit", "county"),
        }[login]
        roles = (Role(name, self.id_of(unit), kind),)
        return Principal(self.tenant_id, self.id_of(login), roles, (), (CITY_TENANT,), demo=False)

    def founding(self) -> Founding:
        """Its units and people."""
        county, street, community = (self.id_of(what) for what in ("county-unit", "unit-street", "community"))
        placed = (
            (county, None, "county", self.name, ""),
            (street, county, "street", "第一街道", "001"),
            (community, street, "community", "第一社区", "001001"),
        )
        units = [
            {
                "tenant_id": self.tenant_id,
                "id": id_,
                "parent_id": parent,
                "kind": kind,
                "name": name,
                "sort_key": self.code + tail,
                "valid_from": date(2020, 6, 30),
                "valid_to": None,
            }
            for id_, parent, kind, name, tail in placed
        ]
        codes = [
            {
                "tenant_id": self.tenant_id,
                "unit_id": id_,
                "code": (self.code + tail).ljust(12, "0"),
                "valid_from": date(2020, 6, 30),
                "valid_to": None,
                "source": "torture",
            }
            for id_, _, _, _, tail in placed
        ]
        people = [
            Person(self.id_of(login), login, ((self.principal(login).roles[0].name, unit),))
            for login, unit in (("clerk", community), ("street", street), ("county", county))
        ]
        return Founding(county, units, codes, (), people, ((CITY_TENANT, "oversee"), (CITY_TENANT, "audit")))


class Applicant:
    """The county's one community, which applies and is refused, again and again; `step` is (login, mutation, input)."""

    def __init__(self, campaign: str, county: MadeCounty) -> None:
        self.county = county
        self._steps = self._apply(campaign)
        self.step = next(self._steps)

    def _apply(self, campaign: str) -> Generator[tuple[str, str, dict[str, Any]], dict[str, Any], None]:
        county = self.county
        unit = f"Unit.{county.tenant_id}.{county.id_of('community')}"
        wanted = {"campaignId": campaign, "level": "provincial", "communityId": unit}
        while True:
            application = yield "clerk", q.FILE_APPLICATION, wanted
            bound = {"applicationId": application["id"]}
            form = {**bound, **form_of(county.name, "第一街道", "第一社区")}
            bound["formHash"] = (yield "clerk", q.SAVE_FORM, form)["form"]["hash"]
            yield "clerk", q.SUBMIT_APPLICATION, bound
            refusal = {**bound, "stage": "STREET", "verdict": "REFUSE", "text": "材料不实。"}
            yield "street", q.GIVE_OPINION, refusal

    def answered(self, application: dict[str, Any]) -> None:
        """Go on to the next step."""
        self.step = self._steps.send(application)


@dataclass
class Land:
    """The served installation, its made-up counties, and the campaign that they apply in."""

    installation: Installation
    urls: DatabaseUrls
    counties: tuple[MadeCounty, ...]
    campaign: str
    _applicants: dict[int, Applicant] = field(default_factory=dict)
    _tokens: dict[tuple[int, str], tuple[float, str]] = field(default_factory=dict)

    def token(self, county: MadeCounty, login: str) -> str:
        """A token that lives for a while yet."""
        made, token = self._tokens.get((county.tenant_id, login), (0.0, ""))
        if time.monotonic() - made > LIFETIME.total_seconds() / 2 or not token:
            keys = TokenKeys(self.installation.home / "tokens")
            token = keys.issue(county.principal(login), datetime.now(UTC))
            self._tokens[county.tenant_id, login] = (time.monotonic(), token)
        return token

    def applicant(self, county: MadeCounty) -> Applicant:
        """The county's community, as far as it has come."""
        return self._applicants.setdefault(county.tenant_id, Applicant(self.campaign, county))

    async def check_whole(self) -> None:
        """Every log, and every audited row with it, verifies in the database. Raises AssertionError."""
        verdicts = await verify_all(self.urls, self.installation.home)
        wrong = {code: one.en for code, one in verdicts.items() if not one.ok}
        assert not wrong, wrong


@asynccontextmanager
async def served(folder: Path, counties: int) -> AsyncIterator[Land]:
    """Founded, with the round open, and served by a process on loopback."""
    made = tuple(MadeCounty(FIRST + number) for number in range(counties))
    async with installed(folder, lambda urls, home: _found(urls, home, made)) as (installation, urls):
        async with httpx.AsyncClient(base_url=installation.address, trust_env=False, timeout=30) as http:
            leader = await sign_in(http, CITY, "leader")
            opened = await leader.act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
        yield Land(installation, urls, made, opened["campaign"]["id"])


async def _found(urls: DatabaseUrls, home: Path, counties: tuple[MadeCounty, ...]) -> None:
    owner = await asyncpg.connect(urls.owner)
    try:
        for one in counties:
            values = (one.tenant_id, one.code, one.name, CITY_TENANT, one.id_of("county-unit"), one.origin)
            await owner.execute(_REGISTER, *values)
    finally:
        await owner.close()
    keys = open_keys(home)
    database = await Database.connect(urls.app, 1, 2, vault=open_vault(home))
    try:
        for one in counties:
            async with database.write(Scope(one.tenant_id)) as tx:
                await found_tenant(tx, keys.create(one.origin), one.founding(), BEGINS)
    finally:
        await database.close()
