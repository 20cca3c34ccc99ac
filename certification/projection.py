"""What is folded from the ledger and kept beside it (投影): rows that tell nothing the entries do not tell.

`keep` runs in the transaction of the entry, behind it. The rows are a cache: they can be thrown away and made again.
"""

from __future__ import annotations

from datetime import datetime

from audit.entry import Receipt
from certification.fact import Fact
from certification.reviews.tables import history_facts
from tenancy.database import TenantConnection


async def keep(tx: TenantConnection, receipt: Receipt, facts: tuple[Fact, ...], now: datetime) -> None:
    """Keep what an entry of the bound tenant said."""
    rows = [_row(tx.tenant_id, receipt, position, fact, now) for position, fact in enumerate(facts)]
    await tx.insert(history_facts, rows)


def _row(tenant_id: int, receipt: Receipt, position: int, fact: Fact, now: datetime) -> dict[str, object]:
    return {
        "tenant_id": tenant_id,
        "seq": receipt.seq,
        "position": position,
        "community_id": fact.community_id,
        "kind": str(fact.kind),
        "level": fact.level,
        "valid_on": fact.valid_on,
        "year": fact.year,
        "result": fact.result,
        "subject_id": fact.subject_id,
        "legacy": fact.legacy,
        "cited_origin": None if fact.cite is None else fact.cite.origin,
        "cited_seq": None if fact.cite is None else fact.cite.seq,
        "cited_hash": None if fact.cite is None else fact.cite.hash,
        "recorded_at": now,
    }
