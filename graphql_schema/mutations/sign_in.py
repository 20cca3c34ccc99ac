"""`signIn`: a tenant's code, a login and a password for a short-lived token. Not an act: the ledger does not hold it."""

from __future__ import annotations

import strawberry

from graphql_schema.declare import Outcome
from graphql_schema.mutations.boundary import refuse
from graphql_schema.session import Session
from tenancy.errors import SignInError
from tenancy.sign_in import sign_in as find_principal


@strawberry.input(description="Who signs in (登录).")
class SignInInput:
    """Credentials."""

    tenant_code: str = strawberry.field(description="Six-digit division code of one's tenant (县区代码).")
    login: str = strawberry.field(description="Login within the tenant (账号).")
    password: str = strawberry.field(description="Password (密码).")


async def sign_in(root: Session, input: SignInInput) -> Outcome:
    """A token, or one and the same refusal for whatever is wrong.

    Roles and grants are those in force now; the token's ten minutes run on the wall clock, whatever day is played.
    """
    try:
        principal = await find_principal(
            root.database, input.tenant_code, input.login, input.password, root.now, root.get_desk().demo
        )
    except SignInError as refusal:
        return await refuse(root, refusal, "signIn", None)
    token, expires_at = root.get_desk().issue_token(principal)
    return Outcome("SignedIn", {"token": token, "expires_at": expires_at})
