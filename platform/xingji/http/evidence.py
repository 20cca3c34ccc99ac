"""POST /evidence takes a file, GET /evidence/{id} gives it: what GraphQL does not carry, under the same rules.

A file may be read by whoever reads its row through GraphQL: the very same query decides, so what is out of reach is a 404 like
what does not exist, and the attempt goes to the access log. Nothing of a client's file name or type is used or sent back.

Refusals have the shape of GraphQL's. Behind a refusal in the middle of a body, a little more of it is read and thrown away, so that the
client, still sending, gets to read why.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, Final
from uuid import UUID

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive

from certification.errors import RequestConflictError
from graphql_schema.errors import CodedError
from graphql_schema.ids import NodeRef, format_id, parse_id
from graphql_schema.mutations.boundary import REFUSALS, receipt_of, refuse
from graphql_schema.permissions import ROLE_PERMISSIONS, Permission
from graphql_schema.session import Session
from tenancy.access import record_refusal
from tenancy.identity import Principal
from xingji.evidence.errors import EvidenceError, FileTooLargeError, FileTypeError, StoreUnavailableError
from xingji.evidence.keeping import Attached, Given, Keeper
from xingji.evidence.receiving import Kept
from xingji.http.errors import HttpError, format_refusal
from xingji.http.multipart import read_form, refuse_form
from xingji.http.negotiation import choose_locale
from xingji.http.settings import HttpSettings, Service
from xingji.http.tokens import read_principal

Answer = Callable[[Request, Session, Keeper], Awaitable[Response]]
NAMES: Final = frozenset({"subject", "item", "label", "requestId"})
OPERATION: Final = "evidence.read"
EXTENSIONS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/csv": "csv",
}
FIND: Final = "query Evidence($id: ID!) { node(id: $id) { ... on Evidence { mediaType size sha256 } } }"
_STATUS: Final[Mapping[str, int]] = {
    "not_found": 404,
    "actor.not_entitled": 403,
    RequestConflictError.code: 409,
    FileTooLargeError.code: 413,
    FileTypeError.code: 415,
    StoreUnavailableError.code: 503,
}
"""The HTTP status of a refusal's code, where it is not 422."""
_DRAIN_BYTES: Final = 64 * 1024 * 1024
_DRAIN_SECONDS: Final = 3.0


def evidence_routes(settings: HttpSettings) -> tuple[BaseRoute, ...]:
    """The routes of files."""
    door = Door(settings)
    return (
        Route("/evidence", door.guard(door.receive_file), methods=["POST"]),
        Route("/evidence/{id}", door.guard(send_file), methods=["GET"]),
    )


class Body:
    """A request's body on its way: whether all of it has come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._more = True

    async def receive(self) -> Message:
        """The next message of the server."""
        message = await self._receive()
        self._more = message["type"] == "http.request" and message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Read on for a little, for nothing: a client that still sends does not hear."""
        size = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while self._more and size < _DRAIN_BYTES:
                    size += len((await self.receive()).get("body", b""))


class Door:
    """Who comes in, how many at once, for how long; and what a refusal looks like."""

    def __init__(self, settings: HttpSettings) -> None:
        self.settings = settings
        self._uploads = asyncio.Semaphore(settings.uploads_at_once)
        self._each: Counter[UUID] = Counter()

    def guard(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint for those signed in; whatever is refused beneath it is answered."""

        async def endpoint(request: Request) -> Response:
            service: Service[Principal, Session] = request.state.service
            trace: str = request.state.trace_id
            locale = choose_locale(request.headers.get("accept-language", "").encode("latin-1"))
            body = request.state.body = Body(request.receive)
            if service.evidence is None:
                raise HTTPException(404)
            try:
                session = service.open_session(_get_principal(request, service), locale, trace, "")
                return await answer(request, session, service.evidence)
            except HttpError as refusal:
                await body.drain()
                headers = {name.decode(): value.decode() for name, value in refusal.headers}
                code, zh, en, status = refusal.code, refusal.zh, refusal.en, refusal.status
            except (EvidenceError, *REFUSALS) as refusal:
                code, zh, en, headers = refusal.code, refusal.zh, refusal.en, {}
                status = _STATUS.get(code, 422)
            except CodedError as malformed:
                code, zh, en, headers, status = malformed.code, malformed.zh, malformed.en, {}, 400
            content = format_refusal(code, zh, en, locale, trace)
            headers["cache-control"] = "no-store"
            return Response(content, status, headers, media_type="application/json")

        return endpoint

    async def upload(
        self,
        request: Request,
        keeper: Keeper,
        names: frozenset[str],
        work: Any,
        permission: Permission = Permission.ACT,
    ) -> Response:
        """The form's fields and file, of who has the permission, handed to `work(fields, path)`. The file is gone behind it."""
        async with self._place(check_may_act(request, permission)), keeper.folder() as folder:
            try:
                async with asyncio.timeout(self.settings.upload_seconds) as clock:
                    fields = await read_form(
                        request.state.body.receive,
                        request.headers.get("content-type", "").encode("latin-1"),
                        request.headers.get("content-length", "").encode("latin-1"),
                        names,
                        folder / "file",
                        keeper.limit,
                    )
            except TimeoutError:
                if not clock.expired():
                    raise
                raise HttpError(
                    408,
                    "http.body_too_slow",
                    "请求体发送过慢。",
                    "The body arrived too slowly.",
                    close=True,
                ) from None
            response: Response = await work(fields, folder / "file")
            return response

    @asynccontextmanager
    async def _place(self, person: UUID) -> AsyncIterator[None]:
        """One of the places of all, and of this person's: nobody who sends slowly keeps the others out. Raises HttpError 503."""
        if self._uploads.locked() or self._each[person] >= self.settings.uploads_each:
            raise HttpError(
                503, "http.busy", "上传过多，请稍后再试。", "Too many uploads: try again.", close=True
            )
        self._each[person] += 1
        try:
            async with self._uploads:
                yield
        finally:
            self._each[person] -= 1
            self._each += Counter()  # forgets who has none

    async def receive_file(self, request: Request, session: Session, keeper: Keeper) -> Response:
        """A file is attached: 201 with the receipt, 200 for one that was recorded before."""

        async def attach(fields: Mapping[str, str], path: Any) -> Response:
            given = read_given(fields)
            done = await attach_file(session, keeper, given, await keeper.inspector.inspect(path))
            return answer_attached(given, done, {})

        return await self.upload(request, keeper, NAMES, attach, Permission.INSPECT)


async def attach_file(session: Session, keeper: Keeper, given: Given, kept: Kept) -> Attached:
    """Attach it; as with a mutation, what lies beyond one's reach goes to the access log."""
    try:
        return await keeper.attach(session, given, kept)
    except REFUSALS as refusal:
        await refuse(session, refusal, "evidence.attached", given.subject.tenant)
        raise


def answer_attached(given: Given, done: Attached, more: Mapping[str, Any]) -> Response:
    """The evidence and its receipt: 201, or 200 for one that was recorded before."""
    kept, receipt = done.kept, receipt_of(done.recorded)
    body = {
        "evidence": {
            "id": format_id(NodeRef("Evidence", given.subject.tenant, done.recorded.first_id)),
            "mediaType": kept.media_type,
            "size": kept.size,
            "sha256": kept.sha256.hex(),
            "receivedSha256": kept.received_sha256.hex(),
        },
        "receipt": {**receipt, "hash": receipt["hash"].hex()},
        **more,
    }
    status = 200 if done.recorded.replayed else 201
    return Response(orjson.dumps(body), status, {"cache-control": "no-store"}, media_type="application/json")


def check_may_act(request: Request, permission: Permission = Permission.ACT) -> UUID:
    """Who sends, before a body is read: somebody whose roles never act need not send one. Raises HttpError 403."""
    service: Service[Principal, Session] = request.state.service
    principal = _get_principal(request, service)
    held = {one for role in principal.roles for one in ROLE_PERMISSIONS.get(role.name, ())}
    if not held & {Permission.ACT, permission}:
        raise HttpError(403, "permission.denied", "无权办理。", "Not permitted.", close=True)
    return principal.person_id


def _get_principal(request: Request, service: Service[Principal, Session]) -> Principal:
    given = request.headers.get("authorization")
    principal = read_principal(service, None if given is None else given.encode("latin-1"))
    if principal is None:
        raise HttpError(
            401,
            "auth.required",
            "请先登录。",
            "Sign in first.",
            headers=[(b"www-authenticate", b"Bearer")],
            close=True,
        )
    return principal


def read_given(fields: Mapping[str, str]) -> Given:
    """What came with a file. Raises HttpError 400, CodedError."""
    if {"subject", "label", "requestId"} - fields.keys():
        raise refuse_form()
    return Given(
        parse_id(fields["subject"]), fields.get("item") or None, fields["label"], fields["requestId"]
    )


async def send_file(request: Request, session: Session, keeper: Keeper) -> Response:
    """The bytes, to who may read the row. Raises HttpError 404."""
    service: Service[Principal, Session] = request.state.service
    text: str = request.path_params["id"]
    row = await _find_row(service, session, text)
    if row is None:
        raise HttpError(404, "not_found", "未找到：佐证材料", "not found: evidence")
    tag = f'"{row["sha256"]}"'
    headers = {
        "etag": tag,
        "cache-control": "private, no-cache",
        "content-disposition": f'attachment; filename="evidence-{row["sha256"][:12]}.{EXTENSIONS[row["mediaType"]]}"',
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    chunks = keeper.open(bytes.fromhex(row["sha256"]))
    # The first chunk before the head: what is missing is refused and not cut.
    first = await anext(chunks, b"")
    return StreamingResponse(
        _chain(first, chunks),
        200,
        {**headers, "content-length": str(row["size"])},
        media_type=row["mediaType"],
    )


async def _find_row(
    service: Service[Principal, Session], session: Session, text: str
) -> dict[str, Any] | None:
    """The row as GraphQL gives it to this reader; the attempt is kept when it does not."""
    try:
        wanted = parse_id(text, "Evidence")
        wanted.uuid  # noqa: B018 - refuses another kind of key
    except CodedError:
        return None
    answer = await service.execute(service.documents.prepare(FIND), {"id": text}, session)
    found: dict[str, Any] | None = orjson.loads(answer)["data"]["node"]
    if not found and session.principal is not None:
        await record_refusal(
            session.database, session.principal, OPERATION, text, "not_found", session.trace_id, session.now
        )
    return found or None


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async with aclosing(rest) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            yield chunk
