"""An officer of the city declines an extension that was proposed (否决延期); the proposer may take it back so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.acts.confirm_extension import State, check_unsettled, read_extension
from certification.acts.propose_extension import check_city_officer, intent_of
from certification.changes import Act, Change, Context, update
from certification.life import Actor
from tenancy.database import TenantConnection


@dataclass(frozen=True, slots=True)
class Command:
    """Decline the extension `extension_id`."""

    extension_id: UUID


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the bound city's extension."""
    return await read_extension(tx, command.extension_id)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return check_city_officer(state.extension.tenant_id, "decline_extension", "否决延期", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The extension, never to be in force. Raises ExtensionSettledError."""
    extension = state.extension
    check_unsettled(extension)
    return Change(
        operation=ACT.operation,
        subject=Subject("extension", extension.id, 2),
        intent=intent_of(extension),
        writes=update(
            replace(extension, declined_by=context.actor.person_id, declined_at=context.now),
        ),
    )


ACT: Final = Act("extension.declined", load, authorise, decide)
