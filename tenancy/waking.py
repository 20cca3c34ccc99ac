"""Wake-ups: something of a tenant changed, look again. They carry no news, only the tenant's number.

The rule upheld here: a wake-up is never what a reader rests on. It is sent behind the commit, outside of the transaction, so no act holds
PostgreSQL's one lock of NOTIFY while it holds its ledger; it may be lost with a process or a connection, so whoever waits looks again
every `SLOWEST` seconds, and at once when the connection was opened anew. Any role of the database may send one: that costs a look.

    async with wakes.follow(tenant_id) as pulse:
        while True:
            woken = pulse.woken                      # before looking
            …                                        # look
            await woken.wait()

A process holds one connection that listens, from its first follower on. Several wake-ups of a tenant are sent as one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from tenancy.database import Database, open_connection

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

CHANNEL: Final = "xingji_wakes"
SLOWEST: Final = 15.0
AGAIN: Final = 1.0
"""Seconds between two tries to open a connection that is refused."""
AWAY: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
"""What a look meets while the database restarts or has no place: worth another, behind the next wake-up."""
_SEND: Final = "SELECT pg_notify($1, number::text) FROM unnest($2::int[]) AS u(number)"
_log: Final = logging.getLogger("xingji.waking")


class Pulse:
    """The wake-ups of one tenant. `woken` is the one to come; `kept` is what its followers found since the last, for each other."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.kept: dict[Hashable, asyncio.Future[Any]] = {}
        self.followers = 0

    def beat(self) -> None:
        """Wake everybody; what was found before is forgotten."""
        woken, self.woken, self.kept = self.woken, asyncio.Event(), {}
        woken.set()


class Wakes:
    """The wake-ups of one process; for one event loop. `slowest`: seconds after which followers look unasked."""

    def __init__(self, database: Database, *, slowest: float = SLOWEST) -> None:
        self._database, self._slowest = database, slowest
        self._pulses: dict[int, Pulse] = {}
        self._unsent: set[int] = set()
        self._sending: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    @contextmanager
    def follow(self, tenant_id: int) -> Iterator[Pulse]:
        """The tenant's pulse while the block lasts; the first follower opens the connection."""
        pulse = self._pulses.setdefault(tenant_id, Pulse())
        pulse.followers += 1
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        try:
            yield pulse
        finally:
            pulse.followers -= 1
            if not pulse.followers and self._pulses.get(tenant_id) is pulse:
                del self._pulses[tenant_id]

    def announce(self, tenant_id: int) -> None:
        """Something of the tenant was committed: wake who follows it here, and soon those of other processes. Returns at once."""
        self._wake(tenant_id)
        self._unsent.add(tenant_id)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def close(self) -> None:
        """Send what is left, stop listening."""
        if self._sending is not None:
            await self._sending
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening

    def _wake(self, tenant_id: int) -> None:
        if (pulse := self._pulses.get(tenant_id)) is not None:
            pulse.beat()

    def _wake_all(self) -> None:
        for pulse in self._pulses.values():
            pulse.beat()

    async def _send(self) -> None:
        """Notify until nothing is left. What fails is lost: the others look again in time."""
        while self._unsent:
            numbers, self._unsent = sorted(self._unsent), set()
            try:
                raw = await self._database.take()
                try:
                    await raw.execute(_SEND, CHANNEL, numbers)
                finally:
                    self._database.give_back(raw)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                _log.warning("wake-ups of tenants %s were not sent", numbers, exc_info=True)

    async def _listen(self) -> None:
        """Listen for as long as the process runs; each new connection wakes everybody, for it may have missed something."""
        while True:
            try:
                raw = await open_connection(self._database.dsn)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                _log.warning("cannot listen for wake-ups", exc_info=True)
                await asyncio.sleep(AGAIN)
                self._wake_all()
                continue
            try:
                await self._hear(raw)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                _log.warning("the connection that listens was lost", exc_info=True)
            finally:
                raw.terminate()

    async def _hear(self, raw: Connection) -> None:
        """Until the connection is lost."""
        lost = asyncio.Event()
        raw.add_termination_listener(lambda _: lost.set())
        await raw.add_listener(CHANNEL, self._heard)
        while not raw.is_closed() and not lost.is_set():
            self._wake_all()
            with suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), self._slowest)

    def _heard(self, _raw: object, _pid: int, _channel: str, payload: object) -> None:
        """One wake-up. Whatever else somebody sent on the channel wakes nobody."""
        if isinstance(payload, str) and payload.isascii() and payload.isdecimal() and len(payload) < 11:
            self._wake(int(payload))
