"""What a change of divisions comes to (方案): the units that end, begin and are altered, and who goes on from whom.

    {"altered": [{"code", "name", "unit", "was_code", "was_name"}…],      renamed or given another code
     "closed": [{"code", "name", "unit"}…],                               in the county `tenant`, what lies beneath first
     "left_out": "…",                                                     why a history does not go on, where one does not
     "opened": [{"code", "kind", "name", "parent", "unit"}…],             in the county `to`, what lies above first
     "passed": [{"carried", "from", "unit"}…],                            `unit` goes on from `from`, with its history or without
     "tenant": 3, "to": 3}

This is `unit_changes.details`, as canonical JSON, and stands in the city's entry. All of it is settled when the change is
proposed, new units' ids too, so counties' logs follow by it alone. A plan falls into pieces, one entry each: a move closes in one
log, then opens unit by unit in the other; every other change is one piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from audit.canonical import encode

MOVE: Final = "move"


@dataclass(frozen=True, slots=True)
class Closed:
    """A unit that ends."""

    unit: UUID
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A unit that begins."""

    unit: UUID
    kind: str
    name: str
    code: str
    parent: UUID


@dataclass(frozen=True, slots=True)
class Altered:
    """A unit that stays, with another name or code."""

    unit: UUID
    name: str
    code: str
    was_name: str
    was_code: str


@dataclass(frozen=True, slots=True)
class Passed:
    """`unit` goes on from `predecessor`; `carried`: with its history."""

    unit: UUID
    predecessor: UUID
    carried: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A change's outcome. Predecessors are units of `tenant`, successors of `to`; they differ in a move alone."""

    tenant: int
    to: int
    closed: tuple[Closed, ...] = ()
    opened: tuple[Opened, ...] = ()
    altered: tuple[Altered, ...] = ()
    passed: tuple[Passed, ...] = ()
    left_out: str | None = None

    @property
    def tenants(self) -> tuple[int, ...]:
        """Whose logs follow it."""
        return (self.tenant,) if self.to == self.tenant else (self.tenant, self.to)


@dataclass(frozen=True, slots=True)
class Piece:
    """What one entry of one county's log says of a change: `number` counts from 0, `plan` is its part of the whole."""

    number: int
    tenant_id: int
    operation: str
    subject: UUID
    plan: Plan


OPERATIONS: Final[Mapping[str, str]] = {
    "merge": "unit.merged",
    "split": "unit.split",
    "rename": "unit.renamed",
    "recode": "unit.recoded",
}
CLOSED: Final = "unit.closed"
OPENED: Final = "unit.opened"
FOLLOWED: Final = (*OPERATIONS.values(), CLOSED, OPENED)
"""The operations of the entries that follow a change of divisions."""


def pieces_of(kind: str, plan: Plan) -> tuple[Piece, ...]:
    """The pieces of a plan in their order."""
    if kind != MOVE:
        if plan.altered:
            subject = plan.altered[0].unit
        else:
            subject = plan.passed[0].predecessor if kind == "split" else plan.passed[0].unit
        return (Piece(0, plan.tenant, OPERATIONS[kind], subject, plan),)
    leaving = Plan(plan.tenant, plan.to, plan.closed, passed=plan.passed)
    found = [Piece(0, plan.tenant, CLOSED, plan.closed[-1].unit, leaving)]
    for number, one in enumerate(plan.opened, start=1):
        passed = tuple(pair for pair in plan.passed if pair.unit == one.unit)
        found.append(
            Piece(number, plan.to, OPENED, one.unit, Plan(plan.tenant, plan.to, opened=(one,), passed=passed))
        )
    return tuple(found)


def plan_value(plan: Plan) -> dict[str, object]:
    """The plan as JSON."""
    found: dict[str, object] = {
        "closed": [{"code": one.code, "name": one.name, "unit": str(one.unit)} for one in plan.closed],
        "opened": [
            {
                "code": one.code,
                "kind": one.kind,
                "name": one.name,
                "parent": str(one.parent),
                "unit": str(one.unit),
            }
            for one in plan.opened
        ],
        "altered": [
            {
                "code": one.code,
                "name": one.name,
                "unit": str(one.unit),
                "was_code": one.was_code,
                "was_name": one.was_name,
            }
            for one in plan.altered
        ],
        "passed": [
            {"carried": one.carried, "from": str(one.predecessor), "unit": str(one.unit)}
            for one in plan.passed
        ],
        "left_out": plan.left_out,
    }
    told = {name: value for name, value in found.items() if value}
    return {**told, "tenant": plan.tenant, "to": plan.to}


def format_plan(plan: Plan) -> str:
    """The plan as canonical JSON."""
    return encode(plan_value(plan)).decode()


def parse_plan(text: str) -> Plan:
    """The plan that `format_plan` wrote."""
    found: Mapping[str, Any] = orjson.loads(text)

    def units(name: str) -> list[Mapping[str, Any]]:
        return list(found.get(name, ()))

    return Plan(
        tenant=found["tenant"],
        to=found["to"],
        closed=tuple(Closed(UUID(one["unit"]), one["name"], one["code"]) for one in units("closed")),
        opened=tuple(
            Opened(UUID(one["unit"]), one["kind"], one["name"], one["code"], UUID(one["parent"]))
            for one in units("opened")
        ),
        altered=tuple(
            Altered(UUID(one["unit"]), one["name"], one["code"], one["was_name"], one["was_code"])
            for one in units("altered")
        ),
        passed=tuple(Passed(UUID(one["unit"]), UUID(one["from"]), one["carried"]) for one in units("passed")),
        left_out=found.get("left_out"),
    )
