"""`addPerson`: an administrator adds a person with a login and first roles (增加人员)."""

from __future__ import annotations

import strawberry

from certification.acts.add_person import ACT, Command, FirstRole
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_administering, refuse
from graphql_schema.session import Session
from graphql_schema.types.enums import RoleName
from tenancy.errors import WeakPasswordError
from tenancy.sign_in import hash_password, work


@strawberry.input(description="A role over a unit of one's own tenant (角色).")
class FirstRoleInput:
    """A role to begin with."""

    role: RoleName = strawberry.field(description="Role (角色).")
    unit_id: strawberry.ID = strawberry.field(description="The unit whose jurisdiction it gives (单位).")


@strawberry.input(description="A person to add. Name, login and password never enter the ledger (人员).")
class AddPersonInput:
    """A person."""

    name: str = strawberry.field(description="Name, at most 30 字 (姓名).")
    login: str = strawberry.field(
        description="2 to 64 lower-case letters, digits, `.`, `_`, `-`; unlike any other of the tenant (账号)."
    )
    password: str = strawberry.field(
        description="Initial password, 8 to 256 characters; hand it over in person (初始密码)."
    )
    roles: list[FirstRoleInput] = strawberry.field(description="First roles; may be empty (角色).")


async def add_person(root: Session, request_id: strawberry.ID, input: AddPersonInput) -> Outcome:
    """The password is hashed in a thread before the transaction: argon2 is slow, and the act locks the tenant's log."""
    units = [parse_id(given.unit_id, "Unit") for given in input.roles]
    try:
        password_hash = await work(hash_password, input.password)
    except WeakPasswordError as refusal:
        return await refuse(root, refusal, ACT.operation, None)
    roles = tuple(
        FirstRole(given.role.value, unit.uuid) for given, unit in zip(input.roles, units, strict=True)
    )
    command = Command(roles, input.name, input.login, password_hash)
    return await answer_administering(root, ACT, command, request_id, *units)
