"""Erasing personal values (删除个人信息): of whom, what is erased with them, and what stands against it.

The rule upheld here: one administrator of the tenant proposes, another confirms, and the entry names the commitments that tell nothing
from then on. The values go in the same transaction. The law gives the grounds (个人信息保护法第四十七条); how is decided [D]:

* a *person* is erased when they hold no role any more: who acts has a name. Login and password go with it: they are personal too.
* a *form version's* contact is erased at any time; another version may name another contact.
* an *objection* is erased when it is settled: whoever decides has read it.
* ground and number of the request stand in the entry for ever, so neither holds personal data: no free text is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, func, or_, select

from audit.canonical import encode
from audit.entry import format_time
from certification.errors import (
    ErasureNeedlessError,
    ErasureSettledError,
    FieldRefusedError,
    NotFoundError,
    ObjectionOpenError,
    PersonInOfficeError,
    SecondPersonError,
)
from certification.forms import check_line
from certification.model import Erasure, ObjectionStatus
from certification.reading import entity
from certification.tables import form_versions, objections
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import credentials, erasures, people, role_assignments

ERASABLE: Final[Mapping[str, Table]] = {
    "person": people,
    "form_version": form_versions,
    "objection": objections,
}
"""Type of a subject → the table whose row commits to its values; the row's `id` is the subject."""
GROUNDS: Final = ("purpose_achieved", "consent_withdrawn", "retention_over", "unlawful")
SUBJECT: Final = "erasure"
_NUMBERS: Final = re.compile(r"\d{9}")
_SETTLED: Final = {ObjectionStatus.UPHELD.value, ObjectionStatus.DISMISSED.value}
_COMMITTED: Final = {
    kind: statement(
        select(
            *(column.label(column.info["personal"]) for column in table.c if "personal" in column.info),
            *((table.c.status,) if kind == "objection" else ()),
        ).where(table.c.tenant_id == bindparam("tenant_id"), table.c.id == bindparam("subject"))
    )
    for kind, table in ERASABLE.items()
}
_LOGIN = statement(
    select(credentials.c.person_id).where(
        credentials.c.tenant_id == bindparam("tenant_id"), credentials.c.person_id == bindparam("subject")
    )
)
_ROLES = statement(
    select(func.count()).where(
        and_(
            role_assignments.c.tenant_id == bindparam("tenant_id"),
            role_assignments.c.person_id == bindparam("subject"),
            or_(role_assignments.c.valid_to.is_(None), role_assignments.c.valid_to > bindparam("now")),
        )
    )
)
_STANDING = statement(
    select(erasures).where(
        erasures.c.tenant_id == bindparam("tenant_id"),
        erasures.c.subject_id == bindparam("subject"),
        erasures.c.declined_at.is_(None),
    )
)
_ERASURE = statement(
    select(erasures).where(
        erasures.c.tenant_id == bindparam("tenant_id"), erasures.c.id == bindparam("erasure")
    )
)


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of a subject: commitments by field, a login, roles; an objection's state; an erasure that was proposed or done."""

    commitments: Mapping[str, bytes]
    login: bool
    roles: int
    status: str | None
    erasure: Erasure | None


async def read_held(tx: TenantConnection, kind: str, subject_id: UUID, now: datetime) -> Held:
    """What the bound tenant keeps of a subject. Raises NotFoundError."""
    row = await tx.first(_COMMITTED[kind], subject=subject_id)
    if row is None:
        raise NotFoundError(what=kind, what_zh="对象")
    found: dict[str, Any] = dict(row)
    status = found.pop("status", None)
    standing = await tx.first(_STANDING, subject=subject_id)
    return Held(
        commitments={field: value for field, value in sorted(found.items()) if value is not None},
        login=await tx.first(_LOGIN, subject=subject_id) is not None,
        roles=(await tx.one(_ROLES, subject=subject_id, now=now))[0],
        status=status,
        erasure=None if standing is None else entity(Erasure, standing),
    )


async def get_erasure(tx: TenantConnection, erasure_id: UUID) -> Erasure:
    """The bound tenant's erasure. Raises NotFoundError."""
    row = await tx.first(_ERASURE, erasure=erasure_id)
    if row is None:
        raise NotFoundError(what="erasure", what_zh="删除事项")
    return entity(Erasure, row)


def check_erasable(kind: str, held: Held) -> None:
    """Raise ErasureNeedlessError, PersonInOfficeError or ObjectionOpenError for what is not erased now."""
    _check_kept(kind, bool(held.commitments) or held.login, held.roles, held.status)


def check_confirmable(
    *,
    settled: bool,
    proposed_by: UUID,
    person_id: UUID,
    kind: str,
    kept: bool,
    roles: int,
    status: str | None,
) -> None:
    """Raise what stands against this person's confirming it now: one question, for the act and for what is shown before.

    `kept`: whether a value or a login is; ErasureSettledError, SecondPersonError, and as `check_erasable`.
    """
    check_open(settled)
    if proposed_by == person_id:
        raise SecondPersonError
    _check_kept(kind, kept, roles, status)


def check_unsettled(erasure: Erasure) -> None:
    """Raise ErasureSettledError if it was confirmed or declined."""
    check_open(is_settled(erasure))


def is_settled(erasure: Erasure) -> bool:
    """It was confirmed or declined."""
    return erasure.confirmed_at is not None or erasure.declined_at is not None


def check_open(settled: bool) -> None:
    """Raise ErasureSettledError for a settled one."""
    if settled:
        raise ErasureSettledError


def _check_kept(kind: str, kept: bool, roles: int, status: str | None) -> None:
    if not kept:
        raise ErasureNeedlessError
    if roles:
        raise PersonInOfficeError
    if kind == "objection" and status not in _SETTLED:
        raise ObjectionOpenError


def check_given(ground: str, reference: str) -> None:
    """Raise FieldRefusedError for an unknown ground, or a number that might be a telephone or an identity card."""
    if ground not in GROUNDS:
        raise FieldRefusedError(field="ground", label="删除事由", reason_zh="未知", reason_en="is unknown")
    check_line("reference", "受理编号", reference, 60)
    if _NUMBERS.search(reference):
        raise FieldRefusedError(
            field="reference",
            label="受理编号",
            reason_zh="疑似含有个人信息",
            reason_en="looks like personal data",
        )


def format_erased(commitments: Mapping[str, bytes]) -> str:
    """Commitments by field as the row keeps them, canonical."""
    return encode(
        [{"commitment": commitments[field].hex(), "field": field} for field in sorted(commitments)]
    ).decode()


def describe(erasure: Erasure) -> dict[str, object]:
    """An erasure as an entry's intent says it."""
    told: dict[str, object] = {
        "ground": erasure.ground,
        "of": {"id": str(erasure.subject_id), "type": erasure.subject_type},
        "reference": erasure.reference,
    }
    if erasure.erased is None:
        return told
    proposed = {"at": format_time(erasure.proposed_at), "by": str(erasure.proposed_by)}
    return {**told, "erased": json.loads(erasure.erased), "proposed": proposed}


def confirm(erasure: Erasure, held: Held, by: UUID, at: datetime) -> Erasure:
    """The erasure, done."""
    return replace(erasure, erased=format_erased(held.commitments), confirmed_by=by, confirmed_at=at)
