"""What a confirmed change of divisions does in the counties' logs: following acts, as certification/following_changes.py.

    async with database.read(city) as tx:
        pending = await pending_unit_changes(tx)
    for one in pending:                                   # what stands behind one that failed waits, in its counties
        async with database.write(one.scope()) as tx:
            await follow_unit_change(tx, signer_of(one.tenant_id), one, now)

Changes are followed in the city's order, a change's pieces in theirs: a move closes in the old log before it opens in the new one.
A following act takes nothing from its caller but which piece of which change it is. The plan is the city's row, as the city's entry
says it; what a community brings along is read in the old county's log itself, behind the entry that closed it there, and every fact
cites the entry that first said it. So no county can add to it or leave something out, and who holds both logs can check it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, any_, bindparam, select, true

from audit.entry import Cite, Subject
from audit.ledger import lock_head
from audit.signer import Signer
from audit.tables import ledger_entries, ledger_heads
from certification.changes import Act, Change, Context, Write, insert, update
from certification.errors import InvariantError, NotEntitledError, NotFoundError
from certification.fact import Fact, succeeded
from certification.life import Actor
from certification.lineage.checking import WHAT_EN, WHAT_ZH
from certification.lineage.errors import UnitBusyError, UnitChangeWaitingError
from certification.lineage.ground import BUSY
from certification.lineage.heritage import NOTHING, Heritage, read_heritage
from certification.lineage.model import COMMUNITIES, Unit, UnitCode, UnitLineage, UnitSuccession
from certification.lineage.plan import CLOSED, FOLLOWED, OPENED, Altered, Opened, Piece, parse_plan, pieces_of
from certification.model import ROLE_ZH
from certification.reading import entity
from certification.recording import FOLLOWING, Recorded, record
from certification.reviews.model import UnitChange
from certification.reviews.tables import unit_changes
from tenancy.database import Scope, TenantConnection
from tenancy.divisions import Kind, sort_key
from tenancy.identity import Principal, load_standing
from tenancy.statements import statement
from tenancy.tables import unit_codes, units

OPERATION: Final = "unit_change.followed"
ROLE: Final = "city_officer"
HOW: Final = {"merge": "merged", "split": "split", "move": "moved"}
"""Kind of change → kind of lineage."""

_confirming = (
    select(ledger_entries.c.seq, ledger_entries.c.hash)
    .where(
        ledger_entries.c.tenant_id == unit_changes.c.tenant_id,
        ledger_entries.c.subject_id == unit_changes.c.id,
    )
    .order_by(ledger_entries.c.seq.desc())
    .limit(1)
    .lateral("confirming")
)
_confirmed = (
    select(unit_changes, ledger_heads.c.origin, _confirming.c.seq, _confirming.c.hash)
    .join(ledger_heads, ledger_heads.c.tenant_id == unit_changes.c.tenant_id)
    .join(_confirming, true())
    .where(unit_changes.c.confirmed_at.is_not(None))
)
_CONFIRMED = statement(
    _confirmed.where(unit_changes.c.tenant_id == bindparam("tenant_id", type_=Integer)).order_by(
        _confirming.c.seq
    )
)
_CHANGE = statement(
    _confirmed.where(
        unit_changes.c.tenant_id == bindparam("city", type_=Integer), unit_changes.c.id == bindparam("change")
    )
)
_FOLLOWED = statement(
    select(ledger_entries.c.request_id).where(
        ledger_entries.c.tenant_id == any_(bindparam("granted", type_=ARRAY(Integer))),
        ledger_entries.c.subject_id == any_(bindparam("units", type_=ARRAY(units.c.id.type))),
        ledger_entries.c.operation == any_(bindparam("operations", type_=ARRAY(Text))),
    )
)
_CLOSING = statement(
    select(ledger_heads.c.origin, ledger_entries.c.seq, ledger_entries.c.hash)
    .join(ledger_heads, ledger_heads.c.tenant_id == ledger_entries.c.tenant_id)
    .where(
        ledger_entries.c.tenant_id == bindparam("left", type_=Integer),
        ledger_entries.c.operation == CLOSED,
        ledger_entries.c.request_id == bindparam("request"),
    )
)
_IDS: Final = bindparam("ids", type_=ARRAY(units.c.id.type))
_UNITS = statement(
    select(units).where(units.c.tenant_id == bindparam("tenant_id", type_=Integer), units.c.id == any_(_IDS))
)
_CODES = statement(
    select(unit_codes).where(
        unit_codes.c.tenant_id == bindparam("tenant_id", type_=Integer),
        unit_codes.c.unit_id == any_(_IDS),
        unit_codes.c.valid_to.is_(None),
    )
)


def request_of(entry: Cite, number: int) -> str:
    """The request id of a piece: the same for every try, and for nothing else."""
    return f"{FOLLOWING}{entry.hash.hex()}:{number}"


@dataclass(frozen=True, slots=True)
class FollowingUnits:
    """A piece of a confirmed change that its county's log does not hold yet; `tenants` are all that the change concerns."""

    city: int
    change_id: UUID
    author_id: UUID
    piece: Piece
    tenants: tuple[int, ...]
    entry: Cite

    @property
    def tenant_id(self) -> int:
        """In whose log it belongs."""
        return self.piece.tenant_id

    def scope(self) -> Scope:
        """Of the county's transaction: it reads the city's change, and the log of the county that a unit came from."""
        others = {self.city, *self.tenants} - {self.tenant_id}
        return Scope(self.tenant_id, granted=tuple(sorted(others)))

    @property
    def request_id(self) -> str:
        """As `request_of`."""
        return request_of(self.entry, self.piece.number)


@dataclass(frozen=True, slots=True)
class Command:
    """Follow piece `number` of the change of the city `city`."""

    city: int
    change_id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class State:
    """The change, the city's entry, the piece, the county's rows that it changes, and what a moved unit brings along."""

    tenant_id: int
    change: UnitChange
    entry: Cite
    piece: Piece
    units: Mapping[UUID, Unit]
    codes: Mapping[UUID, UnitCode]
    busy: Mapping[UUID, str] = field(default_factory=dict)
    closing: Cite | None = None
    heritage: Heritage = NOTHING


async def pending_unit_changes(tx: TenantConnection) -> tuple[FollowingUnits, ...]:
    """The pieces of the bound city's confirmed changes that its granted counties' logs do not hold yet, in their order."""
    granted = set(tx.scope.granted)
    found: list[FollowingUnits] = []
    for row in await tx.all(_CONFIRMED):
        plan = parse_plan(row["details"])
        entry = Cite(row["origin"], row["seq"], row["hash"])
        if granted.issuperset(plan.tenants):
            found += [
                FollowingUnits(tx.tenant_id, row["id"], row["confirmed_by"], piece, plan.tenants, entry)
                for piece in pieces_of(row["kind"], plan)
            ]
    if not found:
        return ()
    subjects = list({one.piece.subject for one in found})
    rows = await tx.all(_FOLLOWED, granted=sorted(granted), units=subjects, operations=list(FOLLOWED))
    followed = {row["request_id"] for row in rows}
    return tuple(one for one in found if one.request_id not in followed)


async def follow_unit_change(
    tx: TenantConnection, signer: Signer, following: FollowingUnits, now: datetime
) -> Recorded:
    """Perform a following act in the county's open transaction, or find that it was performed before."""
    head = await lock_head(tx.raw, tx.tenant_id)
    author = Principal(following.city, following.author_id, (), (), (), demo=False)
    standing = await load_standing(tx, author, now)
    command = Command(following.city, following.change_id, following.piece.number)
    return await record(tx, signer, head, ACT, command, standing, following.request_id, now)


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the change and the county's rows. Raises NotFoundError; UnitChangeWaitingError before the old log has closed."""
    row = await tx.first(_CHANGE, city=command.city, change=command.change_id)
    if row is None:
        raise NotFoundError(what="change", what_zh="变更")
    change, entry = entity(UnitChange, row), Cite(row["origin"], row["seq"], row["hash"])
    pieces = pieces_of(change.kind, parse_plan(change.details))
    piece = pieces[command.number] if command.number < len(pieces) else None
    if piece is None or piece.tenant_id != tx.tenant_id:
        raise NotFoundError(what="change", what_zh="变更")
    plan = piece.plan
    ids = [*(one.unit for one in plan.closed), *(one.unit for one in plan.altered)]
    found = {row["id"]: entity(Unit, row) for row in await tx.all(_UNITS, ids=ids)}
    codes = {row["unit_id"]: entity(UnitCode, row) for row in await tx.all(_CODES, ids=ids)}
    state = State(tx.tenant_id, change, entry, piece, found, codes)
    if piece.operation == OPENED:
        return await _read_left(tx, state)
    busy = await tx.all(BUSY, counties=[tx.tenant_id]) if plan.closed or plan.passed else []
    return replace(state, busy={row["community_id"]: row["what"] for row in busy})


async def _read_left(tx: TenantConnection, state: State) -> State:
    """What the unit leaves behind in the county that it comes from."""
    plan = state.piece.plan
    closing = await tx.first(_CLOSING, left=plan.tenant, request=request_of(state.entry, 0))
    if closing is None:
        raise UnitChangeWaitingError(name=plan.opened[0].name)
    cite = Cite(closing["origin"], closing["seq"], closing["hash"])
    community = plan.opened[0].kind in COMMUNITIES
    heritage = await read_heritage(tx, plan.tenant, plan.passed[0].predecessor) if community else NOTHING
    return replace(state, closing=cite, heritage=heritage)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """Who confirmed it, while the county grants the city its oversight."""
    confirmed = state.change.confirmed_by == actor.person_id and actor.home_tenant_id == command.city
    if not actor.oversees or not confirmed:
        raise NotEntitledError(
            action="confirm_unit_change", name="确认区划变更", role=ROLE, role_zh=ROLE_ZH[ROLE]
        )
    return ROLE


def decide(state: State, command: Command, context: Context) -> Change:
    """The county's rows after the piece, citing the city's entry; a moved unit's with what it brings along."""
    piece, plan = state.piece, state.piece.plan
    for one in (*(c.unit for c in plan.closed), *(p.predecessor for p in plan.passed if not state.closing)):
        if one in state.busy:
            what = state.busy[one]
            name = next((c.name for c in plan.closed if c.unit == one), "")
            raise UnitBusyError(name=name, what=WHAT_EN[what], what_zh=WHAT_ZH[what])
    brought, facts = state.heritage.carry(state.tenant_id, plan.passed, context.new_id)
    cites = (state.entry,) if state.closing is None else (state.entry, state.closing)
    return Change(
        operation=piece.operation,
        subject=Subject("unit", piece.subject, piece.number + 1),
        intent={"change": str(state.change.id), "kind": state.change.kind, "piece": piece.number},
        writes=(*_write(state, context), *insert(*brought)),
        cites=cites,
        facts=(*_successions(state), *facts),
    )


def _write(state: State, context: Context) -> Iterable[Write]:
    plan, change = state.piece.plan, state.change
    on, source = change.effective_on, change.document_number
    made: list[Any] = []
    kept: list[Any] = []
    for closed in plan.closed:
        kept.append(replace(_get(state.units, closed.unit), valid_to=on))
        if closed.unit in state.codes:
            kept.append(replace(state.codes[closed.unit], valid_to=on))
    for opened in plan.opened:
        made += _open(state.tenant_id, opened, on, source)
    for altered in plan.altered:
        after = _alter(_get(state.units, altered.unit), altered)
        kept.append(after)
        if altered.code != altered.was_code:
            if altered.unit in state.codes:
                kept.append(replace(state.codes[altered.unit], valid_to=on))
            made.append(UnitCode(state.tenant_id, altered.unit, altered.code, on, None, source))
    for passed in plan.passed:
        how = HOW[change.kind]
        if plan.tenant == state.tenant_id:
            made.append(
                UnitSuccession(
                    state.tenant_id,
                    context.new_id(),
                    passed.predecessor,
                    how,
                    plan.to,
                    passed.unit,
                    passed.carried,
                    on,
                    source,
                )
            )
        if plan.to == state.tenant_id:
            made.append(
                UnitLineage(
                    state.tenant_id,
                    context.new_id(),
                    passed.unit,
                    how,
                    plan.tenant,
                    passed.predecessor,
                    on,
                    source,
                )
            )
    order = (Unit, UnitCode, UnitLineage, UnitSuccession)
    return (
        *update(*sorted(kept, key=lambda one: order.index(type(one)))),
        *insert(*sorted(made, key=lambda one: order.index(type(one)))),
    )


def _open(tenant_id: int, opened: Opened, on: date, source: str) -> tuple[Unit, UnitCode]:
    key = sort_key(opened.code, Kind(opened.kind))
    return (
        Unit(tenant_id, opened.unit, opened.parent, opened.kind, opened.name, key, on, None),
        UnitCode(tenant_id, opened.unit, opened.code, on, None, source),
    )


def _alter(unit: Unit, altered: Altered) -> Unit:
    return replace(unit, name=altered.name, sort_key=sort_key(altered.code, Kind(unit.kind)))


def _successions(state: State) -> tuple[Fact, ...]:
    """Who goes on with whose history, in the successor's log; a moved community's cites the entry that closed it."""
    plan, change = state.piece.plan, state.change
    kinds = {one.unit: one.kind for one in plan.opened}
    if plan.to != state.tenant_id:
        return ()
    return tuple(
        replace(
            succeeded(one.unit, one.predecessor, change.effective_on, change.kind),
            cite=state.closing,
        )
        for one in plan.passed
        if one.carried and kinds.get(one.unit, COMMUNITIES[0]) in COMMUNITIES
    )


def _get(found: Mapping[UUID, Unit], unit: UUID) -> Unit:
    if unit not in found:
        raise InvariantError(f"the unit {unit} of a confirmed change is not there")
    return found[unit]


ACT: Final = Act(OPERATION, load, authorise, decide)
