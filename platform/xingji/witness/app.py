"""POST /add-checkpoint, as C2SP tlog-witness says it, and nothing else.

| answer | when |
|---|---|
| 200, the cosignature's line | the checkpoint grows from the last one cosigned; it has been remembered |
| 400 | not a request, or the old size is beyond the checkpoint's |
| 403 | none of the keys trusted for the origin has signed |
| 404 | the origin is not known |
| 409, the size of the last one cosigned (`text/x.tlog.size`) | the old size is another; or the same size has another root: a fork |
| 422 | the path does not lead from the last checkpoint to this one |
| 500 | the witness cannot trust its own memory |

There is no login: the log's signature is what is asked for. Nothing here fetches anything.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from audit.errors import AuditError, NoteUnverifiedError, OriginUnknownError, WitnessUnusableError
from audit.note import VerifierKey
from audit.witness import MAX_REQUEST, SIZE_TYPE, Outcome, open_known, parse_request
from xingji.witness.evidence import KINDS, Evidence
from xingji.witness.state import State

STATUS: Final = {
    Outcome.COSIGN: 200,
    Outcome.IMPOSSIBLE: 400,
    Outcome.BEHIND: 409,
    Outcome.FORK: 409,
    Outcome.UNPROVEN: 422,
}
_log: Final = logging.getLogger(__name__)


def wall_seconds() -> int:
    """Now, in seconds since 1970."""
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its memory, the logs it knows, where it keeps evidence, its clock."""

    state: State
    logs: Mapping[str, Sequence[VerifierKey]]
    evidence: Evidence
    now: Callable[[], int] = wall_seconds

    def answer(self, body: bytes) -> Response:
        """The answer to a request's body; blocks until the memory is on the disk."""
        try:
            request = parse_request(body)
            checkpoint, note = open_known(request.note, self.logs)
            now = self.now()
            decision = self.state.cosign(request, checkpoint, note, now)
        except AuditError as error:
            return _refuse(error)
        status = STATUS[decision.outcome]
        if decision.line is not None:
            self.evidence.clear(checkpoint)
            return Response(decision.line.format(), status, media_type="text/plain")
        if decision.outcome in KINDS:
            path = self.evidence.keep(decision.outcome, checkpoint, decision.held, body, now)
            _log.error("%s: a %s, kept in %s", checkpoint.origin, KINDS[decision.outcome], path)
        if status == 409:
            return Response(f"{decision.size}\n", status, {"content-type": SIZE_TYPE})
        return Response(f"{decision.outcome.value}\n", status, media_type="text/plain")


def create_witness(witness: Witness) -> Starlette:
    """The application."""

    async def add_checkpoint(request: HttpRequest) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_REQUEST:
                return Response("too long\n", 400, {"connection": "close"}, media_type="text/plain")
        return await asyncio.to_thread(witness.answer, body)

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])])


def _refuse(error: AuditError) -> Response:
    if isinstance(error, WitnessUnusableError):
        _log.error("%s", error)
        return Response("the witness cannot vouch for anything\n", 500, media_type="text/plain")
    status = {OriginUnknownError: 404, NoteUnverifiedError: 403}.get(type(error), 400)
    return Response(f"{error}\n", status, media_type="text/plain")
