"""Entries of the ledger. A street or community reads those about its own applications."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, FromClause, case, func

from audit.tables import ledger_entries
from graphql_schema.declare import Node, Parameters, column, equals, expression, in_tenant, rows, to_one
from graphql_schema.permissions import Permission
from graphql_schema.scalars import Hex, SafeInt
from graphql_schema.types.enums import Attestation
from graphql_schema.types.reach import through_application
from graphql_schema.types.tenant import Tenant
from tenancy.tables import tenants


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
