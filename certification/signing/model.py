"""Rows of officers' keys and of the signing policy, and what comes with a request that is signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from audit.dsse import officer_key_id

_KEYS: Final = UUID("6f3f1f7c-7c55-5b1e-8d6e-6e7f3f6f1b02")


@dataclass(frozen=True, slots=True)
class OfficerKey:
    """A key of an officer, from enrolment to its end; in force once two others have vouched for it, until it ends."""

    tenant_id: int
    id: UUID
    key: str
    public_key: bytes
    home_tenant_id: int
    person_id: UUID
    enrolled_at: datetime
    vouched_by: UUID | None = None
    vouched_at: datetime | None = None
    certified_by: UUID | None = None
    certified_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_reason: str | None = None

    @property
    def in_force(self) -> bool:
        """Whether it signs now."""
        return self.certified_at is not None and self.ended_at is None


@dataclass(frozen=True, slots=True)
class SigningPolicy:
    """The operations that need an officer's key: proposed, and in force since `set_at` until the next one."""

    tenant_id: int
    id: UUID
    number: int
    operations: str
    proposed_by: UUID
    proposed_at: datetime
    set_by: UUID | None
    set_at: datetime | None


@dataclass(frozen=True, slots=True)
class Given:
    """What a request carries: the officer's key, and the signature with the end it names; without one the intent is asked for."""

    key: str
    sig: bytes | None
    expires: datetime | None


def key_row_id(public_key: bytes) -> UUID:
    """The id of a key's row, the same in every tenant."""
    return uuid5(_KEYS, officer_key_id(public_key))
