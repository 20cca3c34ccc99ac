"""`endRole`: an administrator ends a role (免职)."""

from __future__ import annotations

import strawberry

from certification.acts.end_role import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session


@strawberry.input(description="Which role ends (免职).")
class EndRoleInput:
    """A role of one's own tenant."""

    role_id: strawberry.ID = strawberry.field(description="The role, by the id of its assignment (任职).")


async def end_role(root: Session, request_id: strawberry.ID, input: EndRoleInput) -> Outcome:
    """Acts stop at once; the last administrator's role stays."""
    role = parse_id(input.role_id, "RoleAssignment")
    return await answer_administering(root, ACT, Command(role.uuid), request_id, role)
