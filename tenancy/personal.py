"""Personal values at rest: each sealed under its subject's own data key, which the vault wraps.

    personal_keys     tenant, subject → the data key, wrapped (tenancy/vault.py)
    personal_values   tenant, commitment → nonce || AES-256-GCM(data key, salt || value)

The rule upheld here: no value and no salt stands in the database in the clear, and a sealed value opens in its own place
alone, because tenant, subject, field and commitment are its associated data. Erasing a subject deletes key and values;
the commitments stay where they are, and without the salt they tell nothing. Who may see an opened value is not decided
here, and nothing of it is kept.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as hidden
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, delete, select

from tenancy.database import TenantConnection
from tenancy.errors import ForeignRowError, UnopenableError
from tenancy.statements import insert_sql, statement
from tenancy.tables import credentials, personal_keys, personal_values
from tenancy.vault import KEY_SIZE, Vault, Wrapped, seal, unseal

if TYPE_CHECKING:
    from tenancy.database import Connection

SALT_SIZE: Final = 32
PREFETCH: Final = 500
_SEALED: Final = b"xingji-personal-1"
_VALUES, _KEYS = personal_values.c, personal_keys.c
_SUBJECTS: Final = bindparam("subjects", type_=ARRAY(Uuid()))

Keys: TypeAlias = Mapping[UUID, bytes]
Opened: TypeAlias = tuple[bytes, bytes]
"""A value (UTF-8) and its salt (32 bytes)."""
Stored: TypeAlias = tuple[bytes, str, UUID, Opened | None]
ReadValues: TypeAlias = "Callable[[Any, int], AsyncIterator[Stored]]"


@dataclass(frozen=True, slots=True)
class PersonalValue:
    """A personal field's value with the salt of its commitment, before it is sealed."""

    tenant_id: int
    commitment: bytes
    subject_id: UUID
    field: str
    value: str = hidden(repr=False)
    salt: bytes = hidden(repr=False)


_KEPT_KEYS = statement(
    select(_KEYS.subject_id, _KEYS.wrapped, _KEYS.kek_id).where(_KEYS.tenant_id == bindparam("tenant_id"))
)
_KEK_IDS = statement(select(_KEYS.kek_id).where(_KEYS.tenant_id == bindparam("tenant_id")).distinct())
_STORED = (
    select(_VALUES.commitment, _VALUES.field, _VALUES.subject_id, _VALUES.sealed, _KEYS.wrapped, _KEYS.kek_id)
    .outerjoin(
        personal_keys, and_(_KEYS.tenant_id == _VALUES.tenant_id, _KEYS.subject_id == _VALUES.subject_id)
    )
    .where(_VALUES.tenant_id == bindparam("tenant_id"))
)
_OF_SUBJECTS = statement(_STORED.where(_VALUES.subject_id == any_(_SUBJECTS)))
_EVERY = statement(_STORED.order_by(_VALUES.commitment))
_ERASE = tuple(
    statement(delete(table).where(table.c.tenant_id == bindparam("tenant_id"), whose == any_(_SUBJECTS)))
    for table, whose in (
        (personal_keys, _KEYS.subject_id),
        (personal_values, _VALUES.subject_id),
        (credentials, credentials.c.person_id),
    )
)


async def insert_values(tx: TenantConnection, values: Collection[PersonalValue]) -> None:
    """Seal and store values of the bound tenant, in two statements. Raises ForeignRowError; VaultError."""
    if not values:
        return
    if any(value.tenant_id != tx.tenant_id for value in values):
        raise ForeignRowError
    keys = await ensure_keys(tx, {value.subject_id for value in values})
    await tx.insert(
        personal_values,
        [
            {
                "tenant_id": value.tenant_id,
                "commitment": value.commitment,
                "subject_id": value.subject_id,
                "field": value.field,
                "sealed": seal_value(keys[value.subject_id], value),
            }
            for value in values
        ],
    )


async def read_values(
    tx: TenantConnection, subject_ids: Iterable[UUID]
) -> dict[UUID, dict[str, PersonalValue]]:
    """What is stored of subjects of the bound tenant, by subject and field; one statement. Raises UnopenableError.

    A subject or field that was erased, or never was, is not among them.
    """
    found: dict[UUID, dict[str, PersonalValue]] = {}
    for row in await tx.all(_OF_SUBJECTS, subjects=list(subject_ids)):
        opened = open_row(tx.get_vault(), tx.tenant_id, row)
        if opened is not None:
            value = PersonalValue(
                tx.tenant_id,
                row["commitment"],
                row["subject_id"],
                row["field"],
                opened[0].decode(),
                opened[1],
            )
            found.setdefault(value.subject_id, {})[value.field] = value
    return found


async def erase(tx: TenantConnection, *subject_ids: UUID) -> int:
    """Delete subjects' keys and values, and how a person signs in; their commitments stay. Returns how many rows went."""
    gone = 0
    for deleting in _ERASE:
        arguments = deleting.arguments({"subjects": list(subject_ids)}, tx.tenant_id)
        gone += int((await tx.raw.execute(deleting.sql, *arguments)).rpartition(" ")[2])
    return gone


def value_reader(vault: Vault) -> ReadValues:
    """Every value of a tenant: commitment, field, subject, and what it opens to, None when it does not open.

    In the order of commitments. A value whose subject's key is gone is gone with it and left out.
    """
    return partial(_stream_values, vault)


async def _stream_values(vault: Vault, conn: Connection, tenant_id: int) -> AsyncIterator[Stored]:
    async for row in conn.cursor(_EVERY.sql, *_EVERY.arguments({}, tenant_id), prefetch=PREFETCH):
        try:
            opened = open_row(vault, tenant_id, row)
        except UnopenableError:
            yield row["commitment"], row["field"], row["subject_id"], None
            continue
        if opened is not None:
            yield row["commitment"], row["field"], row["subject_id"], opened


async def ensure_keys(tx: TenantConnection, subject_ids: Collection[UUID]) -> Keys:
    """The data keys of subjects, made for those that have none; one statement."""
    vault, made = tx.get_vault(), {subject: secrets.token_bytes(KEY_SIZE) for subject in subject_ids}
    wrapped = {subject: vault.wrap(tx.tenant_id, subject, key) for subject, key in made.items()}
    keys: dict[UUID, bytes] = {}
    columns = {
        "subject_id": list(wrapped),
        "wrapped": [one.sealed for one in wrapped.values()],
        "kek_id": [one.kek_id for one in wrapped.values()],
    }
    # An update that changes nothing makes RETURNING answer with the key that is there.
    keeping = f"{_INSERT_KEYS.sql} {_KEEP}"
    for row in await tx.raw.fetch(keeping, *_INSERT_KEYS.arguments(columns, tx.tenant_id)):
        subject, stored = row["subject_id"], Wrapped(row["kek_id"], row["wrapped"])
        ours = stored == wrapped[subject]
        keys[subject] = made[subject] if ours else vault.unwrap(tx.tenant_id, subject, stored)
    return keys


async def find_kek_ids(tx: TenantConnection) -> set[str]:
    """The KEKs under which the bound tenant's data keys are wrapped."""
    return {row["kek_id"] for row in await tx.all(_KEK_IDS)}


async def rewrap_keys(tx: TenantConnection) -> int:
    """Wrap every data key of the bound tenant anew; the number of them. Raises UnopenableError.

    The caller keeps writers out meanwhile: one that has wrapped and not committed would be passed over.
    """
    vault, rows = tx.get_vault(), []
    for row in await tx.all(_KEPT_KEYS):
        subject = row["subject_id"]
        key = vault.unwrap(tx.tenant_id, subject, Wrapped(row["kek_id"], row["wrapped"]))
        fresh = vault.wrap(tx.tenant_id, subject, key)
        rows.append(
            {
                "tenant_id": tx.tenant_id,
                "subject_id": subject,
                "wrapped": fresh.sealed,
                "kek_id": fresh.kek_id,
            }
        )
    await tx.update(personal_keys, rows)
    return len(rows)


def seal_value(key: bytes, value: PersonalValue) -> bytes:
    """Salt and value under a data key, bound to their place."""
    bound = bind_place(value.tenant_id, value.subject_id, value.field, value.commitment)
    return seal(key, value.salt + value.value.encode(), bound)


def open_value(key: bytes, sealed: bytes, bound: bytes) -> Opened:
    """Value and salt. Raises UnopenableError."""
    plain = unseal(key, sealed, bound)
    return plain[SALT_SIZE:], plain[:SALT_SIZE]


def open_row(vault: Vault, tenant_id: int, row: asyncpg.Record) -> Opened | None:
    """Value and salt of a stored row beside its key; None when the key was erased. Raises UnopenableError; VaultError."""
    if row["wrapped"] is None:
        return None
    key = vault.unwrap(tenant_id, row["subject_id"], Wrapped(row["kek_id"], row["wrapped"]))
    bound = bind_place(tenant_id, row["subject_id"], row["field"], row["commitment"])
    return open_value(key, row["sealed"], bound)


def bind_place(tenant_id: int, subject_id: UUID | str, field_name: str, commitment: bytes) -> bytes:
    """The associated data of a sealed value: where it belongs."""
    parts = (_SEALED, str(tenant_id).encode(), str(subject_id).encode(), field_name.encode(), commitment)
    return b"\0".join(parts)


_INSERT_KEYS = insert_sql(personal_keys)
_KEEP: Final = (
    "ON CONFLICT (tenant_id, subject_id) DO UPDATE SET kek_id = personal_keys.kek_id"
    " RETURNING subject_id, wrapped, kek_id"
)
