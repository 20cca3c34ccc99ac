"""`confirmUnitChange`: another person of the city confirms a change of divisions (确认区划变更)."""

from __future__ import annotations

import strawberry

from certification.acts.confirm_unit_change import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_unit_change
from graphql_schema.session import Session


@strawberry.input(description="Which change (区划变更).")
class ConfirmUnitChangeInput:
    """A change that was proposed."""

    unit_change_id: strawberry.ID = strawberry.field(description="The change (区划变更).")


async def confirm_unit_change(
    root: Session, request_id: strawberry.ID, input: ConfirmUnitChangeInput
) -> Outcome:
    """From now on it holds; the counties' ledgers follow."""
    change = parse_id(input.unit_change_id, "UnitChange")
    return await answer_unit_change(root, ACT, Command(change.uuid), request_id, change)
