"""The ledger's tables, as Core metadata: the only definition that statements and migrations follow.

All are tenant tables (row-level security: own and granted). The application's role may only add:
`APP_GRANTS` is the whole of what it may do. Head and entries carry the same facts as the leaves for
look-ups and fork guards; only the leaves are evidence, and `audit.online` compares the two.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

SAYS_FACTS: Final = """strpos(leaf, '"facts":[') > 0"""
"""Which entries say facts in their intent."""

metadata = MetaData()

ledger_heads = Table(
    "ledger_heads",
    metadata,
    Column("tenant_id", Integer, nullable=False, autoincrement=False),
    Column("origin", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False, comment="leaf hash of the last entry, 32 bytes"),
    Column("frontier", LargeBinary, nullable=False, comment="compact range over all leaves"),
    Column("recorded_at", DateTime(timezone=True), comment="time of the last entry"),
    Column("key_id", Text, nullable=False, comment="key hash of the key that signs the next entry"),
    Column(
        "asks",
        Text,
        nullable=False,
        server_default="",
        comment="operations of the signing policy, ascending, with a blank between",
    ),
    Column("national", LargeBinary, comment="SM2 key that signs every entry beside, 64 bytes"),
    PrimaryKeyConstraint("tenant_id", name="pk_ledger_heads"),
    CheckConstraint("octet_length(head) = 32", name="ck_ledger_heads_head"),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("tenant_id", Integer, nullable=False, autoincrement=False),
    Column("seq", BigInteger, nullable=False, autoincrement=False),
    Column("prev", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("leaf", Text, nullable=False, comment="the entry in canonical JSON"),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("operation", Text, nullable=False),
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("actor_id", Uuid, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("arguments_digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "seq", name="pk_ledger_entries"),
    UniqueConstraint("tenant_id", "prev", name="uq_ledger_entries_prev"),
    UniqueConstraint("tenant_id", "actor_id", "request_id", name="uq_ledger_entries_request"),
    Index("ix_ledger_entries_subject", "tenant_id", "subject_id", "seq"),
    # Entries that say facts in their intent, whose copies are kept elsewhere: whether one lacks its copies is asked by this alone.
    Index("ix_ledger_entries_facts", "tenant_id", "seq", postgresql_where=text(SAYS_FACTS)),
)

ledger_rows = Table(
    "ledger_rows",
    metadata,
    Column("tenant_id", Integer, nullable=False, autoincrement=False),
    Column("table_name", Text, nullable=False),
    Column("row_key", Text, nullable=False),
    Column("seq", BigInteger, nullable=False, autoincrement=False),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "table_name", "row_key", "seq", name="pk_ledger_rows"),
)

ledger_tiles = Table(
    "ledger_tiles",
    metadata,
    Column("tenant_id", Integer, nullable=False, autoincrement=False),
    Column("level", SmallInteger, nullable=False, autoincrement=False),
    Column("tile", BigInteger, nullable=False, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False, comment="of a full tile, 256 of 32 bytes"),
    Column("root", LargeBinary, nullable=False, comment="over the tile: its hash in the level above"),
    PrimaryKeyConstraint("tenant_id", "level", "tile", name="pk_ledger_tiles"),
    CheckConstraint("octet_length(hashes) = 8192", name="ck_ledger_tiles_hashes"),
    CheckConstraint("octet_length(root) = 32", name="ck_ledger_tiles_root"),
)

ledger_checkpoints = Table(
    "ledger_checkpoints",
    metadata,
    Column("tenant_id", Integer, nullable=False, autoincrement=False),
    Column("size", BigInteger, nullable=False, autoincrement=False),
    Column("root", LargeBinary, nullable=False, comment="over that many entries, 32 bytes"),
    Column("note", Text, nullable=False, comment="the signed checkpoint as published, with its cosignatures"),
    Column("published_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id", "size", name="pk_ledger_checkpoints"),
    CheckConstraint("octet_length(root) = 32", name="ck_ledger_checkpoints_root"),
)

ledger_witnessed = Table(
    "ledger_witnessed",
    metadata,
    Column("tenant_id", Integer, nullable=False, autoincrement=False, comment="the city"),
    Column("origin", Text, nullable=False, comment="the county's log"),
    Column("seq", BigInteger, nullable=False, autoincrement=False, comment="the entry that recorded it"),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "origin", "seq", name="pk_ledger_witnessed"),
)

ledger_timestamps = Table(
    "ledger_timestamps",
    metadata,
    Column("tenant_id", Integer, nullable=False, autoincrement=False),
    Column("size", BigInteger, nullable=False, autoincrement=False, comment="of the published checkpoint"),
    Column("seq", BigInteger, nullable=False, autoincrement=False, comment="the entry that recorded it"),
    Column("token", LargeBinary, nullable=False, comment="RFC 3161, over the checkpoint's note"),
    PrimaryKeyConstraint("tenant_id", "size", name="pk_ledger_timestamps"),
    UniqueConstraint("tenant_id", "seq", name="uq_ledger_timestamps_seq"),
)

APP_GRANTS: Final[dict[str, str]] = {
    "ledger_heads": "SELECT, INSERT, UPDATE (size, head, frontier, recorded_at, key_id, asks, national)",
    "ledger_entries": "SELECT, INSERT",
    "ledger_rows": "SELECT, INSERT",
    "ledger_tiles": "SELECT, INSERT",
    "ledger_checkpoints": "SELECT, INSERT",
    "ledger_witnessed": "SELECT, INSERT",
    "ledger_timestamps": "SELECT, INSERT",
}
