"""The boundary of writing: a decoded command in, a committed act or a refusal out.

The rule upheld here (ADR 0004): the transaction is opened here, or in the tenant's lane (graphql_schema/lanes.py), and committed before the
answer leaves. A tenant out of the principal's
reach is refused before anything of it is read, in the words of something that does not exist, and the attempt goes to the access log.
Expected refusals become a `Refusal`; our own broken invariants go up and are masked.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import tenancy.errors
from audit.errors import AuditError
from certification.changes import Act
from certification.errors import CertificationError, NotEntitledError, NotFoundError
from certification.following import Following, follow, pending_followings
from certification.following_changes import follow_change, pending_changes
from certification.lineage.following import follow_unit_change, pending_unit_changes
from certification.recording import Recorded, perform, perform_public
from certification.signing.errors import SignatureRequiredError
from certification.signing.following import follow_end, pending_ends
from certification.signing.offering import Signing
from certification.together import Asked
from graphql_schema.declare import Outcome
from graphql_schema.ids import NodeRef, format_id
from graphql_schema.readpath.proofs import Trees
from graphql_schema.session import Desk, Session
from tenancy.access import record_refusal
from tenancy.database import Database, Scope, TenantConnection
from tenancy.errors import TenancyError, ThrottledError
from tenancy.identity import Principal

C = TypeVar("C")
S = TypeVar("S")

REFUSALS: Final = (CertificationError, TenancyError)
SUBJECTS: Final = {
    "person": ("PersonRecorded", "Person"),
    "role": ("RoleRecorded", "RoleAssignment"),
    "grant": ("GrantRecorded", "Grant"),
    "extension": ("ExtensionRecorded", "Extension"),
    "calendar": ("CalendarRecorded", "CalendarYear"),
    "ledger_reading": ("LedgerReadingRecorded", "LedgerReading"),
    "officer_key": ("OfficerKeyRecorded", "OfficerKey"),
    "signing_policy": ("SigningPolicyRecorded", "SigningPolicy"),
    "erasure": ("ErasureRecorded", "Erasure"),
}
"""Subject of an act in the own tenant, and field of its answer → the answer's type, the subject's."""
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of the city's lists in the counties: acts recorded, and what is left with the code of what stood against it."""

    done: tuple[Recorded, ...]
    left: tuple[tuple[Following, str], ...]


def get_principal(session: Session) -> Principal:
    """Who asks; the permission of every mutation but signing in has seen to it that there is one."""
    if session.principal is None:
        raise tenancy.errors.InvariantError(what="a mutation ran for nobody")
    return session.principal


async def record(
    session: Session,
    act: Act[C, S],
    command: C,
    tenant_id: int,
    request_id: str,
    before_commit: Callable[[TenantConnection], Awaitable[None]] | None = None,
) -> Recorded:
    """Do the act in the tenant, with whatever else waits for it, and commit. Raises what refuses it.

    With something to do `before_commit` it is done by itself, so that nobody's act hangs on that.
    """
    principal = get_principal(session)
    if tenant_id != principal.tenant_id and tenant_id not in principal.granted:
        raise NotFoundError(what="record", what_zh="记录")
    desk, scope = session.get_desk(), principal.acting_scope(tenant_id)
    signing = Signing(desk.offers, session.given)
    if before_commit is None:
        done = await desk.lanes.perform(scope, Asked(act, command, principal, request_id, signing))
    else:
        signer = desk.get_signer(tenant_id)
        async with session.database.write(scope) as tx:
            done = await perform(tx, signer, act, command, principal, request_id, desk.now, signing)
            await before_commit(tx)
    return await _proved(session, done, tenant_id) if done.replayed else done


async def _proved(session: Session, done: Recorded, tenant_id: int) -> Recorded:
    """What was recorded before, with its proof where the published checkpoint covers it; what was recorded just now it never covers."""
    async with session.database.read(Scope(tenant_id)) as tx:
        try:
            return replace(done, proof=await Trees(tx).prove(tenant_id, done.receipt.seq))
        except AuditError as error:
            _log.error("entry %d of tenant %d has no proof: %s", done.receipt.seq, tenant_id, error)
            return done


async def record_public(
    session: Session, act: Act[C, S], command: C, tenant_id: int, pseudonym: bytes
) -> Recorded:
    """Do the act of somebody who did not sign in, and commit. Raises what refuses it."""
    desk = session.get_desk()
    signer = desk.get_signer(tenant_id)
    async with session.database.write(Scope(tenant_id)) as tx:
        return await perform_public(tx, signer, act, command, pseudonym, desk.now)


async def answer_objection(
    session: Session, act: Act[C, S], command: C, objection: NodeRef, request_id: str
) -> Outcome:
    """An act of the city on an objection, and what follows of it in the county, as `ObjectionResult`."""
    tenant_id = get_principal(session).tenant_id
    try:
        if objection.tenant != tenant_id:
            raise NotFoundError(what="record", what_zh="记录")
        done = await record(session, act, command, tenant_id, request_id)
    except REFUSALS as refusal:
        return await refuse(session, refusal, act.operation, objection.tenant)
    return Outcome(
        "ObjectionRecorded",
        {"receipt": receipt_of(done), **await _follow(session)},
        {"objection": NodeRef("Objection", tenant_id, done.subject_id)},
    )


async def _follow(session: Session, made: UUID | None = None) -> dict[str, Any]:
    """Let the counties follow what the city just decided, as the payload shows it."""
    followed = await follow_lists(
        session.database, session.get_desk(), get_principal(session).scope(), session.now, made
    )
    return {
        "followed": [receipt_of(one) for one in followed.done],
        "unfollowed": [
            {
                "application_id": format_id(NodeRef("Application", one.tenant_id, one.application_id)),
                "code": code,
            }
            for one, code in followed.left
        ],
    }


async def answer_application(
    session: Session, act: Act[C, S], command: C, tenant_id: int, request_id: str
) -> Outcome:
    """An act on one application, as `ApplicationResult`."""
    try:
        done = await record(session, act, command, tenant_id, request_id)
    except REFUSALS as refusal:
        return await refuse(session, refusal, act.operation, tenant_id)
    return Outcome(
        "ApplicationRecorded",
        {"receipt": receipt_of(done)},
        {"application": NodeRef("Application", tenant_id, done.subject_id)},
    )


async def answer_act(
    session: Session,
    act: Act[C, S],
    command: C,
    tenant_id: int,
    request_id: str,
    answer: tuple[str, str, str],
) -> Outcome:
    """An act answered with its subject: `answer` is the answer's type, the field of the subject, the subject's type."""
    try:
        done = await record(session, act, command, tenant_id, request_id)
    except REFUSALS as refusal:
        return await refuse(session, refusal, act.operation, tenant_id)
    typename, name, node = answer
    return Outcome(typename, {"receipt": receipt_of(done)}, {name: NodeRef(node, tenant_id, done.subject_id)})


async def answer_administering(
    session: Session, act: Act[C, S], command: C, request_id: str, *refs: NodeRef
) -> Outcome:
    """An act in the own tenant, an administrator's or an officer's, answered with its subject.

    `refs` are the rows that the input names: one of another tenant is refused like one that does not exist.
    """
    tenant_id = get_principal(session).tenant_id
    foreign = next((ref.tenant for ref in refs if ref.tenant != tenant_id), None)
    try:
        if foreign is not None:
            raise NotFoundError(what="record", what_zh="记录")
        done = await record(session, act, command, tenant_id, request_id)
    except REFUSALS as refusal:
        return await refuse(session, refusal, act.operation, foreign or tenant_id)
    typename, node = SUBJECTS[done.subject_type]
    return Outcome(
        typename,
        {"receipt": receipt_of(done)},
        {done.subject_type: NodeRef(node, tenant_id, done.subject_id)},
    )


async def answer_key_ended(
    session: Session, act: Act[C, S], command: C, request_id: str, *refs: NodeRef
) -> Outcome:
    """As `answer_administering`, for what may end a key; and then the logs that had admitted it follow."""
    answer = await answer_administering(session, act, command, request_id, *refs)
    if answer.typename != "Refusal":
        scope = get_principal(session).scope()
        await follow_ended_keys(session.database, session.get_desk(), scope, session.now)
    return answer


async def follow_ended_keys(database: Database, desk: Desk, home: Scope, now: datetime) -> None:
    """Let other logs withdraw what ended in this one, as `follow_lists`: each by itself, and the next call tries what is left."""
    async with database.read(home) as tx:
        pending = await pending_ends(tx, home.granted)
    for one in pending:
        try:
            async with database.write(one.scope()) as tx:
                await follow_end(tx, desk.get_signer(one.tenant_id), one, now)
        except Exception:
            _log.exception("tenant %d failed to withdraw key %s", one.tenant_id, one.key_id)


async def answer_roster(session: Session, act: Act[C, S], command: C, request_id: str) -> Outcome:
    """A list of the city, and then the acts by which its counties' applications follow it, as `RosterResult`."""
    tenant_id = get_principal(session).tenant_id
    try:
        done = await record(session, act, command, tenant_id, request_id)
    except REFUSALS as refusal:
        return await refuse(session, refusal, act.operation, tenant_id)
    # A list's own row is the first that its act makes; closing a publicity makes none.
    made = done.subject_id if done.subject_id == done.first_id else None
    await follow_changes(session.database, session.get_desk(), get_principal(session).scope(), session.now)
    return Outcome(
        "RosterRecorded",
        {"receipt": receipt_of(done), **await _follow(session, made)},
        {"roster": NodeRef("Roster", tenant_id, done.subject_id)},
    )


async def answer_change(
    session: Session, act: Act[C, S], command: C, request_id: str, ref: NodeRef
) -> Outcome:
    """An act on a certification in the own city, and then what counties' certifications follow, as `CertificationChangeResult`.

    `ref` is the row that the input names: a change is the city's own.
    """
    tenant_id = get_principal(session).tenant_id
    try:
        if ref.type == "CertificationChange" and ref.tenant != tenant_id:
            raise NotFoundError(what="change", what_zh="变更")
        done = await record(session, act, command, tenant_id, request_id)
    except REFUSALS as refusal:
        return await refuse(session, refusal, act.operation, ref.tenant)
    done_in, left = await follow_changes(
        session.database, session.get_desk(), get_principal(session).scope(), session.now
    )
    return Outcome(
        "CertificationChangeRecorded",
        {
            "receipt": receipt_of(done),
            "followed": [receipt_of(one) for one in done_in],
            "unfollowed": list(left),
        },
        {"change": NodeRef("CertificationChange", tenant_id, done.subject_id)},
    )


async def follow_changes(
    database: Database, desk: Desk, city: Scope, now: datetime
) -> tuple[tuple[Recorded, ...], tuple[str, ...]]:
    """Let counties' certifications follow what the city confirmed, as `follow_lists`: acts recorded, and codes of what is left.

    What stands behind one that is left waits with it: a suspension and its lifting come in their order.
    """
    async with database.read(city) as tx:
        pending = await pending_changes(tx)
    done: list[Recorded] = []
    left: dict[UUID, str] = {}
    for one in pending:
        if one.certification_id in left:
            continue
        try:
            async with database.write(one.scope()) as tx:
                done.append(await follow_change(tx, desk.get_signer(one.tenant_id), one, now))
        except REFUSALS as refusal:
            _log.warning(
                "tenant %d does not follow change %s: %s", one.tenant_id, one.change_id, refusal.code
            )
            left[one.certification_id] = refusal.code
        except Exception:
            _log.exception("tenant %d failed to follow change %s", one.tenant_id, one.change_id)
            left[one.certification_id] = "internal"
    return tuple(done), tuple(left.values())


async def answer_unit_change(
    session: Session, act: Act[C, S], command: C, request_id: str, ref: NodeRef | None = None
) -> Outcome:
    """An act on divisions in the own city, and then what counties' logs follow, as `UnitChangeResult`.

    `ref` is the change that the input names: it is the city's own.
    """
    tenant_id = get_principal(session).tenant_id
    try:
        if ref is not None and ref.tenant != tenant_id:
            raise NotFoundError(what="change", what_zh="变更")
        done = await record(session, act, command, tenant_id, request_id)
    except REFUSALS as refusal:
        return await refuse(session, refusal, act.operation, tenant_id if ref is None else ref.tenant)
    city = get_principal(session).scope()
    await follow_changes(session.database, session.get_desk(), city, session.now)
    followed, left = await follow_unit_changes(session.database, session.get_desk(), city, session.now)
    return Outcome(
        "UnitChangeRecorded",
        {
            "receipt": receipt_of(done),
            "followed": [receipt_of(one) for one in followed],
            "unfollowed": list(left),
        },
        {"change": NodeRef("UnitChange", tenant_id, done.subject_id)},
    )


async def follow_unit_changes(
    database: Database, desk: Desk, city: Scope, now: datetime
) -> tuple[tuple[Recorded, ...], tuple[str, ...]]:
    """Let counties' logs follow what the city confirmed of their divisions, as `follow_changes`: piece by piece, each by itself.

    Behind a piece that is left, whatever concerns its counties waits: a move that has not closed does not open.
    """
    async with database.read(city) as tx:
        pending = await pending_unit_changes(tx)
    done: list[Recorded] = []
    left: list[str] = []
    held: set[int] = set()
    for one in pending:
        if held.intersection(one.tenants):
            continue
        try:
            async with database.write(one.scope()) as tx:
                done.append(await follow_unit_change(tx, desk.get_signer(one.tenant_id), one, now))
        except REFUSALS as refusal:
            _log.warning(
                "tenant %d does not follow unit change %s: %s", one.tenant_id, one.change_id, refusal.code
            )
            left.append(refusal.code)
            held.update(one.tenants)
        except Exception:
            _log.exception("tenant %d failed to follow unit change %s", one.tenant_id, one.change_id)
            left.append("internal")
            held.update(one.tenants)
    return tuple(done), tuple(left)


async def follow_lists(
    database: Database, desk: Desk, city: Scope, now: datetime, made: UUID | None = None
) -> Followed:
    """Let every county's application follow the city's lists, each in a transaction of its own (ADR 0001).

    Called behind every list, and at the start of a server for what a crash left undone. The list stands already, so what one
    county's log refuses, or whatever else fails there, is logged and left for the next call; the others go on. `made`: the list
    that was made just now.
    """
    async with database.read(city) as tx:
        pending = await pending_followings(tx, made)
    done: list[Recorded] = []
    left: list[tuple[Following, str]] = []
    for one in pending:
        try:
            async with database.write(one.scope()) as tx:
                done.append(await follow(tx, desk.get_signer(one.tenant_id), one, now))
        except REFUSALS as refusal:
            _log.warning(
                "tenant %d does not follow %s %s: %s",
                one.tenant_id,
                one.source,
                one.source_id,
                refusal.code,
            )
            left.append((one, refusal.code))
        except Exception:
            _log.exception("tenant %d failed to follow %s %s", one.tenant_id, one.source, one.source_id)
            left.append((one, "internal"))
    return Followed(tuple(done), tuple(left))


def receipt_of(done: Recorded) -> dict[str, Any]:
    """The receipt as the payload carries it."""
    receipt = done.receipt
    return {
        "origin": receipt.origin,
        "sequence": receipt.seq,
        "hash": receipt.hash,
        "replayed": done.replayed,
        "proof": done.proof,
    }


async def refuse(session: Session, refusal: Exception, operation: str, tenant_id: int | None) -> Outcome:
    """The refusal as a payload; beyond one's reach it is logged. Raises it again when it is our own mistake."""
    if not isinstance(refusal, CertificationError | TenancyError) or isinstance(
        refusal, tenancy.errors.InvariantError
    ):
        raise refusal
    if session.principal is not None and isinstance(refusal, NotEntitledError | NotFoundError):
        target = "-" if tenant_id is None else str(tenant_id)
        await record_refusal(
            session.database,
            session.principal,
            operation,
            target,
            refusal.code,
            session.trace_id,
            session.now,
        )
    zh, en = refusal.zh, refusal.en
    return Outcome(
        "Refusal",
        {
            "code": refusal.code,
            "message": zh if session.locale == "zh-CN" else en,
            "message_zh": zh,
            "message_en": en,
            "clause": getattr(refusal, "clause", None),
            "trace_id": session.trace_id,
            "intent": refusal.details.get("intent") if isinstance(refusal, SignatureRequiredError) else None,
            "retry_after": refusal.details["seconds"] if isinstance(refusal, ThrottledError) else None,
        },
    )
