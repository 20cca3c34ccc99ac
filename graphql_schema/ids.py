"""Global ids: `Type.tenant.key`, such as `Application.3.0190…`, opaque to clients.

The only spelling that is accepted is the one that we print: a UUID in lower case with its hyphens, a number without sign or leading zero.
An id says where a row would be, never that there is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from asyncpg.pgproto import pgproto

from graphql_schema.errors import CodedError

Key = UUID | int

_ID: Final = re.compile(r"([A-Z][A-Za-z]{0,62})\.([1-9][0-9]{0,9})\.([0-9a-f-]{1,36})\Z")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_NUMBER: Final = re.compile(r"(0|[1-9][0-9]{0,17})\Z")
LARGEST_TENANT: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class NodeRef:
    """The place of a row: GraphQL type, tenant, key."""

    type: str
    tenant: int
    key: Key

    @property
    def uuid(self) -> UUID:
        """The key of a row whose key is a UUID. Raises CodedError `id.malformed`."""
        if not isinstance(self.key, UUID):
            raise refuse_id()
        return self.key


def refuse_id() -> CodedError:
    """The refusal of an id that we did not print, or of another type than was asked for."""
    return CodedError(
        "id.malformed", "编号格式不正确，或不属于所要求的类型。", "The id is malformed or of another type."
    )


def format_id(ref: NodeRef) -> str:
    """`Type.tenant.key`."""
    return f"{ref.type}.{ref.tenant}.{ref.key}"


def parse_id(text: str, expected: str | None = None) -> NodeRef:
    """The place that an id names. Raises CodedError `id.malformed`, also for another type than `expected`."""
    match = _ID.match(text)
    if match is None or (expected is not None and match[1] != expected):
        raise refuse_id()
    tenant = int(match[2])
    if tenant > LARGEST_TENANT:
        raise refuse_id()
    return NodeRef(match[1], tenant, _parse_key(match[3]))


def _parse_key(text: str) -> Key:
    if _UUID.match(text):
        return pgproto.UUID(text)  # the driver's own: an equal uuid.UUID, made in a tenth of the time
    if _NUMBER.match(text):
        return int(text)
    raise refuse_id()
