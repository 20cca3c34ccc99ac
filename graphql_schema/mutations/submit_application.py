"""`submitApplication`: a community hands its application to the street (提交)."""

from __future__ import annotations

import strawberry

from certification.acts.submit import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_application
from graphql_schema.scalars import Hex
from graphql_schema.session import Session


@strawberry.input(description="What is submitted (提交).")
class SubmitApplicationInput:
    """The application and the version of its form."""

    application_id: strawberry.ID = strawberry.field(description="The application (申报).")
    form_hash: Hex = strawberry.field(description="Hash of the form version that was read (推荐表哈希).")


async def submit_application(
    root: Session, request_id: strawberry.ID, input: SubmitApplicationInput
) -> Outcome:
    """From draft to submitted."""
    application = parse_id(input.application_id, "Application")
    command = Command(application.uuid, input.form_hash)
    return await answer_application(root, ACT, command, application.tenant, request_id)
