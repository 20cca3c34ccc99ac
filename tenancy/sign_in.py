"""Passwords and sign-in: argon2, a lock-out, one answer for every refusal.

The rule upheld here: an attempt is counted before its password is looked at, in one atomic UPDATE, so that no
number of attempts at once gets more than five guesses; a success clears the count. An unknown login, a locked
one and a demo login outside the demo take the very same path as a wrong password, down to the argon2 work.

After `FAILURES` attempts the login is locked for `LOCKED`, and a right password is refused as well. Changing one's
password asks for the old one, and that attempt is counted in the same count.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from uuid import UUID

import asyncpg
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Boolean, ColumnElement, and_, bindparam, case, null, or_, select, update

from tenancy.database import Database, Scope
from tenancy.errors import PasswordRefusedError, SignInError, WeakPasswordError
from tenancy.identity import GRANTS_TO, USES, GrantScope, Principal, load_roles
from tenancy.statements import Statement, statement
from tenancy.tables import credentials, tenants

FAILURES: Final = 5
LOCKED: Final = timedelta(minutes=15)
SHORTEST: Final = 8
LONGEST: Final = 256

TENANT: Final[Statement] = statement(
    select(tenants.c.id, tenants.c.parent_id).where(tenants.c.code == bindparam("code"))
)


def claim_statement(whose: ColumnElement[bool]) -> Statement:
    """Count an attempt on a login that may try, and return what it is checked against."""
    over = credentials.c.locked_until <= bindparam("now")
    count = case((over, 1), else_=credentials.c.failures + 1)
    return statement(
        update(credentials)
        .where(
            credentials.c.tenant_id == bindparam("tenant_id"),
            whose,
            or_(credentials.c.locked_until.is_(None), over),
            or_(credentials.c.demo.is_(False), bindparam("demo_allowed", type_=Boolean)),
        )
        .values(
            failures=count,
            locked_until=case(
                (count >= FAILURES, bindparam("until", type_=credentials.c.locked_until.type)), else_=null()
            ),
        )
        .returning(credentials.c.person_id, credentials.c.password_hash, credentials.c.demo)
    )


CLAIM: Final[Statement] = claim_statement(credentials.c.login == bindparam("by_login"))
CLAIM_OWN: Final[Statement] = claim_statement(credentials.c.person_id == bindparam("person"))
CLEAR: Final[Statement] = statement(
    update(credentials)
    .where(
        and_(
            credentials.c.tenant_id == bindparam("tenant_id"), credentials.c.person_id == bindparam("person")
        )
    )
    .values(failures=0, locked_until=null())
)

REPLACE: Final[Statement] = statement(
    update(credentials)
    .where(
        credentials.c.tenant_id == bindparam("tenant_id"),
        credentials.c.person_id == bindparam("person"),
        credentials.c.password_hash == bindparam("known"),
    )
    .values(password_hash=bindparam("fresh"), failures=0, locked_until=null())
    .returning(credentials.c.person_id)
)


@cache
def hasher() -> PasswordHasher:
    """Argon2id with the library's parameters (RFC 9106, low memory)."""
    return PasswordHasher()


@cache
def nobodys_hash() -> str:
    """The hash that an attempt is checked against when no login may be."""
    return hasher().hash("nobody has this password")


def hash_password(password: str) -> str:
    """The encoded hash to keep. Raises WeakPasswordError outside 8 to 256 characters. Takes tens of ms."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPasswordError(shortest=SHORTEST, longest=LONGEST)
    return hasher().hash(password)


def is_password(encoded: str, password: str) -> bool:
    """Whether the password is the one that was hashed; as slow as hashing."""
    try:
        return hasher().verify(encoded, password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False


async def sign_in(
    database: Database, tenant_code: str, login: str, password: str, now: datetime, demo_allowed: bool
) -> Principal:
    """Who signs in, with roles and grants as they stand at `now`. Raises one SignInError for every cause."""
    # PostgreSQL keeps no NUL in a text, so nobody is called so.
    found = [] if "\0" in tenant_code + login else await database.registry(TENANT, code=tenant_code)
    home = next(iter(found), None)
    claimed = home and await claim(database, home["id"], login, now, demo_allowed)
    known = claimed["password_hash"] if claimed else nobodys_hash()
    right = await asyncio.to_thread(is_password, known, password)
    if not home or not claimed or not right:
        raise SignInError
    shared = (home["parent_id"],) if home["parent_id"] is not None else ()
    return await welcome(
        database, Scope(home["id"], shared=shared), claimed["person_id"], claimed["demo"], now
    )


async def change_password(
    database: Database, principal: Principal, old: str, new: str, now: datetime, demo_allowed: bool
) -> None:
    """Change one's own password; a lock-out ends with it, tokens that were issued run on for their ten minutes.

    Raises WeakPasswordError before anything is counted; PasswordRefusedError when the old password is wrong, the login is
    locked, or the password was changed meanwhile.
    """
    fresh = await asyncio.to_thread(hash_password, new)
    async with database.write(Scope(principal.tenant_id)) as tx:
        claimed = await tx.first(
            CLAIM_OWN, person=principal.person_id, now=now, until=now + LOCKED, demo_allowed=demo_allowed
        )
    known = claimed["password_hash"] if claimed else nobodys_hash()
    if not await asyncio.to_thread(is_password, known, old) or not claimed:
        raise PasswordRefusedError
    async with database.write(Scope(principal.tenant_id)) as tx:
        if await tx.first(REPLACE, person=principal.person_id, known=known, fresh=fresh) is None:
            raise PasswordRefusedError


async def claim(
    database: Database, tenant_id: int, login: str, now: datetime, demo_allowed: bool
) -> asyncpg.Record | None:
    """Count the attempt; None when the login is unknown, locked, or not to be used here.

    The commit does not wait for the disk: a wait would tell a known login from an unknown one.
    """
    async with database.write(Scope(tenant_id)) as tx:
        await tx.raw.execute("SET LOCAL synchronous_commit = off")
        return await tx.first(CLAIM, by_login=login, now=now, until=now + LOCKED, demo_allowed=demo_allowed)


async def welcome(database: Database, scope: Scope, person_id: UUID, demo: bool, now: datetime) -> Principal:
    """Clear the count and read what the person may see."""
    async with database.write(scope) as tx:
        await tx.all(CLEAR, person=person_id)
        roles = await load_roles(tx, scope.tenant_id, person_id, now)
        usable = {USES[role.name] for role in roles if role.name in USES}
        grants = await tx.all(GRANTS_TO, now=now)
    granted = sorted({row["tenant_id"] for row in grants if GrantScope(row["scope"]) in usable})
    return Principal(scope.tenant_id, person_id, roles, tuple(granted), scope.shared, demo)
