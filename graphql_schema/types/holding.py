"""Who held a level on a day (某日认定名单), as was known then or later: communities, each with its certification of that day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, FromClause, Select, literal_column, select
from sqlalchemy.types import Date, DateTime, Text

from certification.eligible import is_there
from certification.facts import facts_of, parse_facts
from certification.history import Certified, find_holding, settle
from certification.holding import holders
from graphql_schema.declare import (
    Build,
    Extension,
    Need,
    Parameters,
    Reach,
    column,
    computed,
    in_tenant,
    rows,
    to_one,
)
from graphql_schema.histories import cited
from graphql_schema.permissions import Permission
from graphql_schema.session import Session
from graphql_schema.types.enums import CertificationState, Level
from graphql_schema.types.history import Citation
from graphql_schema.types.reach import holds
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit
from tenancy.tables import tenants, units

ASKED: Final = {
    "level": (Level, "The level (级别)."),
    "on": (date, "The day (日期)."),
    "known_at": (
        datetime | None,
        "By what was recorded until this moment; now when nothing is said (当时所知).",
    ),
}


def holding_rows(
    row: FromClause, asked: Mapping[str, ColumnElement[Any]], parameters: Parameters
) -> Extension:
    """The communities that held the level, and what was asked beside each."""
    level, on, known_at = asked["level"], asked["on"], asked.get("known_at")
    found = holders(parameters.own_tenants, level, on, known_at)
    held: Select[Any] = select(literal_column("1")).where(
        found.c.tenant_id == row.c.tenant_id, found.c.community_id == row.c.id
    )
    nothing = literal_column("NULL::timestamptz", DateTime(timezone=True))
    beside = {"level": level, "on_day": on, "known_at": nothing if known_at is None else known_at}
    return Extension((is_there(row, on), held.exists()), beside)


def _beside(name: str, type_: Any) -> Build:
    return lambda row, _: literal_column(f"{row.name}.{name}", type_)  # type: ignore[attr-defined]


NEEDS: Final[Mapping[str, Need]] = {
    "id": units.c.id,
    "facts": lambda row, _: facts_of(row.c.tenant_id, row.c.id),
    "level": _beside("level", Text()),
    "on": _beside("on_day", Date()),
    "known_at": _beside("known_at", DateTime(timezone=True)),
}


def _held(row: Mapping[str, Any]) -> Certified | None:
    facts, on = parse_facts(UUID(row["id"]), row["facts"]), date.fromisoformat(row["on"])
    until = None if row["known_at"] is None else datetime.fromisoformat(row["known_at"])
    known = settle(facts, on, until).certified
    # In force before suspended; the rule of a campaign is not asked.
    found = (find_holding(row["level"], known, on, suspended_stands=lenient) for lenient in (False, True))
    return next((one.certified for one in found if one is not None and one.since is not None), None)


def decide_certified_on(row: Mapping[str, Any], _: Session) -> date | None:
    """The day of the certification that was held."""
    held = _held(row)
    return None if held is None else held.on


def decide_certified_by(row: Mapping[str, Any], _: Session) -> Mapping[str, Any] | None:
    """The entry that it rests on."""
    held = _held(row)
    return None if held is None else cited(held.cite)


def decide_state(row: Mapping[str, Any], _: Session) -> str | None:
    """Suspended, or in force."""
    held = _held(row)
    return None if held is None else held.state


@rows(
    units,
    permission=Permission.READ,
    reach=Reach(street=holds("parent_id"), community=holds("id")),
    description="A community that held a level on a day, by what was known at a moment (某日认定).",
)
class Holding:
    """Suspended or in force; what was revoked was not held."""

    community: Unit = to_one({units.c.id: units.c.id}, description="The community (社区).")
    tenant: Tenant = to_one({tenants.c.id: units.c.tenant_id}, description="The county (租户).")
    name: str = column(units.c.name, description="Its name now (名称).")
    certified_on: date | None = computed(
        NEEDS, decide_certified_on, description="Day of the certification (认定日期)."
    )
    certified_by: Citation | None = computed(
        NEEDS, decide_certified_by, description="The entry that it rests on (引用)."
    )
    state: CertificationState | None = computed(
        NEEDS, decide_state, description="Suspended on that day; null: in force (状态)."
    )


@strawberry.input(description="Which communities (筛选).")
class HoldingFilter:
    """All that is given must hold."""

    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")
