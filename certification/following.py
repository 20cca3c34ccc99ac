"""What the city decides of a county's application, in the county's log: a following act (ADR 0001).

There are two sources: an item of a list that moves an application (the programme's `follows`), and an objection that the city
upheld (`publicity.upheld`). The city's transaction commits first. Then its decision is followed by one act that cites its entry:

    async with database.read(city) as tx:
        pending = await pending_followings(tx)
    for one in pending:
        async with database.write(one.scope()) as tx:
            await follow(tx, signer_of(one.tenant_id), one, now)

The request id derives from the city's entry, so repeating is harmless, and what a crash left undone is found by comparing
decisions with applications: call it at start and behind every such act of the city. The actor is whoever decided; what allows
it is the decision and the county's grant, not what roles that person has kept. The boundary opens the transactions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, and_, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from audit.entry import Cite, Subject
from audit.ledger import lock_head
from audit.signer import Signer
from audit.tables import ledger_entries, ledger_heads
from certification.changes import Act, Change, Context, insert, update
from certification.errors import InvariantError, NotEntitledError, NotFoundError
from certification.fact import certified
from certification.life import Actor, ApplicationView, check_following, find_following, starts
from certification.model import (
    ROLE_ZH,
    Certification,
    Objection,
    ObjectionStatus,
    Roster,
    RosterItem,
    Status,
)
from certification.programme import Programme, Step
from certification.reader import parse_stored
from certification.reading import FoundApplication, entity, read_application
from certification.recording import FOLLOWING, Recorded, record
from certification.rosters import has_left
from certification.tables import applications, campaigns, objections, roster_items, rosters
from tenancy.database import Scope, TenantConnection
from tenancy.identity import Principal, load_standing
from tenancy.statements import statement


@dataclass(frozen=True, slots=True)
class Following:
    """A decision that its application does not mirror yet; `source` is what `source_id` names, `entry` made it so."""

    city: int
    source: str
    source_id: UUID
    author_id: UUID
    tenant_id: int
    application_id: UUID
    entry: Cite

    def scope(self) -> Scope:
        """Of the county's transaction: it reads the city's decision beside its own rows."""
        return Scope(self.tenant_id, granted=(self.city,))

    @property
    def request_id(self) -> str:
        """The same for every try, and for nothing else."""
        return f"{FOLLOWING}{self.entry.hash.hex()}:{self.application_id}"


@dataclass(frozen=True, slots=True)
class Command:
    """Follow what the city `city` decided with the application: by its list, or by an objection upheld."""

    city: int
    roster_id: UUID | None
    application_id: UUID
    objection_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What the city decided of an application, by whom and in which entry; `action` is the step that follows, if one does."""

    source: str
    source_id: UUID
    author_id: UUID
    verdict: str
    action: str | None
    entry: Cite
    document: tuple[str, date] | None = None


@dataclass(frozen=True, slots=True)
class State:
    """The application, and what the city decided of it."""

    found: FoundApplication
    decision: Decision


def decision_of_list(programme: Programme, roster: Roster, item: RosterItem, entry: Cite) -> Decision:
    """What an item of a list says."""
    action = programme.get_maker(roster.kind).follows.get(item.verdict)
    number, day = roster.document_number, roster.document_date
    document = None if number is None or day is None else (number, day)
    return Decision(LIST, roster.id, roster.author_id, item.verdict, action, entry, document)


def decision_of_objection(programme: Programme, objection: Objection, entry: Cite) -> Decision:
    """What an objection upheld says. Raises NotFoundError for one that is not."""
    if objection.status != ObjectionStatus.UPHELD or objection.decided_by is None:
        raise NotFoundError(what="objection", what_zh="异议")
    upheld = programme.publicity.upheld
    return Decision(OBJECTION, objection.id, objection.decided_by, objection.status, upheld, entry)


LIST: Final = "list"
OBJECTION: Final = "objection"
_CITY: Final = bindparam("city", type_=Integer)
# The entry that made the list, not one that closed it.
_made = (
    select(ledger_entries.c.seq, ledger_entries.c.hash)
    .where(ledger_entries.c.tenant_id == rosters.c.tenant_id, ledger_entries.c.subject_id == rosters.c.id)
    .order_by(ledger_entries.c.seq)
    .limit(1)
    .lateral("made")
)
# Every item that the city ever listed: so only what it takes to see which of them waits.
_LISTED = statement(
    select(
        rosters.c.id,
        rosters.c.kind,
        rosters.c.campaign_id,
        roster_items.c.application_tenant_id,
        roster_items.c.application_id,
        roster_items.c.verdict,
    )
    .join(
        roster_items,
        and_(roster_items.c.tenant_id == rosters.c.tenant_id, roster_items.c.roster_id == rosters.c.id),
    )
    .where(rosters.c.tenant_id == bindparam("tenant_id", type_=Integer))
    .order_by(rosters.c.created_at, roster_items.c.roster_id, roster_items.c.position)
)
_MADE = statement(
    select(rosters.c.id, rosters.c.author_id, ledger_heads.c.origin, _made.c.seq, _made.c.hash)
    .join(ledger_heads, ledger_heads.c.tenant_id == rosters.c.tenant_id)
    .join(_made, rosters.c.id.is_not(None))
    .where(
        rosters.c.tenant_id == bindparam("tenant_id", type_=Integer),
        rosters.c.id == any_(bindparam("lists", type_=ARRAY(rosters.c.id.type))),
    )
)
# The entry that decided it is the last about it.
_decided = (
    select(ledger_entries.c.seq, ledger_entries.c.hash)
    .where(
        ledger_entries.c.tenant_id == objections.c.tenant_id, ledger_entries.c.subject_id == objections.c.id
    )
    .order_by(ledger_entries.c.seq.desc())
    .limit(1)
    .lateral("decided")
)
_UPHELD = statement(
    select(
        objections.c.id,
        objections.c.decided_by,
        objections.c.application_tenant_id,
        objections.c.application_id,
        rosters.c.campaign_id,
        ledger_heads.c.origin,
        _decided.c.seq,
        _decided.c.hash,
    )
    .select_from(objections)
    .join(
        rosters, and_(rosters.c.tenant_id == objections.c.tenant_id, rosters.c.id == objections.c.roster_id)
    )
    .join(ledger_heads, ledger_heads.c.tenant_id == objections.c.tenant_id)
    .join(_decided, objections.c.id.is_not(None))
    .where(
        objections.c.tenant_id == bindparam("tenant_id", type_=Integer),
        objections.c.status == ObjectionStatus.UPHELD.value,
    )
    .order_by(objections.c.decided_at, objections.c.id)
)
_OBJECTION = statement(
    select(objections, ledger_heads.c.origin, _decided.c.seq, _decided.c.hash)
    .join(ledger_heads, ledger_heads.c.tenant_id == objections.c.tenant_id)
    .join(_decided, objections.c.id.is_not(None))
    .where(
        objections.c.tenant_id == _CITY,
        objections.c.id == bindparam("objection"),
        objections.c.application_tenant_id == bindparam("tenant_id", type_=Integer),
        objections.c.application_id == bindparam("application"),
    )
)
# Programmes are long, and a list has many items.
_PROGRAMMES = statement(
    select(campaigns.c.id, campaigns.c.programme).where(
        campaigns.c.tenant_id == bindparam("tenant_id", type_=Integer)
    )
)
# Apart from the lists: a join between two tenants' rows is what a sharded database refuses.
_STATUSES = statement(
    select(applications.c.tenant_id, applications.c.id, applications.c.status).where(
        applications.c.tenant_id == any_(bindparam("granted", type_=ARRAY(Integer))),
        applications.c.id == any_(bindparam("listed", type_=ARRAY(applications.c.id.type))),
    )
)
_LIST = statement(
    select(rosters, ledger_heads.c.origin, _made.c.seq, _made.c.hash)
    .join(ledger_heads, ledger_heads.c.tenant_id == rosters.c.tenant_id)
    .join(_made, rosters.c.id.is_not(None))
    .where(rosters.c.tenant_id == _CITY, rosters.c.id == bindparam("roster"))
)
_ITEM = statement(
    select(roster_items).where(
        roster_items.c.tenant_id == _CITY,
        roster_items.c.roster_id == bindparam("roster"),
        roster_items.c.application_tenant_id == bindparam("tenant_id", type_=Integer),
        roster_items.c.application_id == bindparam("application"),
    )
)


_NAMED = statement(
    select(rosters.c.kind, roster_items.c.verdict)
    .join(
        roster_items,
        and_(roster_items.c.tenant_id == rosters.c.tenant_id, roster_items.c.roster_id == rosters.c.id),
    )
    .where(
        rosters.c.tenant_id == _CITY,
        roster_items.c.application_tenant_id == bindparam("tenant_id", type_=Integer),
        roster_items.c.application_id == bindparam("application"),
    )
)


_AGAINST = statement(
    select(objections.c.id)
    .where(
        objections.c.tenant_id == _CITY,
        objections.c.application_tenant_id == bindparam("tenant_id", type_=Integer),
        objections.c.application_id == bindparam("application"),
        objections.c.status == ObjectionStatus.UPHELD.value,
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Named:
    """An application, (kind, verdict) of each list of the city that names it, and whether an objection to it was upheld."""

    found: FoundApplication
    lists: tuple[tuple[str, str], ...]
    upheld: bool = False

    @property
    def view(self) -> ApplicationView:
        """What deciding needs to know, what the city decided among it."""
        return replace(self.found.view, lists=self.lists, upheld=self.upheld)


async def read_named(tx: TenantConnection, application_id: UUID, now: datetime) -> Named:
    """The bound tenant's application with what the city's lists say of it. Raises NotFoundError."""
    found = await read_application(tx, application_id, now)
    if not any(step.by_roster and step.start == found.view.status for step in found.programme.life):
        return Named(found, ())
    asked: dict[str, Any] = {"city": found.view.campaign_tenant_id, "application": application_id}
    rows = await tx.all(_NAMED, **asked)
    upheld = await tx.first(_AGAINST, **asked)
    return Named(found, tuple((row["kind"], row["verdict"]) for row in rows), upheld is not None)


async def pending_followings(tx: TenantConnection, made: UUID | None = None) -> tuple[Following, ...]:
    """What the bound city's lists say that its granted counties' applications do not mirror yet, in order.

    Of the list `made` just now also what went away while it was made: its act will be refused, and whoever made the list
    learns of it. The next list is made without it.
    """
    programmes = {row["id"]: parse_stored(row["programme"]) for row in await tx.all(_PROGRAMMES)}
    rows, upheld = await tx.all(_LISTED), await tx.all(_UPHELD)
    listed = list({row["application_id"] for row in (*rows, *upheld)})
    statuses = {
        (row["tenant_id"], row["id"]): row["status"]
        for row in await tx.all(_STATUSES, granted=list(tx.scope.granted), listed=listed)
    }
    waiting = []
    for row in rows:
        county, application = row["application_tenant_id"], row["application_id"]
        status = statuses.get((county, application))
        programme = programmes[row["campaign_id"]]
        if status is None:
            continue
        moved = row["id"] == made and row["verdict"] in programme.get_maker(row["kind"]).follows
        gone = moved and (has_left(status) or status == Status.RETURNED)
        if not gone and find_following(programme, row["kind"], row["verdict"], status) is None:
            continue
        waiting.append((row["id"], county, application))
    found = await _by_lists(tx, waiting)
    for row in upheld:
        county, application = row["application_tenant_id"], row["application_id"]
        programme, status = programmes[row["campaign_id"]], statuses.get((county, application))
        if status is None or not starts(programme, programme.publicity.upheld, status):
            continue
        entry = Cite(row["origin"], row["seq"], row["hash"])
        found.append(
            Following(tx.tenant_id, OBJECTION, row["id"], row["decided_by"], county, application, entry)
        )
    return tuple(found)


async def _by_lists(tx: TenantConnection, waiting: list[tuple[UUID, int, UUID]]) -> list[Following]:
    """What waits for a list, with the entry that made the list."""
    lists = list({roster_id for roster_id, _, _ in waiting})
    made = {row["id"]: row for row in await tx.all(_MADE, lists=lists)} if lists else {}
    return [
        Following(
            tx.tenant_id,
            LIST,
            roster_id,
            made[roster_id]["author_id"],
            county,
            application,
            Cite(made[roster_id]["origin"], made[roster_id]["seq"], made[roster_id]["hash"]),
        )
        for roster_id, county, application in waiting
    ]


async def follow(tx: TenantConnection, signer: Signer, following: Following, now: datetime) -> Recorded:
    """Perform a following act in the county's open transaction, or find that it was performed before."""
    head = await lock_head(tx.raw, tx.tenant_id)
    now = head.not_before(now)
    author = Principal(following.city, following.author_id, (), (), (), demo=False)
    standing = await load_standing(tx, author, now)
    by_list, by_objection = (
        following.source_id if following.source == one else None for one in (LIST, OBJECTION)
    )
    command = Command(following.city, by_list, following.application_id, by_objection)
    return await record(tx, signer, head, ACT, command, standing, following.request_id, now)


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the application and what the city decided. Raises NotFoundError."""
    found = await read_application(tx, command.application_id, now)
    if command.city != found.application.campaign_tenant_id:
        raise NotFoundError(what="decision", what_zh="市级决定")
    read = _read_list if command.objection_id is None else _read_objection
    return State(found, await read(tx, command, found.programme))


async def _read_list(tx: TenantConnection, command: Command, programme: Programme) -> Decision:
    row = await tx.first(_LIST, city=command.city, roster=command.roster_id)
    item = await tx.first(
        _ITEM, city=command.city, roster=command.roster_id, application=command.application_id
    )
    if row is None or item is None:
        raise NotFoundError(what="list", what_zh="名单")
    entry = Cite(row["origin"], row["seq"], row["hash"])
    return decision_of_list(programme, entity(Roster, row), entity(RosterItem, item), entry)


async def _read_objection(tx: TenantConnection, command: Command, programme: Programme) -> Decision:
    row = await tx.first(
        _OBJECTION, city=command.city, objection=command.objection_id, application=command.application_id
    )
    if row is None:
        raise NotFoundError(what="objection", what_zh="异议")
    entry = Cite(row["origin"], row["seq"], row["hash"])
    return decision_of_objection(programme, entity(Objection, row), entry)


def authorise(state: State, command: Command, actor: Actor) -> str:
    """Whoever decided, while the county grants the city its oversight."""
    step = _get_step(state)
    if (
        not actor.oversees
        or actor.person_id != state.decision.author_id
        or actor.home_tenant_id != command.city
    ):
        raise NotEntitledError(action=step.action, name=step.name, role=step.role, role_zh=ROLE_ZH[step.role])
    return step.role


def _get_step(state: State) -> Step:
    action = state.decision.action
    step = next((one for one in state.found.programme.life if one.action == action), None)
    if step is None:
        raise NotFoundError(what="decision", what_zh="市级决定")
    return step


def decide(state: State, command: Command, context: Context) -> Change:
    """The application's next status, citing the city's entry; a certification beside it when the province certified."""
    application, decision = state.found.application, state.decision
    step = check_following(state.found.programme, _get_step(state).action, state.found.view)
    after = replace(application, status=step.to, revision=application.revision + 1, updated_at=context.now)
    made = (_certification(state, context),) if step.to == Status.CERTIFIED else ()
    return Change(
        operation="application.followed",
        subject=Subject("application", application.id, after.revision),
        intent={
            "action": step.action,
            decision.source: str(decision.source_id),
            "status": step.to,
            "verdict": decision.verdict,
        },
        writes=(*update(after), *insert(*made)),
        cites=(decision.entry,),
        facts=tuple(
            replace(certified(one.community_id, one.id, one.level, one.certified_on), cite=decision.entry)
            for one in made
        ),
    )


def _certification(state: State, context: Context) -> Certification:
    if state.decision.document is None:
        raise InvariantError("a decision without its document")
    return _certify(state, context.new_id(), *state.decision.document)


def _certify(state: State, certification_id: UUID, number: str, day: date) -> Certification:
    application = state.found.application
    return Certification(
        tenant_id=application.tenant_id,
        id=certification_id,
        community_id=application.community_id,
        level=application.level,
        application_id=application.id,
        document_number=number,
        certified_on=day,
        cited_origin=state.decision.entry.origin,
        cited_seq=state.decision.entry.seq,
        cited_hash=state.decision.entry.hash,
    )


ACT: Final = Act("application.followed", load, authorise, decide)
