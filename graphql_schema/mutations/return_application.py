"""`returnApplication`: street, county or city hand an application back with what is wrong (退回)."""

from __future__ import annotations

import strawberry

from certification.acts.return_application import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_application
from graphql_schema.scalars import Hex
from graphql_schema.session import Session
from graphql_schema.types.enums import OpinionStage


@strawberry.input(description="What is wrong, bound to the version of the form that was read (退回).")
class ReturnApplicationInput:
    """Stage and reason."""

    application_id: strawberry.ID = strawberry.field(description="The application (申报).")
    stage: OpinionStage = strawberry.field(description="Who returns it, and when (环节).")
    reason: str = strawberry.field(description="What is wrong (退回理由).")
    form_hash: Hex = strawberry.field(description="Hash of the form version that was read (推荐表哈希).")


async def return_application(
    root: Session, request_id: strawberry.ID, input: ReturnApplicationInput
) -> Outcome:
    """To returned, from where the stage acts."""
    application = parse_id(input.application_id, "Application")
    command = Command(application.uuid, input.stage.value, input.reason, input.form_hash)
    return await answer_application(root, ACT, command, application.tenant, request_id)
