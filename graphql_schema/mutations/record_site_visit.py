"""`recordSiteVisit`: the city notes what it found on the spot (实地考察)."""

from __future__ import annotations

import strawberry

from certification.acts.record_site_visit import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_application
from graphql_schema.mutations.findings import ItemFindingInput, findings
from graphql_schema.scalars import Hex
from graphql_schema.session import Session
from graphql_schema.types.enums import OpinionVerdict


@strawberry.input(description="What was found on the spot (实地考察).")
class RecordSiteVisitInput:
    """The note of a visit."""

    application_id: strawberry.ID = strawberry.field(description="The application (申报).")
    note: str = strawberry.field(description="What was found (考察情况).")
    form_hash: Hex = strawberry.field(
        description="Hash of the form version that was compared with the place."
    )
    verdict: OpinionVerdict = strawberry.field(
        default=OpinionVerdict.AGREE,
        description="AGREE, or REFUSE; `returnApplication` hands it back (考察结论).",
    )
    items: list[ItemFindingInput] = strawberry.field(
        default_factory=list, description="A verdict on each item that the stage assesses (逐条评定)."
    )


async def record_site_visit(root: Session, request_id: strawberry.ID, input: RecordSiteVisitInput) -> Outcome:
    """From reviewed to visited, or out."""
    application = parse_id(input.application_id, "Application")
    command = Command(
        application.uuid, input.note, input.form_hash, input.verdict.value, findings(input.items)
    )
    return await answer_application(root, ACT, command, application.tenant, request_id)
