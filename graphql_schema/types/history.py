"""A community's history as it is shown: what certification/history.py folds from the recorded facts. Plain values, never typed in."""

from __future__ import annotations

from datetime import date
from enum import Enum

import strawberry

from graphql_schema.scalars import Hex, SafeInt
from graphql_schema.types.enums import CertificationState, Level, ReviewResult
from graphql_schema.types.obstacle import Obstacle


@strawberry.enum(description="What set a streak to 0 (中断原因).")
class BreakKind(Enum):
    """A year without a review, a failed one, a revocation, a suspension."""

    MISSING = "missing"
    FAILED = "failed"
    REVOKED = "revoked"
    SUSPENDED = "suspended"


@strawberry.type(description="An entry of a county's or the city's ledger (引用).")
class Citation:
    """Where a fact stands."""

    origin: str = strawberry.field(description="Name of the log (账本名).")
    sequence: SafeInt = strawberry.field(description="Its place (序号).")
    hash: Hex = strawberry.field(description="Its hash (哈希).")


@strawberry.type(description="The annual review of a year, as a form shows it (年度复查情况).")
class FormReview:
    """Filled in from the ledger when the form was saved."""

    year: int = strawberry.field(description="The year (年度).")
    result: ReviewResult = strawberry.field(description="How it ended (结论).")
    legacy: bool = strawberry.field(description="It rests on paper, attested by county and city (历史记录).")
    cite: Citation = strawberry.field(description="The entry that made it count (引用).")


@strawberry.type(description="A closed year of a community's history (年度).")
class HistoryYear:
    """Without a review it has neither result nor citation. Where a cycle is of several years, it is named by its last."""

    year: int = strawberry.field(description="The year (年度).")
    first: int = strawberry.field(description="The first year of its cycle (周期首年).")
    result: ReviewResult | None = strawberry.field(
        description="How its review ended; null: there was none (结论)."
    )
    legacy: bool = strawberry.field(description="It rests on paper (历史记录).")
    cite: Citation | None = strawberry.field(description="The entry that made it count (引用).")


@strawberry.type(description="What last set a streak to 0 (中断).")
class HistoryBreak:
    """Which, and when."""

    kind: BreakKind = strawberry.field(description="What happened (原因).")
    year: int = strawberry.field(description="The year (年度).")
    cite: Citation | None = strawberry.field(
        description="The entry that shows it; null for a year without a review (引用)."
    )


@strawberry.type(
    description="A community's certification and annual reviews, folded on the day of asking (认定与复查历史)."
)
class History:
    """As a level asks for it; never typed in."""

    level: Level = strawberry.field(description="As this level (级别).")
    applying_for: Level = strawberry.field(description="The level that asks for it (申报级别).")
    certified_on: date | None = strawberry.field(
        description="Day of the certification that stands, or last stood (认定日期)."
    )
    certified_by: Citation | None = strawberry.field(description="The entry that it rests on (引用).")
    stands: bool = strawberry.field(description="Whether it stands (有效).")
    state: CertificationState | None = strawberry.field(
        description="Suspended or revoked; null: in force (状态)."
    )
    years: list[HistoryYear] = strawberry.field(description="The closed years that count (各年度).")
    streak: int = strawberry.field(
        description="Annual passes in succession up to the last closed year (连续合格年数)."
    )
    broken_by: HistoryBreak | None = strawberry.field(description="What last set it to 0 (中断).")
    first_year: int | None = strawberry.field(
        description="The first year to apply, if all to come are passed (最早申报年度)."
    )
    legacy: bool = strawberry.field(description="Something of it rests on paper (含历史记录).")
    obstacle: Obstacle | None = strawberry.field(
        description="What it lacks for the level applied for (尚缺条件)."
    )


@strawberry.type(description="Whether a community may apply for a level now (申报资格).")
class Eligibility:
    """For each level of the city's latest campaign."""

    level: Level = strawberry.field(description="The level (级别).")
    eligible: bool = strawberry.field(
        description="Its history holds what the level asks for, and it is not held already (历史符合条件，尚未认定)."
    )
    allowed: bool = strawberry.field(description="The reader may file now (可否申报).")
    obstacle: Obstacle | None = strawberry.field(description="What stands against it (不可申报的原因).")
