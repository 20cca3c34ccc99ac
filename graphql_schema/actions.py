"""What the reader may do now with an application, and why not: what its field `availableActions` shows.

The programme's table decides (certification/life.py), by the same functions that decide an act. Here the row's
columns and the session become what those functions take. It is a forecast: an act reads roles and grants again in its own
transaction. The city's lists are graphql_schema/rounds.py;
when something is due is graphql_schema/deadlines.py. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, FromClause, and_, any_, exists, func, literal_column, select

from certification.errors import CertificationError
from certification.evidence import APPLICATION, find_attaching
from certification.facts import certified_facts, parse_facts, reviewed_facts
from certification.figures import parse_figures
from certification.life import ApplicationView, available_actions
from certification.life import Availability as Found
from certification.model import ObjectionStatus
from certification.reader import parse_stored
from certification.reading import places_taken
from certification.tables import (
    applications,
    campaigns,
    evidence,
    form_versions,
    objections,
    opinions,
    roster_items,
    rosters,
)
from graphql_schema.arranged import (
    extended_for,
    extensions_of_application,
)
from graphql_schema.declare import Build, Parameters
from graphql_schema.session import Session
from tenancy.identity import USES, GrantScope, Principal, Role


@dataclass(frozen=True, slots=True)
class Availability:
    """One action: its name, whether it is allowed, its clause, and what stands against it when it is not."""

    action: str
    name: str
    allowed: bool
    clause: str | None
    obstacle: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Reader:
    """The principal as an actor in one tenant, by what the token says."""

    person_id: UUID
    home_tenant_id: int
    roles: Sequence[Role]
    oversees: bool


def decide_reader(principal: Principal, tenant_id: int) -> Reader:
    """In another's tenant only the roles that make use of oversight count, as in `load_standing`."""
    home = principal.tenant_id
    if tenant_id == home:
        return Reader(principal.person_id, home, principal.roles, oversees=False)
    oversees = tenant_id in principal.granted
    used = tuple(role for role in principal.roles if oversees and USES.get(role.name) is GrantScope.OVERSEE)
    return Reader(principal.person_id, home, used, oversees)


def decide_actions(row: Mapping[str, Any], session: Session) -> list[Availability]:
    """The actions on an application with what stands against each; none when its campaign is not in reach.

    `row` has the keys of `NEEDS`, as JSON values.
    """
    if session.principal is None or row["programme"] is None:
        return []
    programme = parse_stored(row["programme"])
    view = ApplicationView(
        tenant_id=row["tenant_id"],
        campaign_tenant_id=row["campaign_tenant_id"],
        level=row["level"],
        status=row["status"],
        community_id=UUID(row["community_id"]),
        street_id=UUID(row["street_id"]),
        filed_by=UUID(row["filed_by"]),
        form_authors=tuple(map(UUID, row["form_authors"] or ())),
        form_hash=bytes.fromhex(row["form_hash"]) if row["form_hash"] else None,
        form_returned=any(returned for *_, returned in row["endorsed"] or ()),
        endorsed=tuple((stage, UUID(person)) for stage, person, _ in row["endorsed"] or ()),
        county_taken=places_taken(programme, row["statuses"] or {}),
        facts=parse_facts(row),
        form_history=(_day(row["form_certified_on"]), row["form_reviews"]),
        extended=extended_for(row["extensions"], row["level"]),
        lists=tuple((kind, verdict) for kind, verdict in row["lists"] or ()),
        upheld=row["upheld"],
        figures=parse_figures(row["form_figures"]),
    )
    reader = decide_reader(session.principal, view.tenant_id)
    attaching = find_attaching(programme, view, row["files"], reader)
    found = (*available_actions(programme, view, reader, session.now), attaching)
    return [show(one, session) for one in found if one is not None]


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def show(found: Found, session: Session) -> Availability:
    obstacle = None if found.obstacle is None else describe(found.obstacle, session)
    return Availability(found.action, found.name, found.allowed, found.clause, obstacle)


def describe(obstacle: CertificationError, session: Session) -> Mapping[str, Any]:
    """A refusal as the API shows it beforehand."""
    message = obstacle.zh if session.locale == "zh-CN" else obstacle.en
    return {"code": obstacle.code, "message": message, "clause": obstacle.clause}


def programme(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """The programme of the application's campaign, when that is shared, whatever public lists the same document reads."""
    return (
        select(campaigns.c.programme)
        .where(
            campaigns.c.tenant_id == row.c.campaign_tenant_id,
            campaigns.c.tenant_id == any_(parameters.shared_tenants),
            campaigns.c.id == row.c.campaign_id,
        )
        .correlate(row)
        .scalar_subquery()
    )


def form_authors(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """Who wrote a version, any of them."""
    found = select(func.json_agg(form_versions.c.author_id)).where(
        form_versions.c.tenant_id == row.c.tenant_id, form_versions.c.application_id == row.c.id
    )
    return found.correlate(row).scalar_subquery()


def _of_form(name: str, row: FromClause) -> ColumnElement[Any]:
    found = select(form_versions.c[name]).where(
        form_versions.c.tenant_id == row.c.tenant_id, form_versions.c.id == row.c.form_version_id
    )
    return found.correlate(row).scalar_subquery()


def form_hash(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The hash of the version in force."""
    return _of_form("hash", row)


def form_certified_on(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The day of certification that the version in force says."""
    return _of_form("certified_on", row)


def form_reviews(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The annual reviews that the version in force says, JSON as text."""
    return _of_form("reviews", row)


def form_figures(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The figures that the version in force states, JSON as text."""
    return _of_form("figures", row)


def certified(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The certifications of the community."""
    return certified_facts(row.c.tenant_id, row.c.community_id)


def reviewed(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The annual reviews of the community."""
    return reviewed_facts(row.c.tenant_id, row.c.community_id)


def endorsed(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """`[[stage, person, returned], …]` of the opinions given; the last says whether it returned the version in force."""
    returned = and_(
        opinions.c.verdict == literal_column("'return'"), opinions.c.form_version_id == row.c.form_version_id
    )
    given = func.json_build_array(opinions.c.stage, opinions.c.author_id, returned)
    return (
        select(func.json_agg(given))
        .where(opinions.c.tenant_id == row.c.tenant_id, opinions.c.application_id == row.c.id)
        .correlate(row)
        .scalar_subquery()
    )


def statuses(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """`{status: number}` of the county's applications of this level in this campaign."""
    other = applications.alias("other")
    counted = (
        select(other.c.status, func.count().label("n"))
        .where(
            other.c.tenant_id == row.c.tenant_id,
            other.c.campaign_id == row.c.campaign_id,
            other.c.level == row.c.level,
        )
        .group_by(other.c.status)
        .correlate(row)
        .subquery("counted")
    )
    return select(func.json_object_agg(counted.c.status, counted.c.n)).scalar_subquery()


def naming(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """`[[kind, verdict], …]` of the city's lists that name the application."""
    line = func.json_build_array(rosters.c.kind, roster_items.c.verdict)
    return (
        select(func.json_agg(line))
        .select_from(roster_items)
        .join(
            rosters,
            and_(rosters.c.tenant_id == roster_items.c.tenant_id, rosters.c.id == roster_items.c.roster_id),
        )
        .where(
            rosters.c.tenant_id == row.c.campaign_tenant_id,
            rosters.c.campaign_id == row.c.campaign_id,
            rosters.c.level == row.c.level,
            roster_items.c.application_tenant_id == row.c.tenant_id,
            roster_items.c.application_id == row.c.id,
        )
        .correlate(row)
        .scalar_subquery()
    )


def upheld(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """Whether the city upheld an objection to the application."""
    return exists().where(
        objections.c.tenant_id == row.c.campaign_tenant_id,
        objections.c.application_tenant_id == row.c.tenant_id,
        objections.c.application_id == row.c.id,
        objections.c.status == literal_column(f"'{ObjectionStatus.UPHELD}'"),
    )


def files(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """How many files are attached to the application."""
    return (
        select(func.count())
        .select_from(evidence)
        .where(
            evidence.c.tenant_id == row.c.tenant_id,
            evidence.c.subject_id == row.c.id,
            evidence.c.subject_type == literal_column(f"'{APPLICATION}'"),
        )
        .correlate(row)
        .scalar_subquery()
    )


NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    **{
        name: applications.c[name]
        for name in (
            "tenant_id",
            "campaign_tenant_id",
            "level",
            "status",
            "community_id",
            "street_id",
            "filed_by",
        )
    },
    "form_authors": form_authors,
    "form_hash": form_hash,
    "form_certified_on": form_certified_on,
    "form_reviews": form_reviews,
    "form_figures": form_figures,
    "certified": certified,
    "reviewed": reviewed,
    "endorsed": endorsed,
    "statuses": statuses,
    "programme": programme,
    "extensions": extensions_of_application,
    "lists": naming,
    "upheld": upheld,
    "files": files,
}
