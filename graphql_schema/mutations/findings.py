"""What was found item by item, as two mutations take it (逐条评定)."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry

from certification.assessment import Found
from graphql_schema.types.enums import Finding


@strawberry.input(description="What was found of an item of the standard (逐条评定).")
class ItemFindingInput:
    """Code, verdict and note."""

    code: str = strawberry.field(description="Code within the standard, e.g. 1.1 (条款号).")
    verdict: Finding = strawberry.field(description="What was found (评定).")
    note: str = strawberry.field(
        default="", description="What falls short, or why it does not apply; needed unless it is met (说明)."
    )
    score: int | None = strawberry.field(
        default=None, description="Points, where the standard gives points for the item (得分)."
    )


def findings(given: Iterable[ItemFindingInput]) -> tuple[Found, ...]:
    """As the acts take them."""
    return tuple(Found(one.code, one.verdict.value, one.note, one.score) for one in given)
