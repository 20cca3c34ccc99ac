"""Entries of the ledger. A street or community reads those about its own applications."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, FromClause, case, func

from audit.tables import ledger_checkpoints, ledger_entries
from graphql_schema.declare import (
    Node,
    Parameters,
    column,
    equals,
    expression,
    in_tenant,
    proof,
    rows,
    to_one,
)
from graphql_schema.permissions import Permission
from graphql_schema.scalars import Hex, SafeInt
from graphql_schema.types.enums import Attestation
from graphql_schema.types.reach import through_application
from graphql_schema.types.tenant import Tenant
from tenancy.log_reading import LogReading
from tenancy.tables import ledger_readings, tenants


@strawberry.input(description="Which entries (账目筛选).")
class LedgerEntryFilter:
    """All that is given must hold."""

    operation: str | None = equals(ledger_entries.c.operation, "Of this operation (操作).")
    subject_id: UUID | None = equals(ledger_entries.c.subject_id, "About this subject (对象).")
    tenant_id: strawberry.ID | None = in_tenant("In this tenant's log (租户).")


def decide_attestation(row: FromClause, _: Parameters) -> ColumnElement[str]:
    """By the officer's signature; in the canonical leaf it stands behind the body, and nothing within a text looks like it."""
    signed = func.strpos(row.c.leaf, '},"officer_sig":{"key":"') > 0
    return case((signed, Attestation.OFFICER.value), else_=Attestation.SERVER.value)


@rows(
    ledger_entries,
    permission=Permission.READ,
    reach=through_application("subject_id"),
    description="An entry of a tenant's log, in the clear (账目).",
)
class LedgerEntry(Node):
    """An entry; `leaf` is the evidence, the rest repeats it."""

    seq: SafeInt = column(ledger_entries.c.seq, description="Place in the log, from 0 (序号).")
    prev: Hex = column(ledger_entries.c.prev, description="Hash of the entry before (前项哈希).")
    hash: Hex = column(ledger_entries.c.hash, description="Leaf hash (哈希).")
    leaf: str = column(ledger_entries.c.leaf, description="The entry, canonical JSON (原文).")
    recorded_at: datetime = column(ledger_entries.c.recorded_at, description="When (时间).")
    operation: str = column(ledger_entries.c.operation, description="What was done (操作).")
    subject_type: str = column(ledger_entries.c.subject_type, description="Kind of subject (对象类型).")
    subject_id: UUID = column(ledger_entries.c.subject_id, description="Subject (对象).")
    actor_id: UUID = column(ledger_entries.c.actor_id, description="The actor's pseudonym (操作人代号).")
    request_id: str = column(ledger_entries.c.request_id, description="Idempotency key (请求编号).")
    attestation: Attestation = expression(
        decide_attestation,
        nullable=False,
        description="Whether its officer signed it, or the server alone says so (签署).",
    )
    tenant: Tenant = to_one({tenants.c.id: ledger_entries.c.tenant_id}, description="Whose log (租户).")
    proof: str | None = proof(
        description="That it stands in the log, as a C2SP tlog-proof: its path and the published checkpoint;"
        " null until one covers it (收录证明)."
    )


@strawberry.input(description="Which checkpoints (检查点筛选).")
class LedgerCheckpointFilter:
    """All that is given must hold."""

    tenant_id: strawberry.ID | None = in_tenant("Of this tenant's log (租户).")


@rows(
    ledger_checkpoints,
    permission=Permission.READ,
    description="A published checkpoint: what a log promised (检查点).",
)
class LedgerCheckpoint:
    """Its note is what counts; it is served to everybody."""

    size: SafeInt = column(ledger_checkpoints.c.size, description="How many entries it covers (条数).")
    root: Hex = column(ledger_checkpoints.c.root, description="RFC 6962 root over them (根哈希).")
    note: str = column(
        ledger_checkpoints.c.note, description="The signed note with its cosignatures (签名文书)."
    )
    published_at: datetime = column(ledger_checkpoints.c.published_at, description="When (公布时间).")
    tenant: Tenant = to_one({tenants.c.id: ledger_checkpoints.c.tenant_id}, description="Whose log (租户).")


@strawberry.input(description="Which readings (账本阅读范围筛选).")
class LedgerReadingFilter:
    """All that is given must hold."""

    tenant_id: strawberry.ID | None = in_tenant("Of this tenant's log (租户).")


@rows(
    ledger_readings,
    permission=Permission.READ,
    description="Who may read a tenant's log as files; where nothing was set, `GRANTED` (账本阅读范围).",
)
class LedgerReading(Node):
    """What was set last."""

    reading: LogReading = column(ledger_readings.c.reading, description="Who may read it (范围).")
    reason: str = column(ledger_readings.c.reason, description="Why (理由).")
    revision: int = column(ledger_readings.c.revision, description="Grows by one with every act (修订号).")
    set_by: UUID = column(ledger_readings.c.set_by, description="Who set it last (设定人代号).")
    set_at: datetime = column(ledger_readings.c.set_at, description="When (设定时间).")
    tenant: Tenant = to_one({tenants.c.id: ledger_readings.c.tenant_id}, description="Whose log (租户).")


@strawberry.type(description="That a log of one size begins with all that it had at another (一致性证明).")
class LedgerConsistency:
    """RFC 6962 §2.1.2; the later root is the checkpoint's where the sizes are the same."""

    from_size: SafeInt = strawberry.field(description="The earlier size (原条数).")
    to_size: SafeInt = strawberry.field(description="The later size (现条数).")
    from_root: Hex = strawberry.field(description="Root at the earlier size (原根哈希).")
    to_root: Hex = strawberry.field(description="Root at the later size (现根哈希).")
    path: list[str] = strawberry.field(description="The hashes of the path, base64, in its order (路径).")
    checkpoint: str = strawberry.field(description="The published checkpoint that covers both (检查点).")
