"""What strangers may do, and how often: the follow code of an objection, and the limits on what is done without signing in.

A code (查询码) is 160 bits in eight groups of four letters and digits, derived from the request id under the desk's secret: a retry
is given the same one, nobody else can work it out, and only its digest is stored. Tries are counted by the address that they came
from, under a key that does not give the address away.
"""

from __future__ import annotations

from base64 import b32encode
from hashlib import sha256
from typing import Final

from graphql_schema.session import Session
from tenancy.throttle import Limit, check_rate

OBJECTIONS_OF_ONE: Final = 5
OBJECTIONS_OF_ALL: Final = 200
STATUS_TRIES: Final = 60
ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_MISREAD: Final = str.maketrans({"0": "O", "1": "I"})


def format_code(secret: bytes) -> str:
    """The code of 32 derived bytes: its first 160 bits."""
    text = b32encode(secret[:20]).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def digest_code(code: str) -> bytes:
    """What is stored of a code (32 bytes), however it was typed: small letters, blanks, 0 for O and 1 for I."""
    letters = (letter for letter in code.upper().translate(_MISREAD) if letter in ALPHABET)
    return sha256("".join(letters).encode()).digest()


async def check_filing(session: Session, tenant_id: int) -> None:
    """Count an objection that is being filed. Raises ThrottledError."""
    limits = (
        Limit(_key(session, "objection", session.client), OBJECTIONS_OF_ONE),
        Limit(_key(session, "objections", "all"), OBJECTIONS_OF_ALL),
    )
    await check_rate(session.database, tenant_id, limits, session.now)


async def check_tries(session: Session, tries: int) -> None:
    """Count codes that are tried; kept with the first of the public tenants, as a code names none. Raises ThrottledError."""
    if session.public:
        limit = Limit(_key(session, "objection.status", session.client), STATUS_TRIES, tries)
        await check_rate(session.database, min(session.public), (limit,), session.now)


def _key(session: Session, purpose: str, what: str) -> bytes:
    return session.get_desk().derive(f"throttle.{purpose}", what)
