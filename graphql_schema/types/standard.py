"""The standard (认定标准) of a level, the figures that a form states, and what they come to: plain values of graphql_schema/judging.py."""

from __future__ import annotations

from enum import Enum

import strawberry

from graphql_schema.scalars import SafeInt
from graphql_schema.types.enums import ClauseResult, Level, StandardPart


@strawberry.enum(description="How an indicator is compared (比较方式).")
class Comparison(Enum):
    """Fractions and counts against a threshold; a count that must be 0; a statement; what the ledger says."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EXACTLY = "exactly"
    NONE = "none"
    YES = "yes"
    HISTORY = "history"


@strawberry.enum(description="What a denominator of zero means (分母为零).")
class ZeroDenominator(Enum):
    """As the standard says."""

    NOT_APPLICABLE = "not_applicable"
    FAILS = "fails"


@strawberry.type(description="A group of persons for which an indicator is stated by itself (人员类别).")
class IndicatorGroup:
    """Code and name."""

    code: str = strawberry.field(description="Code (代码).")
    label: str = strawberry.field(description="Name (名称).")


@strawberry.type(description="An item of the standard, which somebody looks at (条款).")
class StandardItem:
    """With its wording and ground."""

    code: str = strawberry.field(description="Code (条款号).")
    part: StandardPart = strawberry.field(description="Part (部分).")
    label: str = strawberry.field(description="Short name; empty in programmes of before (简称).")
    wording: str = strawberry.field(description="Wording (条文).")
    clause: str | None = strawberry.field(description="Where it stands (依据).")
    decided: bool = strawberry.field(description="Decided where the notice is silent (自行确定).")
    reason: str | None = strawberry.field(description="Why it was decided so (理由).")
    points: int | None = strawberry.field(description="The most that it gives; null: no points (分值).")
    veto: bool = strawberry.field(description="It alone refuses (一票否决).")


@strawberry.type(description="An indicator of a level (量化指标).")
class StandardIndicator:
    """Numerator × per against threshold × denominator, in whole numbers."""

    code: str = strawberry.field(description="Code (代码).")
    item: str | None = strawberry.field(description="The item that it belongs to (条款号).")
    label: str = strawberry.field(description="Name (名称).")
    wording: str = strawberry.field(description="Wording (条文).")
    comparison: Comparison = strawberry.field(description="How it is compared (比较方式).")
    threshold: SafeInt | None = strawberry.field(description="What it is compared with (标准值).")
    per: int | None = strawberry.field(
        description="Of how many the threshold is: 100 or 1000; null: of nothing (百分比或千分比)."
    )
    numerator: str | None = strawberry.field(description="What is counted (分子).")
    denominator: str | None = strawberry.field(description="Of what (分母).")
    unit: str = strawberry.field(description="In what (单位).")
    source: str = strawberry.field(description="Where the numbers come from (数据来源).")
    zero: ZeroDenominator | None = strawberry.field(
        description="What a denominator of zero means (分母为零)."
    )
    zero_reason: str | None = strawberry.field(description="Why (分母为零的理由).")
    groups: list[IndicatorGroup] = strawberry.field(description="For each of these by itself (人员类别).")
    stated: bool = strawberry.field(
        description="Whether people state it; else it comes from the ledger (是否填报)."
    )
    clause: str | None = strawberry.field(description="Where it stands (依据).")
    decided: bool = strawberry.field(description="Decided where the notice is silent (自行确定).")
    reason: str | None = strawberry.field(description="Why it was decided so (理由).")
    points: int | None = strawberry.field(description="What it gives; null: no points (分值).")
    veto: bool = strawberry.field(description="It alone refuses (一票否决).")


@strawberry.type(description="The standard that a campaign keeps, for a level (认定标准).")
class Standard:
    """One edition."""

    code: str = strawberry.field(description="Code; empty in programmes of before (代码).")
    version: int = strawberry.field(description="Edition (版本).")
    title: str = strawberry.field(description="Title (名称).")
    source: str = strawberry.field(description="Where it was issued (来源).")
    level: Level = strawberry.field(description="Level (级别).")
    pass_score: int | None = strawberry.field(
        description="The mark that passes; null: every clause must be met (合格分)."
    )
    items: list[StandardItem] = strawberry.field(description="Items in order (条款).")
    indicators: list[StandardIndicator] = strawberry.field(description="Indicators in order (量化指标).")


@strawberry.type(description="A figure as a community states it with its form (指标数据).")
class Figure:
    """Numerator and denominator, a count, or whether a statement holds."""

    code: str = strawberry.field(description="The indicator (指标代码).")
    group: str | None = strawberry.field(description="The group (人员类别).")
    numerator: SafeInt | None = strawberry.field(description="Numerator (分子).")
    denominator: SafeInt | None = strawberry.field(description="Denominator (分母).")
    count: SafeInt | None = strawberry.field(description="Count (数目).")
    holds: bool | None = strawberry.field(description="Whether it holds (是否).")


@strawberry.type(description="What one clause comes to (逐条评判).")
class ClauseOutcome:
    """An item that was looked at, or an indicator, for a group if it has groups."""

    code: str = strawberry.field(description="The item or indicator (代码).")
    item: str | None = strawberry.field(description="The item that it belongs to (条款号).")
    group: str | None = strawberry.field(description="The group (人员类别).")
    clause: str | None = strawberry.field(description="The clause that it cites (依据).")
    result: ClauseResult = strawberry.field(description="What it comes to (结果).")
    refuses: bool = strawberry.field(description="It stands in the way by itself (单独不合格).")
    numerator: SafeInt | None = strawberry.field(description="Numerator or count (分子).")
    denominator: SafeInt | None = strawberry.field(description="Denominator (分母).")
    threshold: SafeInt | None = strawberry.field(description="What it is compared with (标准值).")
    per: int | None = strawberry.field(description="Of how many the threshold is (百分比或千分比).")
    comparison: Comparison | None = strawberry.field(description="How it is compared (比较方式).")
    explanation: str = strawberry.field(description="Why, in the language that was asked for (说明).")
    change: SafeInt | None = strawberry.field(
        description="The least change of the numerator that makes it pass, the denominator as it is (分子最小变动)."
    )
    remedy: str | None = strawberry.field(description="What would change it (如何达标).")
    points: int | None = strawberry.field(description="Points given (得分).")
    highest: int | None = strawberry.field(description="The most that it gives (分值).")
    veto: bool = strawberry.field(description="It alone refuses (一票否决).")


@strawberry.type(description="What an application comes to by the standard, as it stands now (对标评判).")
class Judgement:
    """Items as the opinions that stand found them, indicators as the form states them, the past as the ledger says."""

    level: Level = strawberry.field(description="Level (级别).")
    qualifies: bool = strawberry.field(description="Whether it meets the standard (是否达标).")
    score: int | None = strawberry.field(description="Points so far; null: the standard gives none (得分).")
    pass_score: int | None = strawberry.field(description="The mark that passes (合格分).")
    highest: int | None = strawberry.field(description="The most that can be had (满分).")
    outcomes: list[ClauseOutcome] = strawberry.field(description="Clause by clause (逐条评判).")
