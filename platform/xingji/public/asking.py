"""How the public page asks: as a stranger, through the documents, prices and permissions that the API has for every stranger.

The rule upheld here: the page knows no other way to the data than an operation of the public schema, run without a principal and charged to
the client's budget. So it shows nothing that the API would not show, and does nothing that the API would refuse.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from graphql_schema.errors import RequestError
from xingji.http.budgets import Budgets
from xingji.http.errors import HttpError
from xingji.http.settings import Service

THROTTLED: Final = "throttle.exceeded"
FEW: Final = 10
"""Lists on a page."""
_COUNT: Final = "publicity { daysCounted daysLeft closesOn stopped }"
_LISTS: Final = f"""query PublicPage($first: Int!, $after: String, $filter: PublicNoticeFilter!) {{
  publicNotices(first: $first, after: $after, filter: $filter) {{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{
    noticeId campaign batch kind opensOn closesOn documentNumber documentDate {_COUNT}
    items {{ position communityName result {_COUNT} }} }} }} }} }}"""
_FILE: Final = """mutation PublicObjection($requestId: ID!, $input: FileObjectionInput!) {
  fileObjection(requestId: $requestId, input: $input) {
    __typename ... on ObjectionFiled { code receipt { origin sequence hash } }
    ... on Refusal { code messageZh messageEn clause retryAfter } } }"""
_STATUS: Final = """query PublicObjectionStatus($code: String!) {
  objectionStatus(code: $code) { status receivedAt acceptedAt decidedAt publicReason } }"""


class NotAnsweredError(Exception):
    """The API refused what was asked. `status` is HTTP's; `zh` and `en` are safe to show; `seconds`: when to try again."""

    def __init__(self, status: int, zh: str, en: str, seconds: int | None = None) -> None:
        super().__init__(en)
        self.status, self.zh, self.en, self.seconds = status, zh, en, seconds


@dataclass(frozen=True, slots=True)
class Asker:
    """A stranger in front of the API, for one request of the page."""

    service: Service[Any, Any]
    budgets: Budgets
    client: str
    locale: str
    trace_id: str

    async def lists(self, kind: str, after: str | None) -> dict[str, Any]:
        """A page of public lists of a kind, the latest first."""
        data = await self._ask(_LISTS, {"first": FEW, "after": after, "filter": {"kind": kind}})
        found: dict[str, Any] = data["publicNotices"]
        return found

    async def find_publicity(self, notice_id: str) -> dict[str, Any] | None:
        """The publicity of this id; None when strangers are shown none."""
        async for notice in self._publicities():
            if notice["noticeId"] == notice_id:
                return notice
        return None

    async def file(self, request_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Object; what the mutation answers."""
        data = await self._ask(_FILE, {"requestId": request_id, "input": dict(given)})
        result: dict[str, Any] = data["fileObjection"]
        return result

    async def status(self, code: str) -> dict[str, Any] | None:
        """How the objection of this code stands."""
        data = await self._ask(_STATUS, {"code": code})
        found: dict[str, Any] | None = data["objectionStatus"]
        return found

    def charge(self, price: int) -> None:
        """Take the price of what the page reads beside the schema. Raises NotAnsweredError."""
        try:
            self.budgets.charge(self.client, price, known=False)
        except HttpError as refusal:
            raise _too_often(refusal) from None

    async def _publicities(self) -> AsyncIterator[dict[str, Any]]:
        after, more = None, True
        while more:
            page = await self.lists("PUBLICITY", after)
            for edge in page["edges"]:
                yield edge["node"]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    async def _ask(self, text: str, variables: dict[str, Any]) -> dict[str, Any]:
        """`data` of an operation of ours. Raises NotAnsweredError."""
        try:
            operation = self.service.documents.prepare(text)
            self.budgets.charge(self.client, self.service.documents.price(operation, variables), known=False)
            session = self.service.open_session(None, self.locale, self.trace_id, self.client)
            answer = orjson.loads(await self.service.execute(operation, variables, session))
        except HttpError as refusal:
            raise _too_often(refusal) from None
        except RequestError as refusal:
            raise NotAnsweredError(400, refusal.zh, refusal.en) from None
        for error in answer.get("errors", ()):
            told = error["extensions"]
            status = 429 if told["code"] == THROTTLED else 400
            raise NotAnsweredError(status, error["message"], error["message"], told.get("retryAfter"))
        data: dict[str, Any] = answer["data"]
        return data


def _too_often(refusal: HttpError) -> NotAnsweredError:
    seconds = max(1, (refusal.told or {}).get("seconds", 60))
    zh, en = f"访问过于频繁，请在 {seconds} 秒后再试。", f"Too many requests: try again in {seconds} seconds."
    return NotAnsweredError(refusal.status, zh, en, seconds)
