"""`declineCertificationChange`: an officer of the city declines what was proposed of a certification (否决认定变更)."""

from __future__ import annotations

import strawberry

from certification.acts.decline_certification_change import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_change
from graphql_schema.session import Session


@strawberry.input(description="Which change, and why not (否决认定变更).")
class DeclineCertificationChangeInput:
    """A change that was proposed."""

    change_id: strawberry.ID = strawberry.field(description="The change (认定变更).")
    reason: str = strawberry.field(description="Why (理由).")


async def decline_certification_change(
    root: Session, request_id: strawberry.ID, input: DeclineCertificationChangeInput
) -> Outcome:
    """It never holds; who proposed it may take it back so."""
    change = parse_id(input.change_id, "CertificationChange")
    return await answer_change(root, ACT, Command(change.uuid, input.reason), request_id, change)
