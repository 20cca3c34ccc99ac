"""Officers' keys through the API and the command: enrolled, certified by two others, asked for, and what a thief comes to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.api.kit import Caller, Stage, command, opinion
from tests.integration.api.test_administering import ADD_PERSON, FIRST, a_person, must_sign_in, mutation
from xingji.demo import documents as q
from xingji.demo.cast import CITY, counties
from xingji.demo.clock import shanghai

COUNTY = counties()[0]
_KEY = "... on OfficerKeyRecorded { officerKey { id key certifiedAt endedAt endedBy } receipt { sequence } }"
ENROL, VOUCH = mutation("enrolOfficerKey", _KEY), mutation("vouchForOfficerKey", _KEY)
CERTIFY, ROTATE = mutation("certifyOfficerKey", _KEY), mutation("rotateOfficerKey", _KEY)
REVOKE = mutation("revokeOfficerKey", _KEY)
_POLICY = "... on SigningPolicyRecorded { signingPolicy { id number operations setAt } receipt { sequence } }"
SET, CONFIRM = mutation("setSigningPolicy", _POLICY), mutation("confirmSigningPolicy", _POLICY)
ENTRY = """query($op: String, $s: UUID) { ledgerEntries(first: 100, filter: {operation: $op, subjectId: $s}) {
  edges { node { operation attestation leaf } } } }"""
OPINION = "application.opinion_given"


def with_intent(document: str) -> str:
    return document.replace("... on Refusal { code", "... on Refusal { intent code")


@dataclass
class Holder:
    """Somebody signed in, with a key file."""

    stage: Stage
    caller: Caller
    file: Path
    person: str = ""
    key_id: str = ""
    key: str = ""

    async def run(self, *arguments: str) -> Any:
        ran = await command(self.stage.urls, self.stage.home, "officer", *arguments)
        assert ran.code == 0, ran.err
        return ran.out

    async def make(self, origin: str, person: str, name: str = "key") -> dict[str, str]:
        """A key file, and what enrolling wants of it."""
        self.file, self.person = self.file.with_name(f"{person}-{name}.pem"), person
        await self.run("key", "new", str(self.file))
        shown = json.loads(
            await self.run("key", "show", str(self.file), "--origin", origin, "--person", person)
        )
        self.key = shown["key"]
        return {"publicKey": shown["publicKey"], "proof": shown["proof"]}

    async def send(
        self, document: str, values: dict[str, Any], request: str, signed: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        body = {
            "query": with_intent(document),
            "variables": {"requestId": request, "input": values},
            "extensions": signed or {},
        }
        answer = await self.caller.http.post(
            "/graphql", json=body, headers={"Authorization": f"Bearer {self.caller.token}"}
        )
        assert answer.status_code == 200, answer.text
        (result,) = answer.json()["data"].values()
        return dict(result)

    async def sign(self, intent: str) -> dict[str, Any]:
        path = self.file.with_suffix(".intent")
        path.write_text(intent)
        return dict(json.loads(await self.run("sign", str(self.file), str(path))))

    async def act(
        self, document: str, values: dict[str, Any], request: str | None = None, ask: bool = True
    ) -> dict[str, Any]:
        """The flow: asked for, refused with the intent, signed, sent again."""
        request = request or str(uuid4())
        asked = await self.send(
            document, values, request, {"officerSignature": {"key": self.key}} if ask else None
        )
        assert asked["code"] == "signature.required", asked
        return await self.send(document, values, request, await self.sign(asked["intent"]))


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGJI_OFFICER_PASSPHRASE", "knock-knock")


async def origin_of(stage: Stage, code: str) -> str:
    return str((await stage.rows("SELECT origin FROM tenants WHERE code = $1", code))[0]["origin"])


async def holder(stage: Stage, folder: Path, caller: Caller, code: str, login: str) -> Holder:
    sql = "SELECT person_id FROM credentials c JOIN tenants t ON t.id = c.tenant_id WHERE t.code = $1 AND login = $2"
    (row,) = await stage.rows(sql, code, login)
    made = Holder(stage, caller, folder / "none")
    values = await made.make(await origin_of(stage, code), str(row["person_id"]))
    enrolled = await caller.act(ENROL, values)
    assert enrolled["officerKey"]["key"] == made.key, enrolled
    made.key_id = enrolled["officerKey"]["id"]
    return made


@dataclass
class Office:
    """A county with three administrators and an officer, who all have keys in force."""

    admins: list[Holder]
    officer: Holder


async def certify(one: Holder, first: Holder, second: Holder, signed: bool = False) -> None:
    named = {"keyId": one.key_id, "key": one.key}
    for document, by in ((VOUCH, first), (CERTIFY, second)):
        done = await (by.act(document, named, ask=False) if signed else by.caller.act(document, named))
        assert done["__typename"] == "OfficerKeyRecorded", done


async def equip(stage: Stage, folder: Path, code: str, tenant_id: int, unit: Any, login: str) -> Office:
    admin = await stage.person(code, "admin")
    callers = {"admin": admin}
    for number in (1, 2):
        name = f"{code}.keeper{number}"
        roles = [{"role": "TENANT_ADMINISTRATOR", "unitId": f"Unit.{tenant_id}.{unit}"}]
        assert "person" in await admin.act(ADD_PERSON, a_person(login=name, roles=roles))
        callers[name] = await must_sign_in(stage, name, FIRST, code)
    admins = [await holder(stage, folder, caller, code, name) for name, caller in callers.items()]
    officer = await holder(stage, folder, await stage.person(code, login), code, login)
    for one, first, second in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        await certify(admins[one], admins[first], admins[second])
    await certify(officer, admins[0], admins[1])
    return Office(admins, officer)


@pytest.fixture
async def stage(endorsed: Stage) -> Stage:
    return endorsed


@pytest.fixture
async def office(stage: Stage, tmp_path: Path) -> Office:
    return await equip(stage, tmp_path, COUNTY.code, COUNTY.tenant_id, COUNTY.unit_id, "county")


async def wanted(stage: Stage) -> dict[str, Any]:
    """What the county's opinion says, of an application that the street has endorsed."""
    found = (await stage.tray(COUNTY.code, "county"))[COUNTY.nominee.name]
    return opinion(found["id"], found["form"]["hash"], "COUNTY")


async def test_a_stolen_token_endorses_nothing_where_the_policy_asks_for_a_key(
    stage: Stage, office: Office
) -> None:
    values = await wanted(stage)
    done = await office.admins[0].caller.act(SET, {"operations": [OPINION]})
    assert done["signingPolicy"]["setAt"], done
    officer, request = office.officer, str(uuid4())
    stolen = Holder(stage, officer.caller, officer.file)
    refused = await stolen.send(q.GIVE_OPINION, values, request)
    assert refused["code"] == "signature.required"
    thief = Holder(stage, officer.caller, officer.file)
    await thief.make(await origin_of(stage, COUNTY.code), officer.person, "thief")
    forged = await thief.send(q.GIVE_OPINION, values, request, await thief.sign(refused["intent"]))
    assert forged["code"] == "signature.key"
    signed = await officer.sign(refused["intent"])
    for code, request_id, change in (
        ("signature.stale", str(uuid4()), {}),
        ("signature.stale", request, {"text": "不同的意见。"}),
    ):
        found = await officer.send(q.GIVE_OPINION, {**values, **change}, request_id, signed)
        assert found["code"] == code, found
    given = await officer.send(q.GIVE_OPINION, values, request, signed)
    assert "application" in given, given
    (verdict,) = [one for code, one in (await stage.verify()).items() if code == COUNTY.code]
    assert verdict.ok, verdict
    data = await officer.caller.get(ENTRY, op=OPINION, s=values["applicationId"].split(".")[-1])
    assert [edge["node"]["attestation"] for edge in data["ledgerEntries"]["edges"]] == ["SERVER", "OFFICER"]


async def test_an_expired_or_moved_signature_is_refused(stage: Stage, office: Office) -> None:
    values, officer, request = await wanted(stage), office.officer, str(uuid4())
    asked = await officer.send(q.GIVE_OPINION, values, request, {"officerSignature": {"key": officer.key}})
    signed = await officer.sign(asked["intent"])
    stage.clock.travel(stage.clock() + timedelta(minutes=5, seconds=1))
    late = await officer.send(q.GIVE_OPINION, values, request, signed)
    assert late["code"] == "signature.expired", late


async def test_one_administrator_alone_neither_certifies_nor_loosens(stage: Stage, office: Office) -> None:
    first, second, _third = office.admins
    fresh = await holder(
        stage, office.officer.file.parent, await stage.person(COUNTY.code, "street"), COUNTY.code, "street"
    )
    named = {"keyId": fresh.key_id, "key": fresh.key}
    assert (await first.caller.act(CERTIFY, named))["code"] == "officer_key.wrong_state"
    assert "officerKey" in await first.caller.act(VOUCH, named)
    assert (await first.caller.act(CERTIFY, named))["code"] == "officer_key.same_person"
    wrong = {**named, "key": "0" * 64}
    assert (await second.caller.act(CERTIFY, wrong))["code"] == "officer_key.wrong_state"
    await first.caller.act(SET, {"operations": [OPINION, "role.assigned"]})
    assert (await second.caller.act(CERTIFY, named))["code"] == "signature.required"
    assert "officerKey" in await second.act(CERTIFY, named, ask=False)
    proposed = (await first.act(SET, {"operations": [OPINION]}, ask=False))["signingPolicy"]
    assert proposed["setAt"] is None
    refused = await first.caller.act(CONFIRM, {"policyId": proposed["id"]})
    assert refused["code"] == "signing_policy.same_person", refused
    done = await second.act(CONFIRM, {"policyId": proposed["id"]}, ask=False)
    assert done["signingPolicy"]["operations"] == [OPINION]
    assert (await stage.verify())[COUNTY.code].ok


async def test_a_revoked_key_signs_nothing_more_and_a_rotated_one_gives_way(
    stage: Stage, office: Office
) -> None:
    values, officer = await wanted(stage), office.officer
    old, file = officer.key, officer.file
    fresh = await officer.make(await origin_of(stage, COUNTY.code), officer.person, "fresh")
    new_key, new_file = officer.key, officer.file
    officer.key, officer.file = old, file
    unsigned = await officer.caller.act(ROTATE, {"replaces": old, **fresh})
    assert unsigned["code"] == "signature.required"
    rotated = await officer.act(ROTATE, {"replaces": old, **fresh}, ask=False)
    assert rotated["officerKey"]["certifiedAt"], rotated
    request = str(uuid4())
    asked = await officer.send(q.GIVE_OPINION, values, request, {"officerSignature": {"key": old}})
    by_old = await officer.send(q.GIVE_OPINION, values, request, await officer.sign(asked["intent"]))
    assert by_old["code"] == "signature.key"
    named = {"keyId": rotated["officerKey"]["id"], "reason": "丢失"}
    revoked = await office.admins[2].caller.act(REVOKE, named)
    assert revoked["officerKey"]["endedBy"] == "revoked", revoked
    officer.key, officer.file = new_key, new_file
    assert (await officer.act(q.GIVE_OPINION, values))["code"] == "signature.key"
    assert (await stage.verify())[COUNTY.code].ok


async def test_the_citys_officer_is_admitted_in_the_county_and_withdrawn(
    stage: Stage, office: Office, tmp_path: Path
) -> None:
    (city,) = await stage.rows("SELECT id, unit_id FROM tenants WHERE code = $1", CITY)
    folder = tmp_path / "city"
    folder.mkdir()
    town = await equip(stage, folder, CITY, city["id"], city["unit_id"], "reviewer")
    values = await wanted(stage)
    given = await office.officer.act(q.GIVE_OPINION, values)
    assert "application" in given, given
    stage.clock.travel(shanghai(5, 17))
    of_city = {**opinion(values["applicationId"], values["formHash"], "CITY")}
    done = await town.officer.act(q.GIVE_OPINION, of_city)
    assert "application" in done, done
    revoked = await town.officer.caller.act(REVOKE, {"keyId": town.officer.key_id, "reason": "离任"})
    assert "officerKey" in revoked, revoked
    rows = await stage.rows(
        "SELECT operation FROM ledger_entries WHERE tenant_id = $1 AND operation LIKE 'officer_key.%'"
        " AND actor_id = '00000000-0000-0000-0000-000000000000' ORDER BY seq",
        COUNTY.tenant_id,
    )
    assert [row["operation"] for row in rows] == ["officer_key.admitted", "officer_key.withdrawn"]
    assert all(verdict.ok for verdict in (await stage.verify()).values())
