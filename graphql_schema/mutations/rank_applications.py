"""`rankApplications`: the city puts the visited applications in order (择优排序)."""

from __future__ import annotations

from dataclasses import replace

import strawberry

from certification.acts.listing import Choice
from certification.acts.rank import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_roster
from graphql_schema.session import Session
from graphql_schema.types.enums import Level, RosterVerdict


@strawberry.input(description="What a list says of an application (名单条目).")
class ChoiceInput:
    """Application, verdict, reason."""

    application_id: strawberry.ID = strawberry.field(description="The application (申报).")
    verdict: RosterVerdict = strawberry.field(description="What the list says of it (结论).")
    reason: str = strawberry.field(description="Why (理由).")

    def decode(self) -> Choice:
        """The choice as the domain takes it. Raises CodedError `id.malformed`."""
        application = parse_id(self.application_id, "Application")
        return Choice(application.tenant, application.uuid, self.verdict.value, self.reason)


@strawberry.input(description="What a ranking says of an application (排序条目).")
class RankedChoiceInput(ChoiceInput):
    """Perhaps with a score."""

    score: int | None = strawberry.field(
        default=None, description="Higher is better; all have one or none has (评分)."
    )
    tie_reason: str | None = strawberry.field(
        default=None, description="Why it stands behind the equal score before it (同分理由)."
    )

    def decode(self) -> Choice:
        """The choice with its score. Raises CodedError `id.malformed`."""
        return replace(super().decode(), score=self.score, tie_reason=self.tie_reason)


@strawberry.input(description="A ranking, best first (排序).")
class RankApplicationsInput:
    """Every visited application of a level, selected or not."""

    campaign_id: strawberry.ID = strawberry.field(description="The campaign (批次).")
    level: Level = strawberry.field(description="The level (级别).")
    items: list[RankedChoiceInput] = strawberry.field(
        description="Best first; SELECTED or NOT_SELECTED (排序名单)."
    )
    reason: str = strawberry.field(description="How the order was found (排序说明).")


async def rank_applications(
    root: Session, request_id: strawberry.ID, input: RankApplicationsInput
) -> Outcome:
    """At most as many are selected as the city has places; fewer is valid (宁缺毋滥)."""
    campaign = parse_id(input.campaign_id, "Campaign")
    items = tuple(item.decode() for item in input.items)
    command = Command(campaign.uuid, input.level, items, input.reason)
    return await answer_roster(root, ACT, command, request_id)
