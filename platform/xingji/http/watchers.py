"""Who watches: the sockets and streams of this process, counted and bounded, each under a token that is read again and again.

The rule upheld here: a connection that lasts has no more authority than a request. The token is read anew whenever something is read
under it, and its end ends the connection: the client comes again with another, and with the sequence it has seen.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Hashable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any, Generic

from graphql_schema.documents import Operation
from xingji.http.budgets import Budgets
from xingji.http.errors import HttpError
from xingji.http.settings import HttpSettings, P, S, Service
from xingji.http.tokens import read_principal


class Watchers:
    """The connections that last, and what each client may ask for. `stopping` is set once the server goes."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._all = 0
        self._each: Counter[Hashable] = Counter()
        self.stopping = asyncio.Event()
        self.budgets = Budgets(settings.budget, settings.stranger_budget)

    @property
    def number(self) -> int:
        """How many there are."""
        return self._all

    def stop(self) -> None:
        """Let every connection end."""
        self.stopping.set()

    @contextmanager
    def enter(self) -> Iterator[None]:
        """One of the places of all. Raises HttpError 503."""
        if self._all >= self._settings.live_at_once:
            raise HttpError(
                503,
                "live.full",
                "订阅连接已满，请稍后重试。",
                "All live connections are taken; try again later.",
                headers=[(b"retry-after", b"5")],
            )
        self._all += 1
        try:
            yield
        finally:
            self._all -= 1

    @contextmanager
    def place(self, who: Hashable) -> Iterator[None]:
        """One of this person's or stranger's places. Raises HttpError 429."""
        if self._each[who] >= self._settings.live_each:
            raise HttpError(
                429, "live.too_many", "同时打开的订阅连接过多。", "Too many live connections at once."
            )
        self._each[who] += 1
        try:
            yield
        finally:
            self._each[who] -= 1
            if not self._each[who]:
                del self._each[who]


class Watcher(Generic[P, S]):
    """Whoever is at the other end: a token or none, a language, an address."""

    def __init__(
        self, service: Service[P, S], authorization: bytes | None, locale: str, trace_id: str, client: str
    ) -> None:
        """Raises HttpError 401 for a token that is refused."""
        self.service, self.locale, self.trace_id, self.client = service, locale, trace_id, client
        self._authorization = authorization
        self.principal = self._read()

    @property
    def who(self) -> Hashable:
        """As whom the connection counts."""
        return self.client if self.principal is None else self.service.name_client(self.principal)

    def _read(self) -> P | None:
        return read_principal(self.service, self._authorization)

    def open_session(self) -> S:
        """A session of this moment. Raises HttpError 401 when the token has ended."""
        try:
            principal = self._read()
        except HttpError:
            raise refuse_ended() from None
        return self.service.open_session(principal, self.locale, self.trace_id, self.client)

    def seconds_left(self) -> float | None:
        """Until the token ends; None: a stranger has none."""
        if self._authorization is None or self.service.seconds_left is None:
            return None
        token = self._authorization.decode("latin-1").partition(" ")[2].strip()
        return max(0.0, self.service.seconds_left(token))

    async def responses(
        self, operation: Operation, variables: dict[str, Any] | None, budgets: Budgets, price: int
    ) -> AsyncGenerator[bytes, None]:
        """A subscription's responses until the token ends, each but the first charged as it comes. Raises RequestError; HttpError 401 then, 400 where none are served."""
        subscribe = self.service.subscribe
        if subscribe is None:
            raise HttpError(
                400, "http.subscription", "此处不支持订阅。", "Subscriptions are not served here."
            )
        told = False
        async with aclosing(subscribe(operation, variables, self.open_session)) as found:
            while True:
                try:
                    async with asyncio.timeout(self.seconds_left()) as clock:
                        response = await anext(found, None)
                except TimeoutError:
                    if not clock.expired():
                        raise
                    raise refuse_ended() from None
                if response is None:
                    return
                if told:
                    budgets.tell(self.who, price, known=self.principal is not None)
                told = True
                yield response


def refuse_ended() -> HttpError:
    """The end of a connection whose token has ended."""
    return HttpError(
        401,
        "token.ended",
        "登录凭证已到期，请重新登录后继续。",
        "The token has ended; sign in again and go on.",
    )
