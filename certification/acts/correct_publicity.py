"""The city corrects what a running publicity says of a community (更正): that item's days begin anew, no other's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.canonical import digest
from audit.entry import Subject
from certification.calendar import is_working_day
from certification.changes import Act, Change, Context, insert
from certification.errors import FieldRefusedError, PublicityNotRunningError, PublicityStartRefusedError
from certification.forms import REASON_LIMIT, check_line, check_text
from certification.life import Actor
from certification.model import PublicityCorrection
from certification.planner import local_day
from certification.reading import FoundItem, read_publicised
from certification.rosters import check_city
from tenancy.database import TenantConnection

ACTION: Final = "correct_publicity"
NAME_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Command:
    """The community's name as it should read at `position` of the publicity `roster_id`, and why."""

    roster_id: UUID
    position: int
    community_name: str
    reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundItem:
    """Read the item. Raises NotFoundError."""
    return await read_publicised(tx, command.roster_id, command.position)


def authorise(state: FoundItem, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return check_city(state.programme, ACTION, state.roster.tenant_id, actor).name


def decide(state: FoundItem, command: Command, context: Context) -> Change:
    """The correction, from today: a working day on which the list is up."""
    row, rule = state.programme.get_roster_step(ACTION), state.programme.publicity
    today = local_day(context.now, state.programme.zone)
    # An item whose own days are over may be corrected as long as the list stands.
    up = (
        state.roster.closed_at is None
        and state.roster.opens_on is not None
        and state.roster.opens_on <= today
    )
    if not up or not state.listed.there:
        raise PublicityNotRunningError(
            clause=row.ground.clause, action=ACTION, name=row.name, community=state.listed.community_name
        )
    if rule.starts_on_working_day.value and not is_working_day(today, state.calendar):
        rest = {"reason_zh": "该日不是工作日", "reason_en": "it is not a working day"}
        raise PublicityStartRefusedError(clause=row.ground.clause, day=today, **rest)
    check_line("community_name", "社区名称", command.community_name, NAME_LIMIT)
    check_text("reason", "更正原因", command.reason, REASON_LIMIT)
    if command.community_name == state.listed.community_name:
        same = {"reason_zh": "与现公示内容相同", "reason_en": "is what the list says already"}
        raise FieldRefusedError(field="community_name", label="社区名称", **same)
    correction = PublicityCorrection(
        tenant_id=state.item.tenant_id,
        id=context.new_id(),
        roster_id=state.item.roster_id,
        position=state.item.position,
        community_name=command.community_name,
        reason=command.reason,
        corrected_on=today,
        author_id=context.actor.person_id,
        created_at=context.now,
        number=1 + state.corrections,
    )
    return Change(
        operation="roster.publicity_corrected",
        subject=Subject("roster", state.roster.id, 2 + state.corrections),
        intent={
            "action": ACTION,
            "community_name": command.community_name,
            "corrected_on": today.isoformat(),
            "position": state.item.position,
            "reason_digest": digest(command.reason).hex(),
        },
        writes=insert(correction),
    )


ACT: Final = Act("roster.publicity_corrected", load, authorise, decide)
