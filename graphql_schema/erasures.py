"""What the reader may do now with an erasure, and why not: what its field `availableActions` shows.

By the acts' own checks (certification/acts/erasing.py), over what is still kept of the subject. A forecast, as everywhere: an act
reads again. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, FromClause, and_, exists, func, or_, select

from certification.acts.administering import check_administrator
from certification.acts.confirm_erasure import ACTION as CONFIRM
from certification.acts.decline_erasure import ACTION as DECLINE
from certification.acts.erasing import ERASABLE, check_confirmable, check_open
from certification.errors import CertificationError
from certification.life import Availability as Found
from certification.tables import objections
from graphql_schema.actions import Availability, Reader, decide_reader, show
from graphql_schema.declare import Build, Parameters
from graphql_schema.session import Session
from tenancy.tables import credentials, erasures, role_assignments


def _values(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """Whether anything that the subject's row commits to is there still."""
    held = (
        exists().where(
            table.c.tenant_id == row.c.tenant_id,
            table.c.id == row.c.subject_id,
            or_(*(column.is_not(None) for column in table.c if "personal" in column.info)),
        )
        for table in ERASABLE.values()
    )
    return or_(*held)


def _login(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """Whether the subject can sign in."""
    return exists().where(
        credentials.c.tenant_id == row.c.tenant_id, credentials.c.person_id == row.c.subject_id
    )


def _roles(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """How many roles the subject holds."""
    ends = role_assignments.c.valid_to
    return (
        select(func.count())
        .select_from(role_assignments)
        .where(
            and_(
                role_assignments.c.tenant_id == row.c.tenant_id,
                role_assignments.c.person_id == row.c.subject_id,
                or_(ends.is_(None), ends > parameters.now),
            )
        )
        .correlate(row)
        .scalar_subquery()
    )


def _status(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """Where the objection is, if the subject is one."""
    return (
        select(objections.c.status)
        .where(objections.c.tenant_id == row.c.tenant_id, objections.c.id == row.c.subject_id)
        .correlate(row)
        .scalar_subquery()
    )


ERASURE_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    **{
        name: erasures.c[name]
        for name in ("tenant_id", "subject_type", "proposed_by", "confirmed_at", "declined_at")
    },
    "values": _values,
    "login": _login,
    "roles": _roles,
    "objection_status": _status,
}


def decide_erasure_actions(row: Mapping[str, Any], session: Session) -> list[Availability]:
    """Confirming and declining, each with what stands against it. `row` has the keys of `ERASURE_NEEDS`."""
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
    settled = row["confirmed_at"] is not None or row["declined_at"] is not None
    try:
        check_administrator(row["tenant_id"], action, name, reader)
        if action == DECLINE[0]:
            check_open(settled)
        else:
            check_confirmable(
                settled=settled,
                proposed_by=UUID(row["proposed_by"]),
                person_id=reader.person_id,
                kind=row["subject_type"],
                kept=row["values"] or row["login"],
                roles=row["roles"],
                status=row["objection_status"],
            )
    except CertificationError as obstacle:
        return obstacle
    return None
