"""A change of divisions as its fields `outcome` and `availableActions` show it: from its stored plan, and by the acts' own checks. Pure.

What stands in the way on the ground, such as an application under way, is found by the act: no reader sees all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column

from certification.acts.certification_change import check_city
from certification.errors import CertificationError, SecondPersonError
from certification.life import Availability as Found
from certification.lineage.errors import UnitChangeSettledError
from certification.lineage.plan import parse_plan
from certification.reviews.tables import unit_changes
from graphql_schema.actions import Availability, Reader, decide_reader, show
from graphql_schema.declare import Build
from graphql_schema.ids import NodeRef, format_id
from graphql_schema.session import Session
from tenancy.divisions import Kind

OUTCOME_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {"details": unit_changes.c.details}
ACTION_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    name: unit_changes.c[name] for name in ("tenant_id", "proposed_by", "confirmed_at", "declined_at")
}
CONFIRM: Final = ("confirm_unit_change", "确认区划变更")
DECLINE: Final = ("decline_unit_change", "否决区划变更")


@dataclass(frozen=True, slots=True)
class Ending:
    """As `UnitEnding`."""

    unit_id: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """As `UnitBeginning`."""

    unit_id: str
    parent_id: str
    kind: Kind
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Altering:
    """As `UnitAltering`."""

    unit_id: str
    name: str
    code: str
    former_name: str
    former_code: str


@dataclass(frozen=True, slots=True)
class Passing:
    """As `UnitPassing`."""

    predecessor_id: str
    successor_id: str
    carried: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """As `UnitChangeOutcome`."""

    closed: list[Ending]
    opened: list[Beginning]
    altered: list[Altering]
    passed: list[Passing]
    left_out: str | None


def decide_outcome(row: Mapping[str, Any], _: Session) -> Outcome:
    """The plan, its units by their global ids."""
    plan = parse_plan(row["details"])
    before, after = _named(plan.tenant), _named(plan.to)
    return Outcome(
        closed=[Ending(before(one.unit), one.name, one.code) for one in plan.closed],
        opened=[
            Beginning(after(one.unit), after(one.parent), Kind(one.kind), one.name, one.code)
            for one in plan.opened
        ],
        altered=[
            Altering(before(one.unit), one.name, one.code, one.was_name, one.was_code) for one in plan.altered
        ],
        passed=[Passing(before(one.predecessor), after(one.unit), one.carried) for one in plan.passed],
        left_out=plan.left_out,
    )


def _named(tenant_id: int) -> Callable[[UUID], str]:
    return lambda unit: format_id(NodeRef("Unit", tenant_id, unit))


def decide_change_actions(row: Mapping[str, Any], session: Session) -> list[Availability]:
    """Confirming and declining, each with what stands against it. `row` has the keys of `ACTION_NEEDS`."""
    if session.principal is None:
        return []
    reader = decide_reader(session.principal, row["tenant_id"])
    return [
        show(Found(action, name, None, _find_obstacle(row, action, name, reader)), session)
        for action, name in (CONFIRM, DECLINE)
    ]


def _find_obstacle(
    row: Mapping[str, Any], action: str, name: str, reader: Reader
) -> CertificationError | None:
    try:
        check_city(row["tenant_id"], action, name, reader)
    except CertificationError as obstacle:
        return obstacle
    settled: list[datetime | None] = [row["confirmed_at"], row["declined_at"]]
    if any(one is not None for one in settled):
        return UnitChangeSettledError()
    if action == CONFIRM[0] and UUID(row["proposed_by"]) == reader.person_id:
        return SecondPersonError()
    return None
