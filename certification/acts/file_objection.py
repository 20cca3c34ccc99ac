"""Anybody objects (异议) to an item that is being publicised: no login, a name only if they wish.

What is said, and by whom, are personal values of the city; the row and the entry hold salted commitments. The objection is
followed by a code of which only the digest is stored. The actor is a pseudonym of this one request, in the role `public`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from audit.commitment import commit
from audit.entry import Subject
from certification.changes import Act, Change, Context, insert
from certification.errors import FieldRefusedError, PublicityNotRunningError
from certification.forms import check_line, check_text
from certification.life import Actor
from certification.model import Objection, ObjectionStatus, PersonalValue
from certification.narrative import count_characters
from certification.objections import FILE, get_objection_step
from certification.publicity import is_running
from certification.reading import FoundItem, read_publicised
from certification.tables import objections
from tenancy.database import TenantConnection
from tenancy.personal import read_values
from tenancy.statements import statement

SHORTEST: Final = 10
LONGEST: Final = 2000
_FIELDS: Final = {"text": "objection_text", "name": "objector_name", "contact": "objector_contact"}
_COMMITTED = statement(
    select(
        *(objections.c[f"{name}_commitment"].is_not(None).label(field) for name, field in _FIELDS.items())
    ).where(objections.c.tenant_id == bindparam("tenant_id"), objections.c.id == bindparam("objection"))
)


@dataclass(frozen=True, slots=True)
class Command:
    """Object to the item at `position` of the publicity `roster_id`; `code_digest` (32 bytes) is of the follow code."""

    roster_id: UUID
    position: int
    code_digest: bytes
    text: str = field(metadata={"personal": True})
    name: str | None = field(default=None, metadata={"personal": True})
    contact: str | None = field(default=None, metadata={"personal": True})

    def personal(self) -> dict[str, str]:
        """The personal values that are there, by their field."""
        given = {field: getattr(self, name) for name, field in _FIELDS.items()}
        return {field: value for field, value in given.items() if value is not None}


def check_content(command: Command) -> None:
    """Raise FieldRefusedError unless the text has 10 to 2000 字 and the rest is in its form. Asks nobody."""
    check_text("text", "异议内容", command.text, LONGEST)
    if count_characters(command.text) < SHORTEST:
        short = {"reason_zh": f"不足 {SHORTEST} 字", "reason_en": f"has fewer than {SHORTEST} 字"}
        raise FieldRefusedError(field="text", label="异议内容", **short)
    if command.name is not None:
        check_line("name", "姓名", command.name, 30)
    if command.contact is not None:
        check_line("contact", "联系方式", command.contact, 100)


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundItem:
    """Read the item. Raises NotFoundError."""
    return await read_publicised(tx, command.roster_id, command.position)


def authorise(state: FoundItem, command: Command, actor: Actor) -> str:
    """Anybody, where the programme knows objections."""
    return get_objection_step(state.programme.objections, FILE).role


def decide(state: FoundItem, command: Command, context: Context) -> Change:
    """The objection, received; raises PublicityNotRunningError unless the item is being publicised."""
    step = get_objection_step(state.programme.objections, FILE)
    check_content(command)
    check_running(state, step.action, step.name, step.ground.clause, context.now)
    objection_id = context.new_id()
    given = command.personal()
    salts = {name: context.new_salt() for name in given}
    commitments = {name: commit(name, value.encode(), salts[name]) for name, value in given.items()}
    item = state.item
    objection = Objection(
        tenant_id=item.tenant_id,
        id=objection_id,
        roster_id=item.roster_id,
        position=item.position,
        application_tenant_id=item.application_tenant_id,
        application_id=item.application_id,
        status=ObjectionStatus.RECEIVED.value,
        code_digest=command.code_digest,
        text_commitment=commitments[_FIELDS["text"]],
        name_commitment=commitments.get(_FIELDS["name"]),
        contact_commitment=commitments.get(_FIELDS["contact"]),
        received_at=context.now,
    )
    values = (
        PersonalValue(item.tenant_id, commitments[name], objection_id, name, value, salts[name])
        for name, value in given.items()
    )
    return Change(
        operation="objection.filed",
        subject=Subject("objection", objection_id, 1),
        intent={"action": FILE, "list": str(item.roster_id), "position": item.position, "status": step.to},
        writes=insert(objection, *values),
    )


def check_running(state: FoundItem, action: str, name: str, clause: str | None, now: datetime) -> None:
    """Raise PublicityNotRunningError unless the item is being publicised now."""
    opens_on, programme = state.roster.opens_on, state.programme
    rule, zone = programme.publicity, programme.zone
    up = opens_on if state.roster.closed_at is None else None
    if up is None or not is_running(state.listed, up, rule, zone, now, state.calendar):
        raise PublicityNotRunningError(
            clause=clause, action=action, name=name, community=state.listed.community_name
        )


async def same_personal(tx: TenantConnection, command: Command, first_id: UUID) -> bool:
    """Whether what is left of an objection's values is what was given; what was erased is not compared."""
    given, objection = command.personal(), await tx.one(_COMMITTED, objection=first_id)
    if any(objection[field] != (field in given) for field in _FIELDS.values()):
        return False
    stored = (await read_values(tx, [first_id])).get(first_id, {})
    return all(given[field] == kept.value for field, kept in stored.items() if field in given)


ACT: Final = Act("objection.filed", load, authorise, decide, same_personal)
