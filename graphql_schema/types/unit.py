"""Units: what is on the map. Within a tenant everyone sees them, for a division's name is no secret; a review team sees those of its reviews."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, select

from certification.tables import legacy_records
from graphql_schema.declare import (
    Connection,
    Node,
    Parameters,
    Reach,
    among,
    column,
    computed,
    connection,
    expression,
    in_tenant,
    refers,
    rows,
    to_many,
    to_one,
)
from graphql_schema.histories import UNIT_NEEDS, decide_eligibility, decide_unit_history
from graphql_schema.permissions import Permission
from graphql_schema.types.enums import LineageKind, UnitKind
from graphql_schema.types.history import Eligibility, History
from graphql_schema.types.reach import of_assigned_unit
from graphql_schema.types.story import READERS, StoryEntry, StoryFilter, of_story
from graphql_schema.types.tenant import Tenant
from tenancy.tables import tenants, unit_codes, unit_lineages, unit_successions, units

if TYPE_CHECKING:
    from graphql_schema.types.legacy import LegacyRecord


def code_in_force(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The unit's open code; the latest, should there be two."""
    return (
        select(unit_codes.c.code)
        .where(
            unit_codes.c.tenant_id == row.c.tenant_id,
            unit_codes.c.unit_id == row.c.id,
            unit_codes.c.valid_to.is_(None),
        )
        .order_by(unit_codes.c.valid_from.desc())
        .limit(1)
        .correlate(row)
        .scalar_subquery()
    )


@strawberry.input(description="Which units (单位筛选).")
class UnitFilter:
    """All that is given must hold."""

    kind: list[UnitKind] | None = among(units.c.kind, "Of these kinds (类型).")
    parent_id: strawberry.ID | None = refers(
        units.c.parent_id, "Unit", "Directly beneath this unit (上级单位)."
    )
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(unit_lineages, permission=Permission.READ, description="Where a unit came from (沿革).")
class UnitLineage:
    """One predecessor of a unit."""

    kind: LineageKind = column(unit_lineages.c.kind, description="What happened (变更方式).")
    effective_on: date = column(unit_lineages.c.effective_on, description="Since when (生效日期).")
    source: str = column(unit_lineages.c.source, description="Where this is known from (依据).")
    predecessor: Unit | None = to_one(
        {units.c.id: unit_lineages.c.predecessor_unit_id},
        tenant=unit_lineages.c.predecessor_tenant_id,
        description="The unit before, when it is in reach (前身).",
    )
    tenant: Tenant = to_one(
        {tenants.c.id: unit_lineages.c.predecessor_tenant_id}, description="Whose unit it was (前身所属租户)."
    )


@rows(unit_successions, permission=Permission.READ, description="Where a unit went on (去向).")
class UnitSuccession:
    """One successor of a unit."""

    kind: LineageKind = column(unit_successions.c.kind, description="What happened (变更方式).")
    effective_on: date = column(unit_successions.c.effective_on, description="Since when (生效日期).")
    carried: bool = column(
        unit_successions.c.carried,
        description="The history of certifications and reviews goes on there (延续历史).",
    )
    source: str = column(unit_successions.c.source, description="The document (依据).")
    successor: Unit | None = to_one(
        {units.c.id: unit_successions.c.successor_unit_id},
        tenant=unit_successions.c.successor_tenant_id,
        description="The unit that goes on, when it is in reach (承接单位).",
    )
    tenant: Tenant = to_one(
        {tenants.c.id: unit_successions.c.successor_tenant_id},
        description="Whose unit that is (承接单位所属租户).",
    )


@rows(
    units,
    permission=Permission.READ,
    reach=Reach(None, None, of_assigned_unit),
    description="A city, county, street, community or village (单位).",
)
class Unit(Node):
    """A unit with a stable id; codes are dated."""

    kind: UnitKind = column(units.c.kind, description="Kind (类型).")
    name: str = column(units.c.name, description="Name (名称).")
    code: str | None = expression(
        code_in_force, description="Twelve-digit statistical code in force (统计代码)."
    )
    valid_from: date = column(units.c.valid_from, description="First day (设立日期).")
    valid_to: date | None = column(
        units.c.valid_to, description="Day after the last; null while it exists (撤销日期)."
    )
    tenant: Tenant = to_one({tenants.c.id: units.c.tenant_id}, description="Its tenant (租户).")
    parent: Unit | None = to_one(
        {units.c.id: units.c.parent_id}, description="The unit above, within the tenant (上级)."
    )
    children: Connection[Unit] = connection(
        {units.c.parent_id: units.c.id}, order="sort_key", description="The units directly beneath (下级)."
    )
    lineage: list[UnitLineage] = to_many(
        {unit_lineages.c.unit_id: units.c.id},
        order=(unit_lineages.c.effective_on, unit_lineages.c.id),
        description="Its predecessors (沿革).",
    )
    predecessors: list[UnitLineage] = to_many(
        {unit_lineages.c.unit_id: units.c.id},
        order=(unit_lineages.c.effective_on, unit_lineages.c.id),
        description="The same, beside `successors` (前身).",
    )
    successors: list[UnitSuccession] = to_many(
        {unit_successions.c.unit_id: units.c.id},
        order=(unit_successions.c.effective_on, unit_successions.c.id),
        description="Where it went on (去向).",
    )
    history: History | None = computed(
        UNIT_NEEDS,
        decide_unit_history,
        description="A community's past, as the city's latest campaign asks for it; null out of reach (认定与复查历史).",
        arguments={
            "on": (date | None, "On this day; today when nothing is said (截至日期)."),
            "known_at": (
                datetime | None,
                "By what was recorded until this moment; now when nothing is said (当时所知).",
            ),
        },
    )
    eligibility: list[Eligibility] = computed(
        UNIT_NEEDS,
        decide_eligibility,
        description="For each level of the city's latest campaign, whether a community may apply now (申报资格).",
    )
    story: Connection[StoryEntry] = connection(
        order="seq",
        descending=True,
        filter_input=StoryFilter,
        through=of_story,
        guard=READERS,
        description="Every entry about a community, the latest first; empty out of reach (社区经历).",
    )
    legacy_records: list[Annotated[LegacyRecord, strawberry.lazy("graphql_schema.types.legacy")]] = to_many(
        {legacy_records.c.community_id: units.c.id},
        order=(legacy_records.c.year, legacy_records.c.proposed_at, legacy_records.c.id),
        description="What is attested, or proposed to be, from paper (历史记录).",
    )
