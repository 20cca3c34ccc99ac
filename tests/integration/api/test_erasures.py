"""Personal values are erased by two administrators, and are gone: for the API, for a superuser, in the tables' files, from what is restored."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from certification.tables import metadata
from tests.integration.api.kit import (
    Caller,
    Stage,
    World,
    command,
    copy_home,
    heads_of,
    rows_of,
    serve_world,
    tamper,
)
from tests.integration.api.test_administering import ADD_PERSON, END_ROLE, mutation, sign_in
from tests.integration.api.test_objections import ACCEPT, DECIDE, decision, file, listed, officer
from tests.integration.api.test_objections import open_list as open_list  # noqa: PLC0414 - a fixture
from tests.integration.demo.kit import Playing
from tests.support import DatabaseUrls, clone_database
from xingji.demo.cast import CITY, PASSWORD, County, counties
from xingji.demo.run import BEGINS, ENDS
from xingji.postgres import EmbeddedPostgres

OURS, OTHER = counties()[:2]
NAME, LOGIN = "司空长风", "sikong.changfeng"
GROUND: Final = {"ground": "CONSENT_WITHDRAWN", "reference": "〔2026〕第7号"}
_ERASURE = """... on ErasureRecorded { receipt { sequence replayed } erasure { id subjectType subjectId ground reference fields
  proposedBy confirmedBy confirmedAt declinedAt } }"""
PROPOSE, CONFIRM = mutation("proposeErasure", _ERASURE), mutation("confirmErasure", _ERASURE)
DECLINE = mutation("declineErasure", _ERASURE)
PERSON = """query($after: String) { people(first: 100, after: $after) { edges { node {
  id name login roles { id } erasure { fields confirmedAt } } } } }"""
FORM = "{ applications { edges { node { form { id contactName fixedPhone mobilePhone erasure { fields } } } } } }"


@pytest.fixture
async def urls(postgres: EmbeddedPostgres, founded: World) -> AsyncIterator[DatabaseUrls]:
    async with clone_database(postgres, founded.template) as urls:
        yield urls


@pytest.fixture
def home(founded: World, tmp_path: Path, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Path:
    return copy_home(founded, urls, tmp_path / "home", monkeypatch)


def given(county: County, login: str, role: str = "AUDITOR", name: str = NAME) -> dict[str, Any]:
    roles = [{"role": role, "unitId": f"Unit.{county.tenant_id}.{county.unit_id}"}]
    return {"name": name, "login": login, "password": PASSWORD, "roles": roles}


async def add(stage: Stage, county: County, login: str, role: str = "AUDITOR", **more: Any) -> dict[str, Any]:
    done = await (await stage.person(county.code, "admin")).act(
        ADD_PERSON, given(county, login, role, **more)
    )
    assert done["__typename"] == "PersonRecorded", done
    return dict(done["person"])


async def second(stage: Stage, code: str = OURS.code) -> Caller:
    """Another administrator."""
    (row,) = await stage.rows("SELECT id, unit_id FROM tenants WHERE code = $1", code)
    roles = [{"role": "TENANT_ADMINISTRATOR", "unitId": f"Unit.{row['id']}.{row['unit_id']}"}]
    values = {"name": "第二人", "login": "second", "password": PASSWORD, "roles": roles}
    done = await (await stage.person(code, "admin")).act(ADD_PERSON, values)
    assert done["__typename"] == "PersonRecorded", done
    return await stage.person(code, "second")


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


async def leave(stage: Stage, person: dict[str, Any]) -> None:
    for role in person["roles"]:
        done = await (await stage.person(OURS.code, "admin")).act(END_ROLE, {"roleId": role["id"]})
        assert done["__typename"] == "RoleRecorded", done


async def erase(stage: Stage, subject: str, other: Caller, code: str = OURS.code) -> dict[str, Any]:
    first = await stage.person(code, "admin")
    proposed = await first.act(PROPOSE, {"subjectId": subject, **GROUND})
    assert proposed["__typename"] == "ErasureRecorded", proposed
    done = await other.act(CONFIRM, {"erasureId": proposed["erasure"]["id"]})
    assert done["__typename"] == "ErasureRecorded", done
    return dict(done["erasure"])


async def check(urls: DatabaseUrls, home: Path, code: str = OURS.code) -> str:
    ran = await command(urls, home, "ledger", "check", "--tenant", code, "--json")
    return str(ran.json["code"])


async def kept_of(urls: DatabaseUrls, subject: UUID) -> list[bytes]:
    """What the database holds of a subject: sealed values and the wrapped key."""
    found = await rows_of(urls, "SELECT sealed FROM personal_values WHERE subject_id = $1", subject)
    found += await rows_of(urls, "SELECT wrapped FROM personal_keys WHERE subject_id = $1", subject)
    return [row[0] for row in found]


async def dump(urls: DatabaseUrls) -> bytes:
    """Every column of every table, as a superuser sees it."""
    names = [*metadata.tables, "ledger_entries", "ledger_rows", "ledger_heads"]
    rows = [await rows_of(urls, f"SELECT t::text FROM {name} t") for name in names]
    return "".join(row[0] for part in rows for row in part).encode()


async def files_of(urls: DatabaseUrls) -> bytes:
    """The very files of the tables, their indexes and their TOAST tables that held it."""
    conn = await asyncpg.connect(urls.superuser)
    try:
        await conn.execute("CHECKPOINT")
        folder = Path(await conn.fetchval("SHOW data_directory"))
        rows = await conn.fetch(
            """SELECT pg_relation_filepath(c.oid) AS path FROM pg_class c JOIN pg_class t ON t.relname IN
            ('personal_values', 'personal_keys', 'credentials') AND t.relkind = 'r'
            WHERE c.oid = t.oid OR c.oid = t.reltoastrelid
              OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid IN (t.oid, t.reltoastrelid))"""
        )
        return b"".join((folder / row["path"]).read_bytes() for row in rows)
    finally:
        await conn.close()


async def test_a_person_is_erased_by_two_and_gone_everywhere(urls: DatabaseUrls, home: Path) -> None:
    async with serve_world(urls, home, BEGINS) as stage:
        other, request = await second(stage), str(uuid4())
        admin = await stage.person(OURS.code, "admin")
        added = await admin.act(ADD_PERSON, given(OURS, LOGIN), request)
        person = added["person"]
        subject = UUID(person["id"].rpartition(".")[2])
        assert await sign_in(stage, LOGIN, PASSWORD, OURS.code) is not None
        secret = [NAME.encode(), LOGIN.encode(), *await kept_of(urls, subject)]
        assert len(secret) == 4
        held = await files_of(urls)
        assert [one for one in secret[1:] if one not in held] == [], "or these are the wrong files"

        refused = await admin.act(PROPOSE, {"subjectId": person["id"], **GROUND})
        assert refused["code"] == "erasure.person_in_office"
        await leave(stage, person)
        proposed = await admin.act(PROPOSE, {"subjectId": person["id"], **GROUND})
        erasure = proposed["erasure"]["id"]
        assert (await admin.act(CONFIRM, {"erasureId": erasure}))["code"] == "actor.second_person"
        assert (await admin.act(PROPOSE, {"subjectId": person["id"], **GROUND}))["code"] == "erasure.settled"
        assert len(await kept_of(urls, subject)) == 2, "a proposal erases nothing"

        confirming = str(uuid4())
        done = await other.act(CONFIRM, {"erasureId": erasure}, confirming)
        assert done["erasure"]["fields"] == ["name"], done
        again = await other.act(CONFIRM, {"erasureId": erasure}, confirming)
        assert again["receipt"] == {**done["receipt"], "replayed": True}

        shown = next(
            edge["node"]
            for edge in (await admin.get(PERSON))["people"]["edges"]
            if edge["node"]["id"] == person["id"]
        )
        assert (shown["name"], shown["login"], shown["erasure"]["fields"]) == (None, None, ["name"])
        assert await sign_in(stage, LOGIN, PASSWORD, OURS.code) is None
        # An old request by a name that is erased is the same request; it answers, and brings nothing back.
        retried = await admin.act(ADD_PERSON, given(OURS, LOGIN), request)
        assert (retried["receipt"]["replayed"], retried["person"]["name"]) == (True, None)
        assert await kept_of(urls, subject) == []

        assert [one for one in secret if one in await dump(urls)] == []
        assert (await command(urls, home, "vault", "sweep")).code == 0
        held = await files_of(urls)
        assert len(held) > 10_000 and [one for one in secret if one in held] == []
        assert await check(urls, home) == "verified"
        # The login is free for somebody else.
        assert (await add(stage, OURS, LOGIN, name="别人"))["login"] == LOGIN

    (leaf,) = await rows_of(urls, "SELECT leaf FROM ledger_entries WHERE operation = 'personal.erased'")
    intent = json.loads(leaf[0])["body"]["intent"]
    assert intent["of"] == {"id": str(subject), "type": "person"} and len(intent["erased"]) == 1
    assert intent["erased"][0]["field"] == "name" and NAME not in leaf[0] and LOGIN not in leaf[0]


async def test_a_contact_is_shown_as_erased_and_not_as_never_given(
    copy: DatabaseUrls, played: Playing
) -> None:
    home = played.world.home
    async with serve_world(copy, home, ENDS) as stage:
        county = await stage.person(OURS.code, "county")
        forms = [edge["node"]["form"] for edge in (await county.get(FORM))["applications"]["edges"]]
        form = next(one for one in forms if one["contactName"])
        given_fields = [name for name in ("contact_name", "fixed_phone", "mobile_phone") if form[camel(name)]]
        assert form["erasure"] is None
        done = await erase(stage, form["id"], await second(stage))
        forms = [edge["node"]["form"] for edge in (await county.get(FORM))["applications"]["edges"]]
        after = next(one for one in forms if one["id"] == form["id"])
        assert [after[name] for name in ("contactName", "fixedPhone", "mobilePhone")] == [None] * 3
        # Which of them there were is told by the erasure; the others were never given.
        assert after["erasure"] == {"fields": given_fields} and done["fields"] == given_fields
        untouched = [one for one in forms if one["id"] != form["id"]]
        assert untouched and all(one["erasure"] is None and one["contactName"] for one in untouched)
        admin = await stage.person(OURS.code, "admin")
        assert (await admin.act(PROPOSE, {"subjectId": form["id"], **GROUND}))["code"] == "erasure.settled"

    assert await check(copy, home) == "verified"


async def test_an_objection_is_erased_when_it_is_settled(open_list: Stage) -> None:
    stage = open_list
    filed = await file(stage, 2, request := str(uuid4()))
    (objection,) = await listed(stage)
    other, leader = await second(stage, CITY), await officer(stage)
    admin = await stage.person(CITY, "admin")
    wanted = {"subjectId": objection["id"], **GROUND}
    assert (await admin.act(PROPOSE, wanted))["code"] == "erasure.objection_open"
    assert "objection" in await leader.act(ACCEPT, {"objectionId": objection["id"]})
    assert "objection" in await leader.act(DECIDE, decision(objection["id"], "DISMISSED"))
    done = await erase(stage, objection["id"], other, CITY)
    assert len(done["fields"]) == 4
    (shown,) = await listed(stage)
    assert [shown[name] for name in ("text", "name", "contact", "reason")] == [None] * 4
    # The objector asks again with what is erased: the same code and receipt, nothing stored.
    again = await file(stage, 2, request)
    assert (again["code"], again["receipt"]["replayed"]) == (filed["code"], True)
    assert await kept_of(stage.urls, UUID(objection["id"].rpartition(".")[2])) == []
    assert await check(stage.urls, stage.home, CITY) == "verified"


async def test_nobody_erases_alone_or_elsewhere(urls: DatabaseUrls, home: Path) -> None:
    async with serve_world(urls, home, BEGINS) as stage:
        other = await second(stage)
        person = await add(stage, OURS, LOGIN)
        await leave(stage, person)
        theirs, clerk = await stage.person(OTHER.code, "admin"), await stage.person(OURS.code, "clerk")
        wanted = {"subjectId": person["id"], **GROUND}
        foreign = await theirs.act(PROPOSE, wanted)
        nobody = await theirs.act(PROPOSE, {**wanted, "subjectId": f"Person.{OTHER.tenant_id}.{uuid4()}"})
        assert foreign["code"] == nobody["code"] == "not_found"
        borrowed = f"Person.{OTHER.tenant_id}." + person["id"].rpartition(".")[2]
        assert (await theirs.act(PROPOSE, {**wanted, "subjectId": borrowed}))["code"] == "not_found"
        answer = await clerk.ask(PROPOSE, requestId=str(uuid4()), input=wanted)
        assert answer["errors"][0]["extensions"]["code"] == "permission.denied"
        for reference in ("13800138000", "号" * 61, "第7号\n", " "):
            refused = await other.act(PROPOSE, {**wanted, "reference": reference})
            assert refused.get("code") == "field.refused", (reference, refused)
        erasure = (await other.act(PROPOSE, wanted))["erasure"]["id"]
        assert (await theirs.act(CONFIRM, {"erasureId": erasure}))["code"] == "not_found"
        assert (await other.act(CONFIRM, {"erasureId": erasure}))["code"] == "actor.second_person"
        declined = await other.act(DECLINE, {"erasureId": erasure})
        assert declined["erasure"]["declinedAt"] is not None
        admin = await stage.person(OURS.code, "admin")
        assert (await admin.act(CONFIRM, {"erasureId": erasure}))["code"] == "erasure.settled"
        # Back in office between proposal and confirmation: nothing is erased.
        erasure = (await other.act(PROPOSE, wanted))["erasure"]["id"]
        role = {
            "personId": person["id"],
            "role": "AUDITOR",
            "unitId": f"Unit.{OURS.tenant_id}.{OURS.unit_id}",
        }
        assign = mutation("assignRole", "... on RoleRecorded { role { id } }")
        assert "role" in await admin.act(assign, role)
        assert (await admin.act(CONFIRM, {"erasureId": erasure}))["code"] == "erasure.person_in_office"
    assert await check(urls, home) == "verified"


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("DELETE FROM personal_values WHERE subject_id = '{kept}'", "value_missing"),
        ("DELETE FROM personal_keys WHERE subject_id = '{kept}'", "value_missing"),
        ("UPDATE people SET name_commitment = NULL WHERE id = '{kept}'", "row_changed"),
        ("UPDATE erasures SET subject_id = '{kept}'", "row_changed"),
        (
            "INSERT INTO erasures SELECT (e).* FROM (SELECT jsonb_populate_record(e, jsonb_build_object('id', '{new}',"
            " 'subject_id', '{kept}')) AS e FROM erasures e) f; DELETE FROM personal_values WHERE subject_id = '{kept}'",
            "row_extra",
        ),
        (
            "UPDATE ledger_entries SET leaf = replace(leaf, '{gone}', '{kept}') WHERE operation = 'personal.erased'",
            "entry_altered",
        ),
        (
            "INSERT INTO personal_values SELECT tenant_id, name_commitment, id, 'name', '\\x00' FROM people WHERE id = '{gone}';"
            " INSERT INTO personal_keys SELECT tenant_id, '{gone}', wrapped, kek_id FROM personal_keys WHERE subject_id = '{kept}'",
            "value_returned",
        ),
    ],
)
async def test_a_superuser_s_deletion_is_no_erasure(
    erased: tuple[DatabaseUrls, Path, str, str], sql: str, found: str
) -> None:
    urls, home, kept, gone = erased
    assert await check(urls, home) == "verified"
    await tamper(urls, *sql.format(kept=kept, gone=gone, new=uuid4()).split("; "))
    assert await check(urls, home) == found


@pytest.fixture
async def erased(urls: DatabaseUrls, home: Path) -> tuple[DatabaseUrls, Path, str, str]:
    """A world with one who was erased, and one who was not: their ids, the latter first."""
    async with serve_world(urls, home, BEGINS) as stage:
        other = await second(stage)
        kept, gone = await add(stage, OURS, "kept"), await add(stage, OURS, LOGIN)
        await leave(stage, gone)
        await erase(stage, gone["id"], other)
    return urls, home, kept["id"].rpartition(".")[2], gone["id"].rpartition(".")[2]


async def test_what_a_backup_brings_back_is_erased_again(
    urls: DatabaseUrls, home: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    async with serve_world(urls, home, BEGINS) as stage:
        other, person = await second(stage), await add(stage, OURS, LOGIN)
        await leave(stage, person)
        subject = UUID(person["id"].rpartition(".")[2])
        made = await command(urls, home, "backup", str(backup))
        assert made.code == 0, made.err
        await erase(stage, person["id"], other)
    (listed,) = heads_of(urls, home).glob("*.erased")
    assert NAME.encode() not in listed.read_bytes() and LOGIN.encode() not in listed.read_bytes()

    restored = await command(urls, home, "restore", str(backup), "--replace")
    assert restored.code == 0, restored.err
    assert await kept_of(urls, subject) == [], "erased again before anybody is served"
    assert await rows_of(urls, "SELECT 1 FROM credentials WHERE login = $1", LOGIN) == []
    async with serve_world(urls, home, BEGINS) as stage:
        # The log was put back and is not signed for: the values are gone, and that it is not entered yet is told.
        ready = (await stage.http.get("/readyz")).json()
        assert ready["put_back"] == ready["unerased"] == [OURS.code]
        assert await check(urls, home) == "value_missing"
    owned = await command(
        urls, home, "ledger", "incarnate", "--tenant", OURS.code, "--reason", "恢复备份", "--json"
    )
    assert owned.code == 0, owned.err
    assert await check(urls, home) == "verified"
    async with serve_world(urls, home, BEGINS) as stage:
        assert "unerased" not in (await stage.http.get("/readyz")).json()
        admin = await stage.person(OURS.code, "admin")
        nodes = [edge["node"] for edge in (await admin.get(PERSON))["people"]["edges"]]
        shown = next(node for node in nodes if node["id"] == person["id"])
        assert shown["erasure"]["fields"] == ["name"] and shown["login"] is None
    entries = await rows_of(urls, "SELECT leaf FROM ledger_entries WHERE operation = 'personal.erased'")
    (again,) = (json.loads(row[0])["body"] for row in entries)
    assert again["intent"]["again"]["seq"] > 0 and again["actor"]["role"] == "system"
    assert len(listed.read_bytes().splitlines()) == 2


async def test_a_put_back_value_is_erased_at_the_next_start_and_a_forged_line_erases_nobody(
    erased: tuple[DatabaseUrls, Path, str, str],
) -> None:
    urls, home, kept, gone = erased
    copied = "INSERT INTO personal_keys SELECT tenant_id, '{}', wrapped, kek_id FROM personal_keys WHERE subject_id = '{}'"
    await tamper(urls, copied.format(gone, kept))
    (listed,) = heads_of(urls, home).glob("*.erased")
    forged = listed.read_bytes().replace(gone.encode(), kept.encode())
    with listed.open("ab") as file:
        file.write(forged + b"not a line" + secrets.token_bytes(20))
    async with serve_world(urls, home, BEGINS) as stage:
        assert await kept_of(urls, UUID(gone)) == []
        assert len(await kept_of(urls, UUID(kept))) == 2
        assert await sign_in(stage, "kept", PASSWORD, OURS.code) is not None
    assert await check(urls, home) == "verified"


async def test_a_served_log_goes_on_with_both_signatures_once_it_has_declared_sm2(
    urls: DatabaseUrls, home: Path, tmp_path: Path
) -> None:
    async with serve_world(urls, home, BEGINS) as stage:
        await add(stage, OURS, "before")
        done = await command(urls, home, "ledger", "suite", "--tenant", OURS.code)
        assert done.code == 0, done.err
        await add(stage, OURS, "behind")  # under the running server, which made its signer before
        again = await command(urls, home, "ledger", "suite", "--tenant", OURS.code)
        assert again.code == 0, again.err
        await add(stage, OURS, "behind2")
    ran = await command(urls, home, "ledger", "check", "--tenant", OURS.code, "--json")
    assert (ran.json["code"], ran.json["sm2_checked"]) == ("verified", True)
    found = await rows_of(
        urls, "SELECT leaf FROM ledger_entries WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 5", OURS.tenant_id
    )
    keys = [json.loads(row[0])["server_sig"].get("sm2", {}).get("key") for row in found]
    assert keys[0] == keys[1] != keys[2] == keys[3] and keys[2] is not None and keys[4] is None
    log, key = tmp_path / "log", tmp_path / "key"
    assert (await command(urls, home, "ledger", "export", "--tenant", OURS.code, str(log))).code == 0
    key.write_text((await command(urls, home, "ledger", "key", "--tenant", OURS.code)).out)
    told = await command(urls, home, "ledger", "verify", str(log), "--key", str(key), "--json")
    assert (told.code, told.json["sm2_checked"]) == (0, True)
    # A key that is not there stops the log; it does not go on without.
    for path in (home / "keys").glob("*.sm2"):
        path.unlink()
    async with serve_world(urls, home, BEGINS) as stage:
        admin = await stage.person(OURS.code, "admin")
        answer = await admin.ask(ADD_PERSON, requestId=str(uuid4()), input=given(OURS, "without"))
        assert "errors" in answer
    assert await check(urls, home) == "verified"
    await tamper(urls, f"UPDATE ledger_heads SET national = NULL WHERE tenant_id = {OURS.tenant_id}")
    assert await check(urls, home) == "head_row_wrong"


SHOWN = (
    "query($id: ID!) { node(id: $id) { ... on Erasure { availableActions { action obstacle { code } } } } }"
)


async def test_what_is_shown_of_an_erasure_is_what_decides(urls: DatabaseUrls, home: Path) -> None:
    """Before each try of each administrator, also behind the one that settled it."""
    tried = []
    async with serve_world(urls, home, BEGINS) as stage:
        other, person = await second(stage), await add(stage, OURS, LOGIN)
        admin = await stage.person(OURS.code, "admin")
        await leave(stage, person)
        proposed = await admin.act(PROPOSE, {"subjectId": person["id"], **GROUND})
        id_ = proposed["erasure"]["id"]
        for who, act, action in (
            (admin, CONFIRM, "confirm_erasure"),
            (other, CONFIRM, "confirm_erasure"),
            (other, CONFIRM, "confirm_erasure"),
            (admin, DECLINE, "decline_erasure"),
        ):
            listed = (await who.get(SHOWN, id=id_))["node"]["availableActions"]
            (obstacle,) = [one["obstacle"] for one in listed if one["action"] == action]
            done = (await who.act(act, {"erasureId": id_})).get("code")
            assert (obstacle and obstacle["code"]) == done
            tried.append(done)
    assert tried == ["actor.second_person", None, "erasure.settled", "erasure.settled"]
