"""Performing what waits for one tenant, in one transaction: the head is locked once, and each act is done as if it came alone.

    lock the head → take what waits → standings of all → which were recorded before? → in their order: load → authorise → decide
    → write the rows and append the entries, as few batches as there can be

Each act sees what those before it did: what was decided is written before the next one reads. Acts of one kind that stand in a row and can be
read as a set (`Act.many`) are read at once and written at once; one that rests on what a mate before it alters is read again behind the
mate's rows. So the rows and entries are those that come of doing one after the other (ADR 0024).

What refuses an act before it is written is its own answer: it takes no sequence, and its mates do not notice. Anything else goes
up and undoes them all; the boundary then does each by itself. Nothing here opens, commits or rolls back.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

from audit.ledger import Head, Prior, find_requests, lock_head
from audit.signer import Signer
from certification.changes import Act
from certification.errors import CertificationError
from certification.recording import (
    Decided,
    Recorded,
    check_own_id,
    check_request_id,
    check_signing,
    decide,
    write,
)
from certification.signing.offering import Signing
from tenancy.database import TenantConnection
from tenancy.errors import InvariantError, TenancyError
from tenancy.identity import Principal, Standing, load_standings

C = TypeVar("C")
S = TypeVar("S")

Refused: TypeAlias = CertificationError | TenancyError
Answer: TypeAlias = Recorded | Refused
REFUSED: Final = (CertificationError, TenancyError)


@dataclass(frozen=True, slots=True)
class Asked(Generic[C, S]):
    """An act that somebody asks for."""

    act: Act[C, S]
    command: C
    principal: Principal
    request_id: str
    signing: Signing | None = None

    @property
    def key(self) -> tuple[UUID, str]:
        """What it is recorded under, within its tenant."""
        return self.principal.person_id, self.request_id


async def perform_all(
    tx: TenantConnection,
    signer: Signer,
    take: Callable[[], Sequence[Asked[Any, Any]]],
    clock: Callable[[], datetime],
) -> tuple[Answer, ...]:
    """Do what `take` gives, in that order, as `perform` would; for each where it was recorded, or what refused it.

    `take` is called behind the lock, so that what came while it was waited for goes along. No two of what it gives have the same key.
    """
    head = await lock_head(tx.raw, tx.tenant_id)
    asked = take()
    now = head.not_before(clock())
    await check_signing(tx, head, signer)
    answers: dict[tuple[UUID, str], Answer] = {}
    sound = [one for one in asked if not _refuse_id(one, answers)]
    if sound:
        standings = await load_standings(tx, [one.principal for one in sound], now)
        priors = await find_requests(tx.raw, tx.tenant_id, [one.key for one in sound])
        batch = _Batch(tx, signer, head, now, priors, answers)
        for run in _runs(sound):
            await batch.perform(
                run, [standings[one.principal.tenant_id, one.principal.person_id] for one in run]
            )
        await batch.flush()
    return tuple(answers[one.key] for one in asked)


class _Batch:
    """What has been decided behind one lock, and how much of it is written."""

    def __init__(
        self,
        tx: TenantConnection,
        signer: Signer,
        head: Head,
        now: datetime,
        priors: Mapping[tuple[UUID, str], Prior],
        answers: dict[tuple[UUID, str], Answer],
    ) -> None:
        self._tx, self._signer, self._head, self._now = tx, signer, head, now
        self._priors, self._answers = priors, answers
        self._unwritten: dict[tuple[UUID, str], Decided] = {}

    async def perform(self, run: Sequence[Asked[Any, Any]], standings: Sequence[Standing]) -> None:
        """A run of acts that are read as a set, or one act."""
        await self.flush()
        states, altered = await self._load(run), set[Hashable]()
        for one, standing, loaded in zip(run, standings, states, strict=True):
            state, many = loaded, one.act.many
            if many is not None and not isinstance(state, REFUSED) and altered & many.rests_on(state):
                await self.flush()
                (state,) = await self._load([one])
            answer = state if isinstance(state, REFUSED) else await self._decide(one, standing, state)
            if not isinstance(answer, Decided):
                self._answers[one.key] = answer
                continue
            self._unwritten[one.key] = answer
            if len(answer.drafts) > 1:
                # What it had to be preceded by, such as a key's admission, its mates must see.
                await self.flush()
            if many is not None:
                altered |= many.alters(state, answer.change)

    async def flush(self) -> None:
        """Write what is decided and not yet written."""
        if self._unwritten:
            decided = tuple(self._unwritten.values())
            self._head, recorded = await write(self._tx, self._signer, self._head, decided)
            self._answers.update(zip(self._unwritten, recorded, strict=True))
            self._unwritten.clear()

    async def _load(self, run: Sequence[Asked[Any, Any]]) -> Sequence[Any]:
        """Each one's state, or what refuses it."""
        act, commands = run[0].act, [one.command for one in run]
        try:
            if act.many is not None:
                return await act.many.load(self._tx, commands, self._now)
            return [await act.load(self._tx, commands[0], self._now)]
        except REFUSED as refusal:
            if len(run) > 1:
                raise
            return [_refusal(refusal)]

    async def _decide(self, one: Asked[Any, Any], standing: Standing, state: Any) -> Decided | Answer:
        prior = self._priors.get(one.key)
        try:
            return await decide(
                self._tx,
                self._head,
                one.act,
                one.command,
                standing,
                one.request_id,
                self._now,
                prior,
                state,
                one.signing,
            )
        except REFUSED as refusal:
            return _refusal(refusal)


def _runs(asked: Sequence[Asked[Any, Any]]) -> Iterator[Sequence[Asked[Any, Any]]]:
    """Neighbours of an act that is read as a set; the others one by one."""
    for act, run in groupby(asked, key=lambda one: one.act):
        if act.many is None:
            yield from ([one] for one in run)
        else:
            yield list(run)


def _refuse_id(one: Asked[Any, Any], answers: dict[tuple[UUID, str], Answer]) -> bool:
    """Whether its request id is one that nobody can record under, answered so."""
    try:
        check_own_id(one.request_id)
        check_request_id(one.request_id)
    except REFUSED as refusal:
        answers[one.key] = _refusal(refusal)
        return True
    return False


def _refusal(error: Refused) -> Refused:
    """The error as an answer. Raises it when it is our own mistake."""
    if isinstance(error, InvariantError):
        raise error
    return error
