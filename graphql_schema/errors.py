"""What the GraphQL boundary says when it refuses: a stable code, and the message in Chinese and English.

A `RequestError` is a request that never ran: its answer has `errors` and no `data`. Errors of running fields are
plain `GraphQLError`s (or `CodedError`s) inside an answer that has `data`. Nothing here knows an HTTP status.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError, SourceLocation

DOCUMENT_INVALID = "document.invalid"
LONGEST_MESSAGE = 500
"""Characters of a message: some quote the document or a value, which may be as long as a request."""


class GraphQLSchemaError(Exception):
    """The base of this package's errors: `code` is stable, `zh` and `en` are safe to show."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


class CodedError(GraphQLError):
    """A GraphQL error with a code and both languages; it holds no part of the document, so it may be cached."""

    def __init__(
        self,
        code: str,
        zh: str,
        en: str,
        *,
        locations: Sequence[SourceLocation] | None = None,
        path: Sequence[str | int] | None = None,
        told: Mapping[str, int] | None = None,
    ) -> None:
        """`told` are numbers that a client may act on; they stand in `extensions`."""
        super().__init__(en, path=path, extensions={"code": code, **(told or {})})
        self.code, self.zh, self.en = code, zh, en
        self.locations = list(locations) if locations else None


class RequestError(GraphQLSchemaError):
    """The request is refused before any field runs: syntax, validation, a limit, the operation's name, variables."""

    def __init__(self, errors: Iterable[GraphQLError]) -> None:
        self.errors = tuple(errors)
        first = self.errors[0]
        code = str(first.extensions.get("code", DOCUMENT_INVALID)) if first.extensions else DOCUMENT_INVALID
        super().__init__(code, getattr(first, "zh", first.message), first.message)


def cut_message(message: str) -> str:
    """The message, or its beginning."""
    return message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE] + "…"


def format_error(error: GraphQLError, locale: str, trace_id: str) -> dict[str, Any]:
    """The error as the response carries it: `extensions` always has `code` and `traceId`."""
    message = error.zh if isinstance(error, CodedError) and locale.startswith("zh") else error.message
    formatted: dict[str, Any] = {"message": cut_message(message)}
    if error.locations:
        formatted["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        formatted["path"] = list(error.path)
    formatted["extensions"] = {"code": DOCUMENT_INVALID, **(error.extensions or {}), "traceId": trace_id}
    return formatted
