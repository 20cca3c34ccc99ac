"""The enums of the API. A member's value is what the column holds; its name is what clients see.

Where the floors below have the enum, it is theirs, declared to the schema here; it is written out only where they keep bare text.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import strawberry

from certification.comparison import Kind as SegmentKind
from certification.lineage.model import UnitChangeKind
from certification.model import (
    CertificationState,
    Finding,
    LegacyKind,
    LegacyResult,
    ObjectionStatus,
    ReviewResult,
    RosterKind,
)
from certification.model import ChangeKind as CertificationChangeKind
from certification.model import ItemVerdict as RosterVerdict
from certification.model import Stage as OpinionStage
from certification.model import Status as ApplicationStatus
from certification.model import Verdict as OpinionVerdict
from certification.reviews.model import (
    CycleStatus,
    DrawPurpose,
    DrawSide,
    DrawStatus,
    ReviewStage,
    ReviewStatus,
    ReviewVerdictKind,
    SpotCheckOutcome,
)
from certification.standard import Result as ClauseResult
from graphql_schema.scalars import Level, StandardPart
from tenancy.divisions import Kind as UnitKind
from tenancy.identity import GrantScope, RoleName
from tenancy.log_reading import LogReading


class Attestation(Enum):
    """Whose word an entry is."""

    OFFICER = "officer"
    SERVER = "server"


_DECLARED: Final[dict[str, tuple[type[Enum], str]]] = {
    "ApplicationStatus": (ApplicationStatus, "Where an application stands (状态)."),
    "OpinionStage": (OpinionStage, "Stage of an opinion (意见环节)."),
    "OpinionVerdict": (OpinionVerdict, "An opinion's verdict (意见结论)."),
    "Finding": (Finding, "What is found of an item of the standard (逐条评定)."),
    "RosterKind": (RosterKind, "Kind of list (名单类型)."),
    "ObjectionStatus": (ObjectionStatus, "Where an objection stands (异议状态)."),
    "DrawPurpose": (DrawPurpose, "What is drawn (抽取事项)."),
    "DrawSide": (DrawSide, "A party of a draw (抽取方)."),
    "DrawStatus": (DrawStatus, "Where a draw stands (抽取状态)."),
    "SpotCheckOutcome": (SpotCheckOutcome, "What looking up a drawn number came to (核查结果)."),
    "RosterVerdict": (RosterVerdict, "What a list says of an application (名单结论)."),
    "CertificationState": (CertificationState, "What became of a certification (认定状态)."),
    "CertificationChangeKind": (CertificationChangeKind, "What is done to a certification (认定变更)."),
    "UnitChangeKind": (UnitChangeKind, "What is done to units (区划变更)."),
    "LegacyKind": (LegacyKind, "What a legacy record is of (历史记录类型)."),
    "LegacyResult": (LegacyResult, "What a legacy record says (历史记录结论)."),
    "ReviewResult": (ReviewResult, "How the review of a year ended (年度复查结论)."),
    "ReviewStatus": (ReviewStatus, "Where an annual review is (复查状态)."),
    "ReviewStage": (ReviewStage, "Where a verdict on a review is given (复查环节)."),
    "ReviewVerdictKind": (ReviewVerdictKind, "What is said of a review (复查意见)."),
    "ReviewCycleStatus": (CycleStatus, "Where a cycle of annual reviews is (复查周期状态)."),
    "ClauseResult": (ClauseResult, "What a clause of the standard comes to (评判结果)."),
    "SegmentKind": (SegmentKind, "What became of a run of text (变动)."),
    "UnitKind": (UnitKind, "Kind of unit (单位类型)."),
    "RoleName": (RoleName, "A person's role (角色)."),
    "Attestation": (
        Attestation,
        "Whose word an entry is: its officer's signature, or the server's alone (签署).",
    ),
    "GrantScope": (GrantScope, "What a tenant grants another (授权范围)."),
    "LogReading": (LogReading, "Who may read a log as files (账本阅读范围)."),
}
for _name, (_enum, _description) in _DECLARED.items():
    strawberry.enum(_enum, name=_name, description=_description)


@strawberry.enum(description="Kind of tenant (租户类型).")
class TenantLevel(Enum):
    """The city, or a county beneath it."""

    CITY = "city"
    COUNTY = "county"


@strawberry.enum(description="What became of a predecessor (沿革).")
class LineageKind(Enum):
    """How a unit came from another."""

    MOVED = "moved"
    MERGED = "merged"
    SPLIT = "split"
    RENAMED = "renamed"


@strawberry.enum(description="What the city found of an objection (异议结论).")
class ObjectionVerdict(Enum):
    """成立, 不成立."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"


@strawberry.enum(description="Of what personal values may be erased (删除对象).")
class ErasableKind(Enum):
    """人员, 申报表版本, 异议."""

    PERSON = "person"
    FORM_VERSION = "form_version"
    OBJECTION = "objection"


@strawberry.enum(description="Why personal values are erased (删除事由): 个人信息保护法第四十七条.")
class ErasureGround(Enum):
    """目的已实现或者无法实现, 个人撤回同意, 保存期限已届满, 违法处理."""

    PURPOSE_ACHIEVED = "purpose_achieved"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    RETENTION_OVER = "retention_over"
    UNLAWFUL = "unlawful"


__all__ = [
    "ApplicationStatus",
    "CertificationChangeKind",
    "CertificationState",
    "ClauseResult",
    "CycleStatus",
    "DrawPurpose",
    "DrawSide",
    "DrawStatus",
    "ErasableKind",
    "ErasureGround",
    "Finding",
    "GrantScope",
    "LegacyKind",
    "LegacyResult",
    "Level",
    "LineageKind",
    "ObjectionStatus",
    "ObjectionVerdict",
    "OpinionStage",
    "OpinionVerdict",
    "ReviewResult",
    "ReviewStage",
    "ReviewStatus",
    "ReviewVerdictKind",
    "RoleName",
    "RosterKind",
    "RosterVerdict",
    "SegmentKind",
    "SpotCheckOutcome",
    "StandardPart",
    "TenantLevel",
    "UnitChangeKind",
    "UnitKind",
]
