"""Administering through the API: somebody is added, signs in, acts, and stops; what stays inside a tenant; what nobody may read."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import uuid4

import pytest

from tenancy.sign_in import FAILURES, LOCKED
from tests.integration.api.kit import Caller, Stage, codes, opinion
from xingji.demo import documents as q
from xingji.demo.cast import CITY, PASSWORD, counties
from xingji.demo.client import SIGN_IN

COUNTY, OTHER = counties()[:2]
FIRST, SECOND = "first-password-81", "second-password-82"
NAME, LOGIN = "欧阳明月", "ouyang.my"
UNIT: Final = f"Unit.{COUNTY.tenant_id}.{COUNTY.unit_id}"
_REFUSED = "... on Refusal { code messageZh messageEn }"
_RECEIPT = "receipt { origin sequence hash replayed }"
_ROLE = "id role validFrom validTo unit { id }"


def mutation(field: str, selection: str) -> str:
    name = field[0].upper() + field[1:]
    return f"""mutation($requestId: ID!, $input: {name}Input!) {{
      {field}(requestId: $requestId, input: $input) {{ __typename {selection} {_REFUSED} }} }}"""


ADD_PERSON = mutation(
    "addPerson", f"... on PersonRecorded {{ person {{ id name login roles {{ {_ROLE} }} }} {_RECEIPT} }}"
)
_ROLE_RECORDED = f"... on RoleRecorded {{ role {{ {_ROLE} }} {_RECEIPT} }}"
ASSIGN_ROLE, END_ROLE = mutation("assignRole", _ROLE_RECORDED), mutation("endRole", _ROLE_RECORDED)
_GRANT = f"... on GrantRecorded {{ grant {{ id scope validTo grantee {{ code }} }} {_RECEIPT} }}"
GRANT_OVERSIGHT, END_GRANT = mutation("grantOversight", _GRANT), mutation("endGrant", _GRANT)
CHANGE_PASSWORD = """mutation($input: ChangePasswordInput!) {
  changePassword(input: $input) { __typename ... on PasswordChanged { changedAt } ... on Refusal { code } } }"""
PEOPLE = """query($in: PersonFilter, $after: String) { people(first: 100, after: $after, filter: $in) { totalCount pageInfo { endCursor } edges { node {
  id name login tenant { code } roles { id role } roleHistory { id role validTo } } } } }"""
GRANTS = """query($in: GrantFilter) { grants(first: 100, filter: $in) { edges { node {
  id scope validTo tenant { code } grantee { code } } } } }"""


def a_person(**changes: Any) -> dict[str, Any]:
    roles = [{"role": "COUNTY_OFFICER", "unitId": UNIT}]
    return {"name": NAME, "login": LOGIN, "password": FIRST, "roles": roles, **changes}


async def sign_in(stage: Stage, login: str, password: str, code: str = COUNTY.code) -> Caller | None:
    values = {"tenantCode": code, "login": login, "password": password}
    answer = (await stage.stranger.get(SIGN_IN, input=values))["signIn"]
    return Caller(stage.http, answer["token"]) if answer["__typename"] == "SignedIn" else None


async def must_sign_in(stage: Stage, login: str, password: str, code: str = COUNTY.code) -> Caller:
    caller = await sign_in(stage, login, password, code)
    assert caller is not None
    return caller


async def change_password(caller: Caller, old: str, new: str) -> dict[str, Any]:
    return dict((await caller.get(CHANGE_PASSWORD, input={"old": old, "new": new}))["changePassword"])


async def people(caller: Caller, **filter_: Any) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    page, total, after = 100, 0, None
    while page == 100:
        found = (await caller.get(PEOPLE, **{"in": filter_, "after": after}))["people"]
        page, total, after = len(found["edges"]), found["totalCount"], found["pageInfo"]["endCursor"]
        nodes += [edge["node"] for edge in found["edges"]]
    assert total == len(nodes)
    return nodes


async def grants(caller: Caller, **filter_: Any) -> list[dict[str, Any]]:
    return [edge["node"] for edge in (await caller.get(GRANTS, **{"in": filter_}))["grants"]["edges"]]


async def test_an_officer_is_added_signs_in_acts_and_is_stopped_at_once(endorsed: Stage) -> None:
    admin = await endorsed.person(COUNTY.code, "admin")
    added = await admin.act(ADD_PERSON, a_person(), "add-1")
    assert (added["person"]["name"], added["person"]["login"]) == (NAME, LOGIN)
    (role,) = added["person"]["roles"]
    assert (role["role"], role["validTo"], role["unit"]["id"]) == ("COUNTY_OFFICER", None, UNIT)

    officer = await must_sign_in(endorsed, LOGIN, FIRST)
    tray = await endorsed.tray(COUNTY.code, "county")
    nominee, rival = tray[COUNTY.nominee.name], tray[COUNTY.rival.name]
    given = opinion(nominee["id"], nominee["form"]["hash"], "COUNTY")
    assert (await officer.act(q.GIVE_OPINION, given))["application"]["status"] == "COUNTY_RECOMMENDED"

    ended = await admin.act(END_ROLE, {"roleId": role["id"]})
    assert ended["role"]["validTo"] is not None
    late = {**opinion(rival["id"], rival["form"]["hash"], "COUNTY"), "verdict": "REFUSE"}
    stopped = await officer.act(q.GIVE_OPINION, late)  # by the same token, which is still good
    assert stopped["code"] == "actor.not_entitled"
    assert (await must_sign_in(endorsed, LOGIN, FIRST)).token is not None

    again = await admin.act(
        ASSIGN_ROLE, {"personId": added["person"]["id"], "role": "COUNTY_OFFICER", "unitId": UNIT}
    )
    assert again["role"]["id"] != role["id"]
    assert (await officer.act(q.GIVE_OPINION, late))["application"]["status"] == "REJECTED"
    (found,) = [one for one in await people(admin) if one["id"] == added["person"]["id"]]
    assert ([one["id"] for one in found["roles"]], len(found["roleHistory"])) == ([again["role"]["id"]], 2)

    leaves = "".join(row["leaf"] for row in await endorsed.rows("SELECT leaf FROM ledger_entries"))
    assert all(secret not in leaves for secret in (NAME, LOGIN, FIRST, "argon2"))
    logged = json.dumps(endorsed.log, ensure_ascii=False)
    assert all(secret not in logged for secret in (NAME, LOGIN, FIRST, "argon2"))
    assert all(verdict.ok for verdict in (await endorsed.verify()).values())


async def test_a_retry_is_answered_and_another_person_under_its_id_is_not(fresh: Stage) -> None:
    admin = await fresh.person(COUNTY.code, "admin")
    first = await admin.act(ADD_PERSON, a_person(), "same")
    again = await admin.act(ADD_PERSON, a_person(), "same")
    assert again["receipt"] == {**first["receipt"], "replayed": True} and again["person"] == first["person"]
    assert (await admin.act(ADD_PERSON, a_person(name="别人"), "same"))["code"] == "request.conflict"
    assert (await admin.act(ADD_PERSON, a_person()))["code"] == "login.taken"
    assert (await admin.act(ADD_PERSON, a_person(login="x" * 65)))["code"] == "field.refused"
    assert (await admin.act(ADD_PERSON, a_person(password="short")))["code"] == "tenancy.password.length"
    kept = await fresh.rows("SELECT login FROM credentials WHERE NOT demo")
    assert [row["login"] for row in kept] == [LOGIN]


@pytest.mark.parametrize(
    ("code", "login"),
    [(COUNTY.code, "county"), (COUNTY.code, "clerk"), (CITY, "leader"), (CITY, "auditor")],
)
async def test_only_administrators_may_ask_to_administer(fresh: Stage, code: str, login: str) -> None:
    caller = await fresh.person(code, login)
    role, grant = f"RoleAssignment.1.{uuid4()}", f"Grant.1.{uuid4()}"
    for document, values in (
        (ADD_PERSON, a_person()),
        (ASSIGN_ROLE, {"personId": f"Person.1.{uuid4()}", "role": "AUDITOR", "unitId": UNIT}),
        (END_ROLE, {"roleId": role}),
        (GRANT_OVERSIGHT, {"granteeId": "Tenant.1.1", "scope": "AUDIT"}),
        (END_GRANT, {"grantId": grant}),
    ):
        answer = await caller.ask(document, requestId=str(uuid4()), input=values)
        assert answer["errors"][0]["extensions"]["code"] == "permission.denied", answer
        stranger = await fresh.stranger.ask(document, requestId=str(uuid4()), input=values)
        assert stranger["errors"][0]["extensions"]["code"] == "auth.required", stranger


async def test_an_administrator_reaches_no_other_tenant(fresh: Stage) -> None:
    admin, other = [await fresh.person(one.code, "admin") for one in (COUNTY, OTHER)]
    city = await fresh.person(CITY, "admin")
    theirs = (await people(other))[0]
    their_grant = (await grants(other))[0]["id"]
    their_unit = f"Unit.{OTHER.tenant_id}.{OTHER.unit_id}"
    role = {"role": "COUNTY_OFFICER", "unitId": their_unit}
    before = len(await fresh.rows("SELECT 1 FROM ledger_entries"))
    for caller in (admin, city):
        results = [
            await caller.act(ADD_PERSON, a_person(roles=[role])),
            await caller.act(ASSIGN_ROLE, {"personId": theirs["id"], **role}),
            await caller.act(END_ROLE, {"roleId": theirs["roles"][0]["id"]}),
            await caller.act(END_GRANT, {"grantId": their_grant}),
        ]
        assert codes(results) == ["not_found"] * 4
        assert await people(caller, tenantId=f"Tenant.{OTHER.tenant_id}.{OTHER.tenant_id}") == []
        for node in (theirs["id"], theirs["roles"][0]["id"], their_grant):
            assert (await caller.get(q.NODE, id=node))["node"] is None
    assert len(await fresh.rows("SELECT 1 FROM ledger_entries")) == before
    acts = "SELECT target FROM access_log WHERE code = 'not_found'"
    assert [row["target"] for row in await fresh.rows(acts)] == [str(OTHER.tenant_id)] * 8


async def test_city_roles_stay_in_the_city_and_others_over_their_own_kind(fresh: Stage) -> None:
    admin = await fresh.person(COUNTY.code, "admin")
    person = (await people(admin))[0]["id"]
    street = f"Unit.{COUNTY.tenant_id}.{COUNTY.street.id}"
    results = [
        await admin.act(ASSIGN_ROLE, {"personId": person, "role": role, "unitId": unit})
        for role, unit in (
            ("CITY_OFFICER", UNIT),
            ("REVIEW_TEAM", street),
            ("STREET_OFFICER", UNIT),
            ("COUNTY_OFFICER", street),
            ("TENANT_ADMINISTRATOR", street),
            ("AUDITOR", UNIT),
        )
    ]
    assert codes(results) == ["role.misplaced"] * 5 + ["ok"]
    assert "市" in results[0]["messageZh"] and "city_officer" in results[0]["messageEn"]


async def test_an_administrator_gives_themselves_no_role(fresh: Stage) -> None:
    """Else one person administers and endorses; whom they add under another name nobody can know, but the log names who added them."""
    admin = await fresh.person(COUNTY.code, "admin")
    own = (await admin.get("{ viewer { personId } }"))["viewer"]["personId"]
    wanted = {"personId": f"Person.{COUNTY.tenant_id}.{own}", "role": "COUNTY_OFFICER", "unitId": UNIT}
    heads = await fresh.rows("SELECT tenant_id, size FROM ledger_heads ORDER BY 1")
    assert (await admin.act(ASSIGN_ROLE, wanted))["code"] == "role.own"
    assert await fresh.rows("SELECT tenant_id, size FROM ledger_heads ORDER BY 1") == heads


async def test_the_last_administrator_stays(fresh: Stage) -> None:
    admin = await fresh.person(COUNTY.code, "admin")
    roles = [role for one in await people(admin) for role in one["roles"]]
    (own,) = [role["id"] for role in roles if role["role"] == "TENANT_ADMINISTRATOR"]
    assert (await admin.act(END_ROLE, {"roleId": own}))["code"] == "role.last_administrator"
    second = [{"role": "TENANT_ADMINISTRATOR", "unitId": UNIT}]
    await admin.act(ADD_PERSON, a_person(roles=second))
    assert (await admin.act(END_ROLE, {"roleId": own}))["role"]["validTo"]
    assert (await admin.act(END_ROLE, {"roleId": own}))["code"] == "actor.not_entitled"
    successor = await must_sign_in(fresh, LOGIN, FIRST)
    assert (await successor.act(END_ROLE, {"roleId": own}))["code"] == "role.ended"
    assert (await fresh.verify())[COUNTY.code].ok


async def test_names_are_whole_for_ones_own_administrator_alone(fresh: Stage) -> None:
    admin = await fresh.person(COUNTY.code, "admin")
    await admin.act(ADD_PERSON, a_person())
    assert NAME in {one["name"] for one in await people(admin)}
    tenant = f"Tenant.{COUNTY.tenant_id}.{COUNTY.tenant_id}"
    auditor = await fresh.person(CITY, "auditor")
    seen = await people(auditor, tenantId=tenant)
    assert {one["name"][1:] for one in seen} == {"**"} and {one["login"] for one in seen} == {None}
    assert {one["tenant"]["code"] for one in seen} == {COUNTY.code}
    for code, login in ((COUNTY.code, "county"), (COUNTY.code, "clerk"), (CITY, "leader")):
        answer = await (await fresh.person(code, login)).ask(PEOPLE)
        assert answer["errors"][0]["extensions"]["code"] == "permission.denied"


async def test_who_administers_the_city_and_audits_sees_no_countys_names(fresh: Stage) -> None:
    city = await fresh.person(CITY, "admin")
    unit = (await city.get("{ viewer { tenant { id } roles { unit { id } } } }"))["viewer"]["roles"][0][
        "unit"
    ]
    both = [{"role": role, "unitId": unit["id"]} for role in ("TENANT_ADMINISTRATOR", "AUDITOR")]
    await city.act(ADD_PERSON, a_person(roles=both))
    caller = await must_sign_in(fresh, LOGIN, FIRST, CITY)
    seen = await people(caller)
    for one in seen:
        own = one["tenant"]["code"] == CITY
        assert (one["name"][1:] != "**", one["login"] is not None) == (own, own), one
    assert {one["tenant"]["code"] for one in seen} >= {CITY, COUNTY.code}


async def test_a_grant_is_ended_and_given(endorsed: Stage) -> None:
    admin = await endorsed.person(COUNTY.code, "admin")
    given = {one["scope"]: one for one in await grants(admin)}
    assert {scope: one["grantee"]["code"] for scope, one in given.items()} == {"OVERSEE": CITY, "AUDIT": CITY}
    tray = await endorsed.tray(COUNTY.code, "county")
    nominee = tray[COUNTY.nominee.name]
    officer = await endorsed.person(COUNTY.code, "county")
    await officer.act(q.GIVE_OPINION, opinion(nominee["id"], nominee["form"]["hash"], "COUNTY"))
    reviewer = await endorsed.person(CITY, "reviewer")

    ended = await admin.act(END_GRANT, {"grantId": given["OVERSEE"]["id"]})
    assert ended["grant"]["validTo"] is not None
    assert (await admin.act(END_GRANT, {"grantId": given["OVERSEE"]["id"]}))["code"] == "grant.ended"
    review = opinion(nominee["id"], nominee["form"]["hash"], "CITY")
    assert (await reviewer.act(q.GIVE_OPINION, review))["code"] == "actor.not_entitled"
    later = await endorsed.person(CITY, "reviewer", fresh=True)
    assert (await later.act(q.GIVE_OPINION, review))["code"] == "not_found"

    city, other = "Tenant.1.1", f"Tenant.{OTHER.tenant_id}.{OTHER.tenant_id}"
    wanted = [
        (city, "OVERSEE"),
        (city, "OVERSEE"),
        (other, "OVERSEE"),
        (other, "AUDIT"),
        ("Tenant.99.99", "AUDIT"),
    ]
    results = [
        await admin.act(GRANT_OVERSIGHT, {"granteeId": grantee, "scope": scope}) for grantee, scope in wanted
    ]
    assert codes(results) == ["ok", "grant.exists", "grant.refused", "ok", "not_found"]
    assert len(await grants(admin, scope="OVERSEE")) == 2
    assert (await reviewer.act(q.GIVE_OPINION, review))["code"] == "window.closed"
    assert await grants(await endorsed.person(COUNTY.code, "street")) == []
    assert all(verdict.ok for verdict in (await endorsed.verify()).values())


async def test_ones_password_is_changed_and_wrong_guesses_lock(fresh: Stage) -> None:
    admin = await fresh.person(COUNTY.code, "admin")
    await admin.act(ADD_PERSON, a_person())
    before = len(await fresh.rows("SELECT 1 FROM ledger_entries"))
    caller = await must_sign_in(fresh, LOGIN, FIRST)
    assert (await change_password(caller, "wrong-password", SECOND))["code"] == "tenancy.password.refused"
    assert (await change_password(caller, FIRST, "short"))["code"] == "tenancy.password.length"
    assert (await change_password(caller, FIRST, SECOND))["changedAt"]
    assert await sign_in(fresh, LOGIN, FIRST) is None
    caller = await must_sign_in(fresh, LOGIN, SECOND)
    for _ in range(FAILURES):
        assert (await change_password(caller, FIRST, "third-password-83"))[
            "code"
        ] == "tenancy.password.refused"
    assert (await change_password(caller, SECOND, "third-password-83"))["code"] == "tenancy.password.refused"
    assert await sign_in(fresh, LOGIN, SECOND) is None
    fresh.clock.travel(fresh.clock() + LOCKED)
    await must_sign_in(fresh, LOGIN, SECOND)
    answer = await fresh.stranger.ask(CHANGE_PASSWORD, input={"old": PASSWORD, "new": SECOND})
    assert answer["errors"][0]["extensions"]["code"] == "auth.required"
    assert len(await fresh.rows("SELECT 1 FROM ledger_entries")) == before
