"""The examples of docs/examples, in both languages, against a served county, as its engineer would run them."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.keys import Ed25519Signer
from audit.tree import leaf_hash
from tests.conformance.node import find_node
from tests.integration.api.kit import Stage, World, command, file_application, opinion, serve_world
from tests.integration.api.reviews import COUNTY, EXTEND, certify, inspector, planned, team
from tests.integration.api.test_signing import OPINION, SET, equip
from tests.integration.clients.door import bad_door
from tests.integration.clients.kit import (
    Examples,
    build_python,
    build_typescript,
    check_python,
    copy_examples,
    install_python,
    install_typescript,
)
from tests.integration.clients.relay import relay
from tests.support import clone_database
from xingji.demo import documents as q
from xingji.demo.cast import CITY, PASSWORD, County, counties
from xingji.demo.clock import shanghai
from xingji.service import open_keys

pytestmark = pytest.mark.timeout(600)
OTHER = counties()[1]
PASSPHRASE = "knock-knock"


@pytest.fixture(scope="module", params=["python", "typescript"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Examples:
    """The examples in a language, built from the schema as it is."""
    cache = request.config.cache
    assert cache is not None
    root = copy_examples(tmp_path_factory.mktemp("clone"))
    if request.param == "python":
        python = install_python(cache)
        check_ran(build_python(root, python))
        check_ran(check_python(root, python))
        return Examples(root / "docs/examples/python", (str(python), "-W", "error"), ".py")
    check_ran(build_typescript(root, install_typescript(cache)))
    return Examples(root / "docs/examples/typescript/dist", tuple(find_node()[0]), ".js")


def check_ran(made: subprocess.CompletedProcess[str]) -> None:
    assert made.returncode == 0, made.stdout + made.stderr


@dataclass(frozen=True, slots=True)
class Prepared:
    """A round after the streets' opinions; a county with a planned cycle, and a policy that asks its officer for a key."""

    world: World
    cycle: str
    key: Path


async def street_endorses(stage: Stage, county: County) -> None:
    """A community of the county applies, and its street agrees."""
    filed = await file_application(stage, county, "clerk", county.nominee, await stage.campaign())
    done = await (await stage.person(county.code, "street")).act(q.GIVE_OPINION, opinion(*filed, "STREET"))
    assert done["__typename"] == "ApplicationRecorded", done


@pytest.fixture(scope="module")
async def prepared(
    postgres: Any, founded: World, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Prepared]:
    async with clone_database(postgres, founded.template) as urls:
        async with serve_world(urls, founded.home, shanghai(5, 10)) as stage:
            leader = await stage.person(CITY, "leader")
            await leader.act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
            for county in (COUNTY, OTHER):
                await street_endorses(stage, county)
            await certify(stage, COUNTY, COUNTY.star)
            cycle = await planned(stage, team("一组", await inspector(stage, "north")), opensOn="2022-05-10")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("XINGJI_OFFICER_PASSPHRASE", PASSPHRASE)
                folder = tmp_path_factory.mktemp("keys")
                office = await equip(stage, folder, COUNTY.code, COUNTY.tenant_id, COUNTY.unit_id, "county")
            done = await office.admins[0].caller.act(SET, {"operations": [OPINION]})
            assert done["signingPolicy"]["setAt"], done
        yield Prepared(World(urls.name, founded.home), cycle["id"], office.officer.file)


@pytest.fixture(scope="module")
async def stage(postgres: Any, prepared: Prepared, built: Examples) -> AsyncIterator[Stage]:
    """A server for the examples in one language."""
    async with (
        clone_database(postgres, prepared.world.template) as urls,
        serve_world(urls, prepared.world.home, shanghai(5, 10)) as served,
    ):
        yield served


def signed_in(built: Examples, stage: Stage, code: str, login: str, **more: str) -> Examples:
    who = {"XINGJI_TENANT": code, "XINGJI_LOGIN": login, "XINGJI_PASSWORD": PASSWORD}
    return replace(built, environment={"XINGJI_URL": stage.address, "NO_PROXY": "*", **who, **more})


@pytest.fixture
async def trust(stage: Stage, tmp_path: Path) -> Path:
    """What came from the operator by another way."""
    told = await command(stage.urls, stage.home, "ledger", "trust")
    path = tmp_path / "trust.json"
    path.write_text(told.out)
    return path


async def wanted(stage: Stage, code: str) -> list[object]:
    """The arguments that say which application is endorsed: as `page` prints it."""
    nominee = next(one for one in counties() if one.code == code).nominee
    found = (await stage.tray(code, "county"))[nominee.name]
    return ["--application", found["id"], "--form-hash", found["form"]["hash"], "--stage", "COUNTY"]


async def entries(stage: Stage, request_id: str) -> int:
    """How often a request stands in the ledgers."""
    sql = "SELECT count(*) AS n FROM ledger_entries WHERE request_id = $1"
    (row,) = await stage.rows(sql, request_id)
    return int(row["n"])


async def test_pages_are_read_to_the_end(built: Examples, stage: Stage) -> None:
    ran = await signed_in(built, stage, CITY, "reviewer").run(
        "page", "--status", "STREET_ENDORSED", "--first", 1
    )
    assert ran.code == 0, ran.err
    found = [json.loads(line) for line in ran.lines]
    data = await (await stage.person(CITY, "reviewer")).get(
        "{ applications(first: 100) { edges { node { id } } } }"
    )
    every = {edge["node"]["id"] for edge in data["applications"]["edges"]}
    assert len(every) == 2 == len(found) and {one["id"] for one in found} == every


async def test_an_endorsement_is_recorded_once_whatever_the_way_is_like(
    built: Examples, stage: Stage, tmp_path: Path, trust: Path
) -> None:
    kept = tmp_path / "receipt.json"
    asked = await wanted(stage, OTHER.code)

    async def broken(begins: bool) -> None:
        names = ("opinions", "away") if begins else ("away", "opinions")
        await stage.rows("ALTER TABLE {} RENAME TO {}".format(*names))

    async with bad_door(stage.http, "busy", "ended", "broken", "lost") as door:
        door.broken = broken
        officer = signed_in(built, stage, OTHER.code, "county", XINGJI_URL=door.address)
        ran = await officer.run("endorse", kept, *asked)
        assert ran.code == 0, ran.err
        assert [json.loads(body)["variables"] for body in door.seen[1:]] == [
            json.loads(door.seen[0])["variables"]
        ] * 4
        receipt = json.loads(ran.out)
        # The answer that was told is that of the second time it arrived.
        assert door.passed == [401, 200, 200, 200] and receipt["replayed"]
        again = json.loads((await officer.run("endorse", kept)).out)
    assert again == receipt
    told = json.loads(kept.read_text())
    assert await entries(stage, told["requestId"]) == 1
    verified = await built.run("verify_receipt", kept, trust)
    assert verified.code == 0 and verified.out.startswith(f"verified: entry {receipt['sequence']} of "), (
        verified
    )
    await check_lies(built, kept, trust)


async def check_lies(built: Examples, kept: Path, trust: Path) -> None:
    """What a receipt that is not true comes to."""
    whole = json.loads(kept.read_text())
    stranger = json.loads(trust.read_text())
    own = next(log for log in stranger["logs"] if log["origin"] == whole["receipt"]["origin"])
    other = whole["leaf"].replace("agree", "refuse")
    assert other != whole["leaf"]
    for code, lie in (
        (1, {"leaf": other, "receipt": {**whole["receipt"], "hash": leaf_hash(other.encode()).hex()}}),
        (1, {"requestId": "another"}),
        (1, {"input": {**whole["input"], "verdict": "REFUSE"}}),
        (2, {"proof": None}),
    ):
        told = {name: value for name, value in {**whole, **lie}.items() if value is not None}
        kept.with_name("lie.json").write_text(json.dumps(told))
        ran = await built.run("verify_receipt", kept.with_name("lie.json"), trust)
        assert ran.code == code and "verified" not in ran.out, (lie, ran)
    # A log of another key under the same name.
    own["keys"] = [other_key(own["origin"])]
    kept.with_name("stranger.json").write_text(json.dumps(stranger))
    ran = await built.run("verify_receipt", kept, kept.with_name("stranger.json"))
    assert (ran.code, ran.out) == (1, "refuted: no trusted signature\n")


def other_key(origin: str) -> str:
    return Ed25519Signer(origin, Ed25519PrivateKey.generate()).verifier_key.format()


async def test_an_officers_signature_is_given_where_the_policy_asks_for_it(
    built: Examples, stage: Stage, prepared: Prepared, tmp_path: Path
) -> None:
    kept, asked = tmp_path / "receipt.json", await wanted(stage, COUNTY.code)
    officer = signed_in(built, stage, COUNTY.code, "county", XINGJI_OFFICER_PASSPHRASE=PASSPHRASE)
    without = await officer.run("endorse", kept, *asked)
    assert without.code == 1 and "signature.required: 须以本人密钥签名" in without.err, without
    request = json.loads(kept.read_text())["requestId"]
    assert await entries(stage, request) == 0
    ran = await officer.run("endorse", kept, "--key", prepared.key)
    assert ran.code == 0, ran.err
    assert '"request"' in ran.err and request in ran.err
    told = json.loads(kept.read_text())
    assert json.loads(told["leaf"])["officer_sig"]
    # What is recorded is answered again without another signature.
    again = await officer.run("endorse", kept)
    assert (again.code, json.loads(again.out)["replayed"]) == (0, True)


async def test_a_refusal_is_told_in_the_language_that_was_asked_for(
    built: Examples, stage: Stage, tmp_path: Path
) -> None:
    clerk = signed_in(built, stage, OTHER.code, "clerk", XINGJI_LANGUAGE="en")
    ran = await clerk.run("endorse", tmp_path / "receipt.json", *await wanted(stage, OTHER.code))
    assert ran.code == 1 and ran.out == "", ran
    assert ran.err.startswith("actor.not_entitled: ") and "jurisdiction" in ran.err


@pytest.mark.parametrize("transport", [(), ("--sse",)], ids=["socket", "stream"])
async def test_watching_goes_on_behind_what_was_seen(
    built: Examples, stage: Stage, prepared: Prepared, tmp_path: Path, transport: tuple[str, ...]
) -> None:
    seen = tmp_path / "seen.txt"
    officer = signed_in(built, stage, COUNTY.code, "admin")
    leader = await stage.person(CITY, "leader")
    arguments = (prepared.cycle, seen, "--events", 1, *transport)

    async def extend(day: int) -> int:
        given = {"cycleId": prepared.cycle, "closesOn": f"2022-12-{day:02}", "reason": "疫情延期。"}
        return int((await leader.act(EXTEND, given))["receipt"]["sequence"])

    first = await officer.run("subscribe", *arguments)
    assert first.code == 0, first.err
    state = json.loads(first.out)
    assert int(seen.read_text()) == state["sequence"]
    day = int(state["cycle"]["closesOn"][-2:]) % 30
    missed = [await extend(day + 1), await extend(day + 2)]
    # What was missed comes at once; then nothing is new, and the wire is cut.
    async with relay(stage.address) as wire:
        again = replace(officer, environment={**officer.environment, "XINGJI_URL": wire.address})
        watching = asyncio.create_task(
            again.run("subscribe", prepared.cycle, seen, "--events", 2, *transport)
        )
        async with asyncio.timeout(60):
            while True:
                if int(seen.read_text()) == missed[-1]:
                    break
                await asyncio.sleep(0.05)
        assert wire.cut() and not watching.done()
        missed.append(await extend(day + 3))
        told = [json.loads(line) for line in (await watching).lines]
    assert [(one["sequence"], one["cycle"]["closesOn"]) for one in told] == [
        (missed[1], f"2022-12-{day + 2:02}"),
        (missed[2], f"2022-12-{day + 3:02}"),
    ]


@pytest.mark.parametrize("transport", [(), ("--sse",)], ids=["socket", "stream"])
async def test_what_is_out_of_reach_is_not_waited_for(
    built: Examples, stage: Stage, prepared: Prepared, tmp_path: Path, transport: tuple[str, ...]
) -> None:
    other = signed_in(built, stage, OTHER.code, "admin")
    ran = await other.run("subscribe", prepared.cycle, tmp_path / "seen.txt", *transport, seconds=20)
    assert ran.code == 1 and ran.out == "" and ran.err.startswith("not_found: "), ran


async def test_a_head_is_kept_and_the_log_seen_to_grow(
    built: Examples, stage: Stage, tmp_path: Path, trust: Path
) -> None:
    head = tmp_path / "head.txt"
    await stage.published(OTHER.code)
    officer = signed_in(built, stage, OTHER.code, "county")
    first = await officer.run("keep_head", head, trust)
    assert (first.code, first.out) == (0, f"first head: {head.read_text().split(chr(10))[1]} entries\n"), (
        first
    )
    old = head.read_text()
    await inspector(stage, f"new-{uuid4().hex[:8]}", OTHER.code)
    new = await stage.published(OTHER.code)
    grown = await officer.run("keep_head", head, trust)
    assert grown.code == 0 and head.read_text() == new != old, grown
    # Another history, signed by the same key: what only a kept head shows.
    origin, size, _root = old.split("\n")[:3]
    signer = open_keys(stage.home).get(origin)
    lie = Checkpoint(origin, int(size), bytes(32))
    head.write_text(sign_checkpoint(lie, signer))
    refuted = await officer.run("keep_head", head, trust)
    assert (refuted.code, refuted.out) == (1, "refuted: the log was rewritten\n"), refuted
