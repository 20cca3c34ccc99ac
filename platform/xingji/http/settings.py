"""What the front door is told, and what it is given.

`HttpSettings` are plain values. `Service` is what stands behind the door: functions of the floors below, handed in,
so that this package opens no database and knows no token format. `P` is a principal, `S` a session: both pass
through unopened.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from audit.proof import Proof
from audit.publishing import Published
from audit.tiles import TileName
from graphql_schema.documents import Documents, Operation
from xingji.evidence.keeping import Keeper
from xingji.http.clients import Network

P = TypeVar("P")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Bounds in bytes and seconds; `uploads_each` are one person's at once; `graphiql` serves the IDE to browsers at GET /graphql.

    `trusted_proxies` may say whom they speak for. `live_at_once` are the sockets and streams of all, `live_each` one person's, a
    socket has `operations_each` at once. A socket has `init_seconds` to say who it is; a message that is not taken in `send_seconds`
    ends it; a stream is kept alive every `keep_alive_seconds`. `origins`: whose pages may open a socket, beside our own. `budget` and `stranger_budget` are
    values a minute of one client (http/budgets.py), 0 for no bound.
    """

    body_bytes: int = 524_288
    url_bytes: int = 16_384
    request_seconds: float = 30.0
    upload_seconds: float = 120.0
    uploads_at_once: int = 16
    uploads_each: int = 4
    live_at_once: int = 2_000
    live_each: int = 10
    operations_each: int = 20
    init_seconds: float = 5.0
    send_seconds: float = 20.0
    keep_alive_seconds: float = 12.0
    origins: tuple[str, ...] = ()
    ready_seconds: float = 2.0
    graphiql: bool = True
    trusted_proxies: tuple[Network, ...] = ()
    budget: int = 20_000_000
    stranger_budget: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Sought:
    """What is found of an entry that somebody named by its hash: its tenant's code, the last checkpoint, and the proof where it stands there."""

    code: str
    published: Published | None
    proof: Proof | None


class LogDoor(Protocol):
    """What is served of tenants' logs (xingji/logs.py)."""

    async def find_checkpoint(self, code: str) -> bytes | None:
        """The note that was published last, in UTF-8, or None."""

    async def check_reader(self, code: str, principal: Any, trace_id: str) -> bool:
        """Whether the log is public. Raises HttpError for who may not read it."""

    async def find_tile(self, code: str, name: TileName) -> bytes | None:
        """The bytes of a tile or bundle, or None for what is not published."""

    async def find_proof(self, origin: str, sequence: int, hash_: bytes) -> Sought | None:
        """Of an entry with this hash (32 bytes), or None for an unknown log."""


def _itself(principal: P) -> Hashable:
    return principal


@dataclass(frozen=True, slots=True)
class Service(Generic[P, S]):
    """What requests are answered with.

    `read_token(token)` gives the principal; its refusal is an exception with `code`, `zh` and `en`.
    `open_session(principal, locale, trace_id, client)` gives what `execute` runs under; `client` is where the request came from.
    `execute(operation, variables, session)` gives the whole response as JSON; it raises RequestError when nothing
    ran, and masks what fails inside a field. `checks` are what /readyz asks: each raises when its part is not ready.
    `logs` serves tenants' logs. `find_troubles()` gives by their names
    the codes of tenants that an operator should look after: they can be read, so the service is ready all the same.
    `take_extensions(session, extensions)` gives the session with what else came with the request; it raises HttpError for what is malformed.
    `evidence` keeps files (xingji/evidence/keeping.py).
    `subscribe(operation, variables, open_session)` gives a subscription's responses, one after the other; it asks for a session of
    the moment whenever it reads, and raises RequestError when there is nothing to watch. `seconds_left(token)`: until a token ends. `name_client(principal)` is as whom somebody is counted, whatever token they hold.
    """

    documents: Documents
    execute: Callable[[Operation, dict[str, Any] | None, S], Awaitable[bytes]]
    open_session: Callable[[P | None, str, str, str], S]
    read_token: Callable[[str], P]
    checks: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    logs: LogDoor | None = None
    find_troubles: Callable[[], Mapping[str, Sequence[str]]] | None = None
    evidence: Keeper | None = None
    subscribe: (
        Callable[[Operation, dict[str, Any] | None, Callable[[], S]], AsyncGenerator[bytes, None]] | None
    ) = None
    seconds_left: Callable[[str], float] | None = None
    take_extensions: Callable[[S, dict[str, Any]], S] | None = None
    name_client: Callable[[P], Hashable] = _itself
