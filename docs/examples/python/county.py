"""A county's client: the generated one, which signs in, signs in again when its token has ended, and sends again what had no answer.

Where and as whom stands in the environment: XINGJI_URL, XINGJI_TENANT (the six-digit code), XINGJI_LOGIN, XINGJI_PASSWORD, and if you like
XINGJI_LANGUAGE (zh-CN or en). Sending a mutation again is safe because every mutation of ours has a `requestId`.
"""

import asyncio
import json
import os
import random
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, cast

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus
from xingji_client import (
    Client,
    GraphQLClientGraphQLMultiError,
    SignInInput,
    SignInSignInSignedIn,
    WatchCycle,
)

OPERATIONS = Path(__file__).parents[1] / "operations"
AGAIN = {408, 429, 500, 502, 503, 504}


def is_unsettled(answer: httpx.Response) -> bool:
    """Whether the act may be recorded or not, so that one asks again: the server was full, slow, or in trouble."""
    if answer.status_code in AGAIN:
        return True
    errors = answer.json().get("errors", []) if answer.status_code == httpx.codes.OK else []
    return any(error["extensions"]["code"].startswith("internal") for error in errors)


def check_passing(errors: list[dict[str, Any]]) -> None:
    """Whether a stream's error is one behind which one comes again. Raises SystemExit for another."""
    for error in errors:
        code = error["extensions"]["code"]
        if code not in {"token.ended", "limit.budget"} and not code.startswith("internal"):
            raise SystemExit(f"{code}: {error['message']}")


class County(Client):
    """Use it as `async with County() as county`."""

    def __init__(self, tries: int = 6, seconds: float = 35.0) -> None:
        """`tries` for one request; each waits `seconds`, a little longer than the server takes at most."""
        language = {"Accept-Language": os.environ.get("XINGJI_LANGUAGE", "zh-CN")}
        http = httpx.AsyncClient(timeout=seconds, headers=language)
        self.base = os.environ.get("XINGJI_URL", "http://127.0.0.1:8000")
        socket = self.base.replace("http", "ws", 1) + "/graphql"
        super().__init__(
            f"{self.base}/graphql", http_client=cast(Any, http), ws_url=socket, ws_headers=language
        )
        self.http, self.tries, self.token = http, tries, ""

    async def authenticate(self) -> None:
        """Sign in for a token of ten minutes."""
        given = {name: os.environ[f"XINGJI_{name}"] for name in ("TENANT", "LOGIN", "PASSWORD")}
        asked = SignInInput(tenantCode=given["TENANT"], login=given["LOGIN"], password=given["PASSWORD"])
        answer = (await self.sign_in(asked)).sign_in
        if not isinstance(answer, SignInSignInSignedIn):
            raise SystemExit(f"{answer.code}: {answer.message}")
        self.token = answer.token

    async def execute(
        self,
        query: str,
        operation_name: str | None = None,
        variables: dict[str, Any] | None = None,
        *,
        extensions: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> httpx.Response:
        """The answer. Raises httpx.TransportError when there is none after all tries."""
        values = self._convert_dict_to_json_serializable(variables or {})
        body = {
            "query": query,
            "operationName": operation_name,
            "variables": values,
            "extensions": extensions or {},
        }
        for tried in range(1, self.tries + 1):
            wait = 0.2 * 2**tried * random.uniform(0.5, 1)
            try:
                answer = await self._send(body, stranger=operation_name == "SignIn")
            except httpx.TransportError:
                if tried == self.tries:
                    raise
            else:
                if not is_unsettled(answer) or tried == self.tries:
                    return answer
                wait = max(wait, float(answer.headers.get("Retry-After", 0)))
            await asyncio.sleep(wait)
        raise AssertionError

    async def _send(self, body: dict[str, Any], stranger: bool) -> httpx.Response:
        if stranger:
            return await self.http.post(self.url, json=body)
        if not self.token:
            await self.authenticate()
        answer = await self.http.post(self.url, json=body, headers=self._bearer())
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            await self.authenticate()
            answer = await self.http.post(self.url, json=body, headers=self._bearer())
        return answer

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def watch(self, cycle_id: str, after: int | None) -> AsyncGenerator[WatchCycle, None]:
        """What is told of a cycle over a WebSocket, for ever: after a break it comes again behind the last sequence."""
        while True:
            await self.authenticate()
            self.ws_connection_init_payload = self._bearer()
            try:
                async for event in self.watch_cycle(cycle_id, after):
                    after = event.review_cycle_progress.sequence
                    yield event
            except ConnectionClosed as closed:
                # 4403: the token has ended. Every other of these says that this client is wrong.
                if closed.rcvd is not None and 4400 <= closed.rcvd.code != 4403:
                    raise
            except GraphQLClientGraphQLMultiError as told:
                check_passing([one.original or {} for one in told.errors])
            except InvalidStatus as refused:
                if refused.response.status_code not in AGAIN:
                    raise
            except OSError:
                pass
            await asyncio.sleep(1)

    async def stream(self, cycle_id: str, after: int | None) -> AsyncGenerator[WatchCycle, None]:
        """The same over server-sent events."""
        query = (OPERATIONS / "watch.graphql").read_text("utf-8")
        while True:
            await self.authenticate()
            body = {"query": query, "variables": {"cycleId": cycle_id, "after": after}}
            headers = {**self._bearer(), "Accept": "text/event-stream"}
            try:
                async with self.http.stream("POST", self.url, json=body, headers=headers) as answer:
                    if answer.status_code not in AGAIN:
                        answer.raise_for_status()
                    async for line in answer.aiter_lines():
                        if not line.startswith("data: {"):
                            continue
                        told = json.loads(line.removeprefix("data: "))
                        if "errors" in told:
                            check_passing(told["errors"])
                            break
                        event = WatchCycle.model_validate(told["data"])
                        after = event.review_cycle_progress.sequence
                        yield event
            except httpx.TransportError:
                pass
            await asyncio.sleep(1)
