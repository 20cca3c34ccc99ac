"""What the acts on corrections of a year's review (更正复查结论) share: the correction, and the facts whose place it takes.

The rule upheld here: a year's result is corrected by a document, proposed by an officer of the county and confirmed by another person, of
the city that oversees it. The entry that confirms says the year's review anew for every subject that told it (a review, a legacy record):
what was told before stays on record. What a community brought along to another county is corrected there. A year of which nothing is recorded is no correction's but a legacy record's. A correction is of one
level; of what a review counts for below, another is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, Text, bindparam, literal_column, select

from certification.acts.legacy import ZONE, check_overseer
from certification.errors import NotFoundError
from certification.fact import Fact, FactKind, reviewed
from certification.life import Actor, is_beyond
from certification.lineage.whereabouts import find_gone
from certification.model import LegacyKind
from certification.planner import local_day
from certification.reading import entity
from certification.reviews.errors import (
    CorrectionMovedError,
    CorrectionNothingError,
    CorrectionSameError,
    CorrectionSettledError,
)
from certification.reviews.model import ReviewCorrection
from certification.reviews.tables import history_facts, review_corrections
from certification.tables import legacy_records
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import units

_TENANT: Final = bindparam("tenant_id", type_=Integer)
_TOLD = statement(
    select(history_facts.c.subject_id, history_facts.c.result, history_facts.c.legacy)
    .where(
        history_facts.c.tenant_id == _TENANT,
        history_facts.c.community_id == bindparam("community"),
        history_facts.c.kind == literal_column(f"'{FactKind.REVIEWED}'", Text),
        history_facts.c.level == bindparam("level"),
        history_facts.c.year == bindparam("year"),
    )
    .order_by(history_facts.c.seq, history_facts.c.position)
)
_ATTESTED = statement(
    select(legacy_records.c.id, legacy_records.c.result).where(
        legacy_records.c.tenant_id == _TENANT,
        legacy_records.c.community_id == bindparam("community"),
        legacy_records.c.kind == literal_column(f"'{LegacyKind.ANNUAL_REVIEW}'", Text),
        legacy_records.c.level == bindparam("level"),
        legacy_records.c.year == bindparam("year"),
        legacy_records.c.attested_at.is_not(None),
    )
)
_COMMUNITY = statement(
    select(units.c.parent_id).where(
        units.c.tenant_id == _TENANT,
        units.c.id == bindparam("community"),
        units.c.kind.in_([literal_column("'community'"), literal_column("'village'")]),
    )
)
_CORRECTION = statement(
    select(review_corrections).where(
        review_corrections.c.tenant_id == _TENANT, review_corrections.c.id == bindparam("correction")
    )
)


@dataclass(frozen=True, slots=True)
class Told:
    """What stands of a year's review by one subject."""

    result: str
    legacy: bool


@dataclass(frozen=True, slots=True)
class FoundCorrection:
    """A correction, with what the year's review is by subject.

    The street that its community lies in; `moved`: the county to which the community has gone.
    """

    correction: ReviewCorrection
    told: Mapping[UUID, Told]
    street_id: UUID | None = None
    moved: str | None = None


async def read_street(tx: TenantConnection, community_id: UUID) -> UUID | None:
    """The street of a community of the bound tenant. Raises NotFoundError for no community."""
    row = await tx.first(_COMMUNITY, community=community_id)
    if row is None:
        raise NotFoundError(what="community", what_zh="社区")
    street: UUID | None = row["parent_id"]
    return street


async def read_told(tx: TenantConnection, community_id: UUID, level: str, year: int) -> Mapping[UUID, Told]:
    """What is recorded of the year's review of a community of the bound tenant, by subject."""
    asked = {"community": community_id, "level": level, "year": year}
    told = {row["id"]: Told(row["result"], True) for row in await tx.all(_ATTESTED, **asked)}
    for row in await tx.all(_TOLD, **asked):
        told[row["subject_id"]] = Told(row["result"], row["legacy"])
    return told


async def read_correction(tx: TenantConnection, correction_id: UUID, now: datetime) -> FoundCorrection:
    """A correction of the bound tenant. Raises NotFoundError."""
    row = await tx.first(_CORRECTION, correction=correction_id)
    if row is None:
        raise _absent()
    correction = entity(ReviewCorrection, row)
    street_id = await read_street(tx, correction.community_id)
    told = await read_told(tx, correction.community_id, correction.level, correction.year)
    away = await find_away(tx, correction.community_id, correction.year, now)
    return FoundCorrection(correction, told, street_id, away)


def check_confirmer(action: str, name: str, found: FoundCorrection, actor: Actor) -> str:
    """The role of an officer of the city that oversees the county. Raises NotEntitledError, and NotFoundError for who may not read it."""
    if is_beyond(found.correction.community_id, found.street_id, actor):
        raise _absent()
    return check_overseer(action, name, actor)


async def find_away(tx: TenantConnection, community_id: UUID, year: int, now: datetime) -> str | None:
    """The county to which a community of the bound tenant has gone with its review of the year, by name."""
    had = community_id, date(min(max(year, 1), 9999), 1, 1)
    return await find_gone(tx, tx.tenant_id, had, local_day(now, ZONE))


def check_correctable(told: Mapping[UUID, Told], year: int, result: str, moved: str | None) -> None:
    """Raise CorrectionMovedError where the history goes on in another county, CorrectionNothingError where nothing is recorded of the
    year, CorrectionSameError where it is that already.
    """
    if moved is not None:
        raise CorrectionMovedError(county=moved)
    if not told:
        raise CorrectionNothingError(year=year)
    if all(one.result == result for one in told.values()):
        raise CorrectionSameError(year=year)


def check_unsettled(correction: ReviewCorrection) -> None:
    """Raise CorrectionSettledError if it was confirmed or declined."""
    if correction.confirmed_at is not None or correction.declined_at is not None:
        raise CorrectionSettledError


def tell(found: FoundCorrection) -> tuple[Fact, ...]:
    """What the year's review is from now on, by every subject that said otherwise."""
    one = found.correction
    return tuple(
        reviewed(one.community_id, subject, one.level, one.year, one.result, legacy=told.legacy)
        for subject, told in sorted(found.told.items(), key=lambda pair: str(pair[0]))
        if told.result != one.result
    )


def describe(correction: ReviewCorrection) -> Mapping[str, object]:
    """A correction as an entry's intent says it."""
    return {
        "community": str(correction.community_id),
        "document_number": correction.document_number,
        "level": correction.level,
        "result": correction.result,
        "year": correction.year,
    }


def _absent() -> NotFoundError:
    return NotFoundError(what="correction", what_zh="更正")
