"""A world with a row of every type on both sides of every wall, those who stand before them, and what must not come through.

`Watched` reads every answer that somebody gets: an id, a text or a hash that stands in rows beyond their reach, and nowhere in rows
within it, is a leak, wherever it shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
from sqlalchemy import Table, Text

from audit.tables import ledger_checkpoints, ledger_entries
from certification.tables import metadata
from graphql_schema.declare import ScopeKind
from graphql_schema.permissions import ROLE_PERMISSIONS, Permission
from tenancy.database import Database, Scope
from tenancy.divisions import tenancies
from tenancy.personal import read_values
from tests.integration.api.arrangements import arrange
from tests.integration.api.draws import commit_list, drawn, party
from tests.integration.api.inspecting import PROPOSE_CORRECTION, concluding, inspect, observed
from tests.integration.api.keys import ask_for_keys, set_reading
from tests.integration.api.kit import Caller, Stage, World, file_application
from tests.integration.api.reviews import PLAN as PLAN_CYCLE
from tests.integration.api.reviews import a_plan, assigned, certify, team
from tests.integration.api.star import a_record, a_review, attest, elsewhere, propose, propose_something
from tests.integration.api.test_administering import ADD_PERSON, END_GRANT, END_ROLE, grants
from tests.integration.api.walk import UUIDS, node_types, strings
from tests.integration.demo.kit import play_until
from tests.integration.evidence.kit import pdf, send
from xingji.demo import documents as q
from xingji.demo.cast import CITY, FORMED_LATER, PASSWORD, County, Place, counties, person_id
from xingji.demo.telling import Told
from xingji.service import open_vault

CITY_TENANT: Final = 1
THEIRS, OURS, LEFT = counties()[:3]
"""`LEFT` has ended its grants to the city."""
COMMON: Final = {
    "campaigns",
    "campaign_levels",
    "campaign_windows",
    "standard_clauses",
    "calendar_years",
    "calendar_days",
}
"""What of the city's every review team works by."""
ZONE: Final = next(one.id for one in tenancies() if one.code == FORMED_LATER)
BEYOND: Final = frozenset({"application_id", "community_id", "certification_id"})
"""Columns of shared rows that name another county's rows: those names are no licence."""

BENEATH: Final = {
    "review_verdicts": "review_id",
    "observations": "review_id",
    "draw_parties": "draw_id",
    "spot_check_answers": "draw_id",
    "register_numbers": "list_id",
}
"""What hangs by a row that hangs by a community."""
CLOSED: Final = frozenset({"review_teams", "review_team_members", "erasures"})
"""What neither a street nor a clerk sees anything of."""
WORD: Final = re.compile(r"[a-z_.]+")
"""Codes, names of operations and the like, which every tenant has."""


@dataclass
class Watched:
    """Somebody, and what none of their answers may hold."""

    name: str
    caller: Caller
    tenant: int
    roles: tuple[str, ...]
    ids: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    foreign: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)
    """Global ids by type: of rows that are there, and beside them the same of none."""
    own: dict[str, str] = field(default_factory=dict)

    def may(self, permission: Permission | None) -> bool:
        """Whether one of the roles gives the permission."""
        assert permission is not None
        if permission is Permission.PUBLIC:
            return True
        return any(permission in ROLE_PERMISSIONS[role] for role in self.roles)

    async def ask(
        self, query: str, variables: Mapping[str, Any], also: Collection[str] = ()
    ) -> tuple[dict[str, Any], str]:
        """The answer, read for leaks, and its trace id; refused for want of a permission, or by one of the codes `also`."""
        response = await self.caller.send(query, variables)
        assert response.status_code == 200, (self.name, query[:300], response.text[:300])
        self.read(response, query)
        answer: dict[str, Any] = response.json()
        found = {one["extensions"]["code"] for one in answer.get("errors", ())}
        assert found <= {"permission.denied", "auth.required", *also}, (
            self.name,
            query[:300],
            answer["errors"][:3],
            variables,
        )
        return answer, response.headers["x-request-id"]

    def read(self, response: httpx.Response, what: str) -> None:
        """Look through an answer."""
        self.read_text(response.text, what)

    def read_text(self, text: str, what: str = "") -> None:
        """Look through text."""
        assert not self.ids.intersection(UUIDS.findall(text)), (self.name, what[:600], text[:600])
        answer = json.loads(text) if text.startswith("{") else {"text": text}
        plain = json.dumps(answer, ensure_ascii=False)
        told = [secret for secret in self.secrets if secret in plain]
        assert not told, (self.name, what[:600], told)
        found = self.texts.intersection(value for _, value in strings(answer))
        assert not found, (self.name, what[:600], found)


@dataclass
class Walls:
    """The world and who stands in it."""

    stage: Stage
    people: dict[str, Watched]

    async def size(self) -> dict[str, int]:
        """How many rows every table has, and how long every ledger is; what is logged and counted of refusals left out."""
        names = sorted(set(metadata.tables) - {"access_log", "throttles"})
        parts = [f"SELECT '{name}' AS name, count(*) AS n FROM {name}" for name in names]
        parts.append("SELECT 'head ' || tenant_id, size FROM ledger_heads")
        return {row["name"]: row["n"] for row in await self.stage.rows(" UNION ALL ".join(parts))}

    async def logged(self, trace: str) -> list[tuple[int, str]]:
        """Tenant and code of what the access log keeps of a request."""
        rows = await self.stage.rows(
            "SELECT tenant_id, code FROM access_log WHERE trace_id = $1 ORDER BY code", trace
        )
        return [(row["tenant_id"], row["code"]) for row in rows]

    async def served_by(self, stage: Stage) -> Walls:
        """The same walls in a clone, and everybody before them with a token of its server."""
        people = {}
        for name, one in self.people.items():
            code, _, login = name.partition("/")
            caller = await stage.person(code, login, fresh=True) if login else stage.stranger
            people[name] = replace(one, caller=caller)
        return Walls(stage, people)


@dataclass(frozen=True, slots=True)
class Walled:
    """The database to clone, the moment at which its story goes on, and who stood before the walls when they were built."""

    world: World
    moment: datetime
    walls: Walls


def inspector(tenant: int, code: str, login: str) -> str:
    """The id of an inspector of the cast."""
    return f"Inspector.{tenant}.{person_id(code, login)}"


def unit(county: County, id_: UUID) -> str:
    return f"Unit.{county.tenant_id}.{id_}"


async def play_and_build(stage: Stage) -> Walls:
    """From the tenth step of the plain round: an objection on its first day, which costs no day of those that count; then the walls."""
    await object_in_vain(stage)
    await play_until(stage, None, told=Told(steps=10))
    return await build(stage)


async def object_in_vain(stage: Stage) -> None:
    (notice,) = (await stage.stranger.get(q.NOTICES))["publicNotices"]["edges"]
    said = {
        "text": "公示栏的招聘信息似乎很久没有更新，请核实。",
        "name": "异议人甲",
        "contact": "0394-8000001",
    }
    filed = await stage.stranger.act(
        q.FILE_OBJECTION, {"noticeId": notice["node"]["noticeId"], "position": 1, **said}
    )
    assert filed["__typename"] == "ObjectionFiled", filed
    leader = await stage.person(CITY, "leader")
    (edge,) = (await leader.get(q.OBJECTIONS))["objections"]["edges"]
    named = {"objectionId": edge["node"]["id"]}
    assert (await leader.act(q.ACCEPT_OBJECTION, named))["__typename"] == "ObjectionRecorded"
    decided = {
        **named,
        "verdict": "DISMISSED",
        "reason": "已核查。",
        "publicReason": "每周更新，异议不成立。",
    }
    assert (await leader.act(q.DECIDE_OBJECTION, decided))["__typename"] == "ObjectionRecorded"


async def build(stage: Stage) -> Walls:
    """What the played round lacks, then the people, then what stands behind the walls."""
    await propose_something(stage)
    await arrange(stage)
    await _add_rows(stage)
    for code in (*(county.code for county in (THEIRS, OURS, LEFT)), CITY, FORMED_LATER):
        await stage.published(code)
    people = await _people(stage)
    walls = Walls(stage, people)
    async with _values(stage) as plain:
        dump = await _dump(stage)
        for one in people.values():
            await _put_behind(stage, one, dump, plain)
    return walls


async def _add_rows(stage: Stage) -> None:
    for county in (THEIRS, OURS, LEFT):
        officer = await stage.person(county.code, "county")
        # Somebody reads a contact, so that the access log has a row; a paper of a community's past.
        await officer.get("{ applications { edges { node { form { contactName } } } } }")
        for place in (county.nominee, county.rival):
            paper = await send(officer, unit(county, place.id), pdf(place.name.encode()))
            assert paper.status_code == 201, paper.text
        if county is not THEIRS:  # there something is proposed already
            await propose(stage, county, county.rival, a_record())
        if county.rival.name not in await stage.tray(
            county.code, "rival"
        ):  # late, by the extension that was arranged
            await file_application(stage, county, "rival", county.rival, await stage.campaign())
    await _add_cycles(stage)
    await _add_draws(stage)
    await _add_inspections(stage)
    await _add_erasures(stage)
    for county in (THEIRS, OURS, LEFT):
        await ask_for_keys(stage, county, operations=["campaign.opened"])
        await set_reading(stage, county, "OWN")
    clerk, tray = await stage.person(LEFT.code, "rival"), await stage.tray(LEFT.code, "rival")
    given = {"applicationId": tray[LEFT.rival.name]["id"], "reason": f"{LEFT.rival.name}不再申请，下批再报。"}
    withdraw = """mutation($requestId: ID!, $input: WithdrawApplicationInput!) {
      withdrawApplication(requestId: $requestId, input: $input) { __typename } }"""
    assert (await clerk.act(withdraw, given))["__typename"] == "ApplicationRecorded"


async def _add_cycles(stage: Stage) -> None:
    """A cycle in each county, with a team of its own beside one of the city's, each of which was assigned a community."""
    leader = await stage.person(CITY, "leader")
    for county in (THEIRS, OURS, LEFT):
        await certify(stage, county, county.star)
        await certify(stage, county, Place(elsewhere(county)[1], ""))
        # Of ours and theirs the city's inspector; where the city will have nothing to see, two of the county's.
        other = (
            (CITY_TENANT, CITY, "inspector")
            if county is not LEFT
            else (county.tenant_id, county.code, "inspector2")
        )
        given = await a_plan(
            stage,
            team("县组", inspector(county.tenant_id, county.code, "inspector")),
            team("市组", inspector(*other)),
            county=county,
            name=f"{county.name}2022 年度复查",
        )
        done = await leader.act(PLAN_CYCLE, {**given, "opensOn": "2022-07-01"})
        assert done["__typename"] == "ReviewCycleRecorded", done
        await assigned(stage, done["cycle"]["id"], county=county)


async def _add_draws(stage: Stage) -> None:
    """In each county a register list of the nominee's, of which five numbers were drawn."""
    for county in (THEIRS, OURS, LEFT):
        numbers = tuple(f"{county.code}-{n:06}" for n in range(40))
        listed = (await commit_list(stage, numbers, county=county))["list"]["id"]
        first, second = await party(stage, "county", county=county), await party(stage, "city")
        await drawn(stage, first, second, listed, county=county)


async def _add_inspections(stage: Stage) -> None:
    """In each county what a team observed and concluded, and a correction that is proposed."""
    for county in (THEIRS, OURS, LEFT):
        caller = await stage.person(county.code, "inspector")
        review = (await caller.get("{ reviewDay { id } }"))["reviewDay"][0]["id"]
        seen = observed("2022-07-02T04:00:00Z", note={"word": "visit", "text": f"{county.name}现场无人。"})
        again = concluding("RECHECK", f"{county.name}另行复核。", dueOn="2022-07-31")
        assert "review" in await inspect(caller, review, [seen], again)
        await attest(stage, *await propose(stage, county, county.star, a_review(2019)))
        given = {
            "communityId": unit(county, county.star.id),
            "level": "provincial",
            "year": 2019,
            "result": "FAIL",
            "documentNumber": "豫人社函〔2022〕7号",
            "reason": f"{county.name}核查发现台账不实。",
        }
        officer = await stage.person(county.code, "county")
        assert "correction" in await officer.act(PROPOSE_CORRECTION, given)


async def _add_erasures(stage: Stage) -> None:
    """In each county an erasure of somebody without a role that an administrator proposes."""
    propose = """mutation($requestId: ID!, $input: ProposeErasureInput!) {
      proposeErasure(requestId: $requestId, input: $input) { __typename } }"""
    for county in (THEIRS, OURS, LEFT):
        admin = await stage.person(county.code, "admin")
        given = {"name": "离任甲", "login": "departed", "password": PASSWORD, "roles": []}
        person = (await admin.act(ADD_PERSON, given))["person"]["id"]
        wanted = {"subjectId": person, "ground": "RETENTION_OVER", "reference": f"{county.name}第2号"}
        assert (await admin.act(propose, wanted))["__typename"] == "ErasureRecorded"


async def _people(stage: Stage) -> dict[str, Watched]:
    """Everybody: the brief list of `walls.py`'s walls, each with the roles that they have now."""
    street, community = elsewhere(OURS)
    ours = await stage.person(OURS.code, "admin")
    made = [
        (ours, "nobody", []),
        (ours, "former", [{"role": "COUNTY_OFFICER", "unitId": unit(OURS, OURS.unit_id)}]),
        (ours, "elsewhere", [{"role": "STREET_OFFICER", "unitId": unit(OURS, street)}]),
        (ours, "outsider", [{"role": "COMMUNITY_CLERK", "unitId": unit(OURS, community)}]),
    ]
    for admin, login, roles in made:
        given = {"name": f"{login}甲", "login": login, "password": PASSWORD, "roles": roles}
        done = await admin.act(ADD_PERSON, given)
        assert done["__typename"] == "PersonRecorded", done
        if login == "former":
            (role,) = done["person"]["roles"]
            assert (await admin.act(END_ROLE, {"roleId": role["id"]}))["role"]["validTo"] is not None
    left = await stage.person(LEFT.code, "admin")
    for grant in await grants(left):
        assert (await left.act(END_GRANT, {"grantId": grant["id"]}))["grant"]["validTo"] is not None
    roles = {
        (OURS.code, OURS.tenant_id): {
            "clerk": ("community_clerk",),
            "outsider": ("community_clerk",),
            "street": ("street_officer",),
            "elsewhere": ("street_officer",),
            "county": ("county_officer",),
            "admin": ("tenant_administrator",),
            "inspector": ("review_team",),
            "nobody": (),
            "former": (),
        },
        (CITY, CITY_TENANT): {
            "leader": ("city_officer",),
            "inspector": ("review_team",),
            "auditor": ("auditor",),
            "admin": ("tenant_administrator",),
        },
        (FORMED_LATER, ZONE): {"admin": ("tenant_administrator",)},
    }
    found = {"stranger": Watched("stranger", stage.stranger, 0, ())}
    for (code, tenant), logins in roles.items():
        for login, held in logins.items():
            name = f"{code}/{login}"
            caller = await stage.person(code, login, fresh=True)
            found[name] = Watched(name, caller, tenant, held)
    return found


# -- what stands behind the walls


@asynccontextmanager
async def _values(stage: Stage) -> AsyncIterator[dict[tuple[int, str], str]]:
    """Every personal value in the clear, by tenant and subject."""
    database = await Database.connect(stage.urls.app, 1, 1, vault=open_vault(stage.home))
    found: dict[tuple[int, str], str] = {}
    try:
        subjects: dict[int, list[UUID]] = {}
        for row in await stage.rows("SELECT DISTINCT tenant_id, subject_id FROM personal_values"):
            subjects.setdefault(row["tenant_id"], []).append(row["subject_id"])
        for tenant, listed in subjects.items():
            async with database.read(Scope(tenant)) as tx:
                for subject, values in (await read_values(tx, listed)).items():
                    for name, one in values.items():
                        found[tenant, f"{subject}/{name}"] = one.value
        yield found
    finally:
        await database.close()


def _is_beyond(one: Watched, table: Table, row: Mapping[str, Any], reach: Collection[Any]) -> bool:
    """Whether a row is out of somebody's reach: by its tenant, or within the own one by its community."""
    tenant = row["tenant_id"]
    shared = {"shared", "public"}.intersection(table.info.get("policies", ()))
    if not one.tenant:
        return "public" not in table.info.get("policies", ())
    if one.roles == ("review_team",):
        return _is_beyond_team(one, table, row, reach)
    if table.name == "register_numbers" and tenant != one.tenant:
        return True
    if table.name == "objections":
        return one.tenant not in {CITY_TENANT, row["application_tenant_id"]}
    if table.name == "unit_changes":
        plan = json.loads(row["details"])
        return one.tenant not in {CITY_TENANT, plan["tenant"], plan["to"]}
    if tenant == CITY_TENANT and shared:
        return False
    if one.tenant == CITY_TENANT:
        return bool(tenant == LEFT.tenant_id)
    if tenant != one.tenant:
        return True
    return bool(reach) and (table.name in CLOSED or _community(table, row) not in {None, *reach})


def _is_beyond_team(one: Watched, table: Table, row: Mapping[str, Any], reach: Collection[Any]) -> bool:
    """Whether a row is neither of a review that is assigned to the inspector, nor the standard and the days that all work by, nor their own."""
    if row["tenant_id"] == CITY_TENANT and table.name in COMMON:
        return False
    if table.name in {"people", "role_assignments"}:
        return row["id" if table.name == "people" else "person_id"] not in reach
    of = {
        "review_team_members": "team_id",
        "review_verdicts": "review_id",
        "observations": "review_id",
        "evidence": "subject_id",
        "unit_codes": "unit_id",
    }
    named = {"units", "review_cycles", "review_teams", "annual_reviews", *of}
    return table.name not in named or row[of.get(table.name, "id")] not in reach


def _community(table: Table, row: Mapping[str, Any]) -> Any:
    """What a row of one community hangs by: the application's or the community's key."""
    if table.name in BENEATH:
        return row[BENEATH[table.name]]
    for name in ("application_id", "community_id", "subject_id"):
        if name in table.c and table.name not in {"personal_values", "personal_keys"}:
            return row[name]
    return row["id"] if table.name == "applications" else None


@dataclass(frozen=True, slots=True)
class Kept:
    """A row, by what it would give away: its key, its texts; `licence`: all that whoever sees the row may see elsewhere."""

    table: Table
    row: Mapping[str, Any]
    key: Any
    texts: frozenset[str]
    licence: frozenset[str]


async def _dump(stage: Stage) -> list[Kept]:
    """Every row of every tenant's tables; what is sealed or secret is looked for in the clear."""
    secret = {"personal_values", "personal_keys", "credentials", "throttles"}
    found = []
    for name, table in {
        **metadata.tables,
        "ledger_entries": ledger_entries,
        "ledger_checkpoints": ledger_checkpoints,
    }.items():
        if "tenant_id" in table.c and name not in secret:
            key = next(column.name for column in table.primary_key.columns if column.name != "tenant_id")
            for row in await stage.rows(f"SELECT * FROM {name} ORDER BY 1, 2"):
                found += [Kept(table, row, row[key], _texts_of(table, row), _licence_of(table, row))]
    return found


async def _put_behind(
    stage: Stage, one: Watched, dump: Sequence[Kept], plain: Mapping[tuple[int, str], str]
) -> None:
    """Fill in what somebody may not see, and the global ids by which they will ask for it."""
    reach = await _reach(stage, one)
    ids, texts, seen = set[str](), set[str](), set[str]()
    there: dict[str, list[tuple[int, Any]]] = {}
    own: dict[str, tuple[int, Any]] = {}
    keys = set[Any]()
    for kept in dump:
        name, tenant = kept.table.name, kept.row["tenant_id"]
        beyond = _is_beyond(one, kept.table, kept.row, reach)
        if beyond or not one.tenant:
            there.setdefault(name, []).append((tenant, kept.key))
        if beyond:
            texts |= kept.texts
            if isinstance(kept.key, UUID):
                ids.add(str(kept.key))
        else:
            own.setdefault(name, (tenant, kept.key))
            seen |= kept.licence
            keys.add(kept.key)
    if one.roles != (
        "review_team",
    ):  # a story, and what it is cited by, is told to whoever reaches the subject
        seen |= {
            kept.row["hash"].hex()
            for kept in dump
            if kept.row.get("subject_id") in keys and "hash" in kept.row
        }
    for row in await stage.rows("SELECT unit_id::text, name, origin, code FROM tenants"):
        seen.update(row)
    secrets: dict[bool, set[str]] = {True: set(), False: set()}
    for (tenant, subject), value in plain.items():
        secrets[_hides(one, tenant) or subject.partition("/")[0] in ids].add(value)
    one.ids, one.texts = frozenset(ids - seen), frozenset(texts - seen)
    one.secrets = frozenset(value for value in secrets[True] - secrets[False] if len(value) > 3)
    _name_ids(one, there, own)


def _hides(one: Watched, tenant: int) -> bool:
    if one.tenant == CITY_TENANT:
        return tenant == LEFT.tenant_id
    return tenant != one.tenant


def _texts_of(table: Table, row: Mapping[str, Any]) -> frozenset[str]:
    """The longer texts of a row, and its digests as they are printed."""
    found = set()
    for column in table.c:
        value = row[column.name]
        if (
            isinstance(column.type, Text)
            and isinstance(value, str)
            and len(value) > 7
            and not WORD.fullmatch(value)
        ):
            found.add(value)
        elif isinstance(value, bytes) and len(value) == 32:
            found.add(value.hex())
    return frozenset(found)


def _licence_of(table: Table, row: Mapping[str, Any]) -> frozenset[str]:
    """All of a row; of what names another county's row in a shared one, nothing."""
    shared = {"shared", "public"}.intersection(table.info.get("policies", ()))
    found = set[str]()
    for column in table.c:
        value = row[column.name]
        if shared and column.name in BEYOND:
            continue
        if isinstance(value, UUID):
            found.add(str(value))
        elif isinstance(value, bytes):
            found.add(value.hex())
        elif isinstance(value, str):
            found.add(value)
            found.update(UUIDS.findall(value) if len(value) >= 36 else ())
    return frozenset(found)


async def _reach(stage: Stage, one: Watched) -> set[Any]:
    """The communities and applications that a clerk or a street officer of ours sees; nothing for who sees the whole tenant."""
    if one.roles == ("review_team",):
        return await _assigned(stage, one)
    street, community = elsewhere(OURS)
    login = one.name.partition("/")[2]
    below = {
        "clerk": ("community_id", OURS.nominee.id),
        "outsider": ("community_id", community),
        "street": ("street_id", OURS.street.id),
        "elsewhere": ("street_id", street),
    }
    if one.tenant != OURS.tenant_id or login not in below:
        return set()
    column, id_ = below[login]
    rows = await stage.rows(
        f"SELECT id FROM applications WHERE tenant_id = $1 AND {column} = $2", OURS.tenant_id, id_
    )
    units = await stage.rows(
        "SELECT id FROM units WHERE tenant_id = $1 AND (id = $2 OR parent_id = $2)", OURS.tenant_id, id_
    )
    reviews = await stage.rows(
        f"SELECT id FROM annual_reviews WHERE tenant_id = $1 AND {column} = $2", OURS.tenant_id, id_
    )
    lists = await stage.rows(
        "SELECT l.id FROM register_lists l JOIN units u ON (u.tenant_id, u.id) = (l.tenant_id, l.community_id)"
        " WHERE l.tenant_id = $1 AND (u.id = $2 OR u.parent_id = $2)",
        OURS.tenant_id,
        id_,
    )
    draws = await stage.rows(
        "SELECT id FROM draws WHERE tenant_id = $1 AND subject_id = ANY($2)",
        OURS.tenant_id,
        [row["id"] for row in lists],
    )
    return {id_, *(row["id"] for row in (*rows, *units, *reviews, *lists, *draws))}


async def _assigned(stage: Stage, one: Watched) -> set[Any]:
    """The keys that an inspector sees: of the reviews, their cycles, teams, units, and of what is the inspector's own."""
    (me,) = [
        row["id"]
        for row in await stage.rows("SELECT tenant_id, id FROM people")
        if str(row["id"]) == (await one.caller.get("{ viewer { personId } }"))["viewer"]["personId"]
    ]
    rows = await stage.rows(
        "SELECT r.id, r.cycle_id, r.team_id, r.community_id, r.street_id, t.unit_id, a.unit_id AS held FROM"
        " annual_reviews r JOIN review_team_members m USING (tenant_id, team_id) JOIN tenants t ON t.id = r.tenant_id"
        " JOIN role_assignments a ON a.person_id = m.person_id WHERE m.person_id = $1 AND r.tenant_id <> $2",
        me,
        LEFT.tenant_id,
    )
    assert rows, one.name
    return {me, *(value for row in rows for value in row)}


def _name_ids(
    one: Watched, there: Mapping[str, list[tuple[int, Any]]], own: Mapping[str, tuple[int, Any]]
) -> None:
    """The ways to reach over a wall: a county's row, the city's, the neighbour's; and the same key under the own tenant."""
    types = {name: source for name, source in node_types().items() if source.scope is not ScopeKind.REGISTRY}
    one.own = {
        name: f"{name}.{own[source.table.name][0]}.{own[source.table.name][1]}"
        for name, source in types.items()
        if source.table.name in own
    }
    one.own["Tenant"] = f"Tenant.{one.tenant}.{one.tenant}"
    for wall in ("county", "city", "own"):
        found = {}
        for name, source in types.items():
            rows = [row for row in there.get(source.table.name, ()) if _wall(one, row[0]) == wall]
            if rows:
                found[name] = rows[0]
        mixed = {name: (one.tenant, key) for name, (_, key) in found.items() if isinstance(key, UUID)}
        for rows_ in (found, mixed if wall != "own" and one.tenant else {}):
            if rows_:
                one.foreign.append((_ids(rows_), _ids(rows_, absent=True)))


def _wall(one: Watched, tenant: int) -> str:
    """Which wall a row of a tenant stands behind."""
    if tenant == one.tenant:
        return "own"
    return "city" if tenant == CITY_TENANT else "county"


def _ids(found: Mapping[str, tuple[int, Any]], *, absent: bool = False) -> dict[str, str]:
    """Global ids; `absent` with a key that nobody has."""

    def key(value: Any) -> Any:
        if not absent:
            return value
        return uuid4() if isinstance(value, UUID) else 987654321

    return {name: f"{name}.{tenant}.{key(value)}" for name, (tenant, value) in found.items()}
