"""Time-stamps behind the server: published checkpoints are taken to a time authority (RFC 3161), on a cadence (XINGJI_TSA_SECONDS).

    POST XINGJI_TSA_URL  application/timestamp-query  →  application/timestamp-reply

A round stamps each log whose last published checkpoint wants it (`audit.stamping`), and keeps a token only when it holds under the pinned certificates
(`audit.timestamp`). Publication knows nothing of this and waits for nothing. An authority that is down, slow or lies is logged once, with
the code, told as long as it lasts, and asked again: after `FIRST_PATIENCE` seconds, then twice as many each time, up to the cadence. It
is asked for one log at a time, and a round ends with the first answer that does not come.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import httpx

from audit.authority import read_authorities
from audit.errors import AuditError, TimestampRefusedError
from audit.guard import remember
from audit.ledger import lock_head
from audit.stamping import find_unstamped, record_token
from audit.timestamp import make_request, take_answer
from audit.timetoken import MAX_ANSWER
from graphql_schema.session import Desk
from tenancy.database import Database, Scope
from xingji.errors import SettingInvalidError
from xingji.settings import Settings

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from audit.publishing import Published

UNSTAMPED: Final = "unstamped"
SECONDS: Final = 10.0
"""How long one answer may take."""
FIRST_PATIENCE: Final = 15.0
BEGIN: Final = 12
"""The first round comes this part of the cadence after the start."""
_REPLY: Final = "application/timestamp-reply"
_log: Final = logging.getLogger(__name__)


class Registered(Protocol):
    """What is needed of a tenant."""

    @property
    def id(self) -> int: ...


class _UnreachedError(Exception):
    """The authority gave no answer; says why."""

    code: Final = "timestamp_unreached"


@dataclass(slots=True)
class Stamper:
    """Stamps the logs of `tenants`; `troubles` are those that should be stamped and are not."""

    database: Database
    desk: Desk
    tenants: tuple[int, ...]
    url: str
    authorities: Sequence[Certificate]
    client: httpx.AsyncClient
    troubles: set[int] = field(default_factory=set)

    async def stamp_all(self) -> bool:
        """One round; whether every log is stamped that wants it."""
        for tenant_id in self.tenants:
            try:
                await self._stamp(tenant_id)
                self.troubles.discard(tenant_id)
            except (AuditError, _UnreachedError) as error:
                if not self.troubles:
                    code = (
                        error.details["finding"] if isinstance(error, TimestampRefusedError) else error.code
                    )
                    _log.error("no time-stamp for tenant %d [%s]: %s", tenant_id, code, error)
                self.troubles.add(tenant_id)
                if isinstance(error, _UnreachedError):
                    break
        return not self.troubles

    async def _stamp(self, tenant_id: int) -> None:
        async with self.database.read(Scope(tenant_id)) as tx:
            published = await find_unstamped(tx.raw, tenant_id)
        if published is None:
            return
        token = await self._ask(published)
        async with self.database.write(Scope(tenant_id)) as tx:
            signer, head = self.desk.get_signer(tenant_id), await lock_head(tx.raw, tenant_id)
            after = await record_token(tx.raw, head, signer, published, token, self.desk.now())
            if after is not head:
                tx.committed.append(partial(remember, after, signer))
                tx.committed.append(partial(tx.announce, tenant_id))

    async def _ask(self, published: Published) -> bytes:
        note, nonce = published.note.encode(), secrets.randbits(64)
        answer = await self._post(make_request(note, nonce))
        return take_answer(answer, note, nonce, self.authorities)

    async def _post(self, request: bytes) -> bytes:
        """At most `MAX_ANSWER` bytes within `SECONDS`."""
        kind = {"content-type": "application/timestamp-query", "accept": _REPLY}
        try:
            async with (
                asyncio.timeout(SECONDS),
                self.client.stream("POST", self.url, content=request, headers=kind) as answer,
            ):
                if answer.status_code != 200:
                    raise _UnreachedError(f"status {answer.status_code}")
                data = b""
                async for chunk in answer.aiter_raw():
                    data += chunk
                    if len(data) > MAX_ANSWER:
                        raise _UnreachedError(f"an answer of more than {MAX_ANSWER} bytes")
        except (httpx.HTTPError, TimeoutError) as error:
            raise _UnreachedError(str(error) or type(error).__name__) from error
        return data


def read_pinned(settings: Settings) -> tuple[Certificate, ...]:
    """The certificates in the file of XINGJI_TSA_CERTIFICATES; none without one. Raises SettingInvalidError."""
    path = settings.tsa_certificates
    if path is None:
        return ()
    try:
        return read_authorities((path.read_text(encoding="utf-8"),))
    except (OSError, UnicodeDecodeError, AuditError) as error:
        raise SettingInvalidError(name="XINGJI_TSA_CERTIFICATES", reason=f"{path}: {error}") from error


@asynccontextmanager
async def stamping(
    database: Database, desk: Desk, registry: Sequence[Registered], settings: Settings
) -> AsyncIterator[set[int]]:
    """Stamp while the block lasts, where an authority is set; gives the tenants that should be stamped and are not."""
    authorities = read_pinned(settings)
    if settings.tsa_url is None:
        yield set()
        return
    tenants = tuple(tenant.id for tenant in registry)
    async with httpx.AsyncClient(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
        stamper = Stamper(database, desk, tenants, settings.tsa_url, authorities, client)
        task = asyncio.create_task(_go_on(stamper, settings.tsa_seconds))
        try:
            yield stamper.troubles
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _go_on(stamper: Stamper, seconds: float) -> None:
    patience = FIRST_PATIENCE
    await asyncio.sleep(seconds / BEGIN)
    while True:
        done = False
        try:
            done = await stamper.stamp_all()
        except Exception:
            _log.exception("a round of time-stamps failed")
        await asyncio.sleep(seconds if done else min(patience, seconds))
        patience = FIRST_PATIENCE if done else min(2 * patience, seconds)
