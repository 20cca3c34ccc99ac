"""Reading the facts that a community's history is folded from (certification/history.py), out of the ledger's own entries.

    view = ApplicationView(…, facts=await read_facts(tx, programme, level, community_id))

`history_facts` says where to look: in which entry, at which place among its facts. What counts is what the entry says there. A copy that
says something else, or an entry whose text is not what its hash says, is our own broken invariant and raises InvariantError: nobody is admitted
on it. Nor on copies that are missing: an act asks whether the log has an entry that says facts and has no copy, and of an entry that it
reads every fact of the community must have come. (The rest is `xingji history rebuild --check`'s to tell: a missing copy of an entry from
before entries said facts, or of one of several communities of an entry. The chain of hashes is `xingji ledger check`'s.)

Nothing is read for a level that asks for no history. One statement reads a community with all that it goes on from; the read path uses the
same expression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, aggregate_order_by

from audit.entry import Cite
from audit.tables import SAYS_FACTS, ledger_entries
from certification.errors import InvariantError
from certification.fact import Fact, FactKind, parse_fact
from certification.history import Facts, Told
from certification.older import tell_older
from certification.programme import Programme
from certification.reviews.tables import history_facts
from certification.tables import applications
from tenancy.database import TenantConnection
from tenancy.statements import statement

_SUCCEEDED: Final = literal_column(f"'{FactKind.SUCCEEDED}'", Text)
_ONE: Final = """json_build_object(
  'copy', row_to_json(copied), 'hash', encode(entry.hash, 'hex'),
  'sound', sha256('\\x00'::bytea || convert_to(entry.leaf, 'UTF8')) = entry.hash,
  'origin', said.body -> 'origin', 'seq', said.body -> 'seq', 'time', said.body -> 'time',
  'facts', said.body #> '{intent,facts}',
  'older', CASE WHEN said.body #> '{intent,facts}' IS NULL THEN json_build_object(
    'operation', entry.operation, 'subject', entry.subject_id, 'intent', said.body -> 'intent', 'rows', said.body -> 'rows',
    'cites', said.body -> 'cites',
    'certification', (SELECT row_to_json(c) FROM certifications c
      WHERE c.tenant_id = copied.tenant_id AND c.id = copied.subject_id),
    'change', (SELECT row_to_json(g) FROM certification_changes g
      WHERE g.tenant_id = (SELECT t.parent_id FROM tenants t WHERE t.id = copied.tenant_id)
        AND g.id = (said.body #>> '{intent,change}')::uuid)) END)"""
"""What `_told` reads: the copy, the entry's place, and what the entry says; `older` is what certification/older.py asks for."""


def facts_of(tenant: ColumnElement[Any], community: ColumnElement[Any]) -> ColumnElement[Any]:
    """Every fact of a community and of the units that it goes on from, as JSON for `parse_facts`.

    Both are bound parameters, or columns of a table or alias that the statement around reads.
    """
    tenant, community = _outer(tenant), _outer(community)
    link, copy, entry = (
        history_facts.alias("link"),
        history_facts.alias("copied"),
        ledger_entries.alias("entry"),
    )
    line = select(community.label("unit")).cte("line", recursive=True, nesting=True)
    line = line.union(
        select(link.c.subject_id)
        .join(line, link.c.community_id == line.c.unit)
        .where(link.c.tenant_id == tenant, link.c.kind == _SUCCEEDED)
    )
    said = select(literal_column("entry.leaf::json -> 'body'", JSON).label("body")).lateral("said")
    one = literal_column(_ONE, JSON)
    found = (
        select(func.json_agg(aggregate_order_by(one, copy.c.seq, copy.c.position)))
        .select_from(line)
        .join(copy, copy.c.community_id == line.c.unit)
        .outerjoin(entry, (entry.c.tenant_id == copy.c.tenant_id) & (entry.c.seq == copy.c.seq))
        .outerjoin(said, true())
        .where(copy.c.tenant_id == tenant)
    )
    return found.scalar_subquery()


def _outer(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column of the statement around, by name: a recursive part takes no correlation."""
    table = getattr(column, "table", None)
    return column if table is None else literal_column(f"{table.name}.{column.key}", column.type)


_TENANT: Final = bindparam("tenant_id", type_=Integer)
_FACTS: Final = statement(
    select(cast(facts_of(_TENANT, bindparam("community", type_=Uuid)), Text).label("facts"))
)
_FACTS_OF: Final = statement(
    select(
        applications.c.tenant_id,
        applications.c.id,
        applications.c.community_id,
        cast(facts_of(applications.c.tenant_id, applications.c.community_id), Text).label("facts"),
    ).where(
        applications.c.tenant_id == any_(bindparam("granted", type_=ARRAY(Integer))),
        applications.c.id == any_(bindparam("ids", type_=ARRAY(applications.c.id.type))),
    )
)


_COPY, _ENTRY = history_facts.alias("copied"), ledger_entries.alias("entry")
_UNCOPIED: Final = statement(
    select(_ENTRY.c.tenant_id, _ENTRY.c.seq)
    .where(
        _ENTRY.c.tenant_id == any_(bindparam("tenants", type_=ARRAY(Integer))),
        literal_column(SAYS_FACTS.replace("leaf", "entry.leaf"), Boolean),
        ~select(literal_column("1"))
        .where(_COPY.c.tenant_id == _ENTRY.c.tenant_id, _COPY.c.seq == _ENTRY.c.seq)
        .exists(),
    )
    .limit(1)
)


async def _check_copied(tx: TenantConnection, tenants: Sequence[int]) -> None:
    """Raise InvariantError for a log with an entry that says facts of which no copy is kept."""
    row = await tx.first(_UNCOPIED, tenants=list(tenants))
    if row is not None:
        raise InvariantError(f"no copy is kept of what entry {row['seq']} of tenant {row['tenant_id']} says")


async def read_facts(
    tx: TenantConnection, programme: Programme, level: str, community_id: UUID
) -> Facts | None:
    """The past of a community of the bound tenant; None for a level that asks for none."""
    if programme.levels[level].requires is None:
        return None
    return await read_all_facts(tx, community_id)


async def read_all_facts(tx: TenantConnection, community_id: UUID) -> Facts:
    """The past of a community of the bound tenant. Raises InvariantError for a copy that its entry does not say, or that is missing."""
    await _check_copied(tx, [tx.tenant_id])
    row = await tx.one(_FACTS, community=community_id)
    return parse_facts(community_id, orjson.loads(row["facts"] or "null"))


async def read_facts_of(
    tx: TenantConnection, application_ids: Sequence[UUID]
) -> Mapping[tuple[int, UUID], Facts]:
    """The past of the community of each of these applications of granted tenants, by tenant and application."""
    await _check_copied(tx, tx.scope.granted)
    rows = await tx.all(_FACTS_OF, granted=list(tx.scope.granted), ids=list(application_ids))
    return {
        (row["tenant_id"], row["id"]): parse_facts(row["community_id"], orjson.loads(row["facts"] or "null"))
        for row in rows
    }


def parse_facts(community_id: UUID, found: Sequence[Mapping[str, Any]] | None) -> Facts:
    """Facts from the value of `facts_of`. Raises InvariantError for a copy that its entry does not say."""
    rows = found or ()
    told = tuple(_told(one) for one in rows)
    come = {(one["seq"], one["copy"]["position"]) for one in rows}
    line = {one.fact.community_id for one in told}
    for one in rows:
        for position, fact in enumerate(one["facts"] or ()):
            if UUID(fact["community"]) in line and (one["seq"], position) not in come:
                raise InvariantError(f"no copy is kept of fact {position} of entry {one['seq']}")
    return Facts(community_id, told)


def _told(one: Mapping[str, Any]) -> Told:
    copy = one["copy"]
    place = f"fact {copy['position']} of entry {copy['seq']}, tenant {copy['tenant_id']}"
    if one["hash"] is None or one["seq"] != copy["seq"] or not one["sound"]:
        raise InvariantError(f"{place}: there is no such entry, or its text is not what its hash says")
    if one["older"] is None:
        said = tuple(parse_fact(fact) for fact in one["facts"])
    else:
        said = tell_older(**one["older"])
    if copy["position"] >= len(said) or said[copy["position"]] != copy_of(copy):
        raise InvariantError(f"{place}: the entry does not say what its copy says")
    entry = Cite(one["origin"], one["seq"], bytes.fromhex(one["hash"]))
    return Told(said[copy["position"]], entry, copy["position"], datetime.fromisoformat(one["time"]))


def copy_of(row: Mapping[str, Any]) -> Fact:
    """The fact that a row of `history_facts` is a copy of; the row as JSON values."""
    on, origin = row["valid_on"], row["cited_origin"]
    return Fact(
        FactKind(row["kind"]),
        UUID(row["community_id"]),
        UUID(row["subject_id"]),
        row["level"],
        None if on is None else date.fromisoformat(on),
        row["year"],
        row["result"],
        row["legacy"],
        None if origin is None else Cite(origin, row["cited_seq"], bytes.fromhex(row["cited_hash"][2:])),
    )
