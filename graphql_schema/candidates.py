"""A level's candidates side by side, as the city compares them (比选): what each stage found of the standard's items, and where each is ranked.

For the city that opened the campaign and its auditors. Only opinions that stand count (on the version in force, no return behind
them); what a county, or another city, asks is answered with null. One expression over the campaign's row; the rest is pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, FromClause, and_, func, literal_column, not_, select, true

from certification.model import Finding, RosterKind
from certification.reader import parse_stored
from certification.tables import (
    applications,
    campaigns,
    item_assessments,
    opinions,
    roster_items,
    rosters,
)
from graphql_schema.declare import Build, Parameters
from graphql_schema.ids import NodeRef, format_id
from graphql_schema.rounds import overseen
from graphql_schema.session import Session
from tenancy.tables import units

READERS: Final = frozenset({"city_officer", "auditor"})


def decide_comparison(row: Mapping[str, Any], session: Session) -> list[Mapping[str, Any]] | None:
    """The candidates of a level, those of the latest ranking first and in its order. `row` has the keys of `NEEDS`."""
    reader = session.principal
    if reader is None or reader.tenant_id != row["tenant_id"]:
        return None
    if not READERS & {str(role.name) for role in reader.roles}:
        return None
    holding = parse_stored(row["programme"]).holds_county_place.value
    found = [one for one in row["found"] or () if one["level"] == row["level"] and one["status"] in holding]
    # Who is not ranked comes behind, communities before villages.
    found.sort(
        key=lambda one: (
            one["position"] is None,
            one["position"] or 0,
            bool(one["village"]),
            one["name"],
            one["id"],
        )
    )
    return [_show(one) for one in found]


def _show(one: Mapping[str, Any]) -> Mapping[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for stage, verdict, number, notes in one["items"] or ():
        counts = found.setdefault(stage, {**{name.value: 0 for name in Finding}, "stage": stage, "notes": 0})
        counts[verdict] += number
        counts["notes"] += notes
    return {
        "application_id": format_id(NodeRef("Application", one["tenant_id"], UUID(one["id"]))),
        "community_name": one["name"],
        "status": one["status"],
        "position": one["position"],
        "score": one["score"],
        "verdict": one["verdict"],
        "stages": [found[stage] for stage in sorted(found)],
    }


def found(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """The applications of the campaign in the counties that grant the city its oversight now, each as an object."""
    street, county = units.alias("street"), units.alias("county")
    ranked = _ranked(row).lateral("ranked")
    one = func.json_build_object(
        *("tenant_id", applications.c.tenant_id, "id", applications.c.id, "level", applications.c.level),
        *(
            "status",
            applications.c.status,
            "village",
            applications.c.community_kind == literal_column("'village'"),
        ),
        *("name", func.concat_ws(literal_column("' / '"), county.c.name, street.c.name, units.c.name)),
        *("position", ranked.c.position, "score", ranked.c.score, "verdict", ranked.c.verdict),
        *("items", _items()),
    )
    return (
        select(func.json_agg(one))
        .select_from(applications)
        .join(
            units,
            and_(units.c.tenant_id == applications.c.tenant_id, units.c.id == applications.c.community_id),
        )
        .join(
            street,
            and_(street.c.tenant_id == applications.c.tenant_id, street.c.id == applications.c.street_id),
        )
        .join(county, and_(county.c.tenant_id == street.c.tenant_id, county.c.id == street.c.parent_id))
        .outerjoin(ranked, true())
        .where(
            overseen(row, parameters),
            applications.c.campaign_tenant_id == row.c.tenant_id,
            applications.c.campaign_id == row.c.id,
        )
        .correlate(row)
        .scalar_subquery()
    )


def _ranked(row: FromClause) -> Any:
    """The line of the latest ranking that names the application."""
    later = rosters.alias("later")
    replaced = (
        select(literal_column("1"))
        .select_from(later)
        .where(
            later.c.tenant_id == rosters.c.tenant_id,
            later.c.previous_id == rosters.c.id,
            later.c.kind == rosters.c.kind,
        )
        .correlate(rosters)
        .exists()
    )
    return (
        select(roster_items.c.position, roster_items.c.score, roster_items.c.verdict)
        .join(
            rosters,
            and_(rosters.c.tenant_id == roster_items.c.tenant_id, rosters.c.id == roster_items.c.roster_id),
        )
        .where(
            rosters.c.tenant_id == row.c.tenant_id,
            rosters.c.campaign_id == row.c.id,
            rosters.c.level == applications.c.level,
            rosters.c.kind == literal_column(f"'{RosterKind.RANKING}'"),
            not_(replaced),
            roster_items.c.application_tenant_id == applications.c.tenant_id,
            roster_items.c.application_id == applications.c.id,
        )
        .correlate(row, applications)
    )


def _items() -> ColumnElement[Any]:
    """`[[stage, verdict, number, number with a note], …]` of the opinions on the application that stand."""
    later = opinions.alias("returned")
    returned = (
        select(literal_column("1"))
        .select_from(later)
        .where(
            later.c.tenant_id == opinions.c.tenant_id,
            later.c.application_id == opinions.c.application_id,
            later.c.verdict == literal_column("'return'"),
            later.c.given_at >= opinions.c.given_at,
        )
        .correlate(opinions)
        .exists()
    )
    noted = func.count().filter(item_assessments.c.note != literal_column("''"))
    counted = (
        select(opinions.c.stage, item_assessments.c.verdict, func.count().label("n"), noted.label("noted"))
        .join(
            item_assessments,
            and_(
                item_assessments.c.tenant_id == opinions.c.tenant_id,
                item_assessments.c.opinion_id == opinions.c.id,
            ),
        )
        .where(
            opinions.c.tenant_id == applications.c.tenant_id,
            opinions.c.application_id == applications.c.id,
            opinions.c.form_version_id == applications.c.form_version_id,
            not_(returned),
        )
        .group_by(opinions.c.stage, item_assessments.c.verdict)
        .correlate(applications)
        .lateral("counted")
    )
    line = func.json_build_array(counted.c.stage, counted.c.verdict, counted.c.n, counted.c.noted)
    return select(func.json_agg(line)).select_from(counted).correlate(applications).scalar_subquery()


NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    "tenant_id": campaigns.c.tenant_id,
    "programme": campaigns.c.programme,
    "found": found,
}
