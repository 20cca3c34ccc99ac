"""`changePassword`: one's own (修改密码). Not an act: the ledger does not hold credentials."""

from __future__ import annotations

import strawberry

from graphql_schema.declare import Outcome
from graphql_schema.mutations.boundary import get_principal, refuse
from graphql_schema.session import Session
from tenancy.errors import PasswordRefusedError, WeakPasswordError
from tenancy.sign_in import change_password as change


@strawberry.input(description="The old password and the new one (修改密码).")
class ChangePasswordInput:
    """Passwords."""

    old: str = strawberry.field(description="The password in force (原密码).")
    new: str = strawberry.field(description="The new one, 8 to 256 characters (新密码).")


async def change_password(root: Session, input: ChangePasswordInput) -> Outcome:
    """A wrong old password counts like a failed signing in."""
    try:
        await change(root.database, get_principal(root), input.old, input.new, root.now, root.get_desk().demo)
    except (PasswordRefusedError, WeakPasswordError) as refusal:
        return await refuse(root, refusal, "changePassword", None)
    return Outcome("PasswordChanged", {"changed_at": root.now})
