"""Public lists (公示公告): what everybody reads without signing in, and not a field more.

The rule upheld here: an allow-list. A notice is a publicity or a decision of the province; rankings and reports are none, and a
publicity is none before its day. Nothing here names an application, an officer or a reason; `noticeId` and `position` serve to
object, and open nothing. Notices are no nodes: they are reached by `publicNotices` alone, so its condition always holds.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry
from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
)

from certification.tables import campaign_levels, campaigns, roster_items, rosters
from graphql_schema.counts import ITEM_NEEDS, LIST_NEEDS, ZONE, decide_count, name_now
from graphql_schema.declare import Parameters, column, computed, equals, expression, refers, rows, to_many
from graphql_schema.permissions import Permission
from graphql_schema.types.enums import Level, RosterKind, RosterVerdict
from graphql_schema.types.publicity import PublicityCount


def is_public(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """A publicity that has been put up, or a decision."""
    local = func.timezone(literal_column(f"'{ZONE}'"), parameters.now)
    return and_(
        row.c.kind.in_((RosterKind.PUBLICITY.value, RosterKind.DECISION.value)),
        or_(row.c.opens_on.is_(None), row.c.opens_on <= cast(local, Date)),
    )


def notice_id(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """What an objection names."""
    return func.concat(
        literal_column("'PublicNotice.'"), row.c.tenant_id, literal_column("'.'"), row.c.id, type_=Text
    )


def campaign_name(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The campaign's name."""
    found = select(campaigns.c.name).where(
        campaigns.c.tenant_id == row.c.tenant_id, campaigns.c.id == row.c.campaign_id
    )
    return found.correlate(row).scalar_subquery()


def batch(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The number of the batch of its level."""
    found = select(campaign_levels.c.batch).where(
        campaign_levels.c.tenant_id == row.c.tenant_id,
        campaign_levels.c.campaign_id == row.c.campaign_id,
        campaign_levels.c.level == row.c.level,
    )
    return found.correlate(row).scalar_subquery()


def result(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """What the province decided; NULL while a community is only listed."""
    decided = row.c.verdict.in_((RosterVerdict.CERTIFIED.value, RosterVerdict.NOT_CERTIFIED.value))
    return case((decided, row.c.verdict), else_=null())


@strawberry.input(description="Which public lists (公示筛选).")
class PublicNoticeFilter:
    """All that is given must hold."""

    kind: RosterKind | None = equals(rosters.c.kind, "PUBLICITY or DECISION (类型).")
    level: Level | None = equals(rosters.c.level, "Of this level (级别).")
    campaign_id: strawberry.ID | None = refers(rosters.c.campaign_id, "Campaign", "In this campaign (批次).")


@rows(
    roster_items,
    permission=Permission.PUBLIC,
    public=True,
    description="A community on a public list (公示条目).",
)
class PublicNoticeItem:
    """A community, and how far its publicity has come or what was decided of it."""

    position: int = column(roster_items.c.position, description="Place, from 1 (序号).")
    community_name: str = expression(
        name_now, nullable=False, description="市 / 县 / 街道 / 社区, as corrected (社区名称)."
    )
    publicity: PublicityCount | None = computed(
        ITEM_NEEDS, decide_count, description="Its own days; null on a decision (公示期)."
    )
    result: RosterVerdict | None = expression(
        result, description="CERTIFIED or NOT_CERTIFIED on a decision, else null (认定结果)."
    )


@rows(
    rosters,
    permission=Permission.PUBLIC,
    public=True,
    description="A list that everybody may read: a publicity or the province's decision (公示公告).",
)
class PublicNotice:
    """A public list."""

    notice_id: strawberry.ID = expression(
        notice_id, nullable=False, description="What an objection names (公示编号)."
    )
    campaign: str | None = expression(campaign_name, description="Name of the campaign (批次名称).")
    level: Level = column(rosters.c.level, description="Level (级别).")
    batch: int | None = expression(batch, description="Number of the batch (批次).")
    kind: RosterKind = column(rosters.c.kind, description="PUBLICITY or DECISION (类型).")
    opens_on: date | None = column(rosters.c.opens_on, description="The day it was put up (公示开始).")
    closes_on: date | None = column(
        rosters.c.closes_on, description="The last day, as announced; an item may have its own (公示截止)."
    )
    publicity: PublicityCount | None = computed(
        LIST_NEEDS, decide_count, description="The list's days as announced; null on a decision (公示期)."
    )
    document_number: str | None = column(
        rosters.c.document_number, description="The province's document, on a decision (文号)."
    )
    document_date: date | None = column(rosters.c.document_date, description="Its day (文件日期).")
    items: list[PublicNoticeItem] = to_many(
        {roster_items.c.roster_id: rosters.c.id},
        order=(roster_items.c.position,),
        description="The communities (名单).",
    )
