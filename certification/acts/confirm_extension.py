"""Another officer of the city confirms an extension (确认延期): from now on it admits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from audit.entry import Subject
from certification.acts.propose_extension import check_city_officer, check_close, intent_of
from certification.changes import Act, Change, Context, update
from certification.errors import ExtensionSamePersonError, ExtensionSettledError, NotFoundError
from certification.life import Actor
from certification.model import Extension
from certification.programme import Programme
from certification.reader import parse_stored
from certification.reading import entity, get_campaign
from certification.tables import extensions
from certification.windows import CONFIRMED
from tenancy.database import TenantConnection
from tenancy.statements import statement

_EXTENSION = statement(
    select(extensions).where(
        extensions.c.tenant_id == bindparam("tenant_id"), extensions.c.id == bindparam("extension")
    )
)


@dataclass(frozen=True, slots=True)
class Command:
    """Confirm the extension `extension_id`."""

    extension_id: UUID


@dataclass(frozen=True, slots=True)
class State:
    """The extension and its programme."""

    extension: Extension
    programme: Programme


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the bound city's extension."""
    return await read_extension(tx, command.extension_id)


async def read_extension(tx: TenantConnection, extension_id: UUID) -> State:
    """The bound city's extension with its programme. Raises NotFoundError."""
    row = await tx.first(_EXTENSION, extension=extension_id)
    if row is None:
        raise NotFoundError(what="extension", what_zh="延期")
    extension = entity(Extension, row)
    campaign = await get_campaign(tx, tx.tenant_id, extension.campaign_id)
    return State(extension, parse_stored(campaign.programme))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An officer of the city; which person is asked when deciding."""
    return check_city_officer(state.extension.tenant_id, "confirm_extension", "确认延期", actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The extension, in force. Raises ExtensionSettledError, ExtensionSamePersonError, ExtensionRefusedError."""
    extension = state.extension
    check_unsettled(extension)
    if context.actor.person_id == extension.proposed_by:
        raise ExtensionSamePersonError
    check_close(state.programme, extension.stage, extension.closes_at, context.now)
    after = replace(extension, confirmed_by=context.actor.person_id, confirmed_at=context.now)
    return Change(
        operation=CONFIRMED,
        subject=Subject("extension", extension.id, 2),
        intent=intent_of(extension),
        writes=update(after),
    )


def check_unsettled(extension: Extension) -> None:
    """Raise ExtensionSettledError if it was confirmed or declined."""
    if extension.confirmed_at is not None or extension.declined_at is not None:
        raise ExtensionSettledError


ACT: Final = Act(CONFIRMED, load, authorise, decide)
