"""`withdrawApplication`: a community takes its application back (撤回)."""

from __future__ import annotations

import strawberry

from certification.acts.withdraw import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_application
from graphql_schema.session import Session


@strawberry.input(description="What is taken back, and why (撤回).")
class WithdrawApplicationInput:
    """The application and the reason."""

    application_id: strawberry.ID = strawberry.field(description="The application (申报).")
    reason: str = strawberry.field(description="Why (撤回理由).")


async def withdraw_application(
    root: Session, request_id: strawberry.ID, input: WithdrawApplicationInput
) -> Outcome:
    """To withdrawn, from anywhere before the report."""
    application = parse_id(input.application_id, "Application")
    command = Command(application.uuid, input.reason)
    return await answer_application(root, ACT, command, application.tenant, request_id)
