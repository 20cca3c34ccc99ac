"""`grantOversight`: an administrator lets another tenant oversee or audit this one (授权)."""

from __future__ import annotations

import strawberry

from certification.acts.grant_oversight import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session
from graphql_schema.types.enums import GrantScope


@strawberry.input(description="To whom, and what (授权).")
class GrantOversightInput:
    """A grant of one's own tenant."""

    grantee_id: strawberry.ID = strawberry.field(description="The tenant that is granted it (被授权租户).")
    scope: GrantScope = strawberry.field(
        description="OVERSEE for one's own city, AUDIT for any tenant (授权范围)."
    )


async def grant_oversight(root: Session, request_id: strawberry.ID, input: GrantOversightInput) -> Outcome:
    """It counts from now on; the grantee's tokens show it from the next signing in."""
    grantee = parse_id(input.grantee_id, "Tenant")
    return await answer_administering(root, ACT, Command(grantee.tenant, input.scope.value), request_id)
