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
    """A person at a browser or a script: one login, one connection pool shared with the others."""

    http: httpx.AsyncClient
    login: Login
    _token: str | None = None

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an answer. Raises ApiError when it has errors."""
        answer = await self._post(query, variables)
        if answer.get("errors"):
            raise ApiError(f"{self.login.login}@{self.login.tenant_code}: {answer['errors'][0]}")
        data: dict[str, Any] = answer["data"]
        return data

    async def act(self, mutation: str, *, request_id: str | None = None, **values: Any) -> dict[str, Any]:
        """The result of a mutation with one root field and the variables `$requestId` and `$input`."""
        data = await self.ask(mutation, requestId=request_id or str(uuid4()), input=values)
        (result,) = data.values()
        return dict(result)

    async def _post(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        if self._token is None:
            await self._sign_in()
        response = await self._send(query, variables)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            await self._sign_in()
            response = await self._send(query, variables)
        return _read(response)

    async def _send(self, query: str, variables: Mapping[str, Any]) -> httpx.Response:
        headers = {} if self._token is None else {"Authorization": f"Bearer {self._token}"}
        return await self.http.post(
            "/graphql", json={"query": query, "variables": dict(variables)}, headers=headers
        )

    async def _sign_in(self) -> None:
        self._token = None
        one = self.login
        values = {"tenantCode": one.tenant_code, "login": one.login, "password": one.password}
        answer = _read(await self._send(SIGN_IN, {"input": values}))
        if answer.get("errors") or answer["data"]["signIn"]["__typename"] != "SignedIn":
            raise ApiError(f"{one.login}@{one.tenant_code} cannot sign in: {answer}")
        self._token = answer["data"]["signIn"]["token"]


def _read(response: httpx.Response) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = response.json()
    except ValueError as error:
        raise ApiError(f"HTTP {response.status_code}: {response.text[:200]}") from error
    return answer
