"""A person of the city proposes a change of divisions (提出区划变更), by the document that decides it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from audit.entry import Subject
from certification.acts.certification_change import check_city
from certification.acts.legacy import ZONE
from certification.changes import Act, Change, Context, insert
from certification.errors import FieldRefusedError
from certification.forms import check_line, check_text
from certification.life import Actor
from certification.lineage.asking import KINDS, Asked, Merge, NewUnit, Rename, Split, counties_of, make_plan
from certification.lineage.checking import check_plan
from certification.lineage.ground import Ground, read_ground
from certification.lineage.plan import format_plan, parse_plan, plan_value
from certification.lineage.waiting import read_waiting
from certification.planner import local_day
from certification.reviews.model import UnitChange
from tenancy.database import TenantConnection

OPERATION: Final = "unit_change.proposed"
REASON_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class Command:
    """Change these units so, by the document of that number and day, from `effective_on` on."""

    asked: Asked
    document_number: str
    document_date: date
    effective_on: date
    reason: str


async def load(tx: TenantConnection, command: Command, now: datetime) -> Ground:
    """Read the divisions of the counties concerned."""
    return await read_ground(tx, counties_of(command.asked), await read_waiting(tx), now)


def authorise(state: Ground, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return check_city(state.city, "propose_unit_change", "提出区划变更", actor)


def decide(state: Ground, command: Command, context: Context) -> Change:
    """The change, which holds once another has confirmed it."""
    today = local_day(context.now, ZONE)
    check_line("document_number", "文号", command.document_number, 60)
    check_text("reason", "理由", command.reason, REASON_LIMIT)
    for field, label, day in (
        ("document_date", "文件日期", command.document_date),
        ("effective_on", "生效日期", command.effective_on),
    ):
        if day > today:
            raise FieldRefusedError(
                field=field, label=label, reason_zh="晚于今天", reason_en="is after today"
            )
    _check_texts(command.asked)
    kind = KINDS[type(command.asked)]
    plan = make_plan(state, command.asked, command.effective_on)
    check_plan(state, kind, plan, command.effective_on)
    change = UnitChange(
        tenant_id=state.city,
        id=context.new_id(),
        kind=kind,
        details=format_plan(plan),
        document_number=command.document_number,
        document_date=command.document_date,
        effective_on=command.effective_on,
        reason=command.reason,
        proposed_by=context.actor.person_id,
        proposed_at=context.now,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("unit_change", change.id, 1),
        intent={**describe(change), "reason_digest": sha256(command.reason.encode()).hexdigest()},
        writes=insert(change),
    )


def describe(change: UnitChange) -> dict[str, object]:
    """A change as an entry's intent says it, with the whole of its plan."""
    return {
        "details": plan_value(parse_plan(change.details)),
        "document_date": change.document_date.isoformat(),
        "document_number": change.document_number,
        "effective_on": change.effective_on.isoformat(),
        "kind": change.kind,
    }


def _check_texts(asked: Asked) -> None:
    begins: tuple[NewUnit | Rename | None, ...] = ()
    if isinstance(asked, Merge):
        begins = (asked.begins,)
    elif isinstance(asked, Split):
        begins = asked.parts
    elif isinstance(asked, Rename):
        begins = (asked,)
    for one in begins:
        if one is not None:
            check_line("name", "名称", one.name, 60)
    if isinstance(asked, Merge | Split) and asked.left_out is not None:
        check_text("left_out", "不延续历史的理由", asked.left_out, REASON_LIMIT)


ACT: Final = Act(OPERATION, load, authorise, decide)
