"""What may be done with an objection (异议) now, and why not: the programme's third table.

received (已收到) → accepted (核查中) → upheld (成立) or dismissed (不成立). As with applications and lists, one function answers what
is shown and what decides. Whoever objects is nobody known here; that part is acts/file_objection.py. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from certification.errors import CertificationError, NoSuchActionError, NotEntitledError, ObjectionStatusError
from certification.life import Actor, Availability, Role
from certification.model import OBJECTION_ZH, ROLE_ZH, ObjectionStatus
from certification.programme import ObjectionStep

FILE, ACCEPT = "file_objection", "accept_objection"
DECIDES = {ObjectionStatus.UPHELD: "uphold_objection", ObjectionStatus.DISMISSED: "dismiss_objection"}
"""The action that gives a verdict."""


def available_objection_actions(
    steps: Sequence[ObjectionStep], city: int, status: str, actor: Actor
) -> tuple[Availability, ...]:
    """Every action on an objection of the city, in the table's order, each with what stands against it now."""
    return tuple(
        Availability(
            row.action,
            row.name,
            row.ground.clause,
            find_objection_obstacle(steps, row.action, city, status, actor),
        )
        for row in steps
        if row.start is not None
    )


def find_objection_obstacle(
    steps: Sequence[ObjectionStep], action: str, city: int, status: str, actor: Actor
) -> CertificationError | None:
    """What refuses the action now, or None."""
    try:
        check_objection_step(steps, action, city, status, actor)
    except CertificationError as obstacle:
        return obstacle
    return None


def check_objection_step(
    steps: Sequence[ObjectionStep], action: str, city: int, status: str, actor: Actor
) -> ObjectionStep:
    """The row by which the action may be done now. Raises NotEntitledError, ObjectionStatusError."""
    check_objection_officer(steps, action, city, actor)
    row = get_objection_step(steps, action)
    if row.start != status:
        raise ObjectionStatusError(
            clause=row.ground.clause,
            action=row.action,
            name=row.name,
            status=status,
            status_zh=OBJECTION_ZH[ObjectionStatus(status)],
        )
    return row


def check_objection_officer(steps: Sequence[ObjectionStep], action: str, city: int, actor: Actor) -> Role:
    """The role in which the actor may do this at all. Raises NotEntitledError."""
    row = get_objection_step(steps, action)
    for role in actor.roles:
        if role.name == row.role and actor.home_tenant_id == city:
            return role
    raise NotEntitledError(
        clause=row.ground.clause,
        action=action,
        name=row.name,
        role=row.role,
        role_zh=ROLE_ZH.get(row.role, row.role),
    )


def get_objection_step(steps: Sequence[ObjectionStep], action: str) -> ObjectionStep:
    """The row of an action. Raises NoSuchActionError when the programme knows no objections."""
    for row in steps:
        if row.action == action:
            return row
    raise NoSuchActionError(stage="objection", verdict=action)
