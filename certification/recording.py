"""Performing an act: the only place that writes a row of certification, and the entry in the same breath.

    lock the tenant's head → was this request recorded before? → load → authorise → (before: same arguments? the first
    receipt) → decide → signed by its officer? (certification/signing) → write the rows → append one entry with their digests

The boundary owns the transaction (ADR 0004): nothing here commits. What is refused raises and writes nothing, so it takes no
sequence. A retry is authorised again before it is answered.

The digest of the arguments stands in the entry for ever, and an auditor may read it, so personal fields are left out of it: a
plain hash of a telephone can be guessed, a salted one differs at every retry, and one under a secret of the tenant could still be
guessed by whoever keeps the secret after the value was erased. A retry's personal fields are compared with the stored values
instead, for as long as those exist. Ids of new rows derive from tenant, actor and request id, so a retry names the same rows.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from itertools import accumulate, chain, count, groupby
from re import fullmatch
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from sqlalchemy import bindparam, select

from audit.canonical import digest
from audit.entry import Actor as EntryActor
from audit.entry import Draft, Receipt, format_time
from audit.errors import EntryTooLargeError, NotCanonicalError, SigningRefusedError
from audit.guard import check_head, remember
from audit.ledger import Head, Prior, append, find_request, lock_head
from audit.rows import is_audited, record_rows
from audit.signer import Signer
from certification.changes import Act, Change, Context, Write
from certification.errors import (
    ActTooLargeError,
    FieldRefusedError,
    LedgerKeyChangingError,
    LedgerPutBackError,
    RequestConflictError,
    RequestMalformedError,
)
from certification.fact import format_fact
from certification.life import Actor
from certification.projection import keep
from certification.reviews.watching import is_watched
from certification.signing.attesting import attest
from certification.signing.offering import Signing
from tenancy.database import TenantConnection
from tenancy.identity import Principal, Standing, load_standing
from tenancy.personal import erase, insert_values
from tenancy.statements import statement
from tenancy.tables import personal_keys, personal_values, tenants

C = TypeVar("C")
S = TypeVar("S")

PERSONAL: Final = "personal"
"""Key in a command's field metadata: the field is personal and stays out of digests."""
UNTOLD: Final = "untold"
"""The same of a field that was not there once and is always given now: a retry of an older request must stay the same one."""

FOLLOWING: Final = "follow:"
"""How the request ids of following acts begin: kept from people, who could otherwise take one before its act."""

PUBLIC: Final = "public:"
"""How the request ids of public acts begin, likewise; what follows tells nobody which id the caller gave."""

_IDS: Final = UUID("4f0f5f0e-3f6c-5d53-9d5a-6f2b0f6f3c11")
_ORIGIN = statement(select(tenants.c.origin).where(tenants.c.id == bindparam("home")))


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where an act was recorded: its receipt, its subject, the id of the first row it made; whether by an earlier try.

    `proof` is the boundary's to fill in, from what is published.
    """

    receipt: Receipt
    subject_type: str
    subject_id: UUID
    first_id: UUID
    replayed: bool
    proof: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What an act comes to before anything of it is written.

    Its change; its entry, behind those that must stand before it; every row, those of these entries first; the id of the first row that it makes.
    """

    change: Change
    drafts: tuple[Draft, ...]
    writes: tuple[Write, ...]
    first_id: UUID


async def perform(
    tx: TenantConnection,
    signer: Signer,
    act: Act[C, S],
    command: C,
    principal: Principal,
    request_id: str,
    clock: Callable[[], datetime],
    signing: Signing | None = None,
) -> Recorded:
    """Do the act in the open transaction, as what the principal may do now, and record it; or answer a retry.

    "Now" is read behind the head's lock: what waited for it is judged by roles, grants and windows as they stand when
    its turn has come, so no entry stands behind the end of the grant that it needed. A clock that was put back does not count:
    no act is earlier than the entry before it.

    Raises the CertificationError that refuses it; LedgerPutBackError; RequestConflictError for other arguments under the same request id;
    RequestMalformedError.
    """
    check_own_id(request_id)
    head = await lock_head(tx.raw, tx.tenant_id)
    now = head.not_before(clock())
    standing = await load_standing(tx, principal, now)
    return await record(tx, signer, head, act, command, standing, request_id, now, signing)


async def perform_public(
    tx: TenantConnection,
    signer: Signer,
    act: Act[C, S],
    command: C,
    pseudonym: bytes,
    clock: Callable[[], datetime],
) -> Recorded:
    """As `perform`, for somebody who did not sign in: a public actor without roles, known by nothing but this one request.

    `pseudonym` (32 bytes) derives from the request under a secret, so the log holds nothing by which the caller is found.
    """
    head = await lock_head(tx.raw, tx.tenant_id)
    actor = Standing(uuid5(_IDS, f"public/{pseudonym.hex()}"), tx.tenant_id, (), oversees=False)
    return await record(tx, signer, head, act, command, actor, f"{PUBLIC}{pseudonym.hex()}", clock())


def check_own_id(request_id: str) -> None:
    """Refuse a person the request ids that are kept from people. Raises RequestMalformedError."""
    if request_id.startswith((FOLLOWING, PUBLIC)):
        raise RequestMalformedError


def check_request_id(request_id: str) -> None:
    """From 1 to 200 visible characters of ASCII. Raises RequestMalformedError."""
    if not fullmatch(r"[!-~]{1,200}", request_id):
        raise RequestMalformedError


async def record(
    tx: TenantConnection,
    signer: Signer,
    head: Head,
    act: Act[C, S],
    command: C,
    actor: Actor,
    request_id: str,
    now: datetime,
    signing: Signing | None = None,
) -> Recorded:
    """As `perform`, behind a locked head and for an actor whose standing is known."""
    check_request_id(request_id)
    await check_signing(tx, head, signer)
    now = head.not_before(now)
    prior = await find_request(tx.raw, tx.tenant_id, actor.person_id, request_id)
    state = await act.load(tx, command, now)
    decided = await decide(tx, head, act, command, actor, request_id, now, prior, state, signing)
    if isinstance(decided, Recorded):
        return decided
    _, (done,) = await write(tx, signer, head, (decided,))
    return done


async def decide(
    tx: TenantConnection,
    head: Head,
    act: Act[C, S],
    command: C,
    actor: Actor,
    request_id: str,
    now: datetime,
    prior: Prior | None,
    state: S,
    signing: Signing | None = None,
) -> Decided | Recorded:
    """What the act comes to on a state that was loaded behind the lock: what is to be written, or what a retry is answered.

    `prior` is what is recorded under the request's id. Nothing is written; raises what refuses the act.
    """
    role = act.authorise(state, command, actor)
    arguments = _digest_given(act.operation, command)
    new_id = _ids(tx.tenant_id, actor.person_id, request_id)
    first_id = new_id(0)
    if prior is not None:
        await _check_same(tx, act, command, prior, arguments, first_id)
        return Recorded(prior.receipt, prior.subject_type, prior.subject_id, first_id, True)
    numbers = count()
    new_salt = _salts(tx, head, actor, request_id, signing, now)
    change = act.decide(state, command, Context(actor, now, lambda: new_id(next(numbers)), new_salt))
    draft = Draft(
        operation=change.operation,
        request_id=request_id,
        time=now,
        actor=EntryActor(actor.person_id, str(role), await _origin(tx, head, actor)),
        subject=change.subject,
        intent={
            **change.intent,
            **_told(change),
            **_bound(head.origin, change, request_id),
            "arguments": arguments.hex(),
        },
        rows=tuple(
            row
            for write in change.writes
            if is_audited(write.table)
            for row in record_rows(write.table, [write.row()])
        ),
        cites=change.cites,
    )
    drafts, admitted = await attest(tx, head, draft, actor, signing, now)
    return Decided(change, drafts, (*admitted, *change.writes), first_id)


async def write(
    tx: TenantConnection, signer: Signer, head: Head, decided: Sequence[Decided]
) -> tuple[Head, tuple[Recorded, ...]]:
    """Write the rows of what was decided and append its entries, as one batch; the new head, and where each was recorded.

    Of several, none may rest on what another one writes. Raises ActTooLargeError, and then the transaction is of no use any more.
    """
    await write_rows(tx, _by_table([one.writes for one in decided]))
    try:
        after, appended = await append(
            tx.raw, head, signer, [draft for one in decided for draft in one.drafts]
        )
    except EntryTooLargeError as error:
        raise ActTooLargeError from error
    places = accumulate(len(one.drafts) for one in decided)
    receipts = [appended[place - 1] for place in places]
    for one, receipt in zip(decided, receipts, strict=True):
        await keep(tx, receipt, one.change.facts, one.drafts[-1].time)
    tx.committed.append(lambda: remember(after, signer))
    if any(is_watched(one.change) for one in decided):
        tx.committed.append(lambda: tx.announce(tx.tenant_id))
    return after, tuple(
        Recorded(receipt, one.change.subject.type, one.change.subject.id, one.first_id, False)
        for one, receipt in zip(decided, receipts, strict=True)
    )


def arguments_digest(operation: str, command: object) -> bytes:
    """SHA-256 (32 bytes) of the canonical JSON of operation and arguments, personal fields left out."""
    return digest({"arguments": _plain(command), "operation": operation})


def _digest_given(operation: str, command: object) -> bytes:
    """The digest of what a caller gave. Raises FieldRefusedError for a text that no entry can hold, such as one with NUL."""
    try:
        return arguments_digest(operation, command)
    except NotCanonicalError as error:
        unusable = {"reason_zh": "含有不能保存的字符", "reason_en": "holds a character that cannot be kept"}
        raise FieldRefusedError(field="text", label="文字", **unusable) from error


async def write_rows(tx: TenantConnection, writes: tuple[Write, ...]) -> None:
    """Write the rows in their order, neighbours of one table and kind as a set; personal values sealed, or erased."""
    for (name, new), group in groupby(writes, key=lambda write: (write.table.name, write.new)):
        del name
        found = list(group)
        if found[0].table is personal_values:
            await insert_values(tx, [write.entity for write in found])
            continue
        if found[0].table is personal_keys:
            await erase(tx, *(write.entity.subject_id for write in found))
            continue
        rows = [write.row() for write in found]
        await (tx.insert(found[0].table, rows) if new else tx.update(found[0].table, rows))


async def check_signing(tx: TenantConnection, head: Head, signer: Signer) -> None:
    """Refuse before anything is read of a log that does not grow from the head kept outside, or has another key. Raises LedgerPutBackError or LedgerKeyChangingError."""
    try:
        await check_head(tx.raw, head, signer)
    except SigningRefusedError as error:
        raise LedgerPutBackError from error
    if head.key_id not in {None, signer.key_id}:
        raise LedgerKeyChangingError


async def _check_same(
    tx: TenantConnection, act: Act[C, S], command: C, prior: Prior, arguments: bytes, first_id: UUID
) -> None:
    if prior.arguments_digest != arguments:
        raise RequestConflictError
    if act.same_personal is not None and not await act.same_personal(tx, command, first_id):
        raise RequestConflictError


def _by_table(writes: Sequence[tuple[Write, ...]]) -> tuple[Write, ...]:
    """One act's in their order; those of several put together table by table, in the order of the first."""
    if len(writes) == 1:
        return writes[0]
    groups: dict[tuple[str, bool], list[Write]] = {}
    for one in chain.from_iterable(writes):
        groups.setdefault((one.table.name, one.new), []).append(one)
    return tuple(chain.from_iterable(groups.values()))


def _told(change: Change) -> dict[str, object]:
    """What an intent says of communities' histories."""
    return {"facts": [format_fact(fact) for fact in change.facts]} if change.facts else {}


def _bound(origin: str, change: Change, request_id: str) -> dict[str, object]:
    """What ties an intent to this act: an officer signs the intent alone, and it must serve no other act, subject or log."""
    subject = change.subject
    return {
        "operation": change.operation,
        "origin": origin,
        "request": request_id,
        "subject": {"id": str(subject.id), "revision": subject.revision, "type": subject.type},
    }


async def _origin(tx: TenantConnection, head: Head, actor: Actor) -> str:
    """The origin of the actor's home log: the pseudonym means something there."""
    if actor.home_tenant_id == tx.tenant_id:
        return head.origin
    return str((await tx.one(_ORIGIN, home=actor.home_tenant_id))["origin"])


def _ids(tenant_id: int, actor_id: UUID, request_id: str) -> Callable[[int], UUID]:
    return lambda number: uuid5(_IDS, f"{tenant_id}/{actor_id}/{request_id}/{number}")


def _salts(
    tx: TenantConnection, head: Head, actor: Actor, request_id: str, signing: Signing | None, now: datetime
) -> Callable[[], bytes]:
    """Fresh salts (32 bytes); where a signature is given or may be asked for, those that the second call finds again."""
    if signing is None or not (head.asks or signing.given):
        return lambda: secrets.token_bytes(32)
    place = f"{tx.tenant_id}/{actor.home_tenant_id}/{actor.person_id}/{request_id}"
    return signing.offers.salts(place, signing.expires(now), now)


def _is_told(one: Field[Any], value: Any) -> bool:
    """Whether a field enters the digest: no personal one, none that is marked UNTOLD, and none at its default.

    So a command may gain a field, and what was asked before it is still known as the same request.
    """
    return not (one.metadata.get(PERSONAL) or one.metadata.get(UNTOLD)) and (
        one.default is MISSING or getattr(value, one.name) != one.default
    )


def _plain(value: Any) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        given = {one.name: getattr(value, one.name) for one in fields(value) if _is_told(one, value)}
        return {name: _plain(item) for name, item in given.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    for kind, text in _TEXTS:
        if isinstance(value, kind):
            return text(value)
    return value


# In this order: a datetime is a date.
_TEXTS: Final[tuple[tuple[type, Callable[[Any], str]], ...]] = (
    (UUID, str),
    (bytes, bytes.hex),
    (datetime, format_time),
    (date, date.isoformat),
)
