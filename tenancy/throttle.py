"""How often strangers may try something: counters in windows of an hour, keyed by what is counted, never by an address.

The rule upheld here: a try is counted before it is heard, in one atomic upsert, so no number of tries at once gets more than
the limit. A key is an HMAC that the caller makes of purpose and address; the row says nothing of who tried. What is refused
leaves nothing but the counter, and does not even grow it. Counters that are over go with later tries.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import DateTime, Integer, LargeBinary, and_, bindparam, case, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from tenancy.database import Database, Scope, TenantConnection
from tenancy.errors import ThrottledError
from tenancy.statements import Statement, statement
from tenancy.tables import throttles

WINDOW: Final = timedelta(hours=1)
SWEPT: Final = 100


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries an hour under `key` (32 bytes), `tries` of which are made now."""

    key: bytes
    most: int
    tries: int = 1


_NOW: Final = bindparam("now", type_=DateTime(timezone=True))
_OVER: Final = bindparam("over", type_=DateTime(timezone=True))
_TRIES: Final = bindparam("tries", type_=Integer)
_MOST: Final = bindparam("most", type_=Integer)
_KEY: Final = bindparam("key", type_=LargeBinary)
_TENANT: Final = bindparam("tenant_id", type_=Integer)


def _spend() -> Statement:
    made = insert(throttles).values(tenant_id=_TENANT, key=_KEY, window_start=_NOW, count=_TRIES)
    over = throttles.c.window_start <= _OVER
    return statement(
        made.on_conflict_do_update(
            index_elements=[throttles.c.tenant_id, throttles.c.key],
            set_={
                "count": case((over, _TRIES), else_=throttles.c.count + _TRIES),
                "window_start": case((over, _NOW), else_=throttles.c.window_start),
            },
            where=or_(over, throttles.c.count + _TRIES <= _MOST),
        ).returning(throttles.c.count)
    )


SPEND: Final = _spend()
STARTED: Final = statement(
    select(throttles.c.window_start).where(throttles.c.tenant_id == _TENANT, throttles.c.key == _KEY)
)
# Rows that another try holds are left to it: two sweeps never wait for each other.
_swept = (
    select(throttles.c.key)
    .where(throttles.c.tenant_id == _TENANT, throttles.c.window_start <= _OVER)
    .limit(SWEPT)
    .with_for_update(skip_locked=True)
)
SWEEP: Final = statement(
    delete(throttles).where(and_(throttles.c.tenant_id == _TENANT, throttles.c.key.in_(_swept)))
)


async def check_rate(database: Database, tenant_id: int, limits: Iterable[Limit], now: datetime) -> None:
    """Count a try against every limit, in a transaction of its own. Raises ThrottledError; then none is counted."""
    async with database.write(Scope(tenant_id)) as tx:
        await tx.all(SWEEP, over=now - WINDOW)
        for limit in limits:
            await _count(tx, limit, now)


async def _count(tx: TenantConnection, limit: Limit, now: datetime) -> None:
    given = {"key": limit.key, "now": now, "over": now - WINDOW, "most": limit.most, "tries": limit.tries}
    if limit.tries <= limit.most and await tx.first(SPEND, **given) is not None:
        return
    started = await tx.first(STARTED, key=limit.key)
    until = (now if started is None else started["window_start"]) + WINDOW
    # Of tries at once the first to be counted may have come later than this one.
    left = min(max(until - now, timedelta(seconds=1)), WINDOW)
    raise ThrottledError(seconds=-(-left // timedelta(seconds=1)))
