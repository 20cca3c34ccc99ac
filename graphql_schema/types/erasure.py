"""Erasures (删除个人信息): of whom, on which ground, by whom, and which fields nothing is kept of any more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, FromClause

from graphql_schema.declare import (
    WHOLE_TENANT_ONLY,
    Node,
    Parameters,
    column,
    computed,
    in_tenant,
    rows,
    to_one,
)
from graphql_schema.erasures import ERASURE_NEEDS, decide_erasure_actions
from graphql_schema.permissions import Permission
from graphql_schema.session import Session
from graphql_schema.types.action import AvailableAction
from graphql_schema.types.enums import ErasableKind, ErasureGround
from graphql_schema.types.tenant import Tenant
from tenancy.tables import erasures, tenants


def is_done(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The erasure was confirmed: there is at most one of a subject."""
    return row.c.confirmed_at.is_not(None)


def decide_fields(row: Mapping[str, Any], _: Session) -> list[str]:
    """The fields by name, in their order; none before it is confirmed."""
    return [one["field"] for one in json.loads(row["erased"] or "[]")]


@strawberry.input(description="Which erasures (删除事项筛选).")
class ErasureFilter:
    """All that is given must hold."""

    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(
    erasures,
    permission=Permission.READ,
    reach=WHOLE_TENANT_ONLY,
    description="An erasure of somebody's personal values: proposed, then confirmed by another person, or declined (删除个人信息).",
)
class Erasure(Node):
    """What it erased is read nowhere any more; that it was there, and was erased, is."""

    subject_type: ErasableKind = column(erasures.c.subject_type, description="Of what kind (对象类型).")
    subject_id: UUID = column(erasures.c.subject_id, description="Whose values, by pseudonym (对象代号).")
    ground: ErasureGround = column(erasures.c.ground, description="On which ground (删除事由).")
    reference: str = column(erasures.c.reference, description="Number of the request on file (受理编号).")
    fields: list[str] = computed(
        {"erased": erasures.c.erased},
        decide_fields,
        description="The fields that were erased; empty until it is confirmed (已删除的字段).",
    )
    proposed_by: UUID = column(
        erasures.c.proposed_by, description="Pseudonym of who proposed it (提请人代号)."
    )
    proposed_at: datetime = column(erasures.c.proposed_at, description="When (提请时间).")
    confirmed_by: UUID | None = column(
        erasures.c.confirmed_by, description="Pseudonym of who confirmed it (确认人代号)."
    )
    confirmed_at: datetime | None = column(
        erasures.c.confirmed_at, description="When the values were deleted (删除时间)."
    )
    declined_by: UUID | None = column(
        erasures.c.declined_by, description="Pseudonym of who declined it (否决人代号)."
    )
    declined_at: datetime | None = column(
        erasures.c.declined_at, description="When it was declined (否决时间)."
    )
    tenant: Tenant = to_one({tenants.c.id: erasures.c.tenant_id}, description="Whose (租户).")
    available_actions: list[AvailableAction] = computed(
        ERASURE_NEEDS,
        decide_erasure_actions,
        description="What the reader may do now, and why not (可办事项).",
    )
