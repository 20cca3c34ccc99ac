"""A county, or the city that oversees it, plans a cycle of annual reviews (制定复查计划): which communities, in which days, by which teams.

Who goes where is not said here: a draw says it (certification/reviews/assignment.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Date, Integer, Uuid, and_, any_, bindparam, select

from audit.canonical import digest
from audit.entry import Subject
from certification.changes import Act, Change, Context, insert
from certification.errors import NotFoundError
from certification.forms import check_line
from certification.life import Actor
from certification.lineage.whereabouts import read_heirs
from certification.model import Campaign
from certification.planner import local_day
from certification.programme import Programme
from certification.reader import parse_stored
from certification.reading import entity, get_campaign
from certification.reviews.assignment import Team, describe_list
from certification.reviews.model import (
    AnnualReview,
    CycleStatus,
    ReviewCycle,
    ReviewStatus,
    ReviewTeam,
    ReviewTeamMember,
)
from certification.reviews.planning import (
    NAME_LIMIT,
    Community,
    Held,
    Inspector,
    PlannedTeam,
    RoleHeld,
    check_assignable,
    check_days,
    check_list,
    check_planner,
    check_teams,
    choose,
    find_barred,
    format_barred,
    get_rule,
)
from certification.reviews.tables import annual_reviews
from certification.tables import certifications
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import role_assignments, units

OPERATION: Final = "review_cycle.planned"
_TENANT: Final = bindparam("tenant_id", type_=Integer)
_IDS: Final = bindparam("ids", type_=ARRAY(Uuid()))
_CERTIFIED = statement(
    select(certifications).where(
        certifications.c.tenant_id == _TENANT,
        certifications.c.certified_on < bindparam("before", type_=Date),
    )
)
_COMMUNITIES = statement(
    select(units.c.id, units.c.parent_id, units.c.name, units.c.valid_to).where(
        units.c.tenant_id == _TENANT,
        units.c.id == any_(_IDS),
        units.c.kind.in_(("community", "village")),
        units.c.parent_id.is_not(None),
    )
)
_STREETS = statement(
    select(units.c.id).where(units.c.tenant_id == _TENANT, units.c.id == any_(_IDS), units.c.kind == "street")
)
_PLANNED = statement(
    select(annual_reviews.c.community_id, annual_reviews.c.level).where(
        annual_reviews.c.tenant_id == _TENANT,
        annual_reviews.c.year == bindparam("year"),
        annual_reviews.c.status != ReviewStatus.CANCELLED.value,
    )
)
_ROLES = statement(
    select(
        role_assignments.c.tenant_id,
        role_assignments.c.person_id,
        role_assignments.c.role,
        role_assignments.c.valid_from,
        role_assignments.c.valid_to,
        units.c.id,
        units.c.kind,
        units.c.parent_id,
    )
    .join(
        units,
        and_(units.c.tenant_id == role_assignments.c.tenant_id, units.c.id == role_assignments.c.unit_id),
    )
    .where(
        role_assignments.c.tenant_id == any_(bindparam("tenants", type_=ARRAY(Integer()))),
        role_assignments.c.person_id == any_(bindparam("people", type_=ARRAY(Uuid()))),
    )
)


@dataclass(frozen=True, slots=True)
class Command:
    """Plan a cycle of the bound county under that campaign's programme; `communities` None: all that are to be reviewed."""

    campaign_tenant_id: int
    campaign_id: UUID
    year: int
    name: str
    opens_on: date
    closes_on: date
    communities: tuple[UUID, ...] | None
    teams: tuple[PlannedTeam, ...]


@dataclass(frozen=True, slots=True)
class State:
    """The county, the programme, its communities and certifications, what is planned of the year, and who may inspect."""

    tenant_id: int
    campaign: Campaign
    programme: Programme
    communities: Mapping[UUID, Community]
    held: tuple[Held, ...]
    planned: frozenset[tuple[UUID, str]]
    streets: frozenset[UUID]
    roles: Mapping[Inspector, Sequence[RoleHeld]]


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the county. Raises NotFoundError."""
    campaign = await get_campaign(tx, command.campaign_tenant_id, command.campaign_id)
    programme = parse_stored(campaign.programme)
    year = min(max(command.year, 1), 9999)
    today = local_day(now, programme.zone)
    rows = tuple(entity(Held, row) for row in await tx.all(_CERTIFIED, before=date(year, 1, 1)))
    # Who goes on from a community is reviewed as what that was certified as.
    heirs = await read_heirs(tx, tx.tenant_id, {(one.community_id, one.certified_on) for one in rows}, today)
    held = tuple(
        replace(one, community_id=heir)
        for one in rows
        for heir in heirs[one.community_id, one.certified_on] or (one.community_id,)
    )
    ids = {one.community_id for one in held} if command.communities is None else set(command.communities)
    communities = {
        row["id"]: Community(
            row["id"], row["parent_id"], row["name"], row["valid_to"] is None or row["valid_to"] > today
        )
        for row in await tx.all(_COMMUNITIES, ids=list(ids))
    }
    planned = await tx.all(_PLANNED, year=command.year)
    declared = {street for team in command.teams for one in team.members for street in one.declared}
    return State(
        tenant_id=tx.tenant_id,
        campaign=campaign,
        programme=programme,
        communities=communities,
        held=held,
        planned=frozenset((row["community_id"], row["level"]) for row in planned),
        streets=frozenset(row["id"] for row in await tx.all(_STREETS, ids=list(declared))),
        roles=await read_roles(tx, command.teams, now),
    )


async def read_roles(
    tx: TenantConnection, teams: Sequence[PlannedTeam], now: datetime
) -> Mapping[Inspector, Sequence[RoleHeld]]:
    """Every role that those who are named hold or held, as far as the transaction may read: in the county, and in the tenant of who acts."""
    people = {(one.tenant_id, one.person_id) for team in teams for one in team.members}
    found: dict[Inspector, list[RoleHeld]] = {}
    rows = await tx.all(
        _ROLES, tenants=list({tenant for tenant, _ in people}), people=list({person for _, person in people})
    )
    for row in rows:
        in_force = row["valid_from"] <= now and (row["valid_to"] is None or row["valid_to"] > now)
        street = _street_of(row) if row["tenant_id"] == tx.tenant_id else None
        found.setdefault((row["tenant_id"], row["person_id"]), []).append(
            RoleHeld(row["role"], street, in_force)
        )
    return found


def authorise(state: State, command: Command, actor: Actor) -> str:
    """A planner of the programme, of the county or of the city that oversees it."""
    return check_planner(state.programme, state.tenant_id, actor, "plan_review_cycle", "制定复查计划")


def decide(state: State, command: Command, context: Context) -> Change:
    """The cycle, its teams, and a review for each community. Raises what refuses it."""
    programme, rule = state.programme, get_rule(state.programme)
    check_line("name", "名称", command.name, NAME_LIMIT)
    check_days(command.year, command.opens_on, command.closes_on, local_day(context.now, programme.zone))
    _check_declared(state, command)
    check_teams(rule, command.teams, _nameable(state, context.actor))
    chosen = choose(
        programme, command.year, command.communities, state.communities, state.held, state.planned
    )
    cycle = ReviewCycle(
        tenant_id=state.tenant_id,
        id=context.new_id(),
        campaign_tenant_id=command.campaign_tenant_id,
        campaign_id=command.campaign_id,
        year=command.year,
        name=command.name,
        opens_on=command.opens_on,
        closes_on=command.closes_on,
        status=CycleStatus.PLANNED.value,
        revision=1,
        planned_tenant_id=context.actor.home_tenant_id,
        planned_by=context.actor.person_id,
        created_at=context.now,
        updated_at=context.now,
    )
    teams = [
        ReviewTeam(state.tenant_id, context.new_id(), cycle.id, number, one.name)
        for number, one in enumerate(command.teams, 1)
    ]
    members: list[ReviewTeamMember] = []
    drawn: list[Team] = []
    for team, planned in zip(teams, command.teams, strict=True):
        barred = [
            find_barred(rule, one, state.roles[(one.tenant_id, one.person_id)]) for one in planned.members
        ]
        members += [
            ReviewTeamMember(state.tenant_id, team.id, one.tenant_id, one.person_id, format_barred(found))
            for one, found in zip(planned.members, barred, strict=True)
        ]
        streets = frozenset(street for found in barred for street, _ in found)
        drawn.append(Team(team.id, team.number, streets))
    check_assignable(chosen, drawn)
    reviews = [
        AnnualReview(
            tenant_id=state.tenant_id,
            id=context.new_id(),
            cycle_id=cycle.id,
            certification_id=one.certification_id,
            community_id=one.community.id,
            street_id=one.community.street_id,
            level=one.level,
            year=command.year,
            status=ReviewStatus.PLANNED.value,
            revision=1,
            round=1,
            rectified=False,
            created_at=context.now,
            updated_at=context.now,
        )
        for one in chosen
    ]
    listed = describe_list(cycle.id, command.year, [one.place for one in chosen], drawn)
    check_list(listed)
    return Change(
        operation=OPERATION,
        subject=Subject("review_cycle", cycle.id, 1),
        intent={
            "campaign": str(cycle.campaign_id),
            "closes_on": cycle.closes_on.isoformat(),
            "communities": len(reviews),
            "list_digest": digest(listed).hex(),
            "opens_on": cycle.opens_on.isoformat(),
            "teams": len(teams),
            "year": cycle.year,
        },
        writes=insert(cycle, *teams, *members, *reviews),
    )


def _nameable(state: State, actor: Actor) -> Mapping[Inspector, Sequence[RoleHeld]]:
    """The roles of whom the actor may name: people of the county, and of the city that oversees it if it acts itself."""
    tenants = {state.tenant_id} | ({actor.home_tenant_id} if actor.oversees else set())
    return {one: roles for one, roles in state.roles.items() if one[0] in tenants}


def _check_declared(state: State, command: Command) -> None:
    """Raise NotFoundError for a declared street that is none of the county's."""
    for team in command.teams:
        for member in team.members:
            if not state.streets.issuperset(member.declared):
                raise NotFoundError(what="street", what_zh="街道（乡镇）")


def _street_of(row: Any) -> UUID | None:
    if row["kind"] == "street":
        return row["id"]  # type: ignore[no-any-return]
    return row["parent_id"] if row["kind"] in ("community", "village") else None


ACT: Final = Act(OPERATION, load, authorise, decide)
