"""GET /ledger/{tenant}/…: a tenant's log as C2SP tlog-tiles, read-only.

    checkpoint                 the last published checkpoint, for anyone; `head` is another address of it
    tile/{L}/{N}[.p/{W}]       hashes; {N} is x001/x234/067
    tile/entries/{N}[.p/{W}]   entries

The checkpoint holds no domain data, and is worth most in the hands of those who do not trust us. Tiles are for those whom the tenant lets
read its log: who may not is told so, whatever is asked for, and gets nothing of it. A tile is there once the published checkpoint covers
every hash of it, and never changes again. Both carry an entity tag, and who already has the bytes is told 304.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from audit.errors import TileMalformedError
from audit.tiles import ENTRIES_LEVEL, parse_tile_name
from xingji.http.compressing import accepts_gzip
from xingji.http.errors import HttpError, format_refusal
from xingji.http.negotiation import choose_locale
from xingji.http.settings import LogDoor, Service
from xingji.http.tokens import read_principal

_CODE: Final = re.compile(r"[0-9A-Za-z-]{1,32}")
_YEAR: Final = 31_536_000


def ledger_routes() -> tuple[BaseRoute, ...]:
    """The routes of logs."""
    return (
        Route("/ledger/{tenant}/head", answer_checkpoint),
        Route("/ledger/{tenant}/checkpoint", answer_checkpoint),
        Route("/ledger/{tenant}/tile/{name:path}", answer_tile),
    )


async def answer_checkpoint(request: Request) -> Response:
    """200 with the note, or 404: no such log, or nothing of it is published yet."""
    code, door = _find_door(request)
    note = await door.find_checkpoint(code)
    if note is None:
        raise HTTPException(404)
    headers = {"cache-control": "no-cache", "etag": format_tag(note)}
    if headers["etag"] in _known(request):
        return Response(status_code=304, headers=headers)
    return Response(note, 200, headers, media_type="text/plain")


async def answer_tile(request: Request) -> Response:
    """200 with the bytes; 401 or 403 for who may not read the log; 404 for what is not published."""
    code, door = _find_door(request)
    service: Service[object, object] = request.state.service
    trace: str = request.state.trace_id
    authorization = request.headers.get("authorization")
    try:
        principal = read_principal(
            service, None if authorization is None else authorization.encode("latin-1")
        )
        public = await door.check_reader(code, principal, trace)
    except HttpError as refusal:
        locale = choose_locale(request.headers.get("accept-language", "").encode("latin-1"))
        content = format_refusal(refusal.code, refusal.zh, refusal.en, locale, trace)
        headers = {name.decode(): value.decode() for name, value in refusal.headers}
        headers["cache-control"] = "no-store"
        return Response(content, refusal.status, headers, media_type="application/json")
    try:
        name = parse_tile_name(request.path_params["name"])
    except TileMalformedError:
        raise HTTPException(404) from None
    data = await door.find_tile(code, name)
    if data is None:
        raise HTTPException(404)
    headers = {
        "cache-control": f"{'public' if public else 'private'}, max-age={_YEAR}, immutable",
        "vary": "accept-encoding" if public else "accept-encoding, authorization",
        "etag": format_tag(data),
    }
    if headers["etag"] in _known(request):
        return Response(status_code=304, headers=headers)
    if name.level == ENTRIES_LEVEL and accepts_gzip(
        request.headers.get("accept-encoding", "").encode("latin-1")
    ):
        data = await asyncio.to_thread(gzip.compress, data, 5, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(data, 200, headers, media_type="application/octet-stream")


def format_tag(data: bytes) -> str:
    """The entity tag of bytes, weak, because it is the same whether they are compressed or not (RFC 9110 §8.8.3)."""
    return f'W/"{hashlib.sha256(data).hexdigest()[:32]}"'


def _known(request: Request) -> set[str]:
    """The tags of what the client already has; `*` is none, for it says nothing of what it has."""
    tags = request.headers.get("if-none-match", "")[:2_000].split(",")
    return {f"W/{tag.strip().removeprefix('W/')}" for tag in tags}


def _find_door(request: Request) -> tuple[str, LogDoor]:
    """The code that was asked for. Raises HTTPException 404 for what no tenant can be called."""
    service: Service[object, object] = request.state.service
    code: str = request.path_params["tenant"]
    if service.logs is None or not _CODE.fullmatch(code):
        raise HTTPException(404)
    return code, service.logs
