"""An actor with a login, acting through `POST /graphql` like any client of a county.

Signs in when needed and again when the token has ended. A refusal is an answer; an error of the protocol is raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

SIGN_IN = """
mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { __typename ... on SignedIn { token } ... on Refusal { code messageZh } }
}
"""


class ApiError(Exception):
    """The API answered with errors, or not at all as agreed."""


@dataclass(frozen=True, slots=True)
class Login:
    """A login within a tenant."""

    tenant_code: str
    login: str
    password: str = field(repr=False)


@dataclass(slots=True)
class Actor:
    """A person at a browser or a script: one login, or none for a stranger; one connection pool shared with the others."""

    http: httpx.AsyncClient
    login: Login | None
    _token: str | None = None

    @property
    def name(self) -> str:
        """Who it is, for messages."""
        return "stranger" if self.login is None else f"{self.login.login}@{self.login.tenant_code}"

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an answer. Raises ApiError when it has errors."""
        answer = await self._post(query, variables)
        if answer.get("errors"):
            raise ApiError(f"{self.name}: {answer['errors'][0]}")
        data: dict[str, Any] = answer["data"]
        return data

    async def act(self, mutation: str, *, request_id: str | None = None, **values: Any) -> dict[str, Any]:
        """The result of a mutation with one root field and the variables `$requestId` and `$input`."""
        data = await self.ask(mutation, requestId=request_id or str(uuid4()), input=values)
        (result,) = data.values()
        return dict(result)

    async def send(self, path: str, request_id: str, content: bytes, **fields: str) -> dict[str, Any]:
        """What became of a file sent as multipart: the answer, or the refusal in the shape of a mutation's."""
        response = await self._authorised(
            "POST", path, data={**fields, "requestId": request_id}, files={"file": ("file", content)}
        )
        answer = _read(response)
        if "errors" not in answer:
            return {"__typename": "Recorded", **answer}
        error = answer["errors"][0]
        return {
            "__typename": "Refusal",
            "code": error["extensions"]["code"],
            "messageZh": error["message"],
            "clause": error["extensions"].get("clause"),
        }

    async def fetch(self, path: str) -> bytes:
        """A file. Raises ApiError when it is refused."""
        response = await self._authorised("GET", path)
        if response.status_code != httpx.codes.OK:
            raise ApiError(f"{self.name}: {path}: HTTP {response.status_code}")
        return response.content

    async def _post(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        return _read(
            await self._authorised("POST", "/graphql", json={"query": query, "variables": dict(variables)})
        )

    async def _authorised(self, method: str, path: str, **body: Any) -> httpx.Response:
        if self._token is None and self.login is not None:
            await self._sign_in(self.login)
        response = await self._send(method, path, **body)
        if response.status_code == httpx.codes.UNAUTHORIZED and self.login is not None:
            await self._sign_in(self.login)
            response = await self._send(method, path, **body)
        return response

    async def _send(self, method: str, path: str, **body: Any) -> httpx.Response:
        headers = {"Accept-Language": "zh-CN"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        return await self.http.request(method, path, headers=headers, **body)

    async def _sign_in(self, one: Login) -> None:
        self._token = None
        values = {"tenantCode": one.tenant_code, "login": one.login, "password": one.password}
        sent = {"query": SIGN_IN, "variables": {"input": values}}
        answer = _read(await self._send("POST", "/graphql", json=sent))
        if answer.get("errors") or answer["data"]["signIn"]["__typename"] != "SignedIn":
            raise ApiError(f"{one.login}@{one.tenant_code} cannot sign in: {answer}")
        self._token = answer["data"]["signIn"]["token"]


def _read(response: httpx.Response) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = response.json()
    except ValueError as error:
        raise ApiError(f"HTTP {response.status_code}: {response.text[:200]}") from error
    return answer
