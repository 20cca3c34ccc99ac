"""`giveOpinion`: the street's, the county's or the city's opinion (意见) on an application."""

from __future__ import annotations

import strawberry

from certification.acts.give_opinion import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_application
from graphql_schema.mutations.findings import ItemFindingInput, findings
from graphql_schema.scalars import Hex
from graphql_schema.session import Session
from graphql_schema.types.enums import OpinionStage, OpinionVerdict


@strawberry.input(description="An opinion, bound to the version of the form that was read (意见).")
class GiveOpinionInput:
    """Verdict and text."""

    application_id: strawberry.ID = strawberry.field(description="The application (申报).")
    stage: OpinionStage = strawberry.field(description="STREET, COUNTY or CITY (环节).")
    verdict: OpinionVerdict = strawberry.field(description="Agree or refuse (同意、不同意).")
    text: str = strawberry.field(default="", description="The opinion; a refusal must say why (意见内容).")
    form_hash: Hex = strawberry.field(description="Hash of the form version that was read (推荐表哈希).")
    items: list[ItemFindingInput] = strawberry.field(
        default_factory=list, description="CITY: a verdict on each item that the stage assesses (逐条评定)."
    )
    confirm_justification: bool = strawberry.field(
        default=False, description="COUNTY, for a village: its reason is confirmed (确认申报理由)."
    )


async def give_opinion(root: Session, request_id: strawberry.ID, input: GiveOpinionInput) -> Outcome:
    """The county's opinion is its recommendation and takes the county's place."""
    application = parse_id(input.application_id, "Application")
    command = Command(
        application.uuid,
        input.stage.value,
        input.verdict.value,
        input.text,
        input.form_hash,
        findings(input.items),
        input.confirm_justification,
    )
    return await answer_application(root, ACT, command, application.tenant, request_id)
