"""Nobody sees or does what is not theirs: by id, filter, cursor, relation, mutation or file; and what is there looks like what is not.

The schema is walked (walk.py), by everybody, over every wall (walls.py): a new type, field, argument or input is asked as well, or
fails here for want of a value. Answers are read for whatever stands behind a wall, whether it was asked for or not.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from certification.tables import metadata
from graphql_schema.declare import ScopeKind, find_permission, find_rows
from tests.integration.api.kit import serve_world, verify_all
from tests.integration.api.walk import (
    IDS,
    SCHEMA,
    UUID_FIELDS,
    WHOLE_LOG,
    Asked,
    connections,
    documents,
    feeds,
    filters,
    id_leaves,
    in_brackets,
    is_public,
    mutation,
    mutations,
    named,
    nested_arguments,
    nested_filters,
    node_of,
    node_types,
    object_type,
    queries,
    select,
    selections,
    value_of,
    without_traces,
)
from tests.integration.api.walls import CITY_TENANT, LEFT, OURS, THEIRS, Walled, Walls, Watched
from tests.integration.evidence.kit import files_of, pdf, send
from tests.support import clone_database
from xingji.demo.cast import CITY, FORMED_LATER

CITYS = ("leader", "inspector", "auditor", "admin")
PAGE = "totalCount edges { cursor node { __typename } } pageInfo { hasNextPage endCursor }"
OURS_ALL = ("clerk", "outsider", "street", "elsewhere", "county", "admin", "inspector", "nobody", "former")
EVERYBODY = (
    *(f"{OURS.code}/{login}" for login in OURS_ALL),
    *(f"{CITY}/{login}" for login in CITYS),
    f"{FORMED_LATER}/admin",
    "stranger",
)
STAFF = {"Erasure", "Inspector", "Person", "RoleAssignment", "AccessRecord", "Grant"}
"""What no street or clerk sees a row of: there is no neighbour's."""
PARTIAL = {"community_clerk", "street_officer", "review_team"}
"""Roles that reach a part of a log, so none of its growth."""
# What a new person of the tenant does to the own tenant: a password, a grant.
OWN_ACTS = {"changePassword", "grantOversight"}


@pytest.fixture(scope="module")
async def walls(postgres: Any, walled: Walled) -> AsyncIterator[Walls]:
    """A clone of the world behind its walls, served."""
    async with (
        clone_database(postgres, walled.world.template) as urls,
        serve_world(urls, walled.world.home, walled.moment) as stage,
    ):
        yield await walled.walls.served_by(stage)


@pytest.fixture(params=EVERYBODY)
async def one(walls: Walls, request: pytest.FixtureRequest) -> AsyncIterator[Watched]:
    """Somebody; behind them nothing is written but what is logged."""
    before = await walls.size()
    yield walls.people[request.param]
    assert await walls.size() == before


async def test_there_is_a_row_of_every_type_behind_the_walls(walls: Walls):
    types = {name for name, source in node_types().items() if source.scope is not ScopeKind.REGISTRY}
    shared = {name for name in types if node_types()[name].scope is ScopeKind.SHARED}
    for name, least in (("county", types - shared), (f"{FORMED_LATER}/admin", types - shared)):
        person = walls.people[name if "/" in name else f"{OURS.code}/{name}"]
        assert least <= {key for there, _ in person.foreign for key in there}, name
        assert len(person.ids) > 1000 and len(person.texts) > 100 and person.secrets, name
    for login in ("outsider", "elsewhere"):
        behind = set().union(*(there for there, _ in walls.people[f"{OURS.code}/{login}"].foreign))
        sources = node_types()
        wanted = {name for name in types - shared if sources[name].reach.community is not None}
        assert wanted - STAFF <= behind, login
    everything = {key for there, _ in walls.people["stranger"].foreign for key in there}
    assert types <= everything


async def both(one: Watched, there: list[Asked], nowhere: list[Asked], kind: str = "query") -> list[str]:
    """Ask for what is there and for what is nowhere: the answers are the same. The trace ids of the first."""
    traces = []
    for asked, blank in zip(documents(there, kind), documents(nowhere, kind), strict=True):
        found, trace = await one.ask(*asked)
        absent, _ = await one.ask(*blank)
        assert without_traces(found) == without_traces(absent), (one.name, asked)
        traces.append(trace)
    return traces


async def test_a_row_beyond_reach_is_as_absent_as_one_that_is_not(walls: Walls, one: Watched):
    for there, nowhere in one.foreign:
        listed, blank = [], []
        for name in there:
            inner = f"{{ __typename id ... on {name} {{ {select(object_type(name), 0)} }} }}"
            for fields, ids in ((listed, there), (blank, nowhere)):
                fields.append(Asked(f"node(id: $id) {inner}", {"id": ("ID!", ids[name])}))
        for document in documents(listed):
            answer, _ = await one.ask(*document)
            assert not any((answer["data"] or {}).values()), (one.name, document)
        await both(one, listed, blank)
        may = [name for name in there if one.may(node_types()[name].permission) and one.roles]
        ids = [there[name] for name in may]
        answer, trace = await one.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids})
        if not one.roles:
            assert not (answer["data"] or {}).get("nodes")
            continue
        assert answer == {"data": {"nodes": [None] * len(ids)}}, one.name
        beyond = any(_is_attempt(one, name, there[name]) for name in may)
        assert await walls.logged(trace) == [(one.tenant, "tenant.beyond_reach")] * beyond


def _is_attempt(one: Watched, name: str, id_: str) -> bool:
    """Whether an id names a tenant whose rows of this type somebody never reads."""
    shared = node_types()[name].scope is ScopeKind.SHARED
    return int(id_.split(".")[1]) not in {one.tenant, *([CITY_TENANT] if shared else [])}


async def test_a_filter_by_what_is_beyond_finds_nothing(one: Watched):
    theirs = {"Tenant": f"Tenant.{THEIRS.tenant_id}.{THEIRS.tenant_id}"}
    for found, blanks in one.foreign:
        there, nowhere = {**found, **theirs}, {**blanks, "Tenant": "Tenant.4711.4711"}
        sides: tuple[list[Asked], list[Asked]] = [], []
        for name, type_, key, source in filters():
            wanted = IDS.get(key) or UUID_FIELDS.get(key)
            if wanted not in there or not one.may(find_permission(connections()[name])):
                continue
            if one.tenant == CITY_TENANT and wanted == "Tenant":
                continue
            for side, ids in zip(sides, (there, nowhere), strict=True):
                value = ids[wanted] if source.type else ids[wanted].split(".")[2]
                beside = in_brackets(connections()[name], "filter: $f")
                side.append(Asked(f"{name}{beside} {{ {PAGE} }}", {"f": (type_, {key: value})}))
        for owner, name, type_, key, _ in nested_filters():
            wanted = IDS.get(key)
            if wanted not in there or owner not in one.own or not one.may(node_types()[owner].permission):
                continue
            if one.tenant == CITY_TENANT and wanted == "Tenant":
                continue
            for side, ids in zip(sides, (there, nowhere), strict=True):
                text = f"node(id: $id) {{ ... on {owner} {{ {name}(filter: $f) {{ {PAGE} }} }} }}"
                side.append(
                    Asked(text, {"id": ("ID!", one.own[owner]), "f": (f"{type_}!", {key: ids[wanted]})})
                )
        await both(one, *sides)


async def test_all_that_is_reached_from_a_root_field_is_ours_or_shared(one: Watched):
    """Relations too, three deep: nothing of what stands behind a wall, whatever is selected and however the page is cut."""
    for name, field in queries().items():
        permitted = one.may(find_permission(field))
        type_ = get_named_type(field.type)
        if name in {"node", "nodes"} or (is_public(field) and name != "viewer"):
            continue
        if not type_.name.endswith("Connection"):
            beside = in_brackets(field, tenant=one.tenant)
            texts = [f"{name}{beside} {{ {part} }}" for part in selections(object_type(type_.name), 2)]
        else:
            texts = [
                f"{name}{in_brackets(field, 'last: 3')} {{ totalCount edges {{ cursor node {{ {part} }} }} }}"
                for part in selections(node_of(field), 2)
            ]
        for text in texts:
            answer, _ = await one.ask(f"{{ {text} }}", {})
            if not permitted or (not one.roles and name == "viewer"):
                assert not any((answer["data"] or {}).values()), (one.name, name)
            elif name == WHOLE_LOG and PARTIAL.intersection(one.roles):
                assert answer["data"][name] is None, one.name
            else:
                assert answer["data"][name] is not None, (one.name, name)


async def test_the_growth_of_a_log_beyond_is_as_absent_as_that_of_none(one: Watched):
    beyond = LEFT if one.tenant == CITY_TENANT else THEIRS
    question = "query($t: ID!) { ledgerConsistency(tenantId: $t, fromSize: 0, toSize: 1) { toRoot } }"
    found, _ = await one.ask(question, {"t": f"Tenant.{beyond.tenant_id}.{beyond.tenant_id}"})
    absent, _ = await one.ask(question, {"t": "Tenant.4711.4711"})
    assert not any((found["data"] or {}).values()), one.name
    assert without_traces(found) == without_traces(absent), one.name


@pytest.fixture(scope="module")
async def cursors(walls: Walls) -> Mapping[str, list[str]]:
    """By connection, the places of others' rows."""
    found: dict[str, list[str]] = {}
    for county, login in ((THEIRS, "county"), (THEIRS, "admin"), (LEFT, "county"), (LEFT, "admin")):
        person = await walls.stage.person(county.code, login)
        for name, field in connections().items():
            answer = await person.ask(
                f"{{ {name}{in_brackets(field, 'first: 2')} {{ edges {{ cursor }} }} }}"
            )
            if "errors" not in answer:
                found.setdefault(name, []).extend(edge["cursor"] for edge in answer["data"][name]["edges"])
    assert {name for name in connections() if not found.get(name)} <= {"objections"}
    return found


async def test_a_cursor_of_anothers_page_opens_nothing(one: Watched, cursors: Mapping[str, list[str]]):
    fields = []
    for name, field in connections().items():
        if one.may(find_permission(field)):
            shown = named(node_of(field))
            for way, size in (("after", "first"), ("before", "last")):
                beside = in_brackets(field, f"{size}: 100", f"{way}: $c")
                fields += [
                    Asked(
                        f"{name}{beside} {{ totalCount edges {{ cursor node {{ {shown} }} }} }}",
                        {"c": ("String", cursor)},
                    )
                    for taken in cursors.get(name, ())
                    for cursor in (taken, f"{taken.rpartition(':')[0]}:{one.tenant or CITY_TENANT}")
                ]
    for document in documents(fields):
        answer, _ = await one.ask(*document)
        assert "errors" not in answer


async def test_arguments_of_nested_fields_open_nothing(one: Watched, cursors: Mapping[str, list[str]]):
    every = [listed[0] for listed in cursors.values() if listed]
    asked = []
    for type_, field, text in nested_arguments():
        if type_ not in one.own or not one.may(node_types()[type_].permission):
            continue
        given = every if "$c" in text else [""]
        for cursor in given:
            variables = {"id": ("ID!", one.own[type_]), **({"c": ("String", cursor)} if cursor else {})}
            asked.append(Asked(f"node(id: $id) {{ ... on {type_} {{ {field}{text} }} }}", variables))
    for document in documents(asked, size=10):
        await one.ask(*document, {"cursor.malformed"})


async def test_nothing_beyond_is_watched(walls: Walls, one: Watched):
    """A stream of what is there ends as one of what is nowhere does; what is one's own is told, and no more."""
    headers = {"Accept": "text/event-stream"} | (
        {"Authorization": f"Bearer {one.caller.token}"} if one.caller.token else {}
    )
    for name, field in feeds().items():
        (key,) = [key for key in field.args if key in IDS]
        (event,) = selections(object_type(get_named_type(field.type).name), 2, 500)
        query = f"subscription($id: ID!) {{ {name}({key}: $id) {{ {event} }} }}"

        async def told(id_: str) -> tuple[dict[str, Any], str]:
            asked = {"query": query, "variables": {"id": id_}}  # noqa: B023
            stream = one.caller.http.stream("POST", "/graphql", json=asked, headers=headers)
            async with stream as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: "):
                        one.read_text(line[6:], query)  # noqa: B023
                        return json.loads(line[6:]), response.headers["x-request-id"]
            raise AssertionError(one.name)

        for there, nowhere in one.foreign:
            if IDS[key] in there:
                found, trace = await told(there[IDS[key]])
                absent, _ = await told(nowhere[IDS[key]])
                assert without_traces(found) == without_traces(absent), (one.name, name)
                assert "errors" in found
                beyond = one.may(find_permission(field)) and _is_attempt(one, IDS[key], there[IDS[key]])
                if one.may(find_permission(field)):
                    assert await walls.logged(trace) == [(one.tenant, "tenant.beyond_reach")] * beyond
        if IDS[key] in one.own and one.may(find_permission(field)):
            id_ = one.own[IDS[key]]
            shown, _ = await one.ask("query($id: ID!) { node(id: $id) { id } }", {"id": id_})
            answer, _ = await told(id_)
            assert ("errors" in answer) is (shown["data"]["node"] is None), (one.name, answer)


async def test_no_mutation_reaches_over_a_wall_nor_tells_what_is_there(walls: Walls, one: Watched):
    """With all ids of the other side, and with each alone among one's own."""
    for there, nowhere in one.foreign:
        sides: tuple[list[Asked], list[Asked]] = [], []
        for name, field in mutations().items():
            if name in OWN_ACTS or not one.may(find_permission(field)):
                continue
            type_ = field.args["input"].type
            leaves = {leaf for leaf in id_leaves(type_) if IDS[leaf] in there}
            base = {kind: one.own.get(kind, f"{kind}.{one.tenant}.{uuid4()}") for kind in IDS.values()}
            for chosen in [leaves, *({leaf} for leaf in sorted(leaves))] if leaves else []:
                for side, ids in zip(sides, (there, nowhere), strict=True):
                    given = base | {leaf: ids[IDS[leaf]] for leaf in chosen}
                    if "communityId" in chosen:  # whoever benefits is whose community it is
                        given["beneficiaryTenantId"] = "Tenant.{1}.{1}".format(
                            *given["communityId"].split(".")
                        )
                    side.append(mutation(name, field, value_of("input", type_, given), str(uuid4())))
        for asked, blank in zip(
            documents(sides[0], "mutation"), documents(sides[1], "mutation"), strict=True
        ):
            found, trace = await one.ask(*asked)
            absent, _ = await one.ask(*blank)
            unlike = {
                (text, a["code"], b["code"])
                for text, a, b in zip(
                    re.findall(r"a\d+: (\w+)", asked[0]),
                    found["data"].values(),
                    absent["data"].values(),
                    strict=True,
                )
                if without_traces(a) != without_traces(b)
            }
            assert not unlike, (one.name, unlike)
            refused = list(found["data"].values())
            assert {result["__typename"] for result in refused} <= {"Refusal"}, (one.name, asked, found)
            logged = [code for _, code in await walls.logged(trace)]
            tried = [one_["code"] for one_ in refused if one_["code"] in {"not_found", "actor.not_entitled"}]
            assert logged == sorted(tried), one.name


async def test_who_lacks_the_permission_does_nothing(walls: Walls, one: Watched):
    for name, field in mutations().items():
        if one.may(find_permission(field)):
            continue
        ids = {kind: f"{kind}.{THEIRS.tenant_id}.{uuid4()}" for kind in IDS.values()} | one.own
        asked = mutation(name, field, value_of("input", field.args["input"].type, ids), str(uuid4()))
        ((document, values),) = documents([asked], "mutation")
        answer, trace = await one.ask(document, values)
        assert not any((answer["data"] or {}).values()), (one.name, name)
        code = "permission.denied" if one.tenant else "auth.required"
        assert [error["extensions"]["code"] for error in answer["errors"]] == [code]
        assert await walls.logged(trace) == [(one.tenant, code)] * bool(one.tenant)


async def test_no_file_comes_or_goes_over_a_wall(walls: Walls, one: Watched):
    before = files_of(walls.stage)
    bearer = {"Authorization": f"Bearer {one.caller.token}"} if one.caller.token else {}
    for there, nowhere in one.foreign:
        answers = []
        for ids in (there, nowhere):
            got = []
            for name in ("Application", "Unit", "Roster", "LedgerEntry"):
                if name not in ids:
                    continue
                subject = ids[name]
                got.append(await send(one.caller, subject, pdf(b"walls"), label="walls"))
                if name in {"Application", "Unit"}:
                    continue
                got.append(
                    await one.caller.http.post(
                        "/imports/decision",
                        data={"report": subject, "requestId": str(uuid4())},
                        files={"file": ("a.csv", "社区,结论\n甲,认定\n".encode(), "text/csv")},
                        headers=bearer,
                    )
                )
            if "Evidence" in ids:
                got.append(await one.caller.http.get(f"/evidence/{ids['Evidence']}", headers=bearer))
            for response in got:
                assert response.status_code in {400, 401, 403, 404, 422}, (one.name, response.text)
                one.read(response, response.url.path)
            answers.append([(response.status_code, without_traces(response.json())) for response in got])
        assert answers[0] == answers[1], one.name
    assert files_of(walls.stage) == before


def test_an_auditor_may_do_nothing_but_be_the_party_of_a_draw_and_keep_the_own_password_and_key(
    walls: Walls,
):
    auditor = walls.people[f"{CITY}/auditor"]
    assert {name for name, field in mutations().items() if auditor.may(find_permission(field))} == {
        *("openDraw", "commitSecret", "revealSecret", "voidDraw"),
        *("changePassword", "enrolOfficerKey", "rotateOfficerKey", "revokeOfficerKey"),
    }


async def test_a_head_tells_nothing_but_the_head(walls: Walls):
    """The only thing of a tenant that everybody may fetch without asking: three lines of the log's own and a signature."""
    for code in (THEIRS.code, CITY, FORMED_LATER):
        await walls.stage.published(code)
        response = await walls.stage.http.get(f"/ledger/{code}/head")
        assert response.status_code == 200
        for line in response.text.splitlines():  # the whole is a published row, and everybody's
            walls.people["stranger"].read_text(line)
    for code in ("999999", "..", "411602%00", "1"):
        assert (await walls.stage.http.get(f"/ledger/{code}/head")).status_code == 404


def test_every_argument_is_walked():
    """Arguments of root fields and mutations are those that the walk gives."""
    for name, field in queries().items():
        assert in_brackets(field) is not None, name
    for name, field in mutations().items():
        assert set(field.args) <= {"input", "requestId"}, name
    for *_, key, source in (*filters(), *nested_filters()):
        bare = source.column is not None and str(source.column.type) == "UUID"
        assert key in IDS if source.type else key in UUID_FIELDS or not bare, key
    assert find_rows(object_type("Application")) is not None


def test_every_id_that_may_be_given_is_given():
    """Each argument or input field of a global id or a bare key, wherever it stands, is one of those that are asked above."""
    asked = {f"Query.{name}.{key}" for name, _, key, _ in filters()}
    asked |= {f"{owner}.{field}.{key}" for owner, field, _, key, _ in nested_filters()}
    asked |= {
        f"Subscription.{name}.{key}" for name, field in feeds().items() for key in field.args if key in IDS
    }
    asked |= {"Query.node.id", "Query.nodes.ids", "Query.ledgerConsistency.tenantId"}
    for name, field in mutations().items():
        asked |= {f"Mutation.{name}.{leaf}" for leaf in id_leaves(field.args["input"].type) if leaf in IDS}
    # What strangers give: test_objections.py.
    asked |= {"Query.publicNotices.campaignId", "Mutation.fileObjection.noticeId"}
    # Keys that whoever acts makes: another tenant's are like none in test_draws.py and test_inspections.py.
    asked |= {
        "Mutation.openDraw.drawId",
        "Mutation.recordInspection.id",
        "Mutation.recordInspection.supersedes",
    }
    found = set()
    for type_ in SCHEMA.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                for key, leaf in _leaves(field.args):
                    if leaf in {"ID", "UUID"} and key != "requestId":
                        found.add(f"{type_.name}.{name}.{key}")
    assert found - asked == set()


def _leaves(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The names of arguments and of input fields however deep, with their types."""
    for key, one in given.items():
        named_type = get_named_type(one.type)
        if isinstance(named_type, GraphQLInputObjectType):
            yield from _leaves(named_type.fields)
        else:
            yield key, named_type.name


FORGED = {
    "extensions": "confirmed_by = gen_random_uuid(), confirmed_at = now(), closes_at = now()",
    "legacy_records": "attested_by = gen_random_uuid(), attested_tenant_id = 1, attested_at = now()",
    "certification_changes": "confirmed_by = gen_random_uuid(), confirmed_at = now()",
    "unit_changes": "confirmed_by = gen_random_uuid(), confirmed_at = now()",
    "units": "valid_to = '2022-07-15'",
    "certifications": "state = 'revoked', state_on = '2022-07-15'",
    "objections": "status = 'upheld', decided_at = now()",
    "calendar_days": "working = true",
    "item_assessments": "verdict = 'does_not_meet'",
    "application_endings": "status = 'lapsed'",
    "evidence": "sha256 = sha256('x')",
    "role_assignments": "role = 'auditor'",
    "tenant_grants": "grantee_tenant_id = grantee_tenant_id + 1",
}
"""Table → what somebody with the database in their hands would like one of its rows to say."""
CLAIMED = """INSERT INTO ledger_rows (tenant_id, seq, table_name, row_key, digest)
  SELECT r.tenant_id, h.size, '{table}', r.{key}::text, xingji_digest_{table}(r) FROM {table} r
  JOIN ledger_heads h USING (tenant_id) WHERE r.ctid = $1"""


@pytest.mark.parametrize("table", sorted(FORGED))
async def test_a_hand_in_the_database_is_refused_or_found(walls: Walls, table: str):
    """With the triggers on, nothing is committed; with a claim in ledger_rows, or with the triggers off, the check finds it."""
    root = await asyncpg.connect(walls.stage.urls.superuser)
    key = next(
        column.name for column in metadata.tables[table].primary_key.columns if column.name != "tenant_id"
    )
    forge = f"UPDATE {table} SET {FORGED[table]} WHERE tenant_id = $1 AND {key} = $2 RETURNING ctid"
    try:
        before = await root.fetchrow(f"SELECT * FROM {table} ORDER BY tenant_id DESC, {key} LIMIT 1")
        assert before is not None
        place = (before["tenant_id"], before[key])
        with pytest.raises(asyncpg.PostgresError, match="has no entry with its digest"):
            await root.execute(forge.replace("$1", str(place[0])).replace("$2", f"'{place[1]}'"))
        (tenant,) = await root.fetch("SELECT code FROM tenants WHERE id = $1", place[0])
        claims = CLAIMED.format(table=table, key=key)
        for triggers, claim in (("origin", True), ("replica", False)):
            async with root.transaction():
                await root.execute(f"SET LOCAL session_replication_role = {triggers}")
                at = await root.fetchval(forge, *place)
                if claim:
                    await root.execute(claims, at)
            (verdict,) = (await verify_all(walls.stage.urls, walls.stage.home, {tenant["code"]})).values()
            assert not verdict.ok, (table, triggers)
            async with root.transaction():
                await root.execute("SET LOCAL session_replication_role = replica")
                names = [name for name, _ in before.items() if name not in {"tenant_id", key}]
                sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(names, start=3))
                await root.execute(
                    f"UPDATE {table} SET {sets} WHERE tenant_id = $1 AND {key} = $2",
                    *place,
                    *(before[name] for name in names),
                )
                if claim:
                    await root.execute(
                        "DELETE FROM ledger_rows l USING ledger_heads h WHERE l.tenant_id = h.tenant_id AND l.seq = h.size"
                    )
    finally:
        await root.close()
    assert (await verify_all(walls.stage.urls, walls.stage.home, {tenant["code"]}))[tenant["code"]].ok
