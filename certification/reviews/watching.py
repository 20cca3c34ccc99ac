"""Which entries concern a cycle, so that whoever watches it knows that there is something new.

An entry concerns a cycle when its subject is the cycle, one of its reviews, or a draw of either, or when it wrote the row of one of them,
whatever its subject: a draw that is settled assigns reviews, a unit that is merged ends one. The log decides, and nothing beside it:
`find_last` is one statement, by indexes, with one look per subject. `WATCHED` are the tables whose rows wake the watchers.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from audit.tables import ledger_entries, ledger_rows
from certification.changes import Change
from certification.reviews.tables import annual_reviews, draws, observations, review_cycles, review_verdicts
from tenancy.database import TenantConnection
from tenancy.statements import statement

WATCHED: Final = frozenset(
    table.name for table in (review_cycles, annual_reviews, observations, review_verdicts, draws)
)


def is_watched(change: Change) -> bool:
    """Whether an act writes what somebody may watch."""
    return any(write.table.name in WATCHED for write in change.writes)


async def find_last(tx: TenantConnection, cycle_id: UUID) -> int | None:
    """The sequence, in the bound tenant's log, of the last entry that concerns the cycle; None when there is none."""
    found = await tx.one(_LAST, cycle_id=cycle_id)
    return None if found["seq"] is None else int(found["seq"])


def _last() -> Select[Any]:
    tenant, cycle = bindparam("tenant_id", type_=Integer), bindparam("cycle_id", type_=Uuid())
    reviews = select(annual_reviews.c.id).where(
        annual_reviews.c.tenant_id == tenant, annual_reviews.c.cycle_id == cycle
    )
    drawn = select(draws.c.id).where(
        draws.c.tenant_id == tenant, or_(draws.c.subject_id == cycle, draws.c.review_id.in_(reviews))
    )
    kinds = (
        (select(cycle.label("id")), review_cycles),
        (reviews, annual_reviews),
        (drawn, draws),
    )
    subject = union_all(
        *(select(found.subquery().c.id, literal(table.name, Text).label("kept_in")) for found, table in kinds)
    ).subquery("subject")
    seq = func.greatest(_told_of(subject.c.id), _wrote(subject.c.kept_in, subject.c.id))
    return select(func.max(seq).label("seq")).select_from(subject)


def _told_of(subject_id: ColumnElement[Any]) -> ColumnElement[Any]:
    entry = ledger_entries
    return (
        select(func.max(entry.c.seq))
        .where(entry.c.tenant_id == bindparam("tenant_id", type_=Integer), entry.c.subject_id == subject_id)
        .scalar_subquery()
    )


def _wrote(table_name: ColumnElement[Any], row_id: ColumnElement[Any]) -> ColumnElement[Any]:
    row = ledger_rows
    return (
        select(func.max(row.c.seq))
        .where(
            row.c.tenant_id == bindparam("tenant_id", type_=Integer),
            row.c.table_name == table_name,
            row.c.row_key == cast(row_id, Text),
        )
        .scalar_subquery()
    )


_LAST: Final = statement(_last())
