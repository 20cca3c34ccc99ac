"""The city attests a county's legacy record (核证历史记录): from now on it counts, and says that it is legacy.

A certification so attested is a `certifications` row, which cites the entry that proposed it. Reviews follow the certification
that they are of: it is attested first. Nobody attests a document that is not there to be read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.legacy import (
    Found,
    check_attester,
    check_exists,
    check_not_here,
    check_open,
    check_reviewed_later,
    describe,
    is_certification,
    read_record,
)
from certification.changes import Act, Change, Context, insert, update
from certification.errors import LegacyDocumentMissingError, LegacyExistsError
from certification.fact import Fact, certified, reviewed
from certification.life import Actor
from certification.model import Certification, LegacyRecord
from tenancy.database import TenantConnection

OPERATION: Final = "legacy.attested"


@dataclass(frozen=True, slots=True)
class Command:
    """Attest this record."""

    record_id: UUID


async def load(tx: TenantConnection, command: Command, now: datetime) -> Found:
    """Read the record. Raises NotFoundError."""
    return await read_record(tx, command.record_id)


def authorise(state: Found, command: Command, actor: Actor) -> str:
    """An officer of the city that oversees the county."""
    return check_attester("attest_legacy_record", "核证历史记录", state, actor)


def decide(state: Found, command: Command, context: Context) -> Change:
    """The record, attested; a certification beside it."""
    record = state.record
    check_open(record, context.actor)
    check_exists(state.community, state.ended, context.now)
    if not state.scanned:
        raise LegacyDocumentMissingError(year=record.year)
    years = tuple((level, on.year) for level, on in state.certified)
    made: tuple[Certification, ...] = ()
    if not is_certification(record):
        check_reviewed_later(record.level, record.year, years, state.levels)
        check_not_here(record.level, record.year, state.here)
    elif (record.level, record.year) in years:
        raise LegacyExistsError(year=record.year)
    else:
        made = (_certification(state, context.new_id()),)
    after = replace(
        record,
        attested_by=context.actor.person_id,
        attested_tenant_id=context.actor.home_tenant_id,
        attested_at=context.now,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("legacy_record", record.id, 2),
        intent={
            **describe(record),
            "community": str(record.community_id),
            "proposed": {"hash": state.entry.hash.hex(), "seq": state.entry.seq},
        },
        writes=(*update(after), *insert(*made)),
        facts=(_tell(record, *made),),
    )


def _tell(record: LegacyRecord, *made: Certification) -> Fact:
    """What the record says, as a fact."""
    for one in made:
        return certified(one.community_id, one.id, one.level, one.certified_on, legacy=True)
    year = (record.level, record.year, record.result)
    return reviewed(record.community_id, record.id, *year, legacy=True)


def _certification(state: Found, certification_id: UUID) -> Certification:
    record = state.record
    return Certification(
        tenant_id=record.tenant_id,
        id=certification_id,
        community_id=record.community_id,
        level=record.level,
        application_id=None,
        document_number=record.document_number,
        certified_on=record.document_date,
        cited_origin=state.entry.origin,
        cited_seq=state.entry.seq,
        cited_hash=state.entry.hash,
        legacy_id=record.id,
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
