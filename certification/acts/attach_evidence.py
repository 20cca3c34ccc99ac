"""A file (佐证材料) is attached to what it speaks of: the row binds its SHA-256, and the entry the row.

The file was looked at and made ready before (the store keeps it under the same hash); what is decided here is who may attach
what to which subject, and when (certification/evidence.py). A file is never taken away again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.canonical import digest
from audit.entry import Subject
from certification.changes import Act, Change, Context, insert, update
from certification.errors import FieldRefusedError
from certification.evidence import FoundSubject, check_attachable, check_may_attach, read_subject
from certification.forms import check_line
from certification.life import Actor
from certification.model import Evidence
from certification.recording import UNTOLD
from tenancy.database import TenantConnection

LABEL_LIMIT: Final = 60


@dataclass(frozen=True, slots=True)
class Command:
    """The file as it is kept (`sha256` 32 bytes, `size` in bytes), what it is about and shows.

    `received_sha256`: of the file as it was handed in; a device that took it knows it by that. It
    was not kept once, so a retry is known without it, by the file that was kept.
    """

    subject_type: str
    subject_id: UUID
    item_code: str | None
    label: str
    media_type: str
    size: int
    sha256: bytes
    received_sha256: bytes | None = field(default=None, metadata={UNTOLD: True})


async def load(tx: TenantConnection, command: Command, now: datetime) -> FoundSubject:
    """Read the subject."""
    return await read_subject(tx, command.subject_type, command.subject_id, now)


def authorise(state: FoundSubject, command: Command, actor: Actor) -> str:
    """Who has the subject in hand, by its kind."""
    return check_may_attach(state, actor)


def decide(state: FoundSubject, command: Command, context: Context) -> Change:
    """The row of the file; an application's or review's revision grows."""
    check_attachable(state, context.actor)
    check_line("label", "材料名称", command.label, LABEL_LIMIT)
    _check_item(state, command.item_code)
    row = Evidence(
        tenant_id=state.tenant_id,
        id=context.new_id(),
        subject_type=state.type,
        subject_id=state.id,
        item_code=command.item_code,
        label=command.label,
        media_type=command.media_type,
        size=command.size,
        sha256=command.sha256,
        author_tenant_id=context.actor.home_tenant_id,
        author_id=context.actor.person_id,
        created_at=context.now,
        received_sha256=command.received_sha256,
    )
    writes, subject = insert(row), Subject("evidence", row.id, 1)
    grows = state.grows
    if grows is not None:
        after = replace(grows, revision=grows.revision + 1, updated_at=context.now)
        writes, subject = (*writes, *update(after)), Subject(state.type, after.id, after.revision)
    return Change(
        operation="evidence.attached",
        subject=subject,
        intent={
            "about": {"id": str(row.subject_id), "type": row.subject_type},
            "evidence": str(row.id),
            "item": row.item_code,
            "label_digest": digest(row.label).hex(),
            "media_type": row.media_type,
            "received_sha256": None if row.received_sha256 is None else row.received_sha256.hex(),
            "sha256": row.sha256.hex(),
            "size": row.size,
        },
        writes=writes,
    )


def _check_item(state: FoundSubject, code: str | None) -> None:
    if code is None:
        return
    if code not in state.items:
        raise FieldRefusedError(
            field="item",
            label="标准条目",
            reason_zh="认定标准中没有此条",
            reason_en="is none of the standard",
        )


ACT: Final = Act("evidence.attached", load, authorise, decide)
