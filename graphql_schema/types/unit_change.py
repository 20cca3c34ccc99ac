"""Changes of divisions (区划变更): the city's, shared with the counties whose units they are of."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import JSON, ColumnElement, FromClause, Integer, any_, cast, or_

from certification.reviews.tables import unit_changes
from graphql_schema.declare import Node, Parameters, column, computed, equals, in_tenant, rows, to_one
from graphql_schema.permissions import Permission
from graphql_schema.types.action import AvailableAction
from graphql_schema.types.enums import UnitChangeKind, UnitKind
from graphql_schema.types.tenant import Tenant
from graphql_schema.unit_changes import ACTION_NEEDS, OUTCOME_NEEDS, decide_change_actions, decide_outcome
from tenancy.tables import tenants


def is_concerned(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """A change that one's own tenant decided, or of whose units a tenant is whose own rows the reader reads."""
    own = parameters.own_tenants
    plan = cast(row.c.details, JSON)
    named = (cast(plan[name].as_string(), Integer) == any_(own) for name in ("tenant", "to"))
    return or_(row.c.tenant_id == any_(own), *named)


@strawberry.type(description="A unit that ends (撤销的单位).")
class UnitEnding:
    """As it was."""

    unit_id: strawberry.ID = strawberry.field(description="The unit (单位).")
    name: str = strawberry.field(description="Name (名称).")
    code: str = strawberry.field(description="Its statistical code (统计代码).")


@strawberry.type(description="A unit that begins (新设的单位).")
class UnitBeginning:
    """As it will be; its id is settled when the change is proposed."""

    unit_id: strawberry.ID = strawberry.field(description="The unit (单位).")
    parent_id: strawberry.ID = strawberry.field(description="The unit above (上级).")
    kind: UnitKind = strawberry.field(description="Kind (类型).")
    name: str = strawberry.field(description="Name (名称).")
    code: str = strawberry.field(description="Its statistical code (统计代码).")


@strawberry.type(description="A unit that stays, with another name or code (更名、变更代码的单位).")
class UnitAltering:
    """Before and after."""

    unit_id: strawberry.ID = strawberry.field(description="The unit (单位).")
    name: str = strawberry.field(description="Name from then on (新名称).")
    code: str = strawberry.field(description="Code from then on (新代码).")
    former_name: str = strawberry.field(description="Name until then (原名称).")
    former_code: str = strawberry.field(description="Code until then (原代码).")


@strawberry.type(description="Who goes on from whom (承接关系).")
class UnitPassing:
    """With the history, or without."""

    predecessor_id: strawberry.ID = strawberry.field(description="The unit before (前身).")
    successor_id: strawberry.ID = strawberry.field(description="The unit that goes on (承接单位).")
    carried: bool = strawberry.field(
        description="The history of certifications and reviews goes on (延续历史)."
    )


@strawberry.type(description="What a change of divisions comes to (变更方案).")
class UnitChangeOutcome:
    """All of it, as the counties' logs follow it."""

    closed: list[UnitEnding] = strawberry.field(description="Units that end (撤销).")
    opened: list[UnitBeginning] = strawberry.field(description="Units that begin (新设).")
    altered: list[UnitAltering] = strawberry.field(
        description="Units renamed or given another code (更名、变更代码)."
    )
    passed: list[UnitPassing] = strawberry.field(description="Who goes on from whom (承接关系).")
    left_out: str | None = strawberry.field(
        description="Why a history does not go on, where one does not (不延续历史的理由)."
    )


@strawberry.input(description="Which changes of divisions (区划变更筛选).")
class UnitChangeFilter:
    """All that is given must hold."""

    kind: UnitChangeKind | None = equals(unit_changes.c.kind, "Of this kind (类型).")
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(
    unit_changes,
    permission=Permission.READ,
    only=is_concerned,
    description="Communities merge or split, a unit moves to another county, gets another name or code (区划变更).",
)
class UnitChange(Node):
    """Two persons of the city; it holds once confirmed."""

    kind: UnitChangeKind = column(unit_changes.c.kind, description="What is done (类型).")
    document_number: str = column(unit_changes.c.document_number, description="The document (批复文号).")
    document_date: date = column(unit_changes.c.document_date, description="Its day (文件日期).")
    effective_on: date = column(unit_changes.c.effective_on, description="Since when (生效日期).")
    reason: str = column(unit_changes.c.reason, description="Why (理由).")
    outcome: UnitChangeOutcome = computed(
        OUTCOME_NEEDS, decide_outcome, description="What it comes to (变更方案)."
    )
    proposed_by: UUID = column(
        unit_changes.c.proposed_by, description="Pseudonym of who proposed it (提出人代号)."
    )
    proposed_at: datetime = column(unit_changes.c.proposed_at, description="When (提出时间).")
    confirmed_by: UUID | None = column(
        unit_changes.c.confirmed_by, description="Pseudonym of who confirmed it (确认人代号)."
    )
    confirmed_at: datetime | None = column(
        unit_changes.c.confirmed_at, description="From then on it holds (确认时间)."
    )
    declined_by: UUID | None = column(
        unit_changes.c.declined_by, description="Pseudonym of who declined it (否决人代号)."
    )
    declined_at: datetime | None = column(
        unit_changes.c.declined_at, description="It never holds (否决时间)."
    )
    decline_reason: str | None = column(
        unit_changes.c.decline_reason, description="Why it was declined (否决理由)."
    )
    tenant: Tenant = to_one({tenants.c.id: unit_changes.c.tenant_id}, description="The city (租户).")
    available_actions: list[AvailableAction] = computed(
        ACTION_NEEDS,
        decide_change_actions,
        description="What the reader may do now, and why not (可办事项).",
    )
