"""What a confirmed change of the city does to a county's certification: a following act, as certification/following.py for lists.

    async with database.read(city) as tx:
        pending = await pending_changes(tx)
    for one in pending:
        async with database.write(one.scope()) as tx:
            await follow_change(tx, signer_of(one.tenant_id), one, now)

Changes of one certification are followed in the order in which the city confirmed them: when one fails, those behind it wait. What
has been followed is known by the request id in the county's log, which derives from the city's entry.

Who loses a level of which the programme says `lost = "both"` loses with it the certifications on which it was built: the same entry says so.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from certification.fact import changed
from certification.facts import read_all_facts
from certification.history import REVOKED, settle
from certification.life import Actor
from certification.model import ROLE_ZH, Certification, CertificationChange
from certification.programme import Programme
from certification.reader import BOTH, parse_stored
from certification.reading import entity
from certification.recording import FOLLOWING, Recorded, record
from certification.tables import campaigns, certification_changes, certifications
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
    """The certification, the change, the city's entry that confirmed it, and the certifications that fall with it."""

    certification: Certification
    change: CertificationChange
    entry: Cite
    fallen: tuple[Certification, ...] = ()


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
_CERTIFICATIONS = statement(
    select(certifications)
    .where(
        certifications.c.tenant_id == bindparam("tenant_id"),
        certifications.c.id == any_(bindparam("lost", type_=ARRAY(certifications.c.id.type))),
    )
    .order_by(certifications.c.certified_on, certifications.c.id)
)
# Which campaign it was that certified is of no matter: what is lost is said by the city's latest rules.
_LATEST = statement(
    select(campaigns.c.programme)
    .where(campaigns.c.tenant_id == bindparam("city", type_=Integer))
    .order_by(campaigns.c.opened_at.desc(), campaigns.c.id.desc())
    .limit(1)
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
    certification, change = entity(Certification, mine), entity(CertificationChange, row)
    entry = Cite(row["origin"], row["seq"], row["hash"])
    fallen = await _read_fallen(tx, certification, change) if TO[change.kind] == REVOKED else ()
    return State(certification, change, entry, fallen)


async def _read_fallen(
    tx: TenantConnection, certification: Certification, change: CertificationChange
) -> tuple[Certification, ...]:
    """The certifications in force or suspended that the programme takes with this one."""
    latest = await tx.first(_LATEST, city=change.tenant_id)
    levels = () if latest is None else tuple(_lost(parse_stored(latest["programme"]), certification.level))
    if not levels:
        return ()
    known = settle(await read_all_facts(tx, certification.community_id), change.document_date)
    lost = [one.subject_id for one in known.certified if one.level in levels and one.state != REVOKED]
    return tuple(entity(Certification, row) for row in await tx.all(_CERTIFICATIONS, lost=lost))


def _lost(programme: Programme, level: str) -> Iterator[str]:
    """The levels that are lost with one, downward."""
    rule = programme.levels.get(level)
    while rule is not None and rule.requires is not None and rule.lost.value == BOTH:
        yield rule.requires.certified
        rule = programme.levels.get(rule.requires.certified)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """Who confirmed it, while the county grants the city its oversight."""
    confirmed = state.change.confirmed_by == actor.person_id and actor.home_tenant_id == command.city
    if not actor.oversees or not confirmed:
        raise NotEntitledError(
            action="confirm_certification_change", name="确认认定变更", role=ROLE, role_zh=ROLE_ZH[ROLE]
        )
    return ROLE


def decide(state: State, command: Command, context: Context) -> Change:
    """The certification in its new state, and what falls with it, citing the city's entry."""
    change, before = state.change, state.certification
    to, day = TO[change.kind], change.document_date
    after = tuple(
        replace(one, state=to, state_document=change.document_number, state_on=day)
        for one in (before, *state.fallen)
    )
    return Change(
        operation=OPERATION,
        subject=Subject("certification", before.id, 1),
        intent={"change": str(change.id), "kind": change.kind, "state": to},
        writes=update(*after),
        cites=(state.entry,),
        facts=tuple(
            replace(changed(one.community_id, one.id, one.level, day, to), cite=state.entry) for one in after
        ),
    )


ACT: Final = Act(OPERATION, load, authorise, decide)
