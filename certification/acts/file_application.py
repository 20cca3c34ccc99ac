"""A community files an application (提出申请): a draft, the first of its life."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import Subject
from certification.changes import Act, Change, Context, insert
from certification.errors import AlreadyAppliedError, NotInScopeError
from certification.extensions import Confirmed, cite_late, latest_closes
from certification.facts import read_all_facts
from certification.life import Actor, ApplicationView, check_entitled, check_step
from certification.model import Application
from certification.planner import local_day
from certification.programme import Programme
from certification.reader import parse_stored
from certification.reading import Community, get_campaign, get_community, places_taken
from certification.windows import find_extensions
from tenancy.database import TenantConnection

ACTION: Final = "file_application"


@dataclass(frozen=True, slots=True)
class Command:
    """Apply for a level in a campaign of the city `campaign_tenant_id`, for a community of the bound tenant."""

    campaign_tenant_id: int
    campaign_id: UUID
    level: str
    community_id: UUID


@dataclass(frozen=True, slots=True)
class State:
    """The programme, the community, and the application as it would be."""

    programme: Programme
    community: Community
    view: ApplicationView
    extensions: tuple[Confirmed, ...] = ()


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read campaign and community. Raises NotFoundError, NotInScopeError for a unit under no street."""
    campaign = await get_campaign(tx, command.campaign_tenant_id, command.campaign_id)
    programme = parse_stored(campaign.programme)
    programme.get_level(command.level)
    today = local_day(now, programme.zone)
    community = await get_community(tx, command.community_id, command.campaign_id, command.level, today)
    if community.street_id is None:
        raise NotInScopeError(clause=programme.scope.ground.clause)
    view = ApplicationView(
        tenant_id=tx.tenant_id,
        campaign_tenant_id=command.campaign_tenant_id,
        level=command.level,
        status=None,
        community_id=community.id,
        street_id=community.street_id,
        county_taken=places_taken(programme, community.statuses),
        facts=await read_all_facts(tx, community.id),
    )
    extensions = await find_extensions(tx, programme, view, command.campaign_id, now)
    view = replace(view, extended=latest_closes(extensions))
    return State(programme, community, view, extensions)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """The clerk of that community."""
    return check_entitled(state.programme, ACTION, state.view, actor).name


def decide(state: State, command: Command, context: Context) -> Change:
    """A draft, unless the table, the scope or a live application stands against it."""
    programme, view = state.programme, state.view
    step = check_step(programme, ACTION, view, context.actor, context.now)
    clause = programme.scope.ground.clause
    if not state.community.exists or state.community.kind not in programme.scope.value:
        raise NotInScopeError(clause=clause)
    if state.community.live:
        raise AlreadyAppliedError(clause=clause)
    application = Application(
        tenant_id=view.tenant_id,
        id=context.new_id(),
        campaign_tenant_id=view.campaign_tenant_id,
        campaign_id=command.campaign_id,
        level=view.level,
        community_id=view.community_id,
        street_id=view.street_id,
        status=step.to,
        revision=1,
        form_version_id=None,
        filed_by=context.actor.person_id,
        created_at=context.now,
        updated_at=context.now,
        community_kind=state.community.kind,
    )
    change = Change(
        operation="application.filed",
        subject=Subject("application", application.id, 1),
        intent={
            "action": ACTION,
            "campaign": str(command.campaign_id),
            "community": str(view.community_id),
            "level": view.level,
            "status": step.to,
        },
        writes=insert(application),
    )
    return cite_late(change, programme, step, state.extensions, context.now)


ACT: Final = Act("application.filed", load, authorise, decide)
