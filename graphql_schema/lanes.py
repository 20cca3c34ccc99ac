"""The lanes of writing, one a tenant: whatever waits for a tenant shares one transaction (ADR 0024).

    done = await lanes.perform(scope, asked)

A lane works as long as somebody waits in it: it opens a transaction, locks the head, takes all that waits, commits once and answers
each. There is no timer and nothing is kept between transactions; who comes to an idle lane waits for nobody. Other processes may write the
same tenants: the head's lock is what keeps them apart.

One transaction has one scope (row-level security): those of the first one's scope go along with it, the others take their turn
behind; so does a second request under the same id. When more than a refusal happens, nothing of the transaction was kept and each of
its acts is done again in one of its own, until the database turns out to be gone; so it is when the log got another key meanwhile. A client that goes
away before its turn is left out; one that goes away later has what it asked for done, as its mates have.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

import asyncpg

from audit.errors import SignerRetiredError
from audit.signer import Signer
from certification.recording import Recorded
from certification.together import Asked, perform_all
from tenancy.database import Database, Scope

MOST: Final = 128
"""How many share a transaction at most, so that nobody waits for the work of more than these."""
GONE: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
"""What says that there is no database to ask, rather than that an act does not fit."""


Around = Callable[[], AbstractContextManager[Callable[[Sequence[Context]], None]]]
"""What is put around a transaction; it gives what is called with the contexts of those who share it."""


@contextmanager
def nothing_around() -> Iterator[Callable[[Sequence[Context]], None]]:
    """Nobody watches."""
    yield lambda _contexts: None


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Somebody's place in a lane, and the context that it was taken in."""

    scope: Scope
    asked: Asked[Any, Any]
    answer: asyncio.Future[Recorded]
    context: Context = field(default_factory=copy_context)

    def fail(self, error: BaseException) -> None:
        """Answer with an error, unless nobody waits any more."""
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(slots=True)
class _Lane:
    """Those who wait, in the order in which they came, and the task that serves them."""

    waiting: list[_Place] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    def drop_gone(self) -> bool:
        """Forget who went away; whether somebody is left."""
        self.waiting = [place for place in self.waiting if not place.answer.done()]
        return bool(self.waiting)

    def take(self, scope: Scope) -> list[_Place]:
        """Take out those who can share a transaction of this scope."""
        self.drop_gone()
        taken: dict[object, _Place] = {}
        for place in self.waiting:
            if place.scope == scope and len(taken) < MOST:
                taken.setdefault(place.asked.key, place)
        self.waiting = [place for place in self.waiting if taken.get(place.asked.key) is not place]
        return list(taken.values())


class Lanes:
    """The lanes of one process over its database."""

    def __init__(
        self,
        database: Database,
        get_signer: Callable[[int], Signer],
        clock: Callable[[], datetime],
        around: Around = nothing_around,
    ) -> None:
        self._database, self._get_signer, self._clock, self._around = database, get_signer, clock, around
        self._lanes: dict[int, _Lane] = {}

    async def perform(self, scope: Scope, asked: Asked[Any, Any]) -> Recorded:
        """Wait until the act is committed. Raises what refuses it."""
        place = _Place(scope, asked, asyncio.get_running_loop().create_future())
        lane = self._lanes.setdefault(scope.tenant_id, _Lane())
        lane.waiting.append(place)
        if lane.task is None:
            lane.task = asyncio.create_task(self._serve(scope.tenant_id, lane))
        return await place.answer

    @property
    def waiting(self) -> int:
        """How many wait, of all tenants."""
        return sum(len(lane.waiting) for lane in tuple(self._lanes.values()))

    async def aclose(self) -> None:
        """Wait until every lane is empty."""
        await asyncio.gather(*(lane.task for lane in self._lanes.values() if lane.task is not None))

    async def _serve(self, tenant_id: int, lane: _Lane) -> None:
        try:
            while lane.drop_gone():
                await self._take_turn(lane)
        finally:
            del self._lanes[tenant_id]
            for place in lane.waiting:
                place.answer.cancel()

    async def _take_turn(self, lane: _Lane) -> None:
        """One transaction with whatever can share it; when that fails, one for each of them."""
        scope, taken = lane.waiting[0].scope, list[_Place]()

        def take() -> Sequence[_Place]:
            taken.extend(lane.take(scope))
            return taken

        try:
            await self._commit(scope, take)
        except Exception as error:
            if len(taken) > 1 or (taken and isinstance(error, SignerRetiredError)):
                await self._take_apart(taken)
                return
            for place in taken or lane.take(scope):
                place.fail(error)
        finally:
            # Only when this very task was cancelled is somebody left without an answer.
            for place in taken:
                place.answer.cancel()

    async def _take_apart(self, taken: Sequence[_Place]) -> None:
        for number, place in enumerate(taken):
            try:
                await self._commit(place.scope, partial(list, (place,)))
            except GONE as error:
                for left in taken[number:]:
                    left.fail(error)
                return
            except Exception as error:
                place.fail(error)

    async def _commit(self, scope: Scope, take: Callable[[], Sequence[_Place]]) -> None:
        """A transaction with what `take` gives behind the lock, and its answers."""
        places: Sequence[_Place] = ()

        def asked() -> list[Asked[Any, Any]]:
            nonlocal places
            places = take()
            share([place.context for place in places])
            return [place.asked for place in places]

        signer = self._get_signer(scope.tenant_id)
        with self._around() as share:
            async with self._database.write(scope) as tx:
                answers = await perform_all(tx, signer, asked, self._clock)
        for place, answer in zip(places, answers, strict=True):
            if isinstance(answer, Recorded):
                if not place.answer.done():
                    place.answer.set_result(answer)
            else:
                place.fail(answer)
