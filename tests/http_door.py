"""The front door in front of a tiny schema that graphql-core itself runs: a real server on loopback, no database."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from graphql import build_schema
from graphql.execution import ExecutionResult, execute
from graphql.execution.values import get_variable_values
from starlette.types import ASGIApp

from audit.tiles import TileName
from graphql_schema.documents import Documents, Operation
from graphql_schema.errors import CodedError, RequestError
from graphql_schema.limits import Limits
from xingji.app import create_app
from xingji.http.errors import HttpError
from xingji.http.serving import Server, make_server
from xingji.http.settings import HttpSettings, Service, Sought

SCHEMA = """
type Query {
  hello: String
  whoami: String
  tree: Tree
  boom: String
  slow(seconds: Float!): String
  count(numbers: [Int!]!): Int
}
type Tree { name: String  tree: Tree  trees: [Tree!] }
type Mutation { touch: Int }
type Subscription {
  count(to: Int!): Int
  tick: Int
  who: String
  absent: Int
  broken: Int
}
"""


@dataclass(frozen=True)
class Caller:
    """A session of these tests."""

    principal: str | None
    locale: str
    trace_id: str
    client: str


class TokenError(Exception):
    code, zh, en = "token.expired", "令牌已过期。", "The token has expired."


@dataclass
class Backend:
    """What stands behind the door in these tests, and what it saw."""

    sessions: list[Caller] = field(default_factory=list)
    touched: int = 0
    cancelled: int = 0
    closed: bool = False
    database_up: bool = True
    ticks: int = 0
    watching: int = 0
    filling: int = 0

    def resolvers(self) -> dict[str, Callable[..., Any]]:
        async def slow(_: Any, seconds: float) -> str:
            try:
                await asyncio.sleep(seconds)
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
            return "done"

        def touch(_: Any) -> int:
            self.touched += 1
            return self.touched

        return {
            "hello": lambda _: "世界",
            "slow": slow,
            "touch": touch,
            "tree": lambda _: {"name": "root"},
            "count": lambda _, numbers: len(numbers),
        }

    async def execute(self, operation: Operation, variables: dict[str, Any] | None, session: Caller) -> bytes:
        self.sessions.append(session)
        definitions = operation.definition.variable_definitions or ()
        values = get_variable_values(SCHEMA_OBJECT, definitions, variables or {}, max_errors=20)
        if isinstance(values, list):
            raise RequestError(values)
        selected = {node.name.value for node in operation.definition.selection_set.selections}  # type: ignore[union-attr]
        if "boom" in selected:
            raise ZeroDivisionError("secret detail")
        root = {**self.resolvers(), "whoami": lambda _: session.principal}
        root = {name: (lambda info, f=call, **kw: f(info, **kw)) for name, call in root.items()}
        outcome = execute(
            SCHEMA_OBJECT,
            operation.document,
            root_value=root,
            variable_values=variables,
            operation_name=operation.name,
        )
        result = await outcome if not isinstance(outcome, ExecutionResult) else outcome
        return orjson.dumps(result.formatted)

    async def subscribe(
        self, operation: Operation, variables: dict[str, Any] | None, open_session: Callable[[], Caller]
    ) -> AsyncGenerator[bytes, None]:
        """`count` counts and ends; `tick` tells the ticks as they are when it looks; `who` tells each time who watches."""
        open_session()
        [field] = operation.definition.selection_set.selections
        name = field.name.value  # type: ignore[union-attr]
        if name == "absent":
            raise RequestError([CodedError("not_found", "未找到：记录", "not found: record")])
        if name == "broken":
            raise ZeroDivisionError("secret detail")
        if name == "count":
            for number in range((variables or {})["to"]):
                yield orjson.dumps({"data": {"count": number + 1}})
            return
        self.watching += 1
        try:
            told = -1
            while True:
                if self.ticks != told:
                    told = self.ticks
                    shown = open_session().principal if name == "who" else told
                    yield orjson.dumps({"data": {name: shown}, "extensions": {"filling": "x" * self.filling}})
                await asyncio.sleep(0.005)
        finally:
            self.watching -= 1

    def seconds_left(self, token: str) -> float:
        """A token may say itself until when it counts: `good-name-until-1700000000.5`."""
        until = token.partition("-until-")[2]
        return float(until) - time.time() if until else 3600.0

    def read_token(self, token: str) -> str:
        if token == "broken":
            raise RuntimeError("key store is on fire")
        if not token.startswith("good-") or self.seconds_left(token) <= 0:
            raise TokenError
        return token.removeprefix("good-").partition("-until-")[0]

    async def check_database(self) -> None:
        if not self.database_up:
            raise ConnectionError("password=hunter2")

    async def find_checkpoint(self, code: str) -> bytes | None:
        return b"xingji/411602\n3\nhash=\n" if code == "411602" else None

    async def check_reader(self, code: str, principal: str | None, trace_id: str) -> bool:
        if code != "411602" and principal is None:
            raise HttpError(401, "ledger.not_readable", "不开放。", "Not open.")
        return code == "411602"

    async def find_proof(self, origin: str, sequence: int, hash_: bytes) -> Sought | None:
        return None

    async def find_tile(self, code: str, name: TileName) -> bytes | None:
        return b"leaf" * 100 if name.is_within(300) else None


SCHEMA_OBJECT = build_schema(SCHEMA)


@dataclass
class Running:
    """A served application: where it is, what stands behind it, and its access log."""

    url: str
    port: int
    backend: Backend
    log: list[dict[str, Any]]
    documents: Documents
    server: Server

    def post(
        self, query: Any = None, *, raw: Any = None, headers: dict[str, str] | None = None, **more: Any
    ) -> Any:
        content = raw if raw is not None else json.dumps({"query": query, **more}).encode()
        sent = {"content-type": "application/json", "accept": "application/graphql-response+json"}
        return httpx.post(
            self.url + "/graphql", content=content, headers={**sent, **(headers or {})}, timeout=60
        )

    def get(self, path: str = "/graphql", *, headers: dict[str, str] | None = None, **query: str) -> Any:
        return httpx.get(self.url + path, params=query, headers=headers, timeout=60)


def make_door(
    backend: Backend, documents: Documents, settings: HttpSettings, write_log: Callable[[bytes], None]
) -> ASGIApp:
    """The application over the tiny schema."""

    @asynccontextmanager
    async def open_service() -> AsyncIterator[Service[str, Caller]]:
        checks = {"database": backend.check_database}
        yield Service(
            documents,
            backend.execute,
            Caller,
            backend.read_token,
            checks,
            backend,
            subscribe=backend.subscribe,
            seconds_left=backend.seconds_left,
        )
        backend.closed = True

    return create_app(settings, open_service, write_log=write_log)


@contextmanager
def run_door(
    settings: HttpSettings | None = None,
    limits: Limits | None = None,
    trusted: Sequence[str] = (),
    only: bool = False,
) -> Iterator[Running]:
    """Serve the tiny schema from a thread until the block ends."""
    backend = Backend()
    lines: list[dict[str, Any]] = []
    documents = Documents(SCHEMA_OBJECT, limits or Limits(), trusted, only=only)
    app = make_door(
        backend, documents, settings or HttpSettings(), lambda line: lines.append(orjson.loads(line))
    )
    server = make_server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Running(f"http://127.0.0.1:{port}", port, backend, lines, documents, server)
    server.should_exit = True
    thread.join(20)
    assert backend.closed
