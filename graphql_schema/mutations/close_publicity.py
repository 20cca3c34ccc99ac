"""`closePublicity`: the counted days have passed without objection (公示期满)."""

from __future__ import annotations

import strawberry

from certification.acts.close_publicity import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_roster
from graphql_schema.session import Session
from graphql_schema.types.enums import Level


@strawberry.input(description="Which publicity is closed (公示期满).")
class ClosePublicityInput:
    """A publicity."""

    campaign_id: strawberry.ID = strawberry.field(description="The campaign (批次).")
    level: Level = strawberry.field(description="The level (级别).")
    publicity_id: strawberry.ID = strawberry.field(description="The publicity (公示名单).")


async def close_publicity(root: Session, request_id: strawberry.ID, input: ClosePublicityInput) -> Outcome:
    """Not before the last counted day has ended."""
    campaign, publicity = parse_id(input.campaign_id, "Campaign"), parse_id(input.publicity_id, "Roster")
    command = Command(campaign.uuid, input.level, publicity.uuid)
    return await answer_roster(root, ACT, command, request_id)
