"""`endGrant`: an administrator ends a grant (终止授权)."""

from __future__ import annotations

import strawberry

from certification.acts.end_grant import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session


@strawberry.input(description="Which grant ends (终止授权).")
class EndGrantInput:
    """A grant of one's own tenant."""

    grant_id: strawberry.ID = strawberry.field(description="The grant (授权).")


async def end_grant(root: Session, request_id: strawberry.ID, input: EndGrantInput) -> Outcome:
    """The grantee's acts stop at once."""
    grant = parse_id(input.grant_id, "Grant")
    return await answer_administering(root, ACT, Command(grant.uuid), request_id, grant)
