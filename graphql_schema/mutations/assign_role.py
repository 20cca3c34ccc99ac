"""`assignRole`: an administrator gives a person a role over a unit (任职)."""

from __future__ import annotations

import strawberry

from certification.acts.assign_role import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session
from graphql_schema.types.enums import RoleName


@strawberry.input(description="Who gets which role over which unit, all of one's own tenant (任职).")
class AssignRoleInput:
    """A role for a person."""

    person_id: strawberry.ID = strawberry.field(description="The person (人员).")
    role: RoleName = strawberry.field(description="The role (角色).")
    unit_id: strawberry.ID = strawberry.field(description="The unit whose jurisdiction it gives (单位).")


async def assign_role(root: Session, request_id: strawberry.ID, input: AssignRoleInput) -> Outcome:
    """It counts from now on; a token shows it from the next signing in."""
    person, unit = parse_id(input.person_id, "Person"), parse_id(input.unit_id, "Unit")
    command = Command(person.uuid, input.role.value, unit.uuid)
    return await answer_administering(root, ACT, command, request_id, person, unit)
