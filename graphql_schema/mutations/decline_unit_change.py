"""`declineUnitChange`: an officer of the city declines a change of divisions that was proposed (否决区划变更)."""

from __future__ import annotations

import strawberry

from certification.acts.decline_unit_change import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_unit_change
from graphql_schema.session import Session


@strawberry.input(description="Which change, and why not (否决区划变更).")
class DeclineUnitChangeInput:
    """A change that was proposed."""

    unit_change_id: strawberry.ID = strawberry.field(description="The change (区划变更).")
    reason: str = strawberry.field(description="Why (理由).")


async def decline_unit_change(
    root: Session, request_id: strawberry.ID, input: DeclineUnitChangeInput
) -> Outcome:
    """It never holds; who proposed it may take it back so."""
    change = parse_id(input.unit_change_id, "UnitChange")
    return await answer_unit_change(root, ACT, Command(change.uuid, input.reason), request_id, change)
