"""An officer of the city proposes to extend a window (延期), for whom and with what reason; it admits nobody yet.

The notice knows no late act. Decided [D] (the programme's `[extensions]`): late only through an extension that two officers of the city sign,
with a reason. It may be for one level, one county, one community; without a county it is for every county and the city's own lists too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from audit.canonical import digest
from audit.entry import Subject, format_time
from certification.changes import Act, Change, Context, insert
from certification.errors import ExtensionRefusedError, NotEntitledError, NotFoundError
from certification.forms import REASON_LIMIT, check_text
from certification.life import Actor
from certification.model import ROLE_ZH, Extension
from certification.programme import Programme
from certification.reader import parse_stored
from certification.reading import get_campaign
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import tenants, units

ROLE: Final = "city_officer"
_BENEFICIARY = statement(
    select(tenants.c.id).where(
        tenants.c.id == bindparam("beneficiary"), tenants.c.parent_id == bindparam("tenant_id")
    )
)
_COMMUNITY = statement(
    select(units.c.kind).where(
        units.c.tenant_id == bindparam("beneficiary"), units.c.id == bindparam("community")
    )
)


@dataclass(frozen=True, slots=True)
class Command:
    """Extend the window `stage` to `closes_at` (exclusive), for a level, a county and its community, or for all of each."""

    campaign_id: UUID
    stage: str
    level: str | None
    beneficiary_tenant_id: int | None
    community_id: UUID | None
    closes_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class State:
    """The city, its programme, and whether what is named is the city's: a county beneath it, a community of that."""

    tenant_id: int
    programme: Programme
    beneficiary_known: bool
    community_kind: str | None


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the campaign of the bound city, and those whom the extension is for. Raises NotFoundError."""
    campaign = await get_campaign(tx, tx.tenant_id, command.campaign_id)
    beneficiary, community = command.beneficiary_tenant_id, command.community_id
    county = None if beneficiary is None else await tx.first(_BENEFICIARY, beneficiary=beneficiary)
    unit = None
    if county is not None and community is not None:
        unit = await tx.first(_COMMUNITY, beneficiary=beneficiary, community=community)
    programme = parse_stored(campaign.programme)
    return State(tx.tenant_id, programme, county is not None, None if unit is None else unit["kind"])


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An officer of the city."""
    return check_city_officer(state.tenant_id, "propose_extension", "提出延期", actor)


def check_city_officer(tenant_id: int, action: str, name: str, actor: Actor) -> str:
    """The role of an officer whose home the city is. Raises NotEntitledError."""
    if actor.home_tenant_id != tenant_id or all(role.name != ROLE for role in actor.roles):
        raise NotEntitledError(action=action, name=name, role=ROLE, role_zh=ROLE_ZH[ROLE])
    return ROLE


def decide(state: State, command: Command, context: Context) -> Change:
    """The proposal. Raises NotFoundError, FieldRefusedError, ExtensionRefusedError."""
    programme = state.programme
    if command.level is not None:
        programme.get_level(command.level)
    if command.beneficiary_tenant_id is not None and not state.beneficiary_known:
        raise NotFoundError(what="tenant", what_zh="租户")
    if command.community_id is not None and state.community_kind not in programme.scope.value:
        raise NotFoundError(what="community", what_zh="社区")
    check_text("reason", "延期理由", command.reason, REASON_LIMIT)
    check_close(programme, command.stage, command.closes_at, context.now)
    extension = Extension(
        tenant_id=state.tenant_id,
        id=context.new_id(),
        campaign_id=command.campaign_id,
        level=command.level,
        stage=command.stage,
        beneficiary_tenant_id=command.beneficiary_tenant_id,
        community_id=command.community_id,
        closes_at=command.closes_at,
        reason=command.reason,
        proposed_by=context.actor.person_id,
        proposed_at=context.now,
    )
    return Change(
        operation=ACT.operation,
        subject=Subject("extension", extension.id, 1),
        intent=intent_of(extension),
        writes=insert(extension),
    )


def check_close(programme: Programme, stage: str, closes_at: datetime, now: datetime) -> None:
    """Raise NotFoundError for no window of the programme, ExtensionRefusedError for a close that extends nothing, or for ever."""
    window = programme.windows.get(stage)
    if window is None:
        raise NotFoundError(what="window", what_zh="时间窗口")
    longest = programme.extension_days.value
    if closes_at <= window.closes_at:
        _refuse("不晚于原定截止时间", "it does not end after the window's own close")
    if closes_at <= now:
        _refuse("截止时间已过", "it ends in the past")
    if closes_at > window.closes_at + timedelta(days=longest):
        _refuse(f"超过原定截止时间 {longest} 天", f"it ends more than {longest} days after the window")


def intent_of(extension: Extension) -> dict[str, object]:
    """What an entry on an extension says of it: whom it is for, to when, and the digest of its reason."""
    beneficiary, community = extension.beneficiary_tenant_id, extension.community_id
    return {
        "beneficiary": beneficiary,
        "campaign": str(extension.campaign_id),
        "closes_at": format_time(extension.closes_at),
        "community": None if community is None else str(community),
        "level": extension.level,
        "reason_digest": digest(extension.reason).hex(),
        "window": extension.stage,
    }


def _refuse(zh: str, en: str) -> None:
    raise ExtensionRefusedError(reason_zh=zh, reason_en=en)


ACT: Final = Act("extension.proposed", load, authorise, decide)
