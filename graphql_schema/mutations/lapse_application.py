"""`lapseApplication`: a county declares lapsed what was not recommended in time (失效)."""

from __future__ import annotations

import strawberry

from certification.acts.lapse import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_application
from graphql_schema.session import Session


@strawberry.input(description="What has lapsed, and why (失效).")
class LapseApplicationInput:
    """The application and the reason."""

    application_id: strawberry.ID = strawberry.field(description="The application (申报).")
    reason: str = strawberry.field(description="Why it came to nothing (失效理由).")


async def lapse_application(
    root: Session, request_id: strawberry.ID, input: LapseApplicationInput
) -> Outcome:
    """To lapsed, once the window of recommendation is over."""
    application = parse_id(input.application_id, "Application")
    command = Command(application.uuid, input.reason)
    return await answer_application(root, ACT, command, application.tenant, request_id)
