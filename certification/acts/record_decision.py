"""The city records the province's decision (认定) with the number and day of its document: on each that was reported."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from certification.acts.listing import (
    Choice,
    authorise_city,
    check_document,
    check_rests_on,
    find_candidates,
    make_list,
    match_choices,
    without_left,
)
from certification.changes import Act, Change, Context
from certification.errors import FieldRefusedError, RosterUnfinishedError
from certification.evidence import is_attached
from certification.extensions import cite_late
from certification.life import Actor
from certification.model import ItemVerdict, RosterKind
from certification.reading import FoundRound, read_round
from certification.rosters import check_roster_step, listed_statuses
from tenancy.database import TenantConnection

ACTION: Final = "record_decision"


@dataclass(frozen=True, slots=True)
class Command:
    """What the province decided on the report `report_id`, application by application.

    `document_sha256` (32 bytes): the province's document as a file, attached to the report before.
    """

    campaign_id: UUID
    level: str
    report_id: UUID
    document_number: str
    document_date: date
    items: tuple[Choice, ...]
    document_sha256: bytes | None = None


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundRound:
    """Read the round of the level, and whether the report has the file that is named."""
    found = await read_round(tx, command.campaign_id, command.level, now)
    named = command.document_sha256
    if named is None or not await is_attached(tx, "roster", command.report_id, named):
        return found
    return replace(found, documents=frozenset({named}))


def authorise(state: FoundRound, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return authorise_city(state, ACTION, actor)


def decide(state: FoundRound, command: Command, context: Context) -> Change:
    """The decision, on each reported application once."""
    programme = state.programme
    row, latest = check_roster_step(programme, ACTION, state.view, context.actor, context.now)
    report = check_rests_on(latest, command.report_id, RosterKind.REPORT)
    check_document(programme, command.document_number, command.document_date, context)
    status = listed_statuses(programme, row)[ItemVerdict.CERTIFIED]
    named = [item for item in state.items[report.id] if item.verdict == ItemVerdict.LISTED]
    listed = without_left(state, named)
    reported = [line.candidate for line in find_candidates(state, listed, status)]
    # A decision is made once: it waits until every county that is in it can be reached.
    if len(reported) != len(listed):
        raise RosterUnfinishedError(clause=row.ground.clause, count=len(listed) - len(reported))
    lines = match_choices(command.items, reported, row.verdicts)
    document = (command.document_number, command.document_date)
    change = make_list(state, context, RosterKind.DECISION.value, lines, previous=report, document=document)
    if command.document_sha256 is not None:
        change = _name_document(state, change, command.document_sha256)
    return cite_late(change, programme, row, state.extensions, context.now)


def _name_document(state: FoundRound, change: Change, sha256: bytes) -> Change:
    if sha256 not in state.documents:
        raise FieldRefusedError(
            field="document_sha256",
            label="认定文件",
            reason_zh="报送名单下没有此文件",
            reason_en="no such file is attached to the report",
        )
    return replace(change, intent={**change.intent, "document_sha256": sha256.hex()})


ACT: Final = Act("roster.decision", load, authorise, decide)
