"""Two made-up audited tables, and acts on them as a service would perform them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy import (
    BigInteger,
    Boolean,
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

from audit.canonical import digest
from audit.entry import Actor, Draft, Receipt, RowDigest, Subject
from audit.export import export_log
from audit.keys import Ed25519Signer
from audit.ledger import append, lock_head, open_ledger, signed_head
from audit.online import verify_stored
from audit.rows import record_row
from audit.verdict import Verdict
from audit.verify import verify_log

OPENED_AT = datetime(2022, 4, 25, 1, tzinfo=UTC)
AUDITED: dict[str, Any] = {"audited": True}
sample_metadata = MetaData()


samples = Table(
    "samples",
    sample_metadata,
    Column("tenant_id", Integer, nullable=False, autoincrement=False),
    Column("id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("mood", Text),
    Column("weight", BigInteger),
    Column("done", Boolean),
    Column("due", Date),
    Column("noted_at", DateTime(timezone=True)),
    Column("seal", LargeBinary),
    Column("phone", Text, info={"digest": False}),
    PrimaryKeyConstraint("tenant_id", "id", name="pk_samples"),
    info=AUDITED,
)
sample_lines = Table(
    "sample_lines",
    sample_metadata,
    Column("tenant_id", Integer, nullable=False, autoincrement=False),
    Column("sample_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False, autoincrement=False),
    Column("text", Text),
    PrimaryKeyConstraint("tenant_id", "sample_id", "position", name="pk_sample_lines"),
    info=AUDITED | {"digest_version": 2},
)
SAMPLES = (samples, sample_lines)


@dataclass
class World:
    """A tenant, its signer and its two connections."""

    tenant: int
    signer: Ed25519Signer
    url: str
    app: "asyncpg.Connection[asyncpg.Record]"
    root: "asyncpg.Connection[asyncpg.Record]"
    actor: UUID = field(default_factory=uuid4)
    other: UUID = field(default_factory=uuid4)

    @asynccontextmanager
    async def bound(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """A transaction of the application, bound to the tenant."""
        async with self.app.transaction():
            await self.app.execute(f"SET LOCAL app.tenant = '{self.tenant}'")
            yield self.app

    @asynccontextmanager
    async def tampering(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """A transaction of a superuser with the triggers switched off."""
        async with self.root.transaction():
            await self.root.execute("SET LOCAL session_replication_role = replica")
            yield self.root

    async def open(self, time: datetime) -> None:
        async with self.bound() as conn:
            await open_ledger(conn, self.tenant, self.signer, time)

    def row(self, number: int, **changes: Any) -> dict[str, Any]:
        """A full row of `samples`, the same for the same number."""
        return {
            "tenant_id": self.tenant,
            "id": UUID(int=self.tenant * 1000 + number),
            "revision": 1,
            "title": f"样本 {number}",
            "mood": "calm",
            "weight": number,
            "done": number % 2 == 0,
            "due": None,
            "noted_at": OPENED_AT + timedelta(microseconds=number),
            "seal": bytes([number % 256]),
        } | changes

    def draft(self, number: int, rows: Sequence[RowDigest] = (), **changes: Any) -> Draft:
        """An act on sample `number`; actors alternate."""
        values: dict[str, Any] = {
            "operation": "sample.noted",
            "request_id": f"request-{number}",
            "time": OPENED_AT + timedelta(minutes=number),
            "actor": Actor((self.actor, self.other)[number % 2], "county_officer", self.signer.origin),
            "subject": Subject("sample", UUID(int=self.tenant * 1000 + number), 1),
            "intent": {"arguments": digest({"number": number}).hex(), "verdict": "agree"},
            "rows": tuple(rows),
        }
        return Draft(**(values | changes))

    async def note(self, number: int, **changes: Any) -> Receipt:
        """Insert sample `number` with its entry, in one transaction."""
        async with self.bound() as conn:
            head = await lock_head(conn, self.tenant)
            row = self.row(number, **changes)
            await insert_row(conn, samples, row)
            _, (receipt,) = await append(
                conn, head, self.signer, [self.draft(number, [record_row(samples, row)])]
            )
        return receipt

    async def note_many(self, numbers: range) -> None:
        for number in numbers:
            await self.note(number)

    async def head(self) -> bytes:
        """The signed head, as an auditor keeps it."""
        async with self.bound() as conn:
            return (await signed_head(conn, self.tenant, self.signer)).encode()

    async def export(self, directory: Path) -> Path:
        async with self.bound() as conn:
            await export_log(conn, self.tenant, self.signer, directory)
        return directory

    async def verify_online(self, since: bytes | None = None) -> Verdict:
        async with self.bound() as conn:
            return await verify_stored(conn, self.tenant, self.signer.verifier_key, SAMPLES, since=since)

    async def verify_offline(self, directory: Path, since: bytes | None = None) -> Verdict:
        return verify_log(await self.export(directory), self.signer.verifier_key, since)


async def insert_row(conn: Any, table: Table, row: dict[str, Any]) -> None:
    """Insert a row of plain values."""
    names = ", ".join(row)
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await conn.execute(f"INSERT INTO {table.name} ({names}) VALUES ({places})", *row.values())
