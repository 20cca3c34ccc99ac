"""What a confirmed change of the city does to a county's certification: a following act, as certification/following.py for lists.

    async with database.read(city) as tx:
        pending = await pending_changes(tx)
    for one in pending:
        async with database.write(one.scope()) as tx:
            await follow_change(tx, signer_of(one.tenant_id), one, now)

Changes of one certification are followed in the order in which the city confirmed them: when one fails, those behind it wait. What
has been followed is known by the request id in the county's log, which derives from the city's entry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, any_, bindparam, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from audit.entry import Cite, Subject
from audit.ledger import lock_head
from audit.signer import Signer
from audit.tables import ledger_entries, ledger_heads
from certification.acts.certification_change import ROLE, TO, confirming
from certification.changes import Act, Change, Context, update
from certification.errors import NotEntitledError, NotFoundError
from certification.life import Actor
from certification.model import ROLE_ZH, Certification, CertificationChange
from certification.reading import entity
from certification.recording import FOLLOWING, Recorded, record
from certification.tables import certification_changes, certifications
from tenancy.database import Scope, TenantConnection
from tenancy.identity import Principal, load_standing
from tenancy.statements import statement

OPERATION: Final = "certification.followed"


@dataclass(frozen=True, slots=True)
class FollowingChange:
    """A confirmed change that its certification does not mirror yet; `entry` confirmed it."""

    city: int
    change_id: UUID
    author_id: UUID
    tenant_id: int
    certification_id: UUID
    entry: Cite

    def scope(self) -> Scope:
        """Of the county's transaction: it reads the city's change beside its own rows."""
        return Scope(self.tenant_id, granted=(self.city,))

    @property
    def request_id(self) -> str:
        """The same for every try, and for nothing else."""
        return f"{FOLLOWING}{self.entry.hash.hex()}:{self.certification_id}"


@dataclass(frozen=True, slots=True)
class Command:
    """Follow the change `change_id` of the city `city` with the certification."""

    city: int
    change_id: UUID
    certification_id: UUID


@dataclass(frozen=True, slots=True)
class State:
    """The certification, the change, and the city's entry that confirmed it."""

    certification: Certification
    change: CertificationChange
    entry: Cite


_confirmed = (
    select(certification_changes, ledger_heads.c.origin, confirming.c.seq, confirming.c.hash)
    .join(ledger_heads, ledger_heads.c.tenant_id == certification_changes.c.tenant_id)
    .join(confirming, true())
    .where(certification_changes.c.confirmed_at.is_not(None))
)
_CONFIRMED = statement(
    _confirmed.where(
        certification_changes.c.tenant_id == bindparam("tenant_id", type_=Integer),
        certification_changes.c.certification_tenant_id == any_(bindparam("granted", type_=ARRAY(Integer))),
    ).order_by(confirming.c.seq)
)
# Apart from the changes: a join between two tenants' rows is what a sharded database refuses.
_FOLLOWED = statement(
    select(ledger_entries.c.request_id).where(
        ledger_entries.c.tenant_id == any_(bindparam("granted", type_=ARRAY(Integer))),
        ledger_entries.c.subject_id == any_(bindparam("changed", type_=ARRAY(certifications.c.id.type))),
        ledger_entries.c.operation == OPERATION,
    )
)
_CHANGE = statement(
    _confirmed.where(
        certification_changes.c.tenant_id == bindparam("city", type_=Integer),
        certification_changes.c.id == bindparam("change"),
        certification_changes.c.certification_tenant_id == bindparam("tenant_id", type_=Integer),
        certification_changes.c.certification_id == bindparam("certification"),
    )
)
_CERTIFICATION = statement(
    select(certifications).where(
        certifications.c.tenant_id == bindparam("tenant_id"),
        certifications.c.id == bindparam("certification"),
    )
)


async def pending_changes(tx: TenantConnection) -> tuple[FollowingChange, ...]:
    """The bound city's confirmed changes that its granted counties' logs do not hold yet, in the city's order."""
    granted = list(tx.scope.granted)
    rows = await tx.all(_CONFIRMED, granted=granted)
    changed = list({row["certification_id"] for row in rows})
    followed = {row["request_id"] for row in await tx.all(_FOLLOWED, granted=granted, changed=changed)}
    found = (
        FollowingChange(
            tx.tenant_id,
            row["id"],
            row["confirmed_by"],
            row["certification_tenant_id"],
            row["certification_id"],
            Cite(row["origin"], row["seq"], row["hash"]),
        )
        for row in rows
    )
    return tuple(one for one in found if one.request_id not in followed)


async def follow_change(
    tx: TenantConnection, signer: Signer, following: FollowingChange, now: datetime
) -> Recorded:
    """Perform a following act in the county's open transaction, or find that it was performed before."""
    head = await lock_head(tx.raw, tx.tenant_id)
    author = Principal(following.city, following.author_id, (), (), (), demo=False)
    standing = await load_standing(tx, author, now)
    command = Command(following.city, following.change_id, following.certification_id)
    return await record(tx, signer, head, ACT, command, standing, following.request_id, now)


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the certification and the change. Raises NotFoundError."""
    mine = await tx.first(_CERTIFICATION, certification=command.certification_id)
    row = await tx.first(
        _CHANGE, city=command.city, change=command.change_id, certification=command.certification_id
    )
    if mine is None or row is None:
        raise NotFoundError(what="change", what_zh="变更")
    entry = Cite(row["origin"], row["seq"], row["hash"])
    return State(entity(Certification, mine), entity(CertificationChange, row), entry)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """Who confirmed it, while the county grants the city its oversight."""
    confirmed = state.change.confirmed_by == actor.person_id and actor.home_tenant_id == command.city
    if not actor.oversees or not confirmed:
        raise NotEntitledError(
            action="confirm_certification_change", name="确认认定变更", role=ROLE, role_zh=ROLE_ZH[ROLE]
        )
    return ROLE


def decide(state: State, command: Command, context: Context) -> Change:
    """The certification in its new state, citing the city's entry."""
    change, before = state.change, state.certification
    after = replace(
        before,
        state=TO[change.kind],
        state_document=change.document_number,
        state_on=change.document_date,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("certification", before.id, 1),
        intent={"change": str(change.id), "kind": change.kind, "state": after.state},
        writes=update(after),
        cites=(state.entry,),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
