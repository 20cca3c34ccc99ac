"""A superuser with the triggers off changes a played world: the console commands refute each change by its name.

Exit codes are 0 verified, 1 refuted, 2 unusable, with and without --json. Careful forgers also repair hashes, frontier and head.
"""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from audit.tree import Frontier, leaf_hash
from certification.tables import opinions
from tests.integration.api.kit import Ran, Stage, command, rows_of, tamper
from tests.integration.api.test_administering import ADD_PERSON
from tests.integration.api.test_erasures import GROUND, PROPOSE, given, leave
from tests.integration.api.test_logs import SET_READING
from tests.integration.api.test_signing import holder
from tests.integration.demo.kit import Playing
from tests.support import DatabaseUrls
from xingji.demo.cast import counties

VICTIM = counties()[0]
TENANT = VICTIM.tenant_id
FILED = "(SELECT min(seq) FROM ledger_entries WHERE tenant_id = {t} AND operation = 'application.filed')"
OPINION = (
    "(SELECT max(seq) FROM ledger_entries WHERE tenant_id = {t} AND operation = 'application.opinion_given')"
)


async def check(urls: DatabaseUrls, home: Path, *more: str) -> Ran:
    return await command(urls, home, "ledger", "check", "--tenant", VICTIM.code, *more)


async def both(urls: DatabaseUrls, home: Path, *more: str) -> tuple[int, str]:
    """Exit code and name by `ledger check`, the same in both display modes."""
    told, shown = await check(urls, home, "--json", *more), await check(urls, home, *more)
    assert told.code == shown.code, (told, shown)
    assert f"[{told.json['code']}]" in shown.out
    assert told.json["ok"] is (told.code == 0)
    return told.code, told.json["code"]


async def export(urls: DatabaseUrls, home: Path, folder: Path) -> tuple[Path, Path]:
    """The exported log and its verifier key."""
    folder.mkdir(exist_ok=True)
    key = folder / "key"
    key.write_text((await command(urls, home, "ledger", "key", "--tenant", VICTIM.code)).out)
    ran = await command(
        urls, home, "ledger", "export", "--tenant", VICTIM.code, str(folder / "log"), "--json"
    )
    assert (ran.code, ran.json["size"] > 10) == (0, True), ran
    return folder / "log", key


async def offline(urls: DatabaseUrls, home: Path, folder: Path, *more: str) -> tuple[int, str]:
    """Exit code and name by `ledger verify` of an export, the same in both display modes."""
    log, key = await export(urls, home, folder)
    return await judge(urls, home, log, key, *more)


async def judge(urls: DatabaseUrls, home: Path, log: Path, key: Path, *more: str) -> tuple[int, str]:
    arguments = ("ledger", "verify", str(log), "--key", str(key), *more)
    told = await command(urls, home, *arguments, "--json")
    shown = await command(urls, home, *arguments)
    assert told.code == shown.code, (told, shown)
    code = str(told.json["code"])
    assert f"[{code}]" in shown.out or told.code == 2
    return told.code, code


async def rehash(urls: DatabaseUrls) -> None:
    """Make hashes, frontier and head follow the leaves again, as a careful forger would."""
    conn = await asyncpg.connect(urls.superuser)
    try:
        async with conn.transaction():
            await conn.execute("SET LOCAL session_replication_role = replica")
            rows = await conn.fetch(
                "SELECT seq, leaf FROM ledger_entries WHERE tenant_id = $1 ORDER BY seq", TENANT
            )
            hashes = [leaf_hash(row["leaf"].encode()) for row in rows]
            await conn.executemany(
                "UPDATE ledger_entries SET hash = $3 WHERE tenant_id = $1 AND seq = $2",
                [(TENANT, row["seq"], one) for row, one in zip(rows, hashes, strict=True)],
            )
            frontier = Frontier().extend(hashes)
            await conn.execute(
                "UPDATE ledger_heads SET size = $2, head = $3, frontier = $4, recorded_at = (SELECT recorded_at"
                " FROM ledger_entries WHERE tenant_id = $1 AND seq = $2::bigint - 1) WHERE tenant_id = $1",
                TENANT,
                frontier.size,
                hashes[-1],
                frontier.to_bytes(),
            )
    finally:
        await conn.close()


def sql(text: str) -> str:
    return text.replace("{filed}", FILED).replace("{opinion}", OPINION).replace("{t}", str(TENANT))


async def test_an_intact_world_verifies_in_every_mode(copy: DatabaseUrls, played: Playing, tmp_path: Path):
    home = played.world.home
    head = tmp_path / "head"
    head.write_text((await command(copy, home, "ledger", "head", "--tenant", VICTIM.code)).out)
    assert await both(copy, home) == (0, "verified")
    assert await both(copy, home, "--since", str(head)) == (0, "verified")
    assert await offline(copy, home, tmp_path / "x", "--since", str(head)) == (0, "verified")


ALTER_ACTOR = (
    "UPDATE ledger_entries SET leaf = replace(leaf, actor_id::text, '{other}') WHERE tenant_id = {t} AND seq = {opinion}",
    "UPDATE ledger_entries SET actor_id = '{other}' WHERE tenant_id = {t} AND seq = {opinion}",
)
ALTER_SUBJECT = (
    'UPDATE ledger_entries SET leaf = regexp_replace(leaf, \'"subject":\\{"id":"[^"]+\', \'"subject":{"id":"{other}\')'
    " WHERE tenant_id = {t} AND seq = {opinion}",
    "UPDATE ledger_entries SET subject_id = '{other}' WHERE tenant_id = {t} AND seq = {opinion}",
)


@pytest.mark.parametrize(
    ("statements", "names"),
    [(ALTER_ACTOR, {"actor_edited", "entry_altered"}), (ALTER_SUBJECT, {"subject_edited", "entry_altered"})],
    ids=["actor", "subject"],
)
@pytest.mark.parametrize("careful", [False, True], ids=["careless", "careful"])
async def test_an_edited_actor_or_subject_is_refuted(
    copy: DatabaseUrls,
    played: Playing,
    tmp_path: Path,
    statements: tuple[str, ...],
    names: set[str],
    careful: bool,
):
    other = str(uuid4())
    await tamper(copy, *(sql(one).replace("{other}", other) for one in statements[: 2 if careful else 1]))
    if careful:
        await rehash(copy)
    for code, name in (
        await both(copy, played.world.home),
        await offline(copy, played.world.home, tmp_path / "x"),
    ):
        assert code == 1
        assert name in names


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE opinions SET text = '不同意。' WHERE tenant_id = {t} AND stage = 'county'", "row_changed"),
        ("UPDATE opinions SET author_id = gen_random_uuid() WHERE tenant_id = {t}", "row_changed"),
        ("UPDATE applications SET status = 'certified' WHERE tenant_id = {t}", "row_changed"),
        ("UPDATE certifications SET document_number = 'x' WHERE tenant_id = {t}", "row_changed"),
        ("UPDATE form_versions SET narrative = narrative || '。' WHERE tenant_id = {t}", "row_changed"),
        ("UPDATE role_assignments SET role = 'auditor' WHERE tenant_id = {t}", "row_changed"),
        ("UPDATE tenant_grants SET valid_to = now() WHERE tenant_id = {t}", "row_changed"),
        ("UPDATE units SET name = 'x' WHERE tenant_id = {t} AND kind = 'street'", "row_changed"),
        ("DELETE FROM opinions WHERE tenant_id = {t} AND stage = 'city'", "row_missing"),
        (
            "INSERT INTO opinions SELECT tenant_id, gen_random_uuid(), {rest} FROM opinions"
            " WHERE tenant_id = {t} LIMIT 1",
            "row_extra",
        ),
        (
            "INSERT INTO role_assignments SELECT tenant_id, gen_random_uuid(), person_id, 'county_officer', unit_id,"
            " valid_from, valid_to FROM role_assignments WHERE tenant_id = {t} AND role = 'community_clerk' LIMIT 1",
            "row_extra",
        ),
    ],
)
async def test_an_edited_taken_or_added_row_is_refuted(
    copy: DatabaseUrls, played: Playing, statement: str, name: str
):
    rest = ", ".join(one.name for one in opinions.c if one.name not in {"tenant_id", "id"})
    await tamper(
        copy,
        # What forbids a second opinion at a stage would stop this forger only by accident.
        "ALTER TABLE opinions DROP CONSTRAINT IF EXISTS uq_opinions_tenant_id_application_id_stage",
        sql(statement).replace("{rest}", rest),
    )
    assert await both(copy, played.world.home) == (1, name)


async def test_the_last_three_cut_and_the_head_rolled_back_is_refuted_against_a_kept_head(
    copy: DatabaseUrls, played: Playing, tmp_path: Path
):
    home, kept = played.world.home, tmp_path / "kept"
    kept.write_text((await command(copy, home, "ledger", "head", "--tenant", VICTIM.code)).out)
    cut = f"tenant_id = {TENANT} AND seq > (SELECT size - 4 FROM ledger_heads WHERE tenant_id = {TENANT})"
    await tamper(copy, f"DELETE FROM ledger_rows WHERE {cut}", f"DELETE FROM ledger_entries WHERE {cut}")
    await rehash(copy)
    assert await offline(copy, home, tmp_path / "without") == (1, "rolled_back"), "what was published tells"
    assert await offline(copy, home, tmp_path / "with", "--since", str(kept)) == (1, "rolled_back")
    assert await both(copy, home, "--since", str(kept)) == (1, "rolled_back")
    # The rows still tell, too, until they are forged as well.
    assert (await both(copy, home))[0] == 1


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        (
            "UPDATE {c} SET root = sha256('x') WHERE tenant_id = {t} AND size = {first}",
            "checkpoint_row_wrong",
        ),
        ("UPDATE {c} SET note = 'x' WHERE tenant_id = {t} AND size = {first}", "checkpoint_row_wrong"),
        (
            "UPDATE {c} SET note = replace(note, chr(10) || size || chr(10), chr(10) || 1 || chr(10)), size = 1"
            " WHERE tenant_id = {t} AND size = {first}",
            "checkpoint_unsigned",
        ),
        (
            "INSERT INTO ledger_witnessed SELECT tenant_id, 'a.test/b', 5, size, root FROM {c} WHERE tenant_id = {t}"
            " AND size = {first}",
            "witnessed_row_wrong",
        ),
        (
            "INSERT INTO ledger_tiles SELECT {t}, 0, 0, convert_to(repeat('x', 8192), 'UTF8'), sha256('x')",
            "tile_wrong",
        ),
        ("UPDATE ledger_heads SET asks = 'application.filed' WHERE tenant_id = {t}", "head_row_wrong"),
        ("UPDATE ledger_heads SET key_id = '00000000' WHERE tenant_id = {t}", "head_row_wrong"),
    ],
)
async def test_what_was_published_and_edited_is_refuted(
    copy: DatabaseUrls, played: Playing, statement: str, name: str
):
    first = "(SELECT min(size) FROM ledger_checkpoints WHERE tenant_id = {t})"
    await tamper(copy, sql(statement.replace("{c}", "ledger_checkpoints").replace("{first}", first)))
    assert await both(copy, played.world.home) == (1, name)


async def test_a_log_cut_with_its_rows_is_refuted_by_what_was_published(
    copy: DatabaseUrls, played: Playing, tmp_path: Path
):
    """By the stored checkpoint; once that is gone too, by the copy that somebody fetched."""
    home, kept = played.world.home, tmp_path / "kept"
    sized = "(SELECT max(size) FROM ledger_checkpoints WHERE tenant_id = {t})"
    (note,) = await rows_of(
        copy, sql(f"SELECT note FROM ledger_checkpoints WHERE size = {sized} AND tenant_id = {{t}}")
    )
    kept.write_text(note["note"])
    cut = f"tenant_id = {TENANT} AND seq > (SELECT size - 4 FROM ledger_heads WHERE tenant_id = {TENANT})"
    await tamper(copy, f"DELETE FROM ledger_rows WHERE {cut}", f"DELETE FROM ledger_entries WHERE {cut}")
    await rehash(copy)
    assert await both(copy, home) == (1, "checkpoint_beyond")
    assert await both(copy, home, "--since", str(kept)) == (1, "rolled_back")
    await tamper(copy, sql("DELETE FROM ledger_checkpoints WHERE tenant_id = {t}"))
    assert await both(copy, home, "--since", str(kept)) == (1, "rolled_back")
    assert await offline(copy, home, tmp_path / "x", "--since", str(kept)) == (1, "rolled_back")


async def test_edited_keys_policies_readings_and_erasures_are_refuted(replay: Stage, tmp_path: Path):
    """What says who may sign, what must be signed, who may read and what was erased: each is a row with an entry."""
    code, urls, home = VICTIM.code, replay.urls, replay.home
    admin = await replay.person(code, "admin")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XINGJI_OFFICER_PASSPHRASE", "knock-knock")
        await holder(replay, tmp_path, admin, code, "admin")
    person = (await admin.act(ADD_PERSON, given(VICTIM, "sikong.changfeng")))["person"]
    await leave(replay, person)
    assert "erasure" in await admin.act(PROPOSE, {"subjectId": person["id"], **GROUND})
    assert "receipt" in await admin.act(SET_READING, {"reading": "OWN", "reason": "暂不公开"})
    assert await both(urls, home) == (0, "verified")
    for table, change, back in (
        ("officer_keys", "public_key = sha256(public_key)", None),
        ("officer_keys", "certified_at = enrolled_at", "certified_at = NULL"),
        ("ledger_readings", "reading = 'public'", "reading = 'own'"),
        ("erasures", "reference = reference || 'x'", "reference = left(reference, -1)"),
    ):
        where = f"WHERE tenant_id = {TENANT}"
        (before,) = await rows_of(urls, f"SELECT * FROM {table} {where}")
        await tamper(urls, f"UPDATE {table} SET {change} {where}")
        assert await both(urls, home) == (1, "row_changed"), table
        undo = back or f"public_key = decode('{before['public_key'].hex()}', 'hex')"
        await tamper(urls, f"UPDATE {table} SET {undo} {where}")
    asked = "(tenant_id, id, number, operations, proposed_by, proposed_at, set_at)"
    await tamper(
        urls,
        f"INSERT INTO signing_policies {asked} SELECT {TENANT}, gen_random_uuid(), 1, '', gen_random_uuid(), now(), now()",
    )
    assert await both(urls, home) == (1, "row_extra")
    await tamper(urls, "DELETE FROM signing_policies")
    assert await both(urls, home) == (0, "verified")


@pytest.mark.parametrize("careful", [False, True], ids=["careless", "careful"])
async def test_two_swapped_entries_are_refuted(
    copy: DatabaseUrls, played: Playing, tmp_path: Path, careful: bool
):
    swap = (
        "UPDATE ledger_entries e SET leaf = o.leaf FROM ledger_entries o WHERE e.tenant_id = {t} AND o.tenant_id = {t}"
        " AND e.seq IN ({filed}, {filed} + 1) AND o.seq = 2 * {filed} + 1 - e.seq"
    )
    await tamper(copy, sql(swap))
    if careful:
        await rehash(copy)
    assert await both(copy, played.world.home) == (1, "entries_swapped")
    assert await offline(copy, played.world.home, tmp_path / "x") == (1, "entries_swapped")


FLIP = """
UPDATE ledger_entries SET leaf = overlay(leaf PLACING
  chr(CASE WHEN ascii(substr(leaf, 1 + length(leaf) * {p} / 997, 1)) = 120 THEN 121 ELSE 120 END)
  FROM 1 + length(leaf) * {p} / 997 FOR 1)
WHERE tenant_id = {t} AND seq = {seq}"""


@pytest.mark.parametrize("careful", [False, True], ids=["careless", "careful"])
async def test_one_character_changed_anywhere_in_a_leaf_is_refuted(
    copy: DatabaseUrls, played: Playing, tmp_path: Path, careful: bool
):
    """At places spread over the leaf, in an early, a middle and the last entry; put back each time."""
    home = played.world.home
    conn = await asyncpg.connect(copy.superuser)
    (size,) = await conn.fetchrow("SELECT size FROM ledger_heads WHERE tenant_id = $1", TENANT)
    await conn.close()
    for seq, places in ((0, (0, 500)), (size // 2, range(3, 997, 180)), (size - 1, (250, 996))):
        for place in places:
            before = await _leaves(copy)
            await tamper(copy, sql(FLIP).replace("{p}", str(place)).replace("{seq}", str(seq)))
            if careful:
                await rehash(copy)
            assert await _leaves(copy) != before
            ran = await check(copy, home, "--json")
            assert (ran.code, ran.json["ok"]) == (1, False), (seq, place, ran)
            assert ran.json["code"] not in {"", "verified"}
            await _restore(copy, before)
    assert (await check(copy, home)).code == 0


async def _leaves(urls: DatabaseUrls) -> list[tuple[int, str]]:
    conn = await asyncpg.connect(urls.superuser)
    try:
        rows = await conn.fetch("SELECT seq, leaf FROM ledger_entries WHERE tenant_id = $1", TENANT)
        return sorted((row["seq"], row["leaf"]) for row in rows)
    finally:
        await conn.close()


async def _restore(urls: DatabaseUrls, leaves: list[tuple[int, str]]) -> None:
    conn = await asyncpg.connect(urls.superuser)
    try:
        async with conn.transaction():
            await conn.execute("SET LOCAL session_replication_role = replica")
            await conn.executemany(
                "UPDATE ledger_entries SET leaf = $3 WHERE tenant_id = $1 AND seq = $2",
                [(TENANT, seq, leaf) for seq, leaf in leaves],
            )
    finally:
        await conn.close()
    await rehash(urls)


async def test_one_bit_flipped_anywhere_in_an_export_is_refuted(
    reading: Any, played: Playing, tmp_path: Path
):
    """Every file of the export; what is no longer readable at all is unusable (2), never verified.

    But for the copy of the key that lies beside: nobody who verifies trusts it, the pinned one counts.
    """
    log, key = await export(reading.urls, played.world.home, tmp_path / "x")
    refuted = 0
    files = sorted(path for path in log.rglob("*") if path.is_file() and path.suffix != ".vkey")
    assert len(files) >= 2
    for path in files:
        whole = path.read_bytes()
        for place in {0, len(whole) // 3, len(whole) // 2, len(whole) * 4 // 5, len(whole) - 1}:
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            ran = await command(
                reading.urls, played.world.home, "ledger", "verify", str(log), "--key", str(key), "--json"
            )
            assert ran.code in {1, 2}, (path.name, place, ran)
            refuted += ran.code == 1
        path.write_bytes(whole)
    assert refuted
    assert await judge(reading.urls, played.world.home, log, key) == (0, "verified")


async def test_what_cannot_be_judged_is_unusable(reading: Any, played: Playing, tmp_path: Path):
    urls, home = reading.urls, played.world.home
    log, key = await export(urls, home, tmp_path / "x")
    bad, absent = tmp_path / "bad", tmp_path / "absent"
    bad.write_bytes(b"\xff nonsense")
    wrong: list[tuple[str, ...]] = [
        ("ledger", "verify", str(absent), "--key", str(key)),
        ("ledger", "verify", str(log), "--key", str(bad)),
        ("ledger", "verify", str(log), "--key", str(absent)),
        ("ledger", "verify", str(log), "--key", str(key), "--since", str(bad)),
        ("ledger", "check", "--tenant", VICTIM.code, "--since", str(bad)),
        ("ledger", "check", "--tenant", VICTIM.code, "--since", str(absent)),
        ("ledger", "check", "--tenant", "999999"),
        ("ledger", "export", "--tenant", VICTIM.code, str(log)),  # not empty
    ]
    for arguments in wrong:
        shown, told = await command(urls, home, *arguments), await command(urls, home, *arguments, "--json")
        assert (shown.code, told.code) == (2, 2), (arguments, shown, told)
        assert shown.err
        assert told.out == "" or json.loads(told.out)["ok"] is None


async def test_the_installed_script_exits_with_the_same_codes(
    copy: DatabaseUrls, played: Playing, tmp_path: Path
):
    """As a process, which opens no database to verify files."""
    log, key = await export(copy, played.world.home, tmp_path / "x")
    run = "import sys; from xingji.cli import main; sys.exit(main())"

    def verify(folder: Path) -> int:
        done = subprocess.run(
            [sys.executable, "-c", run, "ledger", "verify", str(folder), "--key", str(key), "--json"],
            env={"PYTHONPATH": ":".join(sys.path), "XINGJI_DATABASE_URL": "postgresql://nobody@/nowhere"},
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode

    assert verify(log) == 0
    assert verify(tmp_path / "nothing") == 2
    note = (log / "checkpoint").read_text()
    signature = note.rsplit(" ", 1)[1]
    forged = bytearray(base64.b64decode(signature))
    forged[-1] ^= 1
    (log / "checkpoint").write_text(note.replace(signature.strip(), base64.b64encode(forged).decode()))
    assert verify(log) == 1
