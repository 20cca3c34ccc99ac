"""The time tokens of a log, as they are stored: asked for behind publication, written once each, never changed.

A token is over a published checkpoint's text and is checked before it is written (`audit.timestamp`); the evidence is the token itself.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import ClauseElement

from audit.statements import Connection, statement
from audit.tables import ledger_timestamps


@dataclass(frozen=True, slots=True)
class TimeToken:
    """A token (TimeStampResp, DER) over a checkpoint's text, and the moment that it names."""

    size: int
    text: str
    token: bytes
    stamped_at: datetime


async def find_stamped(conn: Connection, tenant_id: int) -> int:
    """The size of the largest checkpoint that a token stands over; 0 when there is none."""
    finding = _finding()
    found: int = await conn.fetchval(finding.text, *finding.arguments(tenant_id=tenant_id))
    return found


async def keep_token(conn: Connection, tenant_id: int, token: TimeToken) -> None:
    """Write a token that was checked; the first over a checkpoint stands."""
    keeping = _keeping()
    await conn.execute(
        keeping.text,
        *keeping.arguments(
            tenant_id=tenant_id,
            size=token.size,
            checkpoint=token.text,
            token=token.token,
            stamped_at=token.stamped_at,
        ),
    )


async def read_tokens(conn: Connection, tenant_id: int) -> tuple[TimeToken, ...]:
    """Every token of a log, by size."""
    reading = _reading()
    rows = await conn.fetch(reading.text, *reading.arguments(tenant_id=tenant_id))
    return tuple(TimeToken(row["size"], row["checkpoint"], row["token"], row["stamped_at"]) for row in rows)


@statement
def _finding() -> ClauseElement:
    tokens = ledger_timestamps.c
    return select(func.coalesce(func.max(tokens.size), literal_column("0"))).where(
        tokens.tenant_id == bindparam("tenant_id", type_=tokens.tenant_id.type)
    )


@statement
def _keeping() -> ClauseElement:
    tokens = ledger_timestamps.c
    names = ("tenant_id", "size", "checkpoint", "token", "stamped_at")
    values = {name: bindparam(name, type_=tokens[name].type) for name in names}
    return insert(ledger_timestamps).values(**values).on_conflict_do_nothing()


@statement
def _reading() -> ClauseElement:
    tokens = ledger_timestamps.c
    return (
        select(tokens.size, tokens.checkpoint, tokens.token, tokens.stamped_at)
        .where(tokens.tenant_id == bindparam("tenant_id", type_=tokens.tenant_id.type))
        .order_by(tokens.size)
    )
