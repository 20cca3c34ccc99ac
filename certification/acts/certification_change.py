"""What the two acts on a certification share: the certification as the city sees it, and what may be done to it in which state.

The rule upheld here: the city suspends (暂停), revokes (撤销) or reinstates (恢复) a county's certification by the province's document, and
two persons of the city do it together. Decided [D]: a suspension can be lifted, a revocation cannot: who was revoked is certified anew.
Documents come in order: none is older than the certification or than the last change's.

What holds is the city's own record, in the order of its confirming entries; the county's row mirrors it (certification/following_changes.py)
and may lag behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, and_, bindparam, func, select, true

from audit.entry import Cite
from audit.tables import ledger_entries, ledger_heads
from certification.acts.legacy import ZONE
from certification.changes import Context
from certification.errors import ChangeRefusedError, FieldRefusedError, NotEntitledError, NotFoundError
from certification.life import Actor
from certification.lineage.errors import CertificationMovedError, UnitChangeWaitingError
from certification.lineage.whereabouts import find_moved, find_waiting
from certification.model import (
    CHANGE_ZH,
    ROLE_ZH,
    STATE_ZH,
    Certification,
    CertificationChange,
    CertificationState,
    ChangeKind,
)
from certification.planner import local_day
from certification.reading import entity, recorded_at
from certification.tables import certification_changes, certifications
from tenancy.database import TenantConnection
from tenancy.identity import in_force
from tenancy.statements import statement
from tenancy.tables import tenant_grants

ROLE: Final = "city_officer"
FROM: Final[Mapping[str, tuple[str | None, ...]]] = {
    ChangeKind.SUSPEND: (None,),
    ChangeKind.REVOKE: (None, CertificationState.SUSPENDED),
    ChangeKind.REINSTATE: (CertificationState.SUSPENDED,),
}
"""Change → the states from which it may be made; None is in force."""
TO: Final[Mapping[str, str | None]] = {
    ChangeKind.SUSPEND: CertificationState.SUSPENDED.value,
    ChangeKind.REVOKE: CertificationState.REVOKED.value,
    ChangeKind.REINSTATE: None,
}

_COUNTY: Final = bindparam("county", type_=Integer)
_recorded = recorded_at(certifications, func.max)
_CERTIFICATION = statement(
    select(certifications, ledger_heads.c.origin, ledger_entries.c.seq, ledger_entries.c.hash)
    .join(ledger_heads, ledger_heads.c.tenant_id == certifications.c.tenant_id)
    .join(
        ledger_entries,
        and_(ledger_entries.c.tenant_id == certifications.c.tenant_id, ledger_entries.c.seq == _recorded),
    )
    .where(
        certifications.c.tenant_id == _COUNTY,
        certifications.c.id == bindparam("certification"),
        select(tenant_grants.c.id)
        .where(
            tenant_grants.c.tenant_id == _COUNTY,
            tenant_grants.c.grantee_tenant_id == bindparam("tenant_id", type_=Integer),
            tenant_grants.c.scope == "oversee",
            in_force(tenant_grants),
        )
        .exists(),
    )
)
confirming = (
    select(ledger_entries.c.seq, ledger_entries.c.hash)
    .where(
        ledger_entries.c.tenant_id == certification_changes.c.tenant_id,
        ledger_entries.c.subject_id == certification_changes.c.id,
    )
    .order_by(ledger_entries.c.seq.desc())
    .limit(1)
    .lateral("confirming")
)
"""The entry that confirmed a change: the last of its subject."""
_CONFIRMED = statement(
    select(certification_changes)
    .join(confirming, true())
    .where(
        certification_changes.c.tenant_id == bindparam("tenant_id", type_=Integer),
        certification_changes.c.certification_tenant_id == _COUNTY,
        certification_changes.c.certification_id == bindparam("certification"),
        certification_changes.c.confirmed_at.is_not(None),
    )
    .order_by(confirming.c.seq)
)


@dataclass(frozen=True, slots=True)
class Found:
    """The city, a certification with the county's latest entry on it, and its confirmed changes in their order.

    `moved`: the county to which it has gone with its community; `waiting`: the county, while its
    units are about to change.
    """

    city: int
    certification: Certification
    entry: Cite
    confirmed: tuple[CertificationChange, ...]
    moved: str | None = None
    waiting: str | None = None

    @property
    def state(self) -> str | None:
        """Its state by the city's own record; revoked too when it fell with a higher level; one that came from another county brought its own."""
        if self.certification.state == CertificationState.REVOKED:
            return CertificationState.REVOKED.value
        return TO[self.confirmed[-1].kind] if self.confirmed else self.certification.state


async def read_certification(
    tx: TenantConnection, county: int, certification_id: UUID, now: datetime
) -> Found:
    """A certification of a county that grants its oversight to the bound city. Raises NotFoundError."""
    row = await tx.first(_CERTIFICATION, county=county, certification=certification_id, now=now)
    if row is None:
        raise NotFoundError(what="certification", what_zh="认定")
    rows = await tx.all(_CONFIRMED, county=county, certification=certification_id)
    today = local_day(now, ZONE)
    return Found(
        tx.tenant_id,
        entity(Certification, row),
        Cite(row["origin"], row["seq"], row["hash"]),
        tuple(entity(CertificationChange, one) for one in rows),
        await find_moved(tx, county, certification_id, (row["community_id"], row["certified_on"]), today),
        await find_waiting(tx, county),
    )


def check_city(city: int, action: str, name: str, actor: Actor) -> str:
    """The role of an officer of the city itself. Raises NotEntitledError."""
    if actor.home_tenant_id != city or all(role.name != ROLE for role in actor.roles):
        raise NotEntitledError(action=action, name=name, role=ROLE, role_zh=ROLE_ZH[ROLE])
    return ROLE


def check_change(found: Found, kind: str, day: date, context: Context) -> None:
    """Raise ChangeRefusedError or FieldRefusedError unless a document of that day may do this to the certification now."""
    if found.moved is not None:
        raise CertificationMovedError(county=found.moved)
    if found.waiting is not None:
        raise UnitChangeWaitingError(name=found.waiting)
    if found.state not in FROM[kind]:
        raise ChangeRefusedError(
            kind=kind,
            kind_zh=CHANGE_ZH[ChangeKind(kind)],
            state=found.state or "in force",
            state_zh="有效" if found.state is None else f"已{STATE_ZH[CertificationState(found.state)]}",
        )
    made = found.certification
    last = found.confirmed[-1].document_date if found.confirmed else made.state_on or made.certified_on
    if not last <= day <= local_day(context.now, ZONE):
        raise FieldRefusedError(
            field="document_date",
            label="文件日期",
            reason_zh="早于认定或上一次变更的文件，或晚于今天",
            reason_en="is before the certification or the last change, or after today",
        )


def describe(change: CertificationChange) -> Mapping[str, object]:
    """A change as an entry's intent says it."""
    return {
        "certification": str(change.certification_id),
        "county": change.certification_tenant_id,
        "document_date": change.document_date.isoformat(),
        "document_number": change.document_number,
        "kind": change.kind,
    }
