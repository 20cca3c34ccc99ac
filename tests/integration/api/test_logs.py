"""Logs as strangers read them: published checkpoints, tiles by the tenant's policy, proofs through GraphQL and by command."""

import asyncio
from base64 import b64decode
from typing import Any
from uuid import uuid4

import pytest
from tlog_scales.backend import HttpBackend
from tlog_scales.tlog import ConsistencyProof

from audit.canonical import encode
from audit.checkpoint import open_checkpoint
from audit.proof import check_proof, parse_proof
from audit.tree import leaf_hash
from tests.conformance.tlog import read_log
from tests.integration.api.kit import Caller, Stage, command, rows_of, tamper
from tests.integration.api.test_administering import ADD_PERSON, END_GRANT, GRANT_OVERSIGHT, grants, mutation
from xingji.demo.cast import CITY, counties
from xingji.service import open_keys

COUNTY, OTHER = counties()[:2]
SET_READING = mutation(
    "setLedgerReading",
    "... on LedgerReadingRecorded { ledgerReading { reading revision tenant { code } } receipt { sequence } }",
)
REPLAY = """mutation($requestId: ID!, $input: AddPersonInput!) { addPerson(requestId: $requestId, input: $input) {
  ... on PersonRecorded { receipt { sequence hash replayed proof } } } }"""
PROOFS = "query($in: LedgerEntryFilter) { ledgerEntries(first: 3, filter: $in) { edges { node { seq leaf proof } } } }"
GROWTH = """query($t: ID!, $a: Int!, $b: Int) { ledgerConsistency(tenantId: $t, fromSize: $a, toSize: $b) {
  fromSize toSize fromRoot toRoot path checkpoint } }"""
TENANT = f"Tenant.{COUNTY.tenant_id}.{COUNTY.tenant_id}"


def a_person(login: str) -> dict[str, Any]:
    roles = [{"role": "AUDITOR", "unitId": f"Unit.{COUNTY.tenant_id}.{COUNTY.unit_id}"}]
    return {"name": "孙悟空", "login": login, "password": "wukong-72-changes", "roles": roles}


async def set_reading(stage: Stage, reading: str) -> dict[str, Any]:
    admin = await stage.person(COUNTY.code, "admin")
    return await admin.act(SET_READING, {"reading": reading, "reason": "公开透明"})


async def tile_status(stage: Stage, caller: Caller, path: str = "0/000.p/1") -> int:
    headers = {"authorization": f"Bearer {caller.token}"} if caller.token else {}
    answer = await stage.http.get(f"/ledger/{COUNTY.code}/tile/{path}", headers=headers)
    if answer.status_code != 200:
        assert "immutable" not in answer.headers["cache-control"]
        assert set(answer.json()) == {"errors"}
    return answer.status_code


async def statuses(stage: Stage) -> dict[str, int]:
    """What each gets of the county's log."""
    callers = {
        "stranger": stage.stranger,
        **{login: await stage.person(COUNTY.code, login) for login in ("clerk", "street", "county", "admin")},
        **{
            f"city {login}": await stage.person(CITY, login)
            for login in ("reviewer", "auditor", "inspector", "admin")
        },
        "other admin": await stage.person(OTHER.code, "admin"),
    }
    return {name: await tile_status(stage, caller) for name, caller in callers.items()}


AT_HOME = {"stranger": 401, "clerk": 403, "street": 403, "county": 200, "admin": 200, "other admin": 403}
GRANTED = {"city reviewer": 200, "city auditor": 200, "city inspector": 403, "city admin": 403, **AT_HOME}


async def test_who_reads_the_tiles_is_the_tenants_policy(fresh: Stage) -> None:
    await fresh.published(COUNTY.code)
    assert await statuses(fresh) == GRANTED
    made = await set_reading(fresh, "OWN")
    assert made["ledgerReading"] == {"reading": "OWN", "revision": 1, "tenant": {"code": COUNTY.code}}
    assert await statuses(fresh) == {**GRANTED, "city auditor": 403}
    assert (await set_reading(fresh, "OWN"))["code"] == "ledger_reading.unchanged"
    assert (await set_reading(fresh, "PUBLIC"))["ledgerReading"]["revision"] == 2
    assert set((await statuses(fresh)).values()) == {200}
    assert (await set_reading(fresh, "GRANTED"))["ledgerReading"]["revision"] == 3
    assert await statuses(fresh) == GRANTED
    told = await fresh.rows("SELECT target, code FROM access_log WHERE operation = 'ledger.read'")
    assert {tuple(row) for row in told} == {(COUNTY.code, "ledger.not_readable")}
    assert (await fresh.verify())[COUNTY.code].ok


async def test_who_has_the_bytes_is_told_so_and_gets_none(fresh: Stage) -> None:
    assert "receipt" in await set_reading(fresh, "PUBLIC")
    await fresh.published(COUNTY.code)
    base = f"/ledger/{COUNTY.code}"
    for path in ("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"):
        whole = await fresh.http.get(f"{base}/{path}")
        packed = await fresh.http.get(f"{base}/{path}", headers={"accept-encoding": "gzip"})
        tag = whole.headers["etag"]
        assert whole.status_code == 200 and packed.headers["etag"] == tag and packed.content == whole.content
        for known, status in (
            (tag, 304),
            (f'"other", {tag}', 304),
            (tag.removeprefix("W/"), 304),
            ('"other"', 200),
            ("*", 200),
        ):
            again = await fresh.http.get(f"{base}/{path}", headers={"if-none-match": known})
            assert (again.status_code, again.headers["etag"]) == (status, tag)
            assert again.content == (b"" if status == 304 else whole.content)
    assert "receipt" in await set_reading(fresh, "OWN")
    refused = await fresh.http.get(f"{base}/tile/0/000.p/1", headers={"if-none-match": tag})
    assert refused.status_code == 401 and "etag" not in refused.headers


async def test_a_grant_that_ended_reads_nothing_though_the_token_lives(fresh: Stage) -> None:
    await fresh.published(COUNTY.code)
    auditor, admin = await fresh.person(CITY, "auditor"), await fresh.person(COUNTY.code, "admin")
    assert await tile_status(fresh, auditor) == 200
    given = {one["scope"]: one["id"] for one in await grants(admin)}
    assert "grant" in await admin.act(END_GRANT, {"grantId": given["AUDIT"]})
    assert await tile_status(fresh, auditor) == 403
    assert await tile_status(fresh, await fresh.person(CITY, "reviewer")) == 200
    assert "grant" in await admin.act(GRANT_OVERSIGHT, {"granteeId": "Tenant.1.1", "scope": "AUDIT"})
    assert await tile_status(fresh, auditor) == 200


async def test_a_published_reader_accepts_the_served_log_and_its_growth(fresh: Stage) -> None:
    assert "receipt" in await set_reading(fresh, "PUBLIC")
    kept = await fresh.published(COUNTY.code)
    key = open_keys(fresh.home).get(kept.split("\n")[0]).verifier_key
    base = f"{fresh.address}/ledger/{COUNTY.code}"
    read = await asyncio.to_thread(read_log, HttpBackend(base), key.format())
    admin = await fresh.person(COUNTY.code, "admin")
    for number in range(4):
        assert "receipt" in await admin.act(ADD_PERSON, a_person(f"grown{number}"))
    later = await fresh.published(COUNTY.code)
    grown = await asyncio.to_thread(read_log, HttpBackend(base), key.format(), kept)
    assert grown[: len(read)] == read and len(grown) == len(read) + 4
    old, new = open_checkpoint(kept.encode(), key), open_checkpoint(later.encode(), key)
    answer = (await admin.get(GROWTH, t=TENANT, a=old.size, b=None))["ledgerConsistency"]
    assert (answer["toSize"], answer["checkpoint"]) == (new.size, later)
    assert (answer["fromRoot"], answer["toRoot"]) == (old.root.hex(), new.root.hex())
    path = [b64decode(one) for one in answer["path"]]
    ConsistencyProof(old.size, new.size, path).check(old.root, new.root)
    entries = await rows_of(
        fresh.urls, "SELECT leaf FROM ledger_entries WHERE tenant_id = $1 ORDER BY seq", COUNTY.tenant_id
    )
    assert [row["leaf"].encode() for row in entries] == grown
    # Nothing beyond what is published, and old partial tiles stay.
    for path_, wanted in (
        (f"0/000.p/{new.size}", 200),
        (f"0/000.p/{old.size}", 200),
        (f"entries/000.p/{old.size}", 200),
        (f"0/000.p/{new.size + 1}", 404),
        ("0/000", 404),
        ("1/000.p/1", 404),
        ("entries/001.p/1", 404),
    ):
        assert (await fresh.http.get(f"/ledger/{COUNTY.code}/tile/{path_}")).status_code == wanted, path_


async def test_receipts_and_entries_carry_proofs_that_anyone_checks(fresh: Stage) -> None:
    admin = await fresh.person(COUNTY.code, "admin")
    request, values = str(uuid4()), a_person("proved")
    first = (await admin.act(REPLAY, values, request))["receipt"]
    assert (first["replayed"], first["proof"]) == (False, None)
    note = await fresh.published(COUNTY.code)
    again = (await admin.act(REPLAY, values, request))["receipt"]
    assert again["replayed"] and again["hash"] == first["hash"]
    key = open_keys(fresh.home).get(note.split("\n")[0]).verifier_key
    proof = parse_proof(again["proof"].encode())
    assert proof.note == note and proof.index == first["sequence"]
    assert check_proof(proof, bytes.fromhex(first["hash"]), key).size > first["sequence"]
    edges = (await admin.get(PROOFS, **{"in": {"tenantId": TENANT}}))["ledgerEntries"]["edges"]
    for node in (edge["node"] for edge in edges):
        parsed = parse_proof(node["proof"].encode())
        assert parsed.index == node["seq"]
        check_proof(parsed, leaf_hash(node["leaf"].encode()), key)
    ran = await command(
        fresh.urls, fresh.home, "ledger", "prove", "--tenant", COUNTY.code, "--entry", str(proof.index)
    )
    assert (ran.code, ran.out) == (0, again["proof"])
    beyond = await command(
        fresh.urls, fresh.home, "ledger", "prove", "--tenant", COUNTY.code, "--entry", "99999"
    )
    assert beyond.code == 2


async def test_what_the_log_does_not_prove_is_told_and_not_shown(fresh: Stage) -> None:
    note = await fresh.published(COUNTY.code)
    size = int(note.split("\n")[1])
    admin = await fresh.person(COUNTY.code, "admin")
    for old, new in ((0, size + 1), (3, 2), (-1, 1), (size + 1, None)):
        assert (await admin.get(GROWTH, t=TENANT, a=old, b=new))["ledgerConsistency"] is None
    foreign = f"Tenant.{OTHER.tenant_id}.{OTHER.tenant_id}"
    assert (await admin.get(GROWTH, t=foreign, a=0, b=1))["ledgerConsistency"] is None
    await tamper(
        fresh.urls,
        f"UPDATE ledger_entries SET hash = sha256('x') WHERE tenant_id = {COUNTY.tenant_id} AND seq = 1",
    )
    answer = await admin.ask(PROOFS, **{"in": {"tenantId": TENANT}})
    assert {one["extensions"]["code"] for one in answer["errors"]} == {"ledger.unprovable"}
    assert {edge["node"]["proof"] for edge in answer["data"]["ledgerEntries"]["edges"]} == {None}
    grown = await admin.ask(GROWTH, t=TENANT, a=1, b=size)
    assert [one["extensions"]["code"] for one in grown["errors"]] == ["ledger.unprovable"]


async def test_a_log_that_cannot_be_published_is_told_until_it_can(fresh: Stage) -> None:
    note = await fresh.published(COUNTY.code)
    where = f"WHERE tenant_id = {COUNTY.tenant_id} AND size = {note.split(chr(10))[1]}"

    async def is_told(wanted: bool) -> None:
        async with asyncio.timeout(20):
            while True:
                ready = await fresh.http.get("/readyz")
                assert ready.status_code == 200
                if (COUNTY.code in ready.json().get("unpublished", ())) == wanted:
                    return
                await asyncio.sleep(0.05)

    await tamper(fresh.urls, f"UPDATE ledger_checkpoints SET root = sha256('x') {where}")
    admin = await fresh.person(COUNTY.code, "admin")
    assert "receipt" in await admin.act(ADD_PERSON, a_person("meanwhile"))
    await is_told(True)
    root = open_checkpoint(note.encode(), open_keys(fresh.home).get(note.split("\n")[0]).verifier_key).root
    await tamper(fresh.urls, f"UPDATE ledger_checkpoints SET root = '\\x{root.hex()}' {where}")
    await is_told(False)


@pytest.mark.parametrize("login", ["county", "clerk"])
async def test_only_an_administrator_sets_the_reading(fresh: Stage, login: str) -> None:
    caller = await fresh.person(COUNTY.code, login)
    answer = await caller.ask(
        SET_READING, requestId=str(uuid4()), input={"reading": "PUBLIC", "reason": "公开"}
    )
    assert answer["errors"][0]["extensions"]["code"] == "permission.denied"
    assert encode(answer["data"]) in (b"null", b'{"setLedgerReading":null}')
