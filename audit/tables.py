"""The ledger's three tables, as Core metadata: the only definition that statements and migrations follow.

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

APP_GRANTS: Final[dict[str, str]] = {
    "ledger_heads": "SELECT, INSERT, UPDATE (size, head, frontier, recorded_at, key_id, asks)",
    "ledger_entries": "SELECT, INSERT",
    "ledger_rows": "SELECT, INSERT",
}
