"""GET /ledger/{tenant}/head: a tenant's signed head as a note, for anyone to fetch and keep.

It needs no login: a head holds no domain data, and is worth most in the hands of those who do not trust us.
"""

import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from xingji.http.settings import Service

_CODE: Final = re.compile(r"[0-9A-Za-z-]{1,32}")


async def answer_head(request: Request) -> Response:
    """200 with the note, or 404."""
    service: Service[object, object] = request.state.service
    code: str = request.path_params["tenant"]
    if service.find_head is None or not _CODE.fullmatch(code):
        raise HTTPException(404)
    note = await service.find_head(code)
    if note is None:
        raise HTTPException(404)
    return Response(note, 200, {"cache-control": "no-store"}, media_type="text/plain")
