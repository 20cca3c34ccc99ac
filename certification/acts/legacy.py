"""What the acts on legacy records (历史记录) share: who may do them, the record that is settled, the day of import.

The rule upheld here: what only paper says counts once a person of the county has proposed it and a person of the city that oversees
the county has attested it; both stand in the county's log with their times. Decided [D]: the day of import is the day of the second
attestation; the first may lie before it. Nothing is attested or declined twice, and nobody settles what they proposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, func, or_, select

from audit.entry import Cite
from audit.tables import ledger_entries, ledger_heads
from certification.errors import (
    LegacyReviewedHereError,
    LegacySettledError,
    LegacyUncertifiedError,
    NotEntitledError,
    NotFoundError,
    SecondPersonError,
)
from certification.facts import read_all_facts
from certification.history import settle
from certification.life import Actor, is_beyond
from certification.lineage.errors import UnitClosedError
from certification.model import ROLE_ZH, LegacyKind, LegacyRecord
from certification.planner import local_day
from certification.reader import parse_stored
from certification.reading import entity, recorded_at
from certification.reviews.tables import review_cycles
from certification.tables import campaigns, certifications, evidence, legacy_records
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import tenants, units

# Not a programme's: what is imported is of before it.
ZONE: Final = ZoneInfo("Asia/Shanghai")

_proposed = recorded_at(legacy_records, func.min)
_scanned = (
    select(evidence.c.id)
    .where(
        evidence.c.tenant_id == legacy_records.c.tenant_id,
        evidence.c.sha256 == legacy_records.c.document_sha256,
        or_(
            and_(evidence.c.subject_type == "unit", evidence.c.subject_id == legacy_records.c.community_id),
            and_(evidence.c.subject_type == "legacy_record", evidence.c.subject_id == legacy_records.c.id),
        ),
    )
    .exists()
    .label("scanned")
)
_RECORD = statement(
    select(
        legacy_records,
        ledger_heads.c.origin,
        ledger_entries.c.seq,
        ledger_entries.c.hash,
        _scanned,
        units.c.name.label("community"),
        units.c.parent_id.label("street_id"),
        units.c.valid_to.label("ended"),
    )
    .join(
        units,
        and_(units.c.tenant_id == legacy_records.c.tenant_id, units.c.id == legacy_records.c.community_id),
    )
    .join(ledger_heads, ledger_heads.c.tenant_id == legacy_records.c.tenant_id)
    .join(
        ledger_entries,
        and_(ledger_entries.c.tenant_id == legacy_records.c.tenant_id, ledger_entries.c.seq == _proposed),
    )
    .where(legacy_records.c.tenant_id == bindparam("tenant_id"), legacy_records.c.id == bindparam("record"))
)
_PROGRAMME = statement(
    select(campaigns.c.programme)
    .where(
        campaigns.c.tenant_id
        == select(tenants.c.parent_id).where(tenants.c.id == bindparam("tenant_id")).scalar_subquery()
    )
    .order_by(campaigns.c.opened_at.desc(), campaigns.c.id.desc())
    .limit(1)
)
_CERTIFIED = statement(
    select(certifications.c.level, certifications.c.certified_on).where(
        certifications.c.tenant_id == bindparam("tenant_id"),
        certifications.c.community_id == bindparam("community"),
    )
)


# Decided [D]: once a county has planned a cycle, its years are reviewed here, planned or not: a gap is no matter for paper.
_FIRST_CYCLE = statement(
    select(func.min(review_cycles.c.year).label("year")).where(
        review_cycles.c.tenant_id == bindparam("tenant_id")
    )
)


@dataclass(frozen=True, slots=True)
class ReviewedHere:
    """The year of the county's first cycle, if it has planned one, and (level, year) of the community's reviews that rest on no paper."""

    first: int | None = None
    years: frozenset[tuple[str, int]] = frozenset()


NOTHING_HERE: Final = ReviewedHere()
Levels = Mapping[str, str] | None
"""Code → name of the levels of the latest campaign of the county's city; None where there is none to read."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record, the entry that proposed it, and (level, day) of the community's certifications; the street that it lies in.

    `scanned`: its document is attached as a file, to the community or to the record itself; `community` and `ended`: the
    community's name, and the day on which it ended. `levels`: see `read_levels`.
    """

    record: LegacyRecord
    entry: Cite
    certified: tuple[tuple[str, date], ...]
    scanned: bool = False
    levels: Levels = None
    here: ReviewedHere = NOTHING_HERE
    community: str = ""
    ended: date | None = None
    street_id: UUID | None = None


async def read_record(tx: TenantConnection, record_id: UUID) -> Found:
    """A record of the bound tenant. Raises NotFoundError."""
    row = await tx.first(_RECORD, record=record_id)
    if row is None:
        raise _absent()
    record = entity(LegacyRecord, row)
    return Found(
        record,
        Cite(row["origin"], row["seq"], row["hash"]),
        await read_certified(tx, record.community_id),
        row["scanned"],
        await read_levels(tx),
        await read_reviewed_here(tx, record.community_id),
        row["community"],
        row["ended"],
        row["street_id"],
    )


async def read_certified(tx: TenantConnection, community_id: UUID) -> tuple[tuple[str, date], ...]:
    """(level, day) of each certification of a community of the bound tenant, of those too that it goes on from."""
    rows = await tx.all(_CERTIFIED, community=community_id)
    told = settle(await read_all_facts(tx, community_id), date.max).certified
    own = [(row["level"], row["certified_on"]) for row in rows]
    return tuple(dict.fromkeys([*own, *((one.level, one.on) for one in told)]))


async def read_levels(tx: TenantConnection) -> Levels:
    """The levels that the latest campaign of the bound county's city knows."""
    row = await tx.first(_PROGRAMME)
    if row is None:
        return None
    return {level.code: level.short for level in parse_stored(row["programme"]).levels.values()}


def check_county(tenant_id: int, action: str, name: str, actor: Actor) -> str:
    """The role of an officer of the county itself. Raises NotEntitledError."""
    return _check_role(actor.home_tenant_id == tenant_id, "county_officer", action, name, actor)


def check_overseer(action: str, name: str, actor: Actor) -> str:
    """The role of an officer of the city that oversees the county. Raises NotEntitledError."""
    return _check_role(actor.oversees, "city_officer", action, name, actor)


def check_attester(action: str, name: str, found: Found, actor: Actor) -> str:
    """The same for a record. Raises NotEntitledError, and NotFoundError for who may not read it."""
    if is_beyond(found.record.community_id, found.street_id, actor):
        raise _absent()
    return check_overseer(action, name, actor)


def check_open(record: LegacyRecord, actor: Actor) -> None:
    """Raise LegacySettledError or SecondPersonError unless the actor may settle the record."""
    if record.attested_at is not None or record.declined_at is not None:
        raise LegacySettledError
    if record.proposed_by == actor.person_id:
        raise SecondPersonError


def check_exists(community: str, ended: date | None, now: datetime) -> None:
    """Raise UnitClosedError for a community that has ended: what paper says of it is entered for the one that goes on."""
    if ended is not None and ended <= local_day(now, ZONE):
        raise UnitClosedError(name=community, day=ended)


def check_reviewed_later(
    level: str, year: int, certified: tuple[tuple[str, int], ...], levels: Levels
) -> None:
    """Raise LegacyUncertifiedError unless one of the (level, year) is that level's of an earlier year."""
    if not any(one == level and since < year for one, since in certified):
        raise LegacyUncertifiedError(level=level, level_zh=(levels or {}).get(level, level), year=year)


async def read_reviewed_here(tx: TenantConnection, community_id: UUID) -> ReviewedHere:
    """What the bound tenant's platform reviewed itself."""
    first = await tx.one(_FIRST_CYCLE)
    facts = await read_all_facts(tx, community_id)
    known = settle(facts, date.max).reviewed
    years = frozenset((one.level, one.year) for one in known if not one.legacy)
    return ReviewedHere(first["year"], years)


def check_not_here(level: str, year: int, here: ReviewedHere) -> None:
    """Raise LegacyReviewedHereError for a year from the first cycle on, or that has a review of the platform's own."""
    if (here.first is not None and year >= here.first) or (level, year) in here.years:
        raise LegacyReviewedHereError(year=year)


def describe(record: LegacyRecord) -> Mapping[str, object]:
    """A record as an entry's intent says it."""
    return {
        "document_date": record.document_date.isoformat(),
        "document_number": record.document_number,
        "document_sha256": record.document_sha256.hex(),
        "kind": record.kind,
        "level": record.level,
        "record": str(record.id),
        "result": record.result,
        "year": record.year,
    }


def is_certification(record: Any) -> bool:
    """Whether a record says that the community was certified."""
    return bool(record.kind == LegacyKind.CERTIFICATION)


def _absent() -> NotFoundError:
    return NotFoundError(what="record", what_zh="记录")


def _check_role(within: bool, wanted: str, action: str, name: str, actor: Actor) -> str:
    if not within or all(role.name != wanted for role in actor.roles):
        raise NotEntitledError(action=action, name=name, role=wanted, role_zh=ROLE_ZH[wanted])
    return wanted
