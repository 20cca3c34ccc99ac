"""The root of all reading. Every field declares its permission; none has a resolver."""

from __future__ import annotations

import strawberry

from certification.tables import objections
from graphql_schema.declare import (
    Connection,
    Node,
    by_secret,
    connection,
    consistency,
    find_node,
    to_many,
    to_one,
)
from graphql_schema.permissions import Permission
from graphql_schema.standings import standing_rows
from graphql_schema.strangers import digest_code
from graphql_schema.types.access import AccessRecord, AccessRecordFilter
from graphql_schema.types.application import Application, ApplicationFilter, ApplicationOrder
from graphql_schema.types.calendar import CalendarYear, CalendarYearFilter
from graphql_schema.types.campaign import Campaign, CampaignFilter
from graphql_schema.types.certificate import Certification, CertificationFilter
from graphql_schema.types.change import CertificationChange, CertificationChangeFilter
from graphql_schema.types.draw import Draw, DrawFilter, RegisterList, RegisterListFilter
from graphql_schema.types.erasure import Erasure, ErasureFilter
from graphql_schema.types.extension import Extension, ExtensionFilter
from graphql_schema.types.grant import Grant, GrantFilter
from graphql_schema.types.holding import ASKED, Holding, HoldingFilter, holding_rows
from graphql_schema.types.inspection import ReviewCorrection, ReviewCorrectionFilter
from graphql_schema.types.ledger import (
    LedgerCheckpoint,
    LedgerCheckpointFilter,
    LedgerConsistency,
    LedgerEntry,
    LedgerEntryFilter,
    LedgerReading,
    LedgerReadingFilter,
)
from graphql_schema.types.legacy import LegacyRecord, LegacyRecordFilter
from graphql_schema.types.notice import PublicNotice, PublicNoticeFilter, is_public
from graphql_schema.types.objection import Objection, ObjectionFilter, ObjectionProgress
from graphql_schema.types.person import Person, PersonFilter
from graphql_schema.types.review import (
    BY_DUE,
    AnnualReview,
    AnnualReviewFilter,
    Inspector,
    ReviewCycle,
    ReviewCycleFilter,
    is_mine_to_do,
)
from graphql_schema.types.roster import Roster, RosterFilter
from graphql_schema.types.signing import OfficerKey, OfficerKeyFilter, SigningPolicy, SigningPolicyFilter
from graphql_schema.types.standing import Standing, StandingFilter
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit, UnitFilter
from graphql_schema.types.unit_change import UnitChange, UnitChangeFilter
from graphql_schema.types.viewer import Viewer, is_viewer


@strawberry.type(description="Everything that can be read (查询).")
class Query:
    """The root fields."""

    viewer: Viewer | None = to_one(
        own=True,
        where=is_viewer,
        permission=Permission.PUBLIC,
        description="Who is signed in; null for a stranger (当前用户).",
    )
    node: Node | None = find_node(
        many=False,
        permission=Permission.READ,
        description="A row by global id; null when it is not in reach (按编号查询).",
    )
    nodes: list[Node | None] = find_node(
        many=True,
        permission=Permission.READ,
        description="Rows by global ids, in their order, at most 100 (按编号批量查询).",
    )
    tenants: Connection[Tenant] = connection(
        order="code", permission=Permission.READ, description="Every tenant (租户)."
    )
    units: Connection[Unit] = connection(
        order="sort_key",
        filter_input=UnitFilter,
        permission=Permission.READ,
        description="Units in reach (单位).",
    )
    campaigns: Connection[Campaign] = connection(
        order="opened_at",
        filter_input=CampaignFilter,
        permission=Permission.READ,
        description="Campaigns of one's own tenant and of those that share theirs (批次).",
    )
    applications: Connection[Application] = connection(
        order="created_at",
        filter_input=ApplicationFilter,
        order_input=ApplicationOrder,
        permission=Permission.READ,
        description="Applications in reach (申报).",
    )
    rosters: Connection[Roster] = connection(
        order="created_at",
        filter_input=RosterFilter,
        permission=Permission.READ,
        description="The city's lists (名单).",
    )
    public_notices: Connection[PublicNotice] = connection(
        order="created_at",
        descending=True,
        filter_input=PublicNoticeFilter,
        where=is_public,
        permission=Permission.PUBLIC,
        description="Public lists, the latest first, for everybody (公示公告).",
    )
    objection_status: ObjectionProgress | None = by_secret(
        objections.c.code_digest,
        digest_code,
        description="How an objection stands, by its code; null for a code that was never given (异议进度).",
    )
    objections: Connection[Objection] = connection(
        order="received_at",
        filter_input=ObjectionFilter,
        permission=Permission.READ,
        description="Objections that one's tenant received, or to its applications (异议).",
    )
    extensions: Connection[Extension] = connection(
        order="proposed_at",
        filter_input=ExtensionFilter,
        permission=Permission.READ,
        description="Extensions of windows, confirmed or not (延期).",
    )
    calendar_years: Connection[CalendarYear] = connection(
        order="year",
        filter_input=CalendarYearFilter,
        permission=Permission.READ,
        description="Years whose working days the city's administrator set (工作日安排).",
    )
    certifications: Connection[Certification] = connection(
        order="certified_on",
        filter_input=CertificationFilter,
        permission=Permission.READ,
        description="Certifications in reach (认定).",
    )
    certification_changes: Connection[CertificationChange] = connection(
        order="proposed_at",
        filter_input=CertificationChangeFilter,
        permission=Permission.READ,
        description="What the city does to certifications (认定变更).",
    )
    unit_changes: Connection[UnitChange] = connection(
        order="proposed_at",
        filter_input=UnitChangeFilter,
        permission=Permission.READ,
        description="Changes of divisions, confirmed or not (区划变更).",
    )
    review_cycles: Connection[ReviewCycle] = connection(
        order="created_at",
        filter_input=ReviewCycleFilter,
        permission=Permission.READ,
        description="Cycles of annual reviews in reach, with their progress (复查周期).",
    )
    annual_reviews: Connection[AnnualReview] = connection(
        order="created_at",
        filter_input=AnnualReviewFilter,
        permission=Permission.READ,
        description="Annual reviews in reach; of a review team's member those assigned to it (年度复查).",
    )
    review_day: list[AnnualReview] = to_many(
        order=BY_DUE,
        where=is_mine_to_do,
        permission=Permission.READ,
        description="What the reader's teams have still to inspect, the nearest last day first, at most 100 (复查待办).",
    )
    inspectors: Connection[Inspector] = connection(
        order="created_at",
        permission=Permission.READ,
        description="Who may be of a review team, of one's own tenant and of those in reach (复查人员).",
    )
    review_corrections: Connection[ReviewCorrection] = connection(
        order="proposed_at",
        filter_input=ReviewCorrectionFilter,
        permission=Permission.READ,
        description="Corrections of years' reviews in reach (更正复查结论).",
    )
    legacy_records: Connection[LegacyRecord] = connection(
        order="proposed_at",
        filter_input=LegacyRecordFilter,
        permission=Permission.READ,
        description="Legacy records in reach (历史记录).",
    )
    standings: Connection[Standing] = connection(
        order="certified_on",
        filter_input=StandingFilter,
        permission=Permission.READ,
        extend=standing_rows,
        description="How the communities in reach stand on a day, and who may apply for what (认定现状与申报资格).",
    )
    certified_on: Connection[Holding] = connection(
        order="sort_key",
        filter_input=HoldingFilter,
        permission=Permission.READ,
        extend=holding_rows,
        asked=ASKED,
        description="Who held a level on a day, by what was known at a moment (某日认定名单).",
    )
    draws: Connection[Draw] = connection(
        order="opened_at",
        filter_input=DrawFilter,
        permission=Permission.READ,
        description="Draws in reach (抽取).",
    )
    register_lists: Connection[RegisterList] = connection(
        order="created_at",
        filter_input=RegisterListFilter,
        permission=Permission.READ,
        description="Register lists in reach (名册).",
    )
    ledger_entries: Connection[LedgerEntry] = connection(
        order="seq",
        filter_input=LedgerEntryFilter,
        permission=Permission.READ,
        description="Entries of the logs in reach (账目).",
    )
    ledger_checkpoints: Connection[LedgerCheckpoint] = connection(
        order="size",
        descending=True,
        filter_input=LedgerCheckpointFilter,
        permission=Permission.READ,
        description="Published checkpoints of the logs in reach, the largest first (检查点).",
    )
    ledger_consistency: LedgerConsistency | None = consistency(
        permission=Permission.READ,
        description="How a log grew between two sizes that are published, for who reads the whole log; else null (一致性证明).",
    )
    ledger_readings: Connection[LedgerReading] = connection(
        order="set_at",
        filter_input=LedgerReadingFilter,
        permission=Permission.READ,
        description="Who may read the logs in reach as files, where it was set (账本阅读范围).",
    )
    people: Connection[Person] = connection(
        order="created_at",
        filter_input=PersonFilter,
        permission=Permission.READ_PEOPLE,
        description="People of one's own tenant and of those that grant their audit (人员).",
    )
    erasures: Connection[Erasure] = connection(
        order="proposed_at",
        filter_input=ErasureFilter,
        permission=Permission.READ_PEOPLE,
        description="Erasures of personal values in one's own tenant and those that grant their audit (删除个人信息).",
    )
    access_log: Connection[AccessRecord] = connection(
        order="at",
        filter_input=AccessRecordFilter,
        permission=Permission.READ_PEOPLE,
        description="Refused attempts and readings of personal data, by people of one's own tenant and of those that grant their"
        " audit (访问记录).",
    )
    officer_keys: Connection[OfficerKey] = connection(
        order="enrolled_at",
        filter_input=OfficerKeyFilter,
        permission=Permission.READ,
        description="Officers' keys in the logs in reach (工作人员密钥).",
    )
    signing_policies: Connection[SigningPolicy] = connection(
        order="proposed_at",
        filter_input=SigningPolicyFilter,
        permission=Permission.READ,
        description="Which operations need a key: set and proposed (签名规定).",
    )
    grants: Connection[Grant] = connection(
        order="valid_from",
        filter_input=GrantFilter,
        permission=Permission.READ,
        description="Grants of one's own tenant and of those in reach (授权).",
    )
