"""The figures of a form, as a mutation takes them (指标数据)."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry

from certification.figures import Figure
from graphql_schema.scalars import SafeInt


@strawberry.input(description="A figure of an indicator; what it has is as the indicator asks (指标数据).")
class FigureInput:
    """Numerator and denominator, a count, or whether a statement holds."""

    code: str = strawberry.field(description="The indicator, as in `Campaign.standard` (指标代码).")
    group: str | None = strawberry.field(
        default=None, description="The group, where it has groups (人员类别)."
    )
    numerator: SafeInt | None = strawberry.field(
        default=None, description="Numerator, a whole number (分子)."
    )
    denominator: SafeInt | None = strawberry.field(
        default=None, description="Denominator, a whole number (分母)."
    )
    count: SafeInt | None = strawberry.field(default=None, description="Count, a whole number (数目).")
    holds: bool | None = strawberry.field(default=None, description="Whether it holds (是否).")


def figures_of(given: Iterable[FigureInput]) -> tuple[Figure, ...]:
    """As the acts take them."""
    return tuple(
        Figure(one.code, one.group, one.numerator, one.denominator, one.count, one.holds) for one in given
    )
