"""The access log: attempts beyond one's reach, and personal values that were read.

The rule upheld here: what was refused is not an entry of the ledger and takes no sequence, but it is not
forgotten either. It is written in a transaction of its own, in the tenant of whoever tried, after the refused
one has rolled back. What a reader was shown of others' personal data is written before it leaves. `target` names an object by id or code, never a person's data.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import uuid4

from tenancy.database import Database, Scope
from tenancy.identity import Principal
from tenancy.tables import access_log

LONGEST_TARGET: Final = 200
READ: Final = "read.personal"
SHOWN: Final = "personal.read"


async def record_refusal(
    database: Database,
    principal: Principal,
    operation: str,
    target: str,
    code: str,
    trace_id: str,
    now: datetime,
) -> None:
    """Write one refused attempt; `code` is the refusal's, `trace_id` the request's."""
    row = {
        "tenant_id": principal.tenant_id,
        "id": uuid4(),
        "at": now,
        "person_id": principal.person_id,
        "operation": operation,
        "target": target[:LONGEST_TARGET],
        "code": code,
        "trace_id": trace_id,
    }
    async with database.write(Scope(principal.tenant_id)) as tx:
        await tx.insert(access_log, [row])


async def record_reads(
    database: Database, principal: Principal, targets: Collection[str], trace_id: str, now: datetime
) -> None:
    """Write that personal values were shown whole: a row for each subject, one statement; a target names object and fields."""
    rows = [
        {
            "tenant_id": principal.tenant_id,
            "id": uuid4(),
            "at": now,
            "person_id": principal.person_id,
            "operation": READ,
            "target": target,
            "code": SHOWN,
            "trace_id": trace_id,
        }
        for target in targets
    ]
    async with database.write(Scope(principal.tenant_id)) as tx:
        await tx.insert(access_log, rows)
