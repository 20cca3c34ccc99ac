"""`planReviewCycle`."""

from __future__ import annotations

from datetime import date

import strawberry

from certification.acts.plan_review_cycle import ACT, Command
from certification.errors import NotFoundError
from certification.reviews.planning import Member, PlannedTeam
from graphql_schema.declare import Outcome
from graphql_schema.ids import NodeRef, parse_id
from graphql_schema.mutations.boundary import answer_act, refuse
from graphql_schema.session import Session


@strawberry.input(description="A member of a review team (复查组成员).")
class ReviewTeamMemberInput:
    """A person, and what they say they do not review."""

    inspector_id: strawberry.ID = strawberry.field(description="Who (复查人员).")
    barred_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Streets of the county that they do not review (主动回避)."
    )

    def decode(self) -> tuple[NodeRef, tuple[NodeRef, ...]]:
        """Places."""
        return parse_id(self.inspector_id, "Inspector"), tuple(
            parse_id(one, "Unit") for one in self.barred_ids
        )


@strawberry.input(description="A review team (复查组).")
class ReviewTeamInput:
    """A name, and who is of it."""

    name: str = strawberry.field(description="Name, one in the cycle (名称).")
    members: list[ReviewTeamMemberInput] = strawberry.field(description="Its members (成员).")


@strawberry.input(description="A cycle of annual reviews of a county (复查计划).")
class PlanReviewCycleInput:
    """At most 300 communities, 30 teams and 60 people; a larger county plans several."""

    tenant_id: strawberry.ID = strawberry.field(description="The county (租户).")
    campaign_id: strawberry.ID = strawberry.field(description="Whose programme rules it (批次).")
    year: int = strawberry.field(description="The year that is reviewed (年度).")
    name: str = strawberry.field(description="Name, at most 60 字 (名称).")
    opens_on: date = strawberry.field(description="First day of inspections (起始日).")
    closes_on: date = strawberry.field(description="Last day, of the same year (截止日).")
    community_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Which; null: all that are to be reviewed and are not planned yet (社区)."
    )
    teams: list[ReviewTeamInput] = strawberry.field(description="The teams (复查组).")


async def plan_review_cycle(root: Session, request_id: strawberry.ID, input: PlanReviewCycleInput) -> Outcome:
    """Who goes where is drawn."""
    county = parse_id(input.tenant_id, "Tenant").tenant
    campaign = parse_id(input.campaign_id, "Campaign")
    communities = (
        None if input.community_ids is None else [parse_id(one, "Unit") for one in input.community_ids]
    )
    teams = [(team.name, [member.decode() for member in team.members]) for team in input.teams]
    units = [
        *(communities or ()),
        *(street for _, members in teams for _, found in members for street in found),
    ]
    if any(unit.tenant != county for unit in units):
        foreign = NotFoundError(what="community", what_zh="社区")
        return await refuse(root, foreign, ACT.operation, county)
    command = Command(
        campaign_tenant_id=campaign.tenant,
        campaign_id=campaign.uuid,
        year=input.year,
        name=input.name,
        opens_on=input.opens_on,
        closes_on=input.closes_on,
        communities=None if communities is None else tuple(one.uuid for one in communities),
        teams=tuple(
            PlannedTeam(
                name,
                tuple(
                    Member(person.tenant, person.uuid, tuple(street.uuid for street in found))
                    for person, found in members
                ),
            )
            for name, members in teams
        ),
    )
    answer = ("ReviewCycleRecorded", "cycle", "ReviewCycle")
    return await answer_act(root, ACT, command, county, request_id, answer)
