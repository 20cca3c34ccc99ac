"""`correctPublicity`: the city corrects what a publicity says of a community (更正公示)."""

from __future__ import annotations

import strawberry

from certification.acts.correct_publicity import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_roster
from graphql_schema.session import Session


@strawberry.input(description="How an item should read (更正).")
class CorrectPublicityInput:
    """An item, its name and the reason."""

    publicity_id: strawberry.ID = strawberry.field(description="The publicity (公示名单).")
    position: int = strawberry.field(description="The item (序号).")
    community_name: str = strawberry.field(
        description="市 / 县 / 街道 / 社区, as it should read (更正后的名称)."
    )
    reason: str = strawberry.field(description="Why (更正原因).")


async def correct_publicity(
    root: Session, request_id: strawberry.ID, input: CorrectPublicityInput
) -> Outcome:
    """The item's five days begin anew."""
    publicity = parse_id(input.publicity_id, "Roster")
    command = Command(publicity.uuid, input.position, input.community_name, input.reason)
    return await answer_roster(root, ACT, command, request_id)
