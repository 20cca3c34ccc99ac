"""What is folded from the ledger and kept beside it (投影): rows that tell nothing the entries do not tell.

`keep` runs in the transaction of the entry, behind it: the entry's facts go into `history_facts`, and the standings of every community whose
history they are of are folded again, of those too that go on from one of them. The rows are a cache: they can be thrown away and made
again, and certification/rebuilding.py does so from the entries, and says what differed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, Text, any_, bindparam, delete, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from audit.entry import Cite, Receipt
from audit.tables import ledger_entries, ledger_heads
from certification.fact import Fact, FactKind
from certification.history import Facts, Told
from certification.reviews.tables import history_facts, standings
from certification.standing import Standing, project
from tenancy.database import TenantConnection
from tenancy.statements import Statement, statement

_TENANT: Final = bindparam("tenant_id", type_=Integer)
_COMMUNITIES: Final = bindparam("communities", type_=ARRAY(history_facts.c.community_id.type))
_SUCCEEDED: Final = literal_column(f"'{FactKind.SUCCEEDED}'", Text)


def _telling() -> Statement:
    """Every fact of each of the communities, those of the units that it goes on from among them."""
    link = history_facts.alias("link")
    asked = func.unnest(_COMMUNITIES).table_valued("id", name="asked").render_derived()
    line = select(asked.c.id.label("community"), asked.c.id.label("unit")).cte("line", recursive=True)
    line = line.union(
        select(line.c.community, link.c.subject_id)
        .join(line, link.c.community_id == line.c.unit)
        .where(link.c.tenant_id == _TENANT, link.c.kind == _SUCCEEDED)
    )
    copy, entry, head = history_facts, ledger_entries, ledger_heads
    return statement(
        select(line.c.community, copy, entry.c.hash, head.c.origin)
        .select_from(line)
        .join(copy, copy.c.community_id == line.c.unit)
        .join(entry, (entry.c.tenant_id == copy.c.tenant_id) & (entry.c.seq == copy.c.seq))
        .join(head, head.c.tenant_id == copy.c.tenant_id)
        .where(copy.c.tenant_id == _TENANT)
        .order_by(line.c.community, copy.c.seq, copy.c.position)
    )


def _touching() -> Statement:
    """The communities whose history holds what is told of these."""
    link = history_facts.alias("link")
    asked = func.unnest(_COMMUNITIES).table_valued("id", name="asked").render_derived()
    touched = select(asked.c.id.label("unit")).cte("touched", recursive=True)
    touched = touched.union(
        select(link.c.community_id)
        .join(touched, link.c.subject_id == touched.c.unit)
        .where(link.c.tenant_id == _TENANT, link.c.kind == _SUCCEEDED)
    )
    return statement(select(touched.c.unit))


_TELLING: Final = _telling()
_TOUCHING: Final = _touching()
_FORGETTING: Final = statement(
    delete(standings).where(standings.c.tenant_id == _TENANT, standings.c.community_id == any_(_COMMUNITIES))
)


async def keep(tx: TenantConnection, receipt: Receipt, facts: tuple[Fact, ...], now: datetime) -> None:
    """Keep what an entry of the bound tenant said."""
    if not facts:
        return
    rows = [row_of(tx.tenant_id, receipt.seq, position, fact, now) for position, fact in enumerate(facts)]
    await tx.insert(history_facts, rows)
    touched = await tx.all(_TOUCHING, communities=list({fact.community_id for fact in facts}))
    communities = [row["unit"] for row in touched]
    await write_standings(tx, communities, await fold_standings(tx, communities))


async def fold_standings(tx: TenantConnection, communities: Collection[UUID]) -> tuple[Standing, ...]:
    """The standings of communities of the bound tenant, from the copies of what entries say."""
    rows = await tx.all(_TELLING, communities=list(communities))
    return tuple(
        standing
        for community, told in groupby(rows, key=lambda row: row["community"])
        for standing in project(tx.tenant_id, Facts(community, tuple(_told(row) for row in told)))
    )


async def write_standings(
    tx: TenantConnection, communities: Collection[UUID], found: Sequence[Standing]
) -> None:
    """Put these in the place of what is kept of the communities."""
    await tx.raw.execute(
        _FORGETTING.sql, *_FORGETTING.arguments({"communities": list(communities)}, tx.tenant_id)
    )
    await tx.insert(standings, [asdict(one) for one in found])


def row_of(tenant_id: int, seq: int, position: int, fact: Fact, time: datetime) -> dict[str, Any]:
    """The row of `history_facts` of an entry's fact."""
    return {
        "tenant_id": tenant_id,
        "seq": seq,
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
        "recorded_at": time,
    }


def fact_of(row: Any) -> Fact:
    """The fact of a row of `history_facts`."""
    origin = row["cited_origin"]
    return Fact(
        FactKind(row["kind"]),
        row["community_id"],
        row["subject_id"],
        row["level"],
        row["valid_on"],
        row["year"],
        row["result"],
        row["legacy"],
        None if origin is None else Cite(origin, row["cited_seq"], row["cited_hash"]),
    )


def _told(row: Any) -> Told:
    entry = Cite(row["origin"], row["seq"], row["hash"])
    return Told(fact_of(row), entry, row["position"], row["recorded_at"])
