"""`confirmCertificationChange`: another person of the city confirms what becomes of a certification (确认认定变更)."""

from __future__ import annotations

import strawberry

from certification.acts.confirm_certification_change import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_change
from graphql_schema.session import Session


@strawberry.input(description="Which change (认定变更).")
class ConfirmCertificationChangeInput:
    """A change that was proposed."""

    change_id: strawberry.ID = strawberry.field(description="The change (认定变更).")


async def confirm_certification_change(
    root: Session, request_id: strawberry.ID, input: ConfirmCertificationChangeInput
) -> Outcome:
    """From now on it holds; the county's ledger follows."""
    change = parse_id(input.change_id, "CertificationChange")
    return await answer_change(root, ACT, Command(change.uuid), request_id, change)
