"""Objections (异议): whole to the city that received them; without identity or text to the county and community concerned."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, Text, any_, func, literal_column, or_, select

from certification.tables import applications, objections, publicity_corrections, roster_items, rosters
from graphql_schema.counts import OBJECTION_NEEDS, decide_objection_actions, of_correction
from graphql_schema.declare import (
    Node,
    Parameters,
    Predicate,
    Reach,
    column,
    computed,
    equals,
    expression,
    in_tenant,
    personal,
    refers,
    rows,
    to_one,
)
from graphql_schema.permissions import Permission
from graphql_schema.types.action import AvailableAction
from graphql_schema.types.application import Application
from graphql_schema.types.enums import ObjectionStatus
from graphql_schema.types.erasure import Erasure, is_done
from graphql_schema.types.roster import Roster
from tenancy.tables import erasures


def cover_all(_: str) -> str:
    """That there is something, and nothing of it."""
    return "***"


def concerns(name: str) -> Predicate:
    """The objection is to an application whose column is one of the reader's units."""

    def predicate(row: FromClause, units: ColumnElement[Any]) -> ColumnElement[bool]:
        return (
            select(literal_column("1"))
            .select_from(applications)
            .where(
                applications.c.tenant_id == row.c.application_tenant_id,
                applications.c.id == row.c.application_id,
                applications.c[name] == any_(units),
            )
            .correlate(row)
            .exists()
        )

    return predicate


def is_concerned(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """An objection received by a tenant whose own rows the reader reads, or to an application of one."""
    own = parameters.own_tenants
    return or_(row.c.tenant_id == any_(own), row.c.application_tenant_id == any_(own))


def community_name(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """The community as the publicity names it now."""
    listed = (
        select(roster_items.c.community_name)
        .where(
            roster_items.c.tenant_id == row.c.tenant_id,
            roster_items.c.roster_id == row.c.roster_id,
            roster_items.c.position == row.c.position,
        )
        .correlate(row)
        .scalar_subquery()
    )
    corrected = of_correction(publicity_corrections.c.community_name)(row, parameters)
    return func.coalesce(corrected, listed, type_=Text)


@strawberry.input(description="Which objections (异议筛选).")
class ObjectionFilter:
    """All that is given must hold."""

    status: ObjectionStatus | None = equals(objections.c.status, "In this state (状态).")
    publicity_id: strawberry.ID | None = refers(
        objections.c.roster_id, "Roster", "To an item of this publicity (公示名单)."
    )
    tenant_id: strawberry.ID | None = in_tenant("Received by this tenant (租户).")


@rows(
    objections,
    permission=Permission.READ,
    reach=Reach(street=concerns("street_id"), community=concerns("community_id")),
    only=is_concerned,
    description="An objection to a publicised item (异议).",
)
class Objection(Node):
    """What was said, by whom, and the city's own reasons are the city's to read; others see how it stands."""

    status: ObjectionStatus = column(objections.c.status, description="Where it stands (状态).")
    position: int = column(objections.c.position, description="The item that it is to (序号).")
    community_name: str | None = expression(
        community_name, description="The community, as the publicity names it (社区)."
    )
    received_at: datetime = column(objections.c.received_at, description="When it was received (收到时间).")
    accepted_at: datetime | None = column(
        objections.c.accepted_at, description="When the investigation began (受理时间)."
    )
    decided_at: datetime | None = column(
        objections.c.decided_at, description="When it was decided (办结时间)."
    )
    public_reason: str | None = column(
        objections.c.public_reason, description="The reasons as everybody may read them (答复)."
    )
    text: str | None = personal(
        objections.c.text_commitment,
        "objection_text",
        cover=cover_all,
        permission=Permission.READ_CONTACTS,
        own=True,
        description="What was objected: the city's alone, covered for who has no need (异议内容).",
    )
    name: str | None = personal(
        objections.c.name_commitment,
        "objector_name",
        cover=cover_all,
        permission=Permission.READ_CONTACTS,
        own=True,
        description="By whom, likewise; null: anonymous (姓名).",
    )
    contact: str | None = personal(
        objections.c.contact_commitment,
        "objector_contact",
        cover=cover_all,
        permission=Permission.READ_CONTACTS,
        own=True,
        description="How to reach them, likewise (联系方式).",
    )
    reason: str | None = personal(
        objections.c.reason_commitment,
        "objection_reason",
        cover=cover_all,
        permission=Permission.READ_CONTACTS,
        own=True,
        description="The city's own reasons, likewise (核查情况).",
    )
    erasure: Erasure | None = to_one(
        {erasures.c.subject_id: objections.c.id},
        where=is_done,
        within=True,
        description="The erasure of what was said, by whom, and the city's reasons; the city's to read; null: nothing was erased (删除事项).",
    )
    publicity: Roster = to_one(
        {rosters.c.id: objections.c.roster_id}, description="The publicity (公示名单)."
    )
    application: Application | None = to_one(
        {applications.c.id: objections.c.application_id},
        tenant=objections.c.application_tenant_id,
        description="The application, when it is in reach (申报).",
    )
    available_actions: list[AvailableAction] = computed(
        OBJECTION_NEEDS,
        decide_objection_actions,
        description="What the reader may do now, and why not (可办事项).",
    )


@rows(
    objections,
    permission=Permission.PUBLIC,
    public=True,
    description="How an objection stands, for whoever holds its code (异议进度).",
)
class ObjectionProgress:
    """Status, times and the city's answer; nothing of what was said, nor of whom it is to."""

    status: ObjectionStatus = column(objections.c.status, description="Where it stands (状态).")
    received_at: datetime = column(objections.c.received_at, description="When it was received (收到时间).")
    accepted_at: datetime | None = column(
        objections.c.accepted_at, description="When the investigation began (受理时间)."
    )
    decided_at: datetime | None = column(
        objections.c.decided_at, description="When it was decided (办结时间)."
    )
    public_reason: str | None = column(objections.c.public_reason, description="The city's answer (答复).")
