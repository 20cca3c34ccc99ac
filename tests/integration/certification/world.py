"""A small Zhoukou: the city and its ten counties, each with a street and three communities, founded with their people.

Every person's id is a UUIDv5 of what they are, so a test names them without looking anything up. Times are those of the 2022 round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.keys import Ed25519Signer
from audit.online import verify_stored
from audit.rows import is_audited
from audit.verdict import Verdict
from certification import tables as _tables  # noqa: F401 - its tables join the metadata
from certification.acts import (
    close_publicity,
    file_application,
    give_opinion,
    open_campaign,
    open_publicity,
    rank,
    record_decision,
    record_site_visit,
    report,
    save_form,
    submit,
)
from certification.acts.listing import Choice
from certification.assessment import Found
from certification.changes import Act
from certification.following import follow, pending_followings
from certification.forms import Contact
from certification.founding import Founding, Login, Person, found_tenant
from certification.recording import Recorded, perform
from tenancy.database import Database, Scope
from tenancy.identity import Principal
from tenancy.personal import value_reader
from tenancy.tables import metadata
from tests.unit.certification.samples import good_figures

CITY = 1
COUNTIES = tuple(range(2, 12))
DOMAIN = "xingji.example"
AUDITED = [table for table in metadata.sorted_tables if is_audited(table)]
MET = tuple(Found(f"{part}.{n}", "meets") for part, last in ((1, 7), (2, 6)) for n in range(1, last + 1))
CONTACT = Contact("王社区", "0394-8281000", "13800000000")
FOUNDED = datetime(2022, 4, 1, tzinfo=UTC)
APRIL_26 = datetime(2022, 4, 26, 2, tzinfo=UTC)
MAY_17 = datetime(2022, 5, 17, 2, tzinfo=UTC)
MAY_20 = datetime(2022, 5, 20, 2, tzinfo=UTC)
MAY_30 = datetime(2022, 5, 30, 2, tzinfo=UTC)
JULY = datetime(2022, 7, 1, 2, tzinfo=UTC)


def named(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"urn:xingji:test:{name}")


def signers() -> dict[int, Ed25519Signer]:
    return {
        number: Ed25519Signer(
            f"{DOMAIN}/{number}", Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        )
        for number in (CITY, *COUNTIES)
    }


def tenant_rows() -> list[tuple[Any, ...]]:
    return [
        (
            number,
            "411600" if number == CITY else f"4116{number:02d}",
            "周口市" if number == CITY else f"第{number}县",
            "city" if number == CITY else "county",
            None if number == CITY else CITY,
            named(f"unit/{number}"),
            f"{DOMAIN}/{number}",
        )
        for number in (CITY, *COUNTIES)
    ]


def unit(tenant: int, name: str, parent: str | None, kind: str) -> dict[str, Any]:
    return {
        "tenant_id": tenant,
        "id": named(name),
        "parent_id": None if parent is None else named(parent),
        "kind": kind,
        "name": f"单位 {name}",
        "sort_key": name,
        "valid_from": date(2020, 1, 1),
        "valid_to": None,
    }


def a_founding(tenant: int) -> Founding:
    root = f"unit/{tenant}"
    administrator = Person(
        named(f"admin/{tenant}"),
        "管理员",
        (("tenant_administrator", named(root)),),
        Login("admin", "$argon2id$", demo=False),
    )
    if tenant == CITY:
        officers = tuple(
            Person(named(f"city/{n}"), f"市局{n}", (("city_officer", named(root)),)) for n in (1, 2)
        )
        people_of_city = (*officers, administrator)
        return Founding(named(root), (unit(CITY, root, None, "city"),), (), people=people_of_city)
    street = f"{root}/s"
    places = [f"{street}/{n}" for n in (1, 2, 3)]
    people = [
        Person(named(f"clerk/{tenant}/{n}"), f"经办{n}", (("community_clerk", named(place)),))
        for n, place in enumerate(places, 1)
    ]
    people += [
        Person(named(f"street/{tenant}"), "街道", (("street_officer", named(street)),)),
        Person(named(f"county/{tenant}"), "县局", (("county_officer", named(root)),)),
        Person(named(f"county2/{tenant}"), "县局二", (("county_officer", named(root)),)),
        Person(
            named(f"both/{tenant}"),
            "兼职",
            (("county_officer", named(root)), ("street_officer", named(street))),
        ),
        Person(named(f"idle/{tenant}"), "无职", ()),
        administrator,
    ]
    units = (
        unit(tenant, root, None, "county"),
        unit(tenant, street, root, "street"),
        *(unit(tenant, place, street, "community") for place in places),
        unit(tenant, f"{street}/v", street, "village"),
    )
    codes = tuple(
        {
            "tenant_id": tenant,
            "unit_id": row["id"],
            "code": f"{tenant:012d}",
            "valid_from": date(2020, 1, 1),
            "valid_to": None,
            "source": "test",
        }
        for row in units
    )
    return Founding(named(root), units, codes, people=people, grants=((CITY, "oversee"),))


async def found_all(database: Database) -> None:
    keys = signers()
    for number in (CITY, *COUNTIES):
        async with database.write(Scope(number)) as tx:
            await found_tenant(tx, keys[number], a_founding(number), FOUNDED)


@dataclass(slots=True)
class World:
    """The database of one test, and short ways to act in it."""

    database: Database
    keys: Mapping[int, Ed25519Signer] = field(default_factory=signers)
    numbers: count[int] = field(default_factory=count)

    def principal(self, name: str) -> Principal:
        """`city/1`, `clerk/2/1`, `street/2`, `county/2`, `admin/2` …; roles are read again by the act."""
        home = CITY if name.startswith("city") else int(name.split("/")[1])
        granted = COUNTIES if home == CITY else ()
        return Principal(home, named(name), (), granted, () if home == CITY else (CITY,), demo=False)

    async def act(
        self,
        act: Act[Any, Any],
        command: Any,
        who: str,
        now: datetime,
        *,
        on: int | None = None,
        request: str | None = None,
    ) -> Recorded:
        principal = self.principal(who)
        tenant = principal.tenant_id if on is None else on
        async with self.database.write(principal.acting_scope(tenant)) as tx:
            name = request or f"request-{next(self.numbers)}"
            return await perform(tx, self.keys[tenant], act, command, principal, name, lambda: now)

    async def open(self) -> UUID:
        opened = await self.act(open_campaign.ACT, open_campaign.Command("zhoukou-2022"), "city/1", APRIL_26)
        return opened.subject_id

    async def file(self, campaign: UUID, county: int, community: int = 1) -> UUID:
        command = file_application.Command(
            CITY, campaign, "provincial", named(f"unit/{county}/s/{community}")
        )
        return (
            await self.act(file_application.ACT, command, f"clerk/{county}/{community}", APRIL_26)
        ).subject_id

    async def save(self, application: UUID, county: int, community: int = 1) -> Recorded:
        command = save_form.Command(
            application, "社区基本情况", "推荐材料", CONTACT, figures=good_figures("provincial")
        )
        return await self.act(save_form.ACT, command, f"clerk/{county}/{community}", APRIL_26)

    async def endorsed(self, campaign: UUID, county: int, community: int = 1) -> UUID:
        """An application that the street has endorsed."""
        application = await self.file(campaign, county, community)
        await self.save(application, county, community)
        bound = await self.hash_of(county, application)
        await self.act(
            submit.ACT, submit.Command(application, bound), f"clerk/{county}/{community}", APRIL_26
        )
        await self.opinion(application, county, "street", f"street/{county}", APRIL_26)
        return application

    async def opinion(
        self, application: UUID, county: int, stage: str, who: str, now: datetime, verdict: str = "agree"
    ) -> Recorded:
        bound = await self.hash_of(county, application)
        items = MET if stage == "city" else ()
        command = give_opinion.Command(application, stage, verdict, "经审核，意见如上。", bound, items)
        return await self.act(give_opinion.ACT, command, who, now, on=county)

    async def visited(self, campaign: UUID, county: int) -> UUID:
        """An application that the city has visited."""
        application = await self.endorsed(campaign, county)
        await self.opinion(application, county, "county", f"county/{county}", APRIL_26)
        await self.opinion(application, county, "city", "city/1", MAY_17)
        bound = await self.hash_of(county, application)
        visit = record_site_visit.Command(application, "实地察看，情况属实。", bound, items=MET)
        await self.act(record_site_visit.ACT, visit, "city/1", MAY_17, on=county)
        return application

    async def ranked(self, campaign: UUID, applications: Mapping[int, UUID], places: int) -> UUID:
        items = tuple(
            Choice(
                county, application, "selected" if place < places else "not_selected", f"第 {place + 1} 名"
            )
            for place, (county, application) in enumerate(applications.items())
        )
        command = rank.Command(campaign, "provincial", items, "按标准逐项比较")
        return (await self.act(rank.ACT, command, "city/1", MAY_20)).subject_id

    async def publicised(self, campaign: UUID, ranking: UUID) -> UUID:
        command = open_publicity.Command(campaign, "provincial", ranking, date(2022, 5, 20))
        return (await self.act(open_publicity.ACT, command, "city/1", MAY_20)).subject_id

    async def reported(self, campaign: UUID, publicity: UUID, *, closed: bool = False) -> UUID:
        if not closed:
            close = close_publicity.Command(campaign, "provincial", publicity)
            await self.act(close_publicity.ACT, close, "city/1", MAY_30)
        command = report.Command(campaign, "provincial", publicity, "周人社函〔2022〕9号", date(2022, 5, 30))
        return (await self.act(report.ACT, command, "city/1", MAY_30)).subject_id

    async def decided(self, campaign: UUID, reported: UUID, items: tuple[Choice, ...]) -> UUID:
        command = record_decision.Command(
            campaign, "provincial", reported, "豫人社〔2022〕30号", date(2022, 6, 30), items
        )
        return (await self.act(record_decision.ACT, command, "city/1", JULY)).subject_id

    async def follow(self, now: datetime, at_most: int = 100) -> list[Recorded]:
        """Finish what the city's lists left to follow, or only the first few, as a crash would."""
        async with self.database.read(self.principal("city/1").scope()) as tx:
            pending = await pending_followings(tx)
        done = []
        for one in pending[:at_most]:
            async with self.database.write(one.scope()) as tx:
                done.append(await follow(tx, self.keys[one.tenant_id], one, now))
        return done

    async def value(self, tenant: int, sql: str, *arguments: object) -> Any:
        async with self.database.read(Scope(tenant)) as tx:
            return await tx.raw.fetchval(sql, *arguments)

    async def hash_of(self, county: int, application: UUID) -> bytes:
        found = await self.value(
            county,
            "SELECT f.hash FROM form_versions f JOIN applications a ON a.form_version_id = f.id WHERE a.id = $1",
            application,
        )
        return bytes(found or bytes(32))

    async def status(self, county: int, application: UUID) -> str:
        return str(await self.value(county, "SELECT status FROM applications WHERE id = $1", application))

    async def size(self, tenant: int) -> int:
        return int(await self.value(tenant, "SELECT size FROM ledger_heads WHERE tenant_id = $1", tenant))

    async def verify(self, tenant: int) -> Verdict:
        async with self.database.read(Scope(tenant)) as tx:
            values = value_reader(tx.get_vault())
            return await verify_stored(tx.raw, tenant, self.keys[tenant].verifier_key, AUDITED, values=values)
