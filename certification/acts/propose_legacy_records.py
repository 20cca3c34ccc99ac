"""A county proposes what only paper says of a community: its certification and its annual reviews of before the platform (历史记录补录).

Several records of one community are one act. Decided [D]: a review is of a closed calendar year after a certification that is
recorded, proposed before, or beside it in the act; a certification's year is that of its document; a document is of no later day
than today; one record for each community, kind, level and year, until it is declined;
a level is one of the latest campaign of the city, and any while the city has opened none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from audit.entry import Subject
from certification.acts.legacy import (
    NOTHING_HERE,
    ZONE,
    Levels,
    ReviewedHere,
    check_county,
    check_exists,
    check_not_here,
    check_reviewed_later,
    describe,
    is_certification,
    read_certified,
    read_levels,
    read_reviewed_here,
)
from certification.changes import Act, Change, Context, insert
from certification.errors import FieldRefusedError, LegacyExistsError, LevelUnknownError, NotFoundError
from certification.forms import check_line
from certification.life import Actor
from certification.model import LegacyKind, LegacyRecord, LegacyResult
from certification.planner import local_day
from certification.tables import legacy_records
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import units

OPERATION: Final = "legacy.proposed"
MOST: Final = 30
FIRST_YEAR: Final = 2000
_UNIT = statement(
    select(units.c.id, units.c.kind, units.c.name, units.c.valid_to).where(
        units.c.tenant_id == bindparam("tenant_id"), units.c.id == bindparam("community")
    )
)
_LIVE = statement(
    select(legacy_records.c.kind, legacy_records.c.level, legacy_records.c.year).where(
        legacy_records.c.tenant_id == bindparam("tenant_id"),
        legacy_records.c.community_id == bindparam("community"),
        legacy_records.c.declined_at.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class Item:
    """One document: what it says, and the digest (32 bytes) of its scan."""

    kind: str
    level: str
    year: int
    result: str
    document_number: str
    document_date: date
    document_sha256: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """What paper says of a community of the bound tenant."""

    community_id: UUID
    records: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class State:
    """The tenant, (kind, level, year) of the records that live, (level, year) of the certifications, the levels there are."""

    tenant_id: int
    live: frozenset[tuple[str, str, int]]
    certified: tuple[tuple[str, int], ...]
    levels: Levels
    here: ReviewedHere = NOTHING_HERE


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the community. Raises NotFoundError, also for a unit that is none."""
    row = await tx.first(_UNIT, community=command.community_id)
    if row is None or row["kind"] not in ("community", "village"):
        raise NotFoundError(what="community", what_zh="社区")
    check_exists(row["name"], row["valid_to"], now)
    rows = await tx.all(_LIVE, community=command.community_id)
    certified = await read_certified(tx, command.community_id)
    return State(
        tx.tenant_id,
        frozenset((row["kind"], row["level"], row["year"]) for row in rows),
        tuple((level, on.year) for level, on in certified),
        await read_levels(tx),
        await read_reviewed_here(tx, command.community_id),
    )


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An officer of the county."""
    return check_county(state.tenant_id, "propose_legacy_records", "补录历史记录", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The records, which count for nothing yet."""
    today = local_day(context.now, ZONE)
    if not 1 <= len(command.records) <= MOST:
        _refuse("records", "记录", f"一次须补录 1 至 {MOST} 条", f"are 1 to {MOST} in an act")
    for item in command.records:
        if state.levels is not None and item.level not in state.levels:
            raise LevelUnknownError(level=item.level, levels=", ".join(state.levels))
        _check_item(item, today)
    certified = {(level, year) for level, year in state.certified}
    certified |= {(level, year) for kind, level, year in state.live if kind == LegacyKind.CERTIFICATION}
    certified |= {(item.level, item.year) for item in command.records if is_certification(item)}
    live = set(state.live) | {(LegacyKind.CERTIFICATION, level, year) for level, year in state.certified}
    for item in command.records:
        key = (item.kind, item.level, item.year)
        if key in live:
            raise LegacyExistsError(year=item.year)
        live.add(key)
        if not is_certification(item):
            check_reviewed_later(item.level, item.year, tuple(certified), state.levels)
            check_not_here(item.level, item.year, state.here)
    records = tuple(
        LegacyRecord(
            tenant_id=state.tenant_id,
            id=context.new_id(),
            community_id=command.community_id,
            kind=item.kind,
            level=item.level,
            year=item.year,
            result=item.result,
            document_number=item.document_number,
            document_date=item.document_date,
            document_sha256=item.document_sha256,
            proposed_by=context.actor.person_id,
            proposed_at=context.now,
        )
        for item in command.records
    )
    return Change(
        operation=OPERATION,
        subject=Subject("community", command.community_id, 1),
        intent={"records": [describe(record) for record in records]},
        writes=insert(*records),
    )


def _check_item(item: Item, today: date) -> None:
    check_line("document_number", "文号", item.document_number, 60)
    if len(item.document_sha256) != 32:
        _refuse("document_sha256", "文件摘要", "须为 32 字节的 SHA-256", "is a SHA-256 of 32 bytes")
    if is_certification(item) != (item.result == LegacyResult.CERTIFIED):
        _refuse("result", "结论", "与记录类型不符", "does not belong to this kind of record")
    if not date(FIRST_YEAR, 1, 1) <= item.document_date <= today or item.document_date.year < item.year:
        _refuse(
            "document_date",
            "文件日期",
            "早于所载年度或晚于今天",
            "is before the year it speaks of, or after today",
        )
    if is_certification(item) and item.document_date.year != item.year:
        _refuse("year", "年度", "认定年度须为文件所在年份", "of a certification is its document's")
    if not is_certification(item) and not FIRST_YEAR < item.year < today.year:
        _refuse("year", "年度", "年度复查须为已结束的年度", "of a review is a year that has ended")


def _refuse(field: str, label: str, zh: str, en: str) -> None:
    raise FieldRefusedError(field=field, label=label, reason_zh=zh, reason_en=en)


ACT: Final = Act(OPERATION, load, authorise, decide)
