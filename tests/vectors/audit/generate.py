"""Writes the ledger's vectors again.

Run `python -m tests.vectors.audit.generate` from the root with `platform:.` on the path. The same bytes every
time: fixed key, ids and times. Review a change of any file as a change of the format.
"""

import json
from pathlib import Path
from shutil import rmtree
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.types import Boolean

from audit.canonical import encode
from audit.commitment import commit
from audit.entry import Cite, Draft, OfficerSignature, seal
from audit.export import KEY as KEY_FILE
from audit.rows import row_digest, row_key
from audit.tree import Frontier, leaf_hash
from tests.unit.audit import kit
from tests.vectors.audit.keyed import keyed

HERE = Path(__file__).parent
SIZE = 260

vector_table = Table(
    "vector_rows",
    MetaData(),
    Column("tenant_id", Integer),
    Column("id", Uuid),
    Column("part", Integer),
    Column("title", Text),
    Column("note", Text),
    Column("open", Boolean),
    Column("due", Date),
    Column("made_at", DateTime(timezone=True)),
    Column("seal", LargeBinary),
    Column("phone", Text, info={"digest": False}),
    PrimaryKeyConstraint("tenant_id", "id", "part"),
    info={"audited": True, "digest_version": 3},
)
ROW = {
    "tenant_id": 7,
    "id": UUID("00000000-0000-4000-8000-0000000000ff"),
    "part": -1,
    "title": "周口市\n",
    "note": None,
    "open": True,
    "due": kit.START.date(),
    "made_at": kit.START,
    "seal": b"\x00\xff",
}


def write() -> None:
    """Write every vector beside this file."""
    chain = kit.entries(SIZE)
    hashes = [entry.hash for entry in chain]
    rmtree(HERE / "log", ignore_errors=True)
    kit.write_log(HERE / "log", [entry.leaf for entry in chain], kit.head(hashes))
    (HERE / "log" / KEY_FILE).write_text(kit.KEY.format() + "\n", encoding="utf-8")
    for size in (1, 256):
        (HERE / f"head-{size}").write_bytes(kit.head(hashes[:size]))
    (HERE / "head-of-another-history").write_bytes(kit.head([*hashes[:99], bytes(32)]))
    lost, gone_on = kit.incarnated(4, 9)
    rmtree(HERE / "log-incarnated", ignore_errors=True)
    kit.write_log(
        HERE / "log-incarnated", [one.leaf for one in gone_on], kit.head([one.hash for one in gone_on])
    )
    (HERE / "log-incarnated" / KEY_FILE).write_text(kit.KEY.format() + "\n", encoding="utf-8")
    for size in (4, 7, 9):
        (HERE / f"head-incarnated-{size}").write_bytes(kit.head([one.hash for one in lost[:size]]))
    for name, one in keyed().items():
        rmtree(HERE / name, ignore_errors=True)
        note = kit.head([entry.hash for entry in one.entries], one.signer)
        kit.write_log(HERE / name, [entry.leaf for entry in one.entries], note)
        (HERE / name / KEY_FILE).write_text(one.pinned.verifier_key.format() + "\n", encoding="utf-8")
    _write_json("entry-full.json", _full_entry())
    _write_json("roots.json", [_root(size) for size in range(18)])
    _write_json("row.json", _row())
    _write_json("commitment.json", _commitment())
    _write_json("canonical.json", [{"json": encode(value).decode()} for value in _values()])


def _full_entry() -> dict[str, object]:
    """One entry with every optional part: a citation, an officer's signature, an officer's key."""
    plain = kit.draft(1)
    draft = Draft(
        plain.operation,
        plain.request_id,
        plain.time,
        plain.actor,
        plain.subject,
        plain.intent,
        plain.rows,
        (Cite("xingji.test/411600", 12, bytes(range(32))),),
        OfficerSignature("officer-1", bytes(range(64))),
    )
    entry = seal(draft, kit.ORIGIN, 1, bytes(32), kit.SIGNER)
    return {"leaf": entry.leaf.decode(), "hash": entry.hash.hex(), "signed": entry.signed.decode()}


def _root(size: int) -> dict[str, object]:
    """The root over the leaves 0x00, 0x01, … of one byte each."""
    frontier = Frontier().extend(leaf_hash(bytes([n])) for n in range(size))
    return {"size": size, "frontier": frontier.to_bytes().hex(), "root": frontier.root().hex()}


def _row() -> dict[str, object]:
    shown = {name: value.hex() if isinstance(value, bytes) else value for name, value in ROW.items()}
    return {
        "table": vector_table.name,
        "version": 3,
        "row": json.loads(json.dumps(shown, default=str)),
        "key": row_key(vector_table, ROW),
        "digest": row_digest(vector_table, ROW).hex(),
    }


def _commitment() -> dict[str, object]:
    salt, value = bytes(range(32)), "0394-8270000"
    return {
        "field": "phone",
        "value": value,
        "salt": salt.hex(),
        "hmac": commit("phone", value.encode(), salt).hex(),
    }


def _values() -> list[object]:
    return [
        {"b": [2**53 - 1, -(2**53) + 1, 0], "a": None, "": True},
        '\x01\x1f\x7f\b\t\n\f\r"\\/€\u2028😀',
        {"\ufb33": 1, "😀": 2, "z": 3},
        {"周": {"口": []}},
    ]


def _write_json(name: str, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    (HERE / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
