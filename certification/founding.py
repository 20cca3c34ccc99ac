"""Founding a tenant: its ledger, its units, its people and what it grants, in one transaction and as one story.

    async with database.write(Scope(tenant_id)) as tx:
        receipts = await found_tenant(tx, signer, founding, now)

Entry 0 opens the ledger; the entries behind it carry the digests of every audited row, `ROWS_PER_ENTRY` an entry, because an
entry holds at most 65,535 bytes. The actor is the system: no person of the tenant exists before. Names of people stand in the
ledger as salted commitments. Everything is written set-based, so that a county of a thousand units takes a moment. The
registry row (`tenants`) is another role's to write, and is there before. Commits nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Table

from audit.canonical import digest
from audit.commitment import commit
from audit.entry import Actor, Cite, Draft, Receipt, RowDigest, Subject
from audit.guard import remember
from audit.ledger import SYSTEM, append, open_ledger
from audit.national import NationalKey
from audit.rows import is_audited, record_rows
from audit.signer import Signer
from tenancy import tables
from tenancy.database import TenantConnection
from tenancy.personal import PersonalValue, insert_values

Row = Mapping[str, Any]

ROWS_PER_ENTRY: Final = 300
OPERATION: Final = "tenant.founded"
_IDS: Final = UUID("a4c39c0c-2d4b-58b6-8a0e-6a2d3f9e1b57")


@dataclass(frozen=True, slots=True)
class Login:
    """How a person signs in; `demo` logins are refused outside the demo."""

    login: str
    password_hash: str
    demo: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A person by pseudonym; the name is personal. `roles` are pairs of role and the unit it is held over."""

    id: UUID
    name: str
    roles: tuple[tuple[str, UUID], ...]
    login: Login | None = None


@dataclass(frozen=True, slots=True)
class Founding:
    """What a tenant begins with. Unit rows are whole rows of tenancy's tables, parents before children.

    `grants` are pairs of the tenant that may act or read here and the scope; `cites` the entries of other logs that close what
    begins here (ADR 0002).
    """

    tenant_unit_id: UUID
    units: Sequence[Row]
    codes: Sequence[Row]
    lineages: Sequence[Row] = ()
    people: Sequence[Person] = ()
    grants: Sequence[tuple[int, str]] = ()
    cites: tuple[Cite, ...] = ()


async def found_tenant(
    tx: TenantConnection,
    signer: Signer,
    founding: Founding,
    now: datetime,
    national: NationalKey | None = None,
) -> tuple[Receipt, ...]:
    """Found the bound tenant; its receipts, those of the opening left out. `national`: the SM2 key that signs beside.

    Raises LedgerExistsError when it was founded before; SigningRefusedError when the signer's guard knows of a log that is gone.
    """
    head = await open_ledger(tx.raw, tx.tenant_id, signer, now, national)
    digests: list[RowDigest] = []
    names = _names(tx.tenant_id, founding.people)
    await insert_values(tx, names)
    for table, rows in _rows(tx.tenant_id, founding, names, now):
        await tx.insert(table, rows)
        if is_audited(table):
            digests += record_rows(table, rows)
    after, receipts = await append(tx.raw, head, signer, tuple(_drafts(head.origin, founding, digests, now)))
    tx.committed.append(lambda: remember(after, signer))
    return receipts


def _names(tenant_id: int, people: Sequence[Person]) -> list[PersonalValue]:
    salts = [secrets.token_bytes(32) for _ in people]
    return [
        PersonalValue(tenant_id, commit("name", one.name.encode(), salt), one.id, "name", one.name, salt)
        for one, salt in zip(people, salts, strict=True)
    ]


def _rows(
    tenant_id: int, founding: Founding, names: Sequence[PersonalValue], now: datetime
) -> list[tuple[Table, list[Row]]]:
    people = [
        {"id": name.subject_id, "name_commitment": name.commitment, "created_at": now} for name in names
    ]
    made: list[tuple[Table, list[Row]]] = [
        (tables.units, list(founding.units)),
        (tables.unit_codes, list(founding.codes)),
        (tables.unit_lineages, list(founding.lineages)),
        (tables.people, _owned(tenant_id, people)),
        (tables.credentials, _owned(tenant_id, _logins(founding.people))),
        (tables.role_assignments, _owned(tenant_id, _assignments(tenant_id, founding.people, now))),
        (tables.tenant_grants, _owned(tenant_id, _grants(tenant_id, founding.grants, now))),
    ]
    return [(table, rows) for table, rows in made if rows]


def _logins(people: Sequence[Person]) -> Iterable[Row]:
    for person in people:
        if person.login is not None:
            yield {
                "person_id": person.id,
                "login": person.login.login,
                "password_hash": person.login.password_hash,
                "failures": 0,
                "locked_until": None,
                "demo": person.login.demo,
            }


def _assignments(tenant_id: int, people: Sequence[Person], now: datetime) -> Iterable[Row]:
    for person in people:
        for role, unit_id in person.roles:
            yield {
                "id": uuid5(_IDS, f"{tenant_id}/{person.id}/{role}/{unit_id}"),
                "person_id": person.id,
                "role": str(role),
                "unit_id": unit_id,
                "valid_from": now,
                "valid_to": None,
            }


def _grants(tenant_id: int, grants: Sequence[tuple[int, str]], now: datetime) -> Iterable[Row]:
    for grantee, scope in grants:
        yield {
            "id": uuid5(_IDS, f"{tenant_id}/{grantee}/{scope}"),
            "grantee_tenant_id": grantee,
            "scope": str(scope),
            "valid_from": now,
            "valid_to": None,
        }


def _owned(tenant_id: int, rows: Iterable[Row]) -> list[Row]:
    return [{"tenant_id": tenant_id, **row} for row in rows]


def _drafts(origin: str, founding: Founding, rows: Sequence[RowDigest], now: datetime) -> Iterable[Draft]:
    parts = [rows[start : start + ROWS_PER_ENTRY] for start in range(0, len(rows), ROWS_PER_ENTRY)]
    for number, part in enumerate(parts, start=1):
        stated = {"part": number, "parts": len(parts)}
        arguments = digest({**stated, "rows": [[row.table, row.key, row.digest.hex()] for row in part]})
        yield Draft(
            operation=OPERATION,
            request_id=f"founding:{number}",
            time=now,
            actor=Actor(SYSTEM, "system", origin),
            subject=Subject("tenant", founding.tenant_unit_id, number),
            intent={**stated, "arguments": arguments.hex()},
            rows=tuple(part),
            cites=founding.cites if number == 1 else (),
        )
