"""The table of tamperings: what a superuser with the triggers off may do to a stored log, and the name that it is refuted by.

They are done to `ripe_world`: samples 1 to 7 with their entries, a checkpoint of 8 entries, a change of the log's key in entry 8, the
record of a county's checkpoint in 9, a checkpoint of 600 entries over two tiles, and ten entries that are not published yet.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from audit.keys import Ed25519Signer
from audit.ledger import SYSTEM, append, lock_head
from audit.note import parse_note
from audit.publishing import publish
from audit.rotation import draft_rotation
from audit.vouching import record_notes
from tests.integration.audit.kit import OPENED_AT, World

ROTATED_AT, WITNESSED_AT, PUBLISHED, SIZE = 8, 9, 600, 610
LATER = OPENED_AT + timedelta(days=30)
TRIGGER, GRANT = "XJ001 XJ002", "42501"
"""What stops it when nothing is switched off: the triggers, a superuser too; or what the application's role may do."""


@dataclass(frozen=True, slots=True)
class Tampering:
    """`name`, at `seq`, by verification of the database.

    `offline` by that of an export, where exporting is not refused by that name already; None where an export holds nothing of it.
    """

    sql: str
    name: str
    seq: int | None = None
    offline: str | None = None
    stopped: str | None = None


def row(sql: str, name: str, seq: int | None = None) -> Tampering:
    """An audited row: no entry holds it, so an export says nothing of it."""
    return Tampering(sql, name, seq, stopped=TRIGGER)


def stored(sql: str, name: str, seq: int | None = None, offline: str | None = None) -> Tampering:
    """A table of the ledger, to which the application may add, and nothing else."""
    return Tampering(sql, name, seq, offline, None if sql.startswith("INSERT") else GRANT)


def head(sql: str, name: str, seq: int | None = None, offline: str | None = None) -> Tampering:
    """The head's row, which the application writes."""
    return Tampering(f"UPDATE ledger_heads SET {sql} WHERE tenant_id = {{t}}", name, seq, offline)


ONE = "tenant_id = {t} AND id = '{two}'"
NOTES = "UPDATE ledger_checkpoints SET {} WHERE tenant_id = {{t}} AND size = {}"
TILES = "UPDATE ledger_tiles SET {} WHERE tenant_id = {{t}} AND tile = 0"

TAMPERINGS: Final[dict[str, Tampering]] = {
    "update of a row": row(f"UPDATE samples SET title = 'x' WHERE {ONE}", "row_changed", 2),
    "bulk update": row("UPDATE samples SET weight = weight + 1 WHERE tenant_id = {t}", "row_changed", 1),
    "value made NULL": row(f"UPDATE samples SET mood = NULL WHERE {ONE}", "row_changed", 2),
    "NULL made a value": row(f"UPDATE samples SET due = 'infinity' WHERE {ONE}", "row_changed", 2),
    "time beyond years": row(f"UPDATE samples SET noted_at = '20000-01-01' WHERE {ONE}", "row_changed", 2),
    "time before years": row(f"UPDATE samples SET noted_at = '0044-03-15 BC' WHERE {ONE}", "row_changed", 2),
    "time of another era": row(
        f"UPDATE samples SET noted_at = noted_at - interval '4043 years' WHERE {ONE}", "row_changed", 2
    ),
    "changed key": row(f"UPDATE samples SET id = gen_random_uuid() WHERE {ONE}", "row_missing", 2),
    "deleted row": row(f"DELETE FROM samples WHERE {ONE}", "row_missing", 2),
    "bulk delete": row("DELETE FROM samples WHERE tenant_id = {t}", "row_missing", 1),
    "truncated table": row("TRUNCATE samples", "row_missing", 1),
    "inserted row": row(
        "INSERT INTO samples (tenant_id, id, revision, title) VALUES ({t}, gen_random_uuid(), 1, 'x')",
        "row_extra",
    ),
    "row of another tenant": row(f"UPDATE samples SET tenant_id = -1 WHERE {ONE}", "row_missing", 2),
    "edited row record": stored(
        "UPDATE ledger_rows SET digest = '\\x00' WHERE tenant_id = {t} AND row_key = '{two}'",
        "row_record_wrong",
        2,
    ),
    "row and record edited": stored(
        "UPDATE samples SET title = 'x' WHERE tenant_id = {t};"
        "UPDATE ledger_rows l SET digest = xingji_digest_samples(s) FROM samples s"
        " WHERE l.tenant_id = {t} AND s.tenant_id = {t} AND l.row_key = s.id::text",
        "row_record_wrong",
        1,
    ),
    "deleted row record": stored(
        "DELETE FROM ledger_rows WHERE tenant_id = {t} AND row_key = '{two}'", "row_record_wrong", 2
    ),
    "inserted row record": stored(
        "INSERT INTO ledger_rows VALUES ({t}, 'samples', '{two}', 5, '\\x00')", "row_record_wrong", 5
    ),
    "row record behind the log": stored(
        "INSERT INTO ledger_rows VALUES ({t}, 'samples', '{two}', 700, '\\x00')", "row_record_wrong", 700
    ),
    "moved row record": stored(
        "UPDATE ledger_rows SET seq = 3 WHERE tenant_id = {t} AND row_key = '{two}'", "row_record_wrong", 2
    ),
    "head's size up": head("size = 613", "entries_cut", SIZE, "tree_malformed"),
    "head's size down": head("size = 609", "head_row_wrong", None, "root_wrong"),
    "head's hash": head("head = sha256('x')", "head_row_wrong"),
    "head's frontier": head("frontier = '\\x00'", "head_row_wrong", None, "tree_malformed"),
    "head's frontier of the same length": head(
        "frontier = overlay(frontier PLACING '\\x0000'::bytea FROM 9)", "head_row_wrong", None, "root_wrong"
    ),
    "head's origin": head("origin = 'xingji.test/x'", "head_row_wrong", None, "signer_mismatch"),
    "head's time": head("recorded_at = now()", "head_row_wrong"),
    "head's key": head("key_id = '{old_key}'", "head_row_wrong", None, "signer_retired"),
    "head's policy": head("asks = 'sample.noted'", "head_row_wrong"),
    "head's SM2 key": head("national = decode(repeat('00', 64), 'hex')", "head_row_wrong"),
    "head deleted": Tampering(
        "DELETE FROM ledger_heads WHERE tenant_id = {t}", "ledger_missing", None, "ledger_missing", GRANT
    ),
    "last entries deleted": stored(
        "DELETE FROM ledger_entries WHERE tenant_id = {t} AND seq >= 605", "entries_cut", 605, "ledger_broken"
    ),
    "entry deleted": stored(
        "DELETE FROM ledger_entries WHERE tenant_id = {t} AND seq = 300",
        "entry_missing",
        300,
        "ledger_broken",
    ),
    "entry with rows deleted": stored(
        "DELETE FROM ledger_entries WHERE tenant_id = {t} AND seq = 3", "entry_missing", 3, "ledger_broken"
    ),
    "edited leaf": stored(
        "UPDATE ledger_entries SET leaf = replace(leaf, 'agree', 'refuse') WHERE tenant_id = {t} AND seq = 4",
        "entry_altered",
        4,
        "entry_altered",
    ),
    "all leaves edited": stored(
        "UPDATE ledger_entries SET leaf = replace(leaf, 'agree', 'refuse') WHERE tenant_id = {t}",
        "entry_altered",
        1,
        "entry_altered",
    ),
    **{
        f"column {sql.partition(' ')[0]} of an entry ({number})": stored(
            f"UPDATE ledger_entries SET {sql} WHERE tenant_id = {{t}} AND seq = 5", name, 5
        )
        for number, (sql, name) in enumerate(
            [
                ("actor_id = gen_random_uuid()", "actor_edited"),
                ("subject_id = gen_random_uuid()", "subject_edited"),
                ("subject_type = 'other'", "subject_edited"),
                ("operation = 'other'", "column_edited"),
                ("request_id = 'other'", "column_edited"),
                ("arguments_digest = '\\x00'", "column_edited"),
                ("recorded_at = now()", "column_edited"),
                ("recorded_at = '20000-01-01'", "column_edited"),
                ("recorded_at = '-infinity'", "column_edited"),
                ("hash = '\\x00'", "column_edited"),
                ("prev = '\\x00'", "column_edited"),
            ]
        )
    },
    "tile's hashes": stored(
        TILES.format("hashes = overlay(hashes PLACING '\\x0000'::bytea FROM 97)"), "tile_wrong"
    ),
    "tile's root": stored(TILES.format("root = sha256('x')"), "tile_wrong"),
    "tile's number": stored(TILES.format("tile = -1"), "tile_wrong"),
    "tile of another level": stored(TILES.format("level = 1"), "tile_missing"),
    "tile deleted": stored("DELETE FROM ledger_tiles WHERE tenant_id = {t} AND tile = 0", "tile_missing"),
    "last tile deleted": stored(
        "DELETE FROM ledger_tiles WHERE tenant_id = {t} AND tile = 1", "tile_missing"
    ),
    "tiles deleted": stored("DELETE FROM ledger_tiles WHERE tenant_id = {t}", "tile_missing"),
    "tile swapped": stored(
        "UPDATE ledger_tiles SET tile = 5 - tile WHERE tenant_id = {t};"
        "UPDATE ledger_tiles SET tile = tile - 4 WHERE tenant_id = {t}",
        "tile_wrong",
    ),
    "tile inserted": stored(
        "INSERT INTO ledger_tiles SELECT tenant_id, level, 2, hashes, root FROM ledger_tiles"
        " WHERE tenant_id = {t} AND tile = 1",
        "tile_wrong",
    ),
    "tile of a level that is not there": stored(
        "INSERT INTO ledger_tiles SELECT tenant_id, 7, 0, hashes, root FROM ledger_tiles"
        " WHERE tenant_id = {t} AND tile = 1",
        "tile_wrong",
    ),
    "older checkpoint's root": stored(NOTES.format("root = sha256('x')", 8), "checkpoint_row_wrong"),
    "older checkpoint's size": stored(NOTES.format("size = 9", 8), "checkpoint_row_wrong"),
    "older checkpoint's note": stored(NOTES.format("note = 'gone'", 8), "checkpoint_row_wrong"),
    "older checkpoint rewritten without the key": stored(
        NOTES.format("root = '{wrong}', note = '{unsigned}'", 8), "checkpoint_unsigned"
    ),
    "older checkpoint by the newer key": stored(NOTES.format("note = '{early}'", 8), "checkpoint_unsigned"),
    "older checkpoint rewritten with the key": stored(
        NOTES.format("root = '{wrong}', note = '{rewritten}'", 8), "checkpoint_contradicted"
    ),
    "checkpoint of another log": stored(NOTES.format("note = '{foreign}'", 8), "checkpoint_row_wrong"),
    "last checkpoint's root": stored(
        NOTES.format("root = sha256('x')", 600), "checkpoint_row_wrong", None, "publishing_refused"
    ),
    "last checkpoint's note": stored(
        NOTES.format("note = 'gone'", 600), "checkpoint_row_wrong", None, "publishing_refused"
    ),
    "last checkpoint by the retired key": stored(NOTES.format("note = '{late}'", 600), "checkpoint_unsigned"),
    "checkpoint inserted without the key": stored(
        "INSERT INTO ledger_checkpoints VALUES ({t}, 8000, '{wrong}', '{beyond_unsigned}', now())",
        "checkpoint_unsigned",
    ),
    "checkpoint of more than there is": stored(
        "INSERT INTO ledger_checkpoints VALUES ({t}, 8000, '{wrong}', '{beyond}', now())",
        "checkpoint_beyond",
        SIZE,
    ),
    "empty checkpoint": stored(
        "INSERT INTO ledger_checkpoints SELECT {t}, 0, root, note, now() FROM ledger_checkpoints"
        " WHERE tenant_id = {t} AND size = 8",
        "checkpoint_row_wrong",
    ),
    "a county's record edited": stored(
        "UPDATE ledger_witnessed SET root = sha256('x') WHERE tenant_id = {t}",
        "witnessed_row_wrong",
        WITNESSED_AT,
    ),
    "a county's record deleted": stored(
        "DELETE FROM ledger_witnessed WHERE tenant_id = {t}", "witnessed_row_wrong", WITNESSED_AT
    ),
    "a county's record inserted": stored(
        "INSERT INTO ledger_witnessed VALUES ({t}, 'xingji.test/y', 9, 5, sha256('x'))",
        "witnessed_row_wrong",
        WITNESSED_AT,
    ),
    "a county's record behind the log": stored(
        "INSERT INTO ledger_witnessed VALUES ({t}, 'xingji.test/y', 700, 5, sha256('x'))",
        "witnessed_row_wrong",
        700,
    ),
}


@dataclass(frozen=True, slots=True)
class Ripe:
    """A world as this module's head says, its key before entry 8, and what was published."""

    world: World
    old: Ed25519Signer
    first: str
    last: str

    def fill(self, sql: str) -> str:
        """A tampering's statements with the ids and the forged notes in them."""
        world, new = self.world, self.world.signer
        wrong, stranger = b"\x07" * 32, Ed25519Signer(new.origin, Ed25519PrivateKey.generate())
        elsewhere = Ed25519Signer("xingji.test/other", Ed25519PrivateKey.generate())

        def note(size: int, signer: Ed25519Signer) -> str:
            return sign_checkpoint(Checkpoint(signer.origin, size, wrong), signer)

        forged = {
            "unsigned": note(8, stranger),
            "rewritten": note(8, self.old),
            "foreign": note(8, elsewhere),
            "beyond": note(8000, new),
            "beyond_unsigned": note(8000, stranger),
            "early": _signed_by(self.first, new),
            "late": _signed_by(self.last, self.old),
            "wrong": "\\x" + wrong.hex(),
            "old_key": self.old.key_id,
            "two": str(world.row(2)["id"]),
            "t": str(world.tenant),
        }
        for name, text in forged.items():
            sql = sql.replace(f"{{{name}}}", text)
        return sql


def _signed_by(note: str, signer: Ed25519Signer) -> str:
    return sign_checkpoint(parse_checkpoint(parse_note(note.encode()).text), signer)


async def grow(world: World, size: int) -> None:
    """Append entries without rows up to `size`, in one batch."""
    async with world.bound() as conn:
        at = await lock_head(conn, world.tenant)
        drafts = [world.draft(n, time=LATER) for n in range(at.size, size)]
        await append(conn, at, world.signer, drafts)


async def publish_now(world: World) -> str:
    made = await publish(world.bound, world.tenant, world.signer, None, LATER)
    assert made is not None
    return made.note


async def ripen(world: World) -> Ripe:
    """Make an opened world ripe; its signer is the newer key then."""
    old, new = world.signer, Ed25519Signer(world.signer.origin, Ed25519PrivateKey.generate())
    await world.note_many(range(1, ROTATED_AT))
    first = await publish_now(world)
    county = Ed25519Signer("xingji.test/county", Ed25519PrivateKey.generate())
    async with world.bound() as conn:
        at = await lock_head(conn, world.tenant)
        draft = draft_rotation(at, old, new, "year", False, SYSTEM, LATER)
        at, _ = await append(conn, at, old, [draft])
        seen = sign_checkpoint(Checkpoint(county.origin, 5, bytes(32)), county)
        await record_notes(conn, at, new, [seen], LATER)
    world.signer = new
    await grow(world, PUBLISHED)
    last = await publish_now(world)
    await grow(world, SIZE)
    return Ripe(world, old, first, last)
