"""Making anew what is folded from the ledger (重建投影), and saying what differed: a difference is an alarm.

    async for found in rebuild(tx, progress): …      # each row that was not what the entries say; put right in the transaction

1. every entry of the bound tenant, in order: its text against its hash, and the facts that it says against the rows of `history_facts` of
   its sequence; missing, extra or different rows are put right;
2. every community that a fact is of, or that has a standing: its standings folded anew against those that are kept.

Both are streams of batches, so memory does not grow with the log. The caller owns the transaction: committed, it repairs; rolled back, it
only has compared. Entries from before entries said facts are read as certification/older.py says. Whether the log itself is whole is for
`xingji ledger check` to say.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Integer, Uuid, any_, bindparam, delete, select, union
from sqlalchemy.dialects.postgresql import ARRAY

from audit.tables import ledger_entries, ledger_heads
from audit.tree import leaf_hash
from certification.errors import InvariantError
from certification.fact import Fact, parse_fact
from certification.older import OPERATIONS, tell_older
from certification.projection import fold_standings, row_of, write_standings
from certification.reviews.tables import history_facts, standings
from certification.standing import Standing
from certification.tables import certification_changes, certifications
from tenancy.database import TenantConnection
from tenancy.statements import statement

BATCH: Final = 500
Progress = Callable[[int], None]
_TENANT: Final = bindparam("tenant_id", type_=Integer)
_ENTRIES: Final = statement(
    select(ledger_entries.c.seq, ledger_entries.c.hash, ledger_entries.c.leaf, ledger_entries.c.operation)
    .where(
        ledger_entries.c.tenant_id == _TENANT, ledger_entries.c.seq >= bindparam("first", type_=BigInteger)
    )
    .order_by(ledger_entries.c.seq)
    .limit(BATCH)
)
_COPIES: Final = statement(
    select(history_facts)
    .where(
        history_facts.c.tenant_id == _TENANT,
        history_facts.c.seq >= bindparam("first", type_=BigInteger),
        history_facts.c.seq < bindparam("stop", type_=BigInteger),
    )
    .order_by(history_facts.c.seq, history_facts.c.position)
)
_FORGET: Final = statement(
    delete(history_facts).where(
        history_facts.c.tenant_id == _TENANT,
        history_facts.c.seq == any_(bindparam("wrong", type_=ARRAY(BigInteger))),
    )
)
_COMMUNITIES: Final = statement(
    select(
        union(
            select(history_facts.c.community_id.label("id")).where(
                history_facts.c.tenant_id == _TENANT,
                history_facts.c.community_id > bindparam("after", type_=Uuid),
            ),
            select(standings.c.community_id).where(
                standings.c.tenant_id == _TENANT, standings.c.community_id > bindparam("after", type_=Uuid)
            ),
        )
        .subquery("known")
        .c.id
    )
    .order_by("id")
    .limit(BATCH)
)
_STANDINGS: Final = statement(
    select(standings).where(
        standings.c.tenant_id == _TENANT,
        standings.c.community_id == any_(bindparam("communities", type_=ARRAY(Uuid))),
    )
)
_CERTIFICATIONS: Final = statement(
    select(certifications).where(
        certifications.c.tenant_id == _TENANT,
        certifications.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
    )
)
_CHANGES: Final = statement(
    select(certification_changes).where(
        certification_changes.c.tenant_id == any_(bindparam("cities", type_=ARRAY(Integer))),
        certification_changes.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
    )
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that was not what the entries say: its table, its key, and `missing`, `extra` or `different`."""

    table: str
    key: str
    what: str


async def rebuild(tx: TenantConnection, progress: Progress | None = None) -> AsyncIterator[Difference]:
    """Every row that was not what the bound tenant's entries say, put right. `progress` hears how many entries are done.

    Raises InvariantError for an entry whose text is not what its hash says, or that bound what is there no more.
    """
    first = 0
    while entries := await tx.all(_ENTRIES, first=first):
        stop = entries[-1]["seq"] + 1
        for one in await _copy(tx, entries, first, stop):
            yield one
        first = stop
        if progress is not None:
            progress(first)
    # What stands behind the last entry was never said.
    for one in await _copy(tx, (), first, 2**63 - 1):
        yield one
    after = UUID(int=0)
    while found := [row["id"] for row in await tx.all(_COMMUNITIES, after=after)]:
        for one in await _stand(tx, found):
            yield one
        after = found[-1]


async def _copy(tx: TenantConnection, entries: Sequence[Any], first: int, stop: int) -> list[Difference]:
    """Compare the copies of a batch of entries, and put right those that differ."""
    said = await _say(tx, entries)
    expected = {
        (seq, position): row_of(tx.tenant_id, seq, position, fact, time)
        for seq, (time, facts) in said.items()
        for position, fact in enumerate(facts)
    }
    rows = await tx.all(_COPIES, first=first, stop=stop)
    found = {(row["seq"], row["position"]): dict(row) for row in rows}
    differences = _compare(history_facts.name, expected, found)
    wrong = {key[0] for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)}
    if wrong:
        await tx.raw.execute(_FORGET.sql, *_FORGET.arguments({"wrong": sorted(wrong)}, tx.tenant_id))
        await tx.insert(history_facts, [row for key, row in expected.items() if key[0] in wrong])
    return differences


async def _stand(tx: TenantConnection, communities: Sequence[UUID]) -> list[Difference]:
    folded = await fold_standings(tx, communities)
    expected = {_key(one): one for one in folded}
    found = {
        _key(one): one
        for one in (Standing(**row) for row in await tx.all(_STANDINGS, communities=communities))
    }
    differences = _compare(standings.name, expected, found)
    if differences:
        await write_standings(tx, communities, folded)
    return differences


def _key(one: Standing) -> tuple[object, ...]:
    return one.community_id, one.level, one.valid_from


def _compare(table: str, expected: Mapping[Any, Any], found: Mapping[Any, Any]) -> list[Difference]:
    def name(key: Any) -> str:
        if key not in found:
            return "missing"
        return "extra" if key not in expected else "different"

    keys = sorted(key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key))
    return [Difference(table, "/".join(map(str, key)), name(key)) for key in keys]


async def _say(tx: TenantConnection, entries: Sequence[Any]) -> dict[int, tuple[datetime, tuple[Fact, ...]]]:
    """When each of the entries was recorded and what it says; only those that say something."""
    said: dict[int, tuple[datetime, tuple[Fact, ...]]] = {}
    older: dict[int, Mapping[str, Any]] = {}
    for row in entries:
        leaf = row["leaf"]
        if '"facts":[' not in leaf and row["operation"] not in OPERATIONS:
            continue
        if leaf_hash(leaf.encode()) != row["hash"]:
            raise InvariantError(f"the text of entry {row['seq']} is not what its hash says")
        body = orjson.loads(leaf)["body"]
        time = datetime.fromisoformat(body["time"])
        if "facts" in body["intent"]:
            said[row["seq"]] = time, tuple(parse_fact(fact) for fact in body["intent"]["facts"])
        elif body["operation"] in OPERATIONS:
            older[row["seq"]] = body
    for seq, facts in (await _say_older(tx, older)).items():
        if facts:
            said[seq] = datetime.fromisoformat(older[seq]["time"]), facts
    return said


async def _say_older(
    tx: TenantConnection, bodies: Mapping[int, Mapping[str, Any]]
) -> dict[int, tuple[Fact, ...]]:
    """What entries from before facts say."""
    if not bodies:
        return {}
    ids = {
        UUID(row["key"])
        for body in bodies.values()
        for row in body["rows"]
        if row["table"] == "certifications"
    }
    changes = {UUID(body["intent"]["change"]) for body in bodies.values() if "change" in body["intent"]}
    rows = {str(row["id"]): dict(row) for row in await tx.all(_CERTIFICATIONS, ids=list(ids))}
    cities = [*tx.scope.shared, *tx.scope.granted]
    followed = {str(row["id"]): dict(row) for row in await tx.all(_CHANGES, cities=cities, ids=list(changes))}
    return {
        seq: tell_older(
            body["operation"],
            body["subject"]["id"],
            body["intent"],
            body["rows"],
            body["cites"],
            next((rows[row["key"]] for row in body["rows"] if row["key"] in rows), None),
            followed.get(body["intent"].get("change", "")),
        )
        for seq, body in bodies.items()
    }


_UNFOLDED: Final = statement(
    select(
        select(certifications.c.id).where(certifications.c.tenant_id == _TENANT).exists()
        & ~select(history_facts.c.seq).where(history_facts.c.tenant_id == _TENANT).exists()
        & select(ledger_heads.c.size).where(ledger_heads.c.tenant_id == _TENANT).exists()
    )
)


async def is_unfolded(tx: TenantConnection) -> bool:
    """Whether the bound tenant has a log, certifications and no copy of any fact: its entries are from before entries said facts."""
    return bool((await tx.one(_UNFOLDED))[0])
