"""Reading the facts that a community's history is folded from (certification/history.py): certifications and attested reviews.

    view = ApplicationView(…, facts=await read_facts(tx, programme, level, community_id))

Nothing is read for a level that asks for no history. What has been proposed, or declined, is no fact: only what the city has
attested. A review cites the entry that attested it, the last that recorded its row. The same two expressions serve the read path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from audit.entry import Cite
from audit.tables import ledger_entries, ledger_heads, ledger_rows
from certification.history import Certified, Facts, Reviewed
from certification.programme import Programme
from certification.tables import applications, certifications, legacy_records
from tenancy.database import TenantConnection
from tenancy.statements import statement

_HEX: Final = literal_column("'hex'", Text)


def certified_facts(tenant: ColumnElement[Any], community: ColumnElement[Any]) -> ColumnElement[Any]:
    """`[[level, day, legacy, origin, sequence, hash, state, day of the state], …]` of a community, as JSON."""
    row = certifications
    fact = func.json_build_array(
        row.c.level,
        row.c.certified_on,
        row.c.legacy_id.is_not(None),
        row.c.cited_origin,
        row.c.cited_seq,
        func.encode(row.c.cited_hash, _HEX),
        row.c.state,
        row.c.state_on,
    )
    found = select(func.json_agg(fact)).where(row.c.tenant_id == tenant, row.c.community_id == community)
    return found.correlate_except(row).scalar_subquery()


def reviewed_facts(tenant: ColumnElement[Any], community: ColumnElement[Any]) -> ColumnElement[Any]:
    """`[[level, year, result, legacy, origin, sequence, hash], …]` of a community, as JSON."""
    row = legacy_records
    attested = (
        select(func.max(ledger_rows.c.seq))
        .where(
            ledger_rows.c.tenant_id == row.c.tenant_id,
            ledger_rows.c.table_name == literal_column("'legacy_records'", Text),
            ledger_rows.c.row_key == cast(row.c.id, Text),
        )
        .correlate(row)
        .scalar_subquery()
    )
    fact = func.json_build_array(
        row.c.level,
        row.c.year,
        row.c.result,
        literal_column("true"),
        ledger_heads.c.origin,
        ledger_entries.c.seq,
        func.encode(ledger_entries.c.hash, _HEX),
    )
    found = (
        select(func.json_agg(fact))
        .select_from(row)
        .join(ledger_heads, ledger_heads.c.tenant_id == row.c.tenant_id)
        .join(
            ledger_entries,
            (ledger_entries.c.tenant_id == row.c.tenant_id) & (ledger_entries.c.seq == attested),
        )
        .where(
            row.c.tenant_id == tenant,
            row.c.community_id == community,
            row.c.kind == literal_column("'annual_review'", Text),
            row.c.attested_at.is_not(None),
        )
    )
    return found.correlate_except(row, ledger_heads, ledger_entries).scalar_subquery()


_TENANT: Final = bindparam("tenant_id", type_=Integer)
_COMMUNITY: Final = bindparam("community", type_=certifications.c.community_id.type)
_FACTS: Final = statement(
    select(
        cast(certified_facts(_TENANT, _COMMUNITY), Text).label("certified"),
        cast(reviewed_facts(_TENANT, _COMMUNITY), Text).label("reviewed"),
    )
)


_FACTS_OF: Final = statement(
    select(
        applications.c.tenant_id,
        applications.c.id,
        cast(certified_facts(applications.c.tenant_id, applications.c.community_id), Text).label("certified"),
        cast(reviewed_facts(applications.c.tenant_id, applications.c.community_id), Text).label("reviewed"),
    ).where(
        applications.c.tenant_id == any_(bindparam("granted", type_=ARRAY(Integer))),
        applications.c.id == any_(bindparam("ids", type_=ARRAY(applications.c.id.type))),
    )
)


async def read_facts(
    tx: TenantConnection, programme: Programme, level: str, community_id: UUID
) -> Facts | None:
    """The past of a community of the bound tenant; None for a level that asks for none."""
    if programme.levels[level].requires is None:
        return None
    return await read_all_facts(tx, community_id)


async def read_all_facts(tx: TenantConnection, community_id: UUID) -> Facts:
    """The past of a community of the bound tenant."""
    row = await tx.one(_FACTS, community=community_id)
    return parse_facts({name: orjson.loads(row[name] or "null") for name in ("certified", "reviewed")})


async def read_facts_of(
    tx: TenantConnection, application_ids: Sequence[UUID]
) -> Mapping[tuple[int, UUID], Facts]:
    """The past of the community of each of these applications of granted tenants, by tenant and application."""
    rows = await tx.all(_FACTS_OF, granted=list(tx.scope.granted), ids=list(application_ids))
    return {
        (row["tenant_id"], row["id"]): parse_facts(
            {name: orjson.loads(row[name] or "null") for name in ("certified", "reviewed")}
        )
        for row in rows
    }


def parse_facts(found: Mapping[str, Sequence[Sequence[Any]] | None]) -> Facts:
    """Facts from the two expressions' values, `certified` and `reviewed`, as JSON values."""
    return Facts(
        tuple(
            Certified(
                level,
                date.fromisoformat(on),
                legacy,
                Cite(origin, seq, bytes.fromhex(hash_)),
                state,
                None if state_on is None else date.fromisoformat(state_on),
            )
            for level, on, legacy, origin, seq, hash_, state, state_on in found["certified"] or ()
        ),
        tuple(
            Reviewed(level, year, result, legacy, Cite(origin, seq, bytes.fromhex(hash_)))
            for level, year, result, legacy, origin, seq, hash_ in found["reviewed"] or ()
        ),
    )
