"""/healthz: the process answers. /readyz: everything it needs answers too, each check within its time.

A check's error is logged, never shown: the answer says only which check failed. `put_back` names the tenants whose ledgers are not
signed for (`audit.guard`), `unkept` those whose heads cannot be written; what can be read is served, so neither makes the service unready.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from xingji.http.settings import Service

_log: Final = logging.getLogger("xingji.http")


async def answer_health(_: Request) -> Response:
    """200 as long as the event loop turns."""
    return _format_answer(200, {"status": "ok"})


def make_ready(seconds: float) -> Callable[[Request], Awaitable[Response]]:
    """The /readyz endpoint, each check bounded by `seconds`: 200 if all pass, else 503."""

    async def answer_ready(request: Request) -> Response:
        service: Service[object, object] = request.state.service
        passed = await asyncio.gather(
            *(_passes(name, check, seconds) for name, check in service.checks.items())
        )
        checks = dict(zip(service.checks, ("ok" if ok else "failed" for ok in passed), strict=True))
        ready = all(passed)
        answer: dict[str, object] = {"status": "ok" if ready else "failed", "checks": checks}
        if service.find_troubles is not None:
            answer |= service.find_troubles()
        return _format_answer(200 if ready else 503, answer)

    return answer_ready


async def _passes(name: str, check: Callable[[], Awaitable[None]], seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await check()
    except Exception:
        _log.exception("check failed: %s", name)
        return False
    return True


def _format_answer(status: int, content: dict[str, object]) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(orjson.dumps(content), status, headers, media_type="application/json")
