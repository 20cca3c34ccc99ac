"""Whether a reader may ask at all: the permission that a field or type declares, against the reader's signature."""

from __future__ import annotations

from typing import Final

from graphql_schema.permissions import Permission, kinds_of
from graphql_schema.readpath.call import Reader

DENIED: Final = "permission.denied"
SIGNED_OUT: Final = "auth.required"


class DeniedError(Exception):
    """The reader lacks the permission; `code` goes into the field's marker."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_permission(reader: Reader, permission: Permission) -> None:
    """Raises DeniedError: `auth.required` for a stranger, `permission.denied` for who lacks it."""
    if permission is Permission.PUBLIC:
        return
    if not reader.signed_in:
        raise DeniedError(SIGNED_OUT)
    if not kinds_of(reader.signature, permission):
        raise DeniedError(DENIED)
