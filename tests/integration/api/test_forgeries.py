"""Who holds the database and the county's own log key writes entries that hold by themselves: what is seen all the same, stored and exported."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import pytest

from audit.canonical import digest, encode
from audit.dsse import officer_key_id
from audit.entry import Actor, Cite, Draft, OfficerSignature, Subject, format_time, parse_entry
from audit.ledger import SYSTEM, append, lock_head
from audit.note import decode_base64, encode_base64
from audit.officers import ADMITTED, CERTIFIED
from tenancy.database import Database, Scope
from tests.conformance.second_reader import read_log
from tests.integration.api.kit import Stage, command, opinion
from tests.integration.api.test_signing import (
    COUNTY,
    OPINION,
    REVOKE,
    SET,
    Holder,
    Office,
    equip,
    origin_of,
    wanted,
)
from tests.integration.api.test_signing import office as office  # noqa: PLC0414 - a fixture
from tests.integration.api.test_signing import passphrase as passphrase  # noqa: PLC0414 - a fixture
from tests.integration.api.test_signing import stage as stage  # noqa: PLC0414 - a fixture
from xingji.demo import documents as q
from xingji.demo.cast import CITY
from xingji.demo.clock import shanghai
from xingji.service import open_keys

FORGED = bytes(range(32))
CERTIFICATION = (
    "SELECT seq, hash FROM ledger_entries WHERE tenant_id = $1 AND operation = $2 ORDER BY seq DESC LIMIT 1"
)


async def forge(stage: Stage, draft: Draft) -> int:
    """Append an entry with the county's own key, past everything that decides; its sequence."""
    signer = open_keys(stage.home).get(await origin_of(stage, COUNTY.code))
    database = await Database.connect(stage.urls.app, 1, 1)
    try:
        async with database.write(Scope(COUNTY.tenant_id)) as tx:
            head = replace(await lock_head(tx.raw, COUNTY.tenant_id), asks=frozenset())
            _, (receipt,) = await append(
                tx.raw, head, signer, (replace(draft, time=head.not_before(draft.time)),)
            )
    finally:
        await database.close()
    return receipt.seq


async def judge(stage: Stage, folder: Path, *more: str) -> list[tuple[int, Any]]:
    """Exit code, and code and place, of the check of what is stored, and of an export by one process and by two."""
    ran = await command(stage.urls, stage.home, "ledger", "check", "--tenant", COUNTY.code, "--json")
    found = [(ran.code, ran.json.get("code"))]
    for code in (COUNTY.code, CITY):
        exported = await command(
            stage.urls, stage.home, "ledger", "export", str(folder / code), "--tenant", code
        )
        assert exported.code == 0, exported.err
    trust = folder / "trust.json"
    trust.write_text((await command(stage.urls, stage.home, "ledger", "trust")).out)
    verify = ["ledger", "verify", str(folder / COUNTY.code), "--trust", str(trust), "--json", *more]
    for processes in ("1", "2"):
        ran = await command(stage.urls, stage.home, *verify, "--processes", processes)
        found.append((ran.code, ran.json.get("code")))
    return found


def read_again(folder: Path) -> tuple[bool, str]:
    """What the second reader says of the county's export."""
    return read_log(folder / COUNTY.code, (folder / COUNTY.code / "key.vkey").read_text().strip())


async def test_an_opinion_without_the_key_that_the_policy_asks_for_is_refuted(
    stage: Stage, office: Office, tmp_path: Path
) -> None:
    values = await wanted(stage)
    assert (await office.admins[0].caller.act(SET, {"operations": [OPINION]}))["signingPolicy"]["setAt"]
    assert "application" in await office.officer.act(q.GIVE_OPINION, values)
    (row,) = await stage.rows(
        "SELECT leaf FROM ledger_entries WHERE tenant_id = $1 AND operation = $2 ORDER BY seq DESC LIMIT 1",
        COUNTY.tenant_id,
        OPINION,
    )
    given = parse_entry(row["leaf"].encode()).draft
    assert given.officer_sig is not None
    unsigned = replace(
        given, officer_sig=None, rows=(), request_id=str(uuid4()), actor=replace(given.actor, key=None)
    )
    (tmp_path / "before").mkdir()
    city = "--witnessed-by", str(tmp_path / "before" / CITY)
    assert await judge(stage, tmp_path / "before", *city) == [(0, "verified")] * 3
    assert read_again(tmp_path / "before")[0]
    await forge(stage, unsigned)
    (tmp_path / "after").mkdir()
    assert await judge(stage, tmp_path / "after") == [(1, "officer_signature_missing")] * 3
    assert read_again(tmp_path / "after") == (False, "ValueError an officer must sign")


async def forge_admission(stage: Stage, home: str, cited: Any, person: str, public: bytes) -> None:
    """The county's log admits this key, citing that entry of its home log."""
    told = {
        "home": home,
        "key": officer_key_id(public),
        "person": str(UUID(person)),
        "public": encode_base64(public),
    }
    await forge(
        stage,
        Draft(
            operation=ADMITTED,
            request_id=f"{ADMITTED}:{told['key']}",
            time=stage.clock() + timedelta(seconds=1),
            actor=Actor(SYSTEM, "system", await origin_of(stage, COUNTY.code)),
            subject=Subject("officer_key", uuid5(NAMESPACE_URL, told["key"]), 1),
            intent={**told, "arguments": digest(told).hex()},
            cites=(Cite(home, cited["seq"], bytes(cited["hash"])),),
        ),
    )


async def test_an_officer_of_the_city_whom_the_city_never_certified_is_refuted(
    stage: Stage, tmp_path: Path
) -> None:
    """True admissions hold. A forged one holds by itself, and is refuted by whoever has the city's log."""
    (town,) = await stage.rows("SELECT id, unit_id, origin FROM tenants WHERE code = $1", CITY)
    (tmp_path / "city").mkdir()
    reviewer = (await equip(stage, tmp_path / "city", CITY, town["id"], town["unit_id"], "reviewer")).officer
    (entry,) = await stage.rows(CERTIFICATION, town["id"], CERTIFIED)
    values = await wanted(stage)
    assert "application" in await (await stage.person(COUNTY.code, "county")).act(q.GIVE_OPINION, values)
    stage.clock.travel(shanghai(5, 17))
    of_city = opinion(values["applicationId"], values["formHash"], "CITY")
    assert "application" in await reviewer.act(q.GIVE_OPINION, of_city)
    (tmp_path / "before").mkdir()
    witnessed = "--witnessed-by", str(tmp_path / "before" / CITY)
    assert await judge(stage, tmp_path / "before", *witnessed) == [(0, "verified")] * 3

    await forge_admission(stage, town["origin"], entry, reviewer.person, FORGED)
    (tmp_path / "after").mkdir()
    witnessed = "--witnessed-by", str(tmp_path / "after" / CITY)
    assert await judge(stage, tmp_path / "after", *witnessed) == [(1, "admission_unfounded")] * 3


@pytest.mark.parametrize("code", ["admission_late", "officer_key_ended_at_home"])
async def test_an_officer_of_the_city_whose_key_it_had_revoked_is_refuted(
    stage: Stage, tmp_path: Path, code: str
) -> None:
    """With the stolen key, and the very entry that certified it, admitted late or in time: the city's log says when it ended."""
    (town,) = await stage.rows("SELECT id, unit_id, origin FROM tenants WHERE code = $1", CITY)
    (tmp_path / "city").mkdir()
    reviewer = (await equip(stage, tmp_path / "city", CITY, town["id"], town["unit_id"], "reviewer")).officer
    (entry,) = await stage.rows(CERTIFICATION, town["id"], CERTIFIED)
    (key,) = await stage.rows("SELECT public_key FROM officer_keys WHERE key = $1", reviewer.key)
    revoked = await reviewer.caller.act(REVOKE, {"keyId": reviewer.key_id, "reason": "离任"})
    assert "officerKey" in revoked, revoked
    if code == "admission_late":
        stage.clock.travel(stage.clock() + timedelta(minutes=6))
    await forge_admission(stage, town["origin"], entry, reviewer.person, bytes(key["public_key"]))
    if code != "admission_late":
        (tmp_path / "before").mkdir()
        witnessed = "--witnessed-by", str(tmp_path / "before" / CITY)
        assert (await judge(stage, tmp_path / "before", *witnessed))[1:] == [(0, "verified")] * 2
        stage.clock.travel(stage.clock() + timedelta(minutes=6))
        await forge(stage, await signed_by(stage, reviewer, town["origin"]))
    (tmp_path / "after").mkdir()
    witnessed = "--witnessed-by", str(tmp_path / "after" / CITY)
    assert await judge(stage, tmp_path / "after", *witnessed) == [(1, code)] * 3


async def signed_by(stage: Stage, officer: Holder, home: str) -> Draft:
    """An act in the county that binds what an officer binds, with their signature."""
    log, time, subject = (
        await origin_of(stage, COUNTY.code),
        stage.clock(),
        Subject("application", uuid4(), 1),
    )
    told = {
        "arguments": digest([]).hex(),
        "expires": format_time(time + timedelta(minutes=1)),
        "operation": OPINION,
        "origin": log,
        "request": str(uuid4()),
        "subject": {"id": str(subject.id), "revision": 1, "type": subject.type},
    }
    sig = (await officer.sign(encode(told).decode()))["officerSignature"]["sig"]
    return Draft(
        operation=OPINION,
        request_id=told["request"],
        time=time,
        actor=Actor(UUID(officer.person), "city_reviewer", home, officer.key),
        subject=subject,
        intent=told,
        officer_sig=OfficerSignature(officer.key, decode_base64(sig)),
    )
