"""Personal values against the commitments under which they are stored.

Values lie sealed beside the database's other rows, and what opens them is the caller's: `ReadValues` streams what is
stored, opened. No entry and no digest holds a value, so a changed one shows only here: it no longer opens, or not its
commitment. One that is gone was erased, which no entry contradicts. Whether a commitment stands in an audited row is the
row digests' part (`audit.online`).
"""

from collections.abc import AsyncIterator, Callable
from typing import TypeAlias
from uuid import UUID

from audit.commitment import opens
from audit.statements import Connection
from audit.verdict import RefutedError

Stored: TypeAlias = tuple[bytes, str, UUID, tuple[bytes, bytes] | None]
"""Commitment (32 bytes), field, subject, and (value, salt), or None for what does not open."""

ReadValues: TypeAlias = Callable[[Connection, int], AsyncIterator[Stored]]
"""Every personal value of a tenant."""


async def check_values(conn: Connection, tenant_id: int, read: ReadValues) -> None:
    """Raise RefutedError for the first of the tenant's values that does not open, or not its commitment."""
    async for commitment, field, subject, opened in read(conn, tenant_id):
        if opened is None:
            raise RefutedError("value_unopenable", field=field, subject=subject)
        if not _holds(commitment, field, *opened):
            raise RefutedError("value_changed", field=field, subject=subject)


def _holds(commitment: bytes, field: str, value: bytes, salt: bytes) -> bool:
    try:
        return opens(commitment, field, value, salt)
    except ValueError:
        return False
