"""The city opens a campaign (批次): a programme becomes its rows, and the entry carries the programme whole.

open_campaign(shelf)       the act, over the delivered programmes and the installation's own (certification/shelf.py)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import bindparam, select

from audit.entry import Subject
from certification.changes import Act, Change, Context, insert
from certification.errors import CampaignExistsError, NotEntitledError
from certification.life import Actor
from certification.model import ROLE_ZH
from certification.programme import Programme
from certification.reader import load_programme
from certification.reading import find_campaign_by_code
from certification.shelf import Shelf
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import tenants

ROLE: Final = "city_officer"
_CODE = statement(select(tenants.c.code).where(tenants.c.id == bindparam("tenant_id")))


@dataclass(frozen=True, slots=True)
class Command:
    """Open the campaign of the programme with this code."""

    programme: str


@dataclass(frozen=True, slots=True)
class State:
    """The programme, the tenant that would open it, and the campaign if it is open."""

    tenant_id: int
    tenant_code: str
    programme: Programme
    existing: UUID | None


async def load(tx: TenantConnection, command: Command, now: datetime, shelf: Shelf = Shelf()) -> State:  # noqa: B008 - frozen
    """Read the file, and whether it has been opened."""
    programme = load_programme(command.programme, shelf)
    code = (await tx.one(_CODE))["code"]
    return State(tx.tenant_id, code, programme, await find_campaign_by_code(tx, programme.code))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An officer of the city that the programme is for."""
    held = any(role.name == ROLE for role in actor.roles)
    if (
        not held
        or actor.home_tenant_id != state.tenant_id
        or state.tenant_code != state.programme.tenant_code
    ):
        raise NotEntitledError(action="open_campaign", name="启动批次", role=ROLE, role_zh=ROLE_ZH[ROLE])
    return ROLE


def decide(state: State, command: Command, context: Context) -> Change:
    """Once only. Raises CampaignExistsError."""
    if state.existing is not None:
        raise CampaignExistsError(programme=state.programme.code)
    campaign_id = context.new_id()
    return Change(
        operation="campaign.opened",
        subject=Subject("campaign", campaign_id, 1),
        intent={
            "programme": orjson.loads(state.programme.canonical),
            "programme_digest": state.programme.digest.hex(),
        },
        writes=insert(*state.programme.campaign_rows(state.tenant_id, campaign_id, context.now)),
    )


def open_campaign(shelf: Shelf) -> Act[Command, State]:
    """The act over these programmes."""
    return Act("campaign.opened", partial(load, shelf=shelf), authorise, decide)


ACT: Final = open_campaign(Shelf())
"""Over those delivered alone."""
