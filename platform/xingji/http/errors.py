"""Refusals that belong to HTTP, each with its status, a stable code and both languages."""

from collections.abc import Mapping, Sequence

import orjson

from graphql_schema.errors import CodedError, format_error


class HttpError(Exception):
    """The request is refused at the door. `headers` go on the answer, `told` into the error's `extensions`; `close` ends the connection after it."""

    def __init__(
        self,
        status: int,
        code: str,
        zh: str,
        en: str,
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
        close: bool = False,
        told: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(en)
        self.status, self.code, self.zh, self.en = status, code, zh, en
        self.headers = (*headers, (b"connection", b"close")) if close else tuple(headers)
        self.told = told

    def as_error(self) -> CodedError:
        """The refusal as an error of an operation, for a transport that has no status."""
        return CodedError(self.code, self.zh, self.en, told=self.told)


def format_http_error(refusal: HttpError, locale: str, trace_id: str) -> bytes:
    """A refusal in the shape of a GraphQL answer without `data`, as JSON."""
    return orjson.dumps({"errors": [format_error(refusal.as_error(), locale, trace_id)]})


def format_refusal(code: str, zh: str, en: str, locale: str, trace_id: str) -> bytes:
    """One refusal in the shape of a GraphQL answer without `data`, as JSON."""
    return orjson.dumps({"errors": [format_error(CodedError(code, zh, en), locale, trace_id)]})


def format_internal(locale: str, trace_id: str) -> bytes:
    """The mask over an unexpected error: the client learns only the id under which it was logged."""
    return format_refusal(
        "internal",
        f"服务器内部错误，编号 {trace_id}。",
        f"Internal error, logged under {trace_id}.",
        locale,
        trace_id,
    )
