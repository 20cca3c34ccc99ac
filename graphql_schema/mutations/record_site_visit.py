"""`recordSiteVisit`: the city notes what it found on the spot (实地考察)."""

from __future__ import annotations

import strawberry

from certification.acts.record_site_visit import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_application
from graphql_schema.scalars import Hex
from graphql_schema.session import Session


@strawberry.input(description="What was found on the spot (实地考察).")
class RecordSiteVisitInput:
    """The note of a visit."""

    application_id: strawberry.ID = strawberry.field(description="The application (申报).")
    note: str = strawberry.field(description="What was found (考察情况).")
    form_hash: Hex = strawberry.field(
        description="Hash of the form version that was compared with the place."
    )


async def record_site_visit(root: Session, request_id: strawberry.ID, input: RecordSiteVisitInput) -> Outcome:
    """From reviewed to visited."""
    application = parse_id(input.application_id, "Application")
    command = Command(application.uuid, input.note, input.form_hash)
    return await answer_application(root, ACT, command, application.tenant, request_id)
