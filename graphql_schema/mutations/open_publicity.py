"""`openPublicity`: the city puts up the list of those selected (公示)."""

from __future__ import annotations

from datetime import date

import strawberry

from certification.acts.open_publicity import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_roster
from graphql_schema.session import Session
from graphql_schema.types.enums import Level


@strawberry.input(description="What is publicised, and from when (公示).")
class OpenPublicityInput:
    """A ranking and a day."""

    campaign_id: strawberry.ID = strawberry.field(description="The campaign (批次).")
    level: Level = strawberry.field(description="The level (级别).")
    ranking_id: strawberry.ID = strawberry.field(description="The ranking that was read (排序名单).")
    opens_on: date = strawberry.field(description="A working day; it does not count itself (公示开始日).")


async def open_publicity(root: Session, request_id: strawberry.ID, input: OpenPublicityInput) -> Outcome:
    """The planner gives the last counted working day."""
    campaign, ranking = parse_id(input.campaign_id, "Campaign"), parse_id(input.ranking_id, "Roster")
    command = Command(campaign.uuid, input.level, ranking.uuid, input.opens_on)
    return await answer_roster(root, ACT, command, request_id)
