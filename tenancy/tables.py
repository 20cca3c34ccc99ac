"""The tables of tenancy, and the metadata that certification's tables join.

The rule upheld here: every table with a `tenant_id` leads its primary key, its unique constraints and its
foreign keys with it, and says in `info` how it is guarded, so that policies, digests and the read path need no
second list:

* `info["policies"]`: which kinds of reader see it beside its own tenant (ADR 0005): `granted`, `shared`,
  `grantee`, `public`;
* `info["audited"]`: a row of it may only change together with a ledger entry that carries the row's digest
  (audit/rows.py).

A column that commits to a personal value names the value's field in its own `info["personal"]`: what is erasable is found by it.

`tenants` is a registry, no tenant's data: everyone reads it, the app role never writes it. Nothing here opens a
connection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def tenant_table(
    name: str,
    *parts: Any,
    key: Iterable[str] = ("id",),
    policies: Iterable[str] = ("granted",),
    audited: bool = False,
) -> Table:
    """A table whose rows belong to one tenant; `key` names what follows `tenant_id` in its primary key."""
    return Table(
        name,
        metadata,
        Column("tenant_id", Integer, nullable=False),
        *parts,
        PrimaryKeyConstraint("tenant_id", *key),
        info={"tenant": True, "policies": tuple(policies), "audited": audited},
    )


def one_of(column: str, *values: str) -> CheckConstraint:
    """A check that `column` holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


tenants = Table(
    "tenants",
    metadata,
    Column("id", Integer, nullable=False, comment="stable number, never reused"),
    Column("code", Text, nullable=False, comment="six-digit division code in force"),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("parent_id", Integer, comment="the city of a county"),
    Column("unit_id", Uuid, nullable=False, comment="the unit that the tenant is"),
    Column("origin", Text, nullable=False, comment="the name of its log, for ever"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("code"),
    UniqueConstraint("origin"),
    one_of("level", "city", "county"),
    info={"tenant": False},
)

units = tenant_table(
    "units",
    Column("id", Uuid, nullable=False, comment="stable: survives a change of code"),
    Column("parent_id", Uuid, comment="the unit above, within the tenant"),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sort_key", Text, nullable=False, comment="orders units as officers list them"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, comment="exclusive; NULL while it exists"),
    ForeignKeyConstraint(["tenant_id", "parent_id"], ["units.tenant_id", "units.id"]),
    one_of("kind", "city", "county", "street", "community", "village"),
    Index(None, "tenant_id", "parent_id", "sort_key"),
    Index(None, "tenant_id", "sort_key", "id"),
    audited=True,
)

unit_codes = tenant_table(
    "unit_codes",
    Column("unit_id", Uuid, nullable=False),
    Column("code", Text, nullable=False, comment="twelve-digit statistical code"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, comment="exclusive; NULL while in force"),
    Column("source", Text, nullable=False),
    ForeignKeyConstraint(["tenant_id", "unit_id"], ["units.tenant_id", "units.id"]),
    Index(None, "tenant_id", "code"),
    key=("unit_id", "valid_from"),
    audited=True,
)

unit_lineages = tenant_table(
    "unit_lineages",
    Column("id", Uuid, nullable=False),
    Column("unit_id", Uuid, nullable=False, comment="the successor, of this tenant"),
    Column("kind", Text, nullable=False),
    Column("predecessor_tenant_id", Integer, nullable=False),
    Column("predecessor_unit_id", Uuid, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("source", Text, nullable=False),
    ForeignKeyConstraint(["tenant_id", "unit_id"], ["units.tenant_id", "units.id"]),
    one_of("kind", "moved", "merged", "split", "renamed"),
    Index(None, "tenant_id", "unit_id"),
    audited=True,
)

unit_successions = tenant_table(
    "unit_successions",
    Column("id", Uuid, nullable=False),
    Column("unit_id", Uuid, nullable=False, comment="the predecessor, of this tenant"),
    Column("kind", Text, nullable=False),
    Column("successor_tenant_id", Integer, nullable=False),
    Column("successor_unit_id", Uuid, nullable=False),
    Column("carried", Boolean, nullable=False, comment="its history goes on there"),
    Column("effective_on", Date, nullable=False),
    Column("source", Text, nullable=False),
    ForeignKeyConstraint(["tenant_id", "unit_id"], ["units.tenant_id", "units.id"]),
    one_of("kind", "moved", "merged", "split"),
    Index(None, "tenant_id", "unit_id"),
    audited=True,
)

people = tenant_table(
    "people",
    Column("id", Uuid, nullable=False, comment="the pseudonym that entries carry"),
    Column(
        "name_commitment",
        LargeBinary,
        comment="salted; the value is in personal_values",
        info={"personal": "name"},
    ),
    Column("created_at", DateTime(timezone=True), nullable=False),
    audited=True,
)

personal_values = tenant_table(
    "personal_values",
    Column("commitment", LargeBinary, nullable=False, comment="HMAC-SHA-256, 32 bytes"),
    Column("subject_id", Uuid, nullable=False, comment="the person or form it speaks of"),
    Column("field", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="salt and value under the subject's key"),
    Index(None, "tenant_id", "subject_id"),
    key=("commitment",),
)

personal_keys = tenant_table(
    "personal_keys",
    Column("subject_id", Uuid, nullable=False, comment="whose values it opens"),
    Column("wrapped", LargeBinary, nullable=False, comment="32 bytes under a key of the vault"),
    Column("kek_id", Text, nullable=False, comment="which key of the vault"),
    key=("subject_id",),
)

erasures = tenant_table(
    "erasures",
    Column("id", Uuid, nullable=False),
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False, comment="whose values are erased"),
    Column("ground", Text, nullable=False),
    Column("reference", Text, nullable=False, comment="number of the request on file; no personal data"),
    Column("erased", Text, comment="canonical JSON: the commitments that tell nothing from now on"),
    Column("proposed_by", Uuid, nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_by", Uuid, comment="another administrator"),
    Column("confirmed_at", DateTime(timezone=True), comment="then the values were deleted"),
    Column("declined_by", Uuid),
    Column("declined_at", DateTime(timezone=True)),
    CheckConstraint("confirmed_at IS NULL OR declined_at IS NULL", name="settled"),
    one_of("subject_type", "person", "form_version", "objection"),
    one_of("ground", "purpose_achieved", "consent_withdrawn", "retention_over", "unlawful"),
    Index(None, "tenant_id", "proposed_at", "id"),
    Index(
        "uq_erasures_subject",
        "tenant_id",
        "subject_id",
        unique=True,
        postgresql_where=text("declined_at IS NULL"),
    ),
    audited=True,
)

credentials = tenant_table(
    "credentials",
    Column("person_id", Uuid, nullable=False),
    Column("login", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("locked_until", DateTime(timezone=True)),
    Column("demo", Boolean, nullable=False, server_default="false", comment="refused outside the demo"),
    ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"]),
    UniqueConstraint("tenant_id", "login"),
    key=("person_id",),
    policies=(),
)

role_assignments = tenant_table(
    "role_assignments",
    Column("id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("unit_id", Uuid, nullable=False, comment="the unit whose jurisdiction it gives"),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("valid_to", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant_id", "person_id"], ["people.tenant_id", "people.id"]),
    ForeignKeyConstraint(["tenant_id", "unit_id"], ["units.tenant_id", "units.id"]),
    one_of(
        "role",
        "community_clerk",
        "street_officer",
        "county_officer",
        "city_officer",
        "review_team",
        "auditor",
        "tenant_administrator",
    ),
    Index(None, "tenant_id", "person_id"),
    audited=True,
)

tenant_grants = tenant_table(
    "tenant_grants",
    Column("id", Uuid, nullable=False),
    Column("grantee_tenant_id", Integer, nullable=False, comment="who may read and act here"),
    Column("scope", Text, nullable=False),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("valid_to", DateTime(timezone=True)),
    one_of("scope", "oversee", "audit"),
    Index(None, "tenant_id", "grantee_tenant_id"),
    policies=("granted", "grantee"),
    audited=True,
)

ledger_readings = tenant_table(
    "ledger_readings",
    Column("id", Uuid, nullable=False),
    Column("reading", Text, nullable=False, comment="who may read the tenant's log (tenancy/log_reading.py)"),
    Column("reason", Text, nullable=False),
    Column("revision", Integer, nullable=False, comment="grows by one with every act"),
    Column("set_by", Uuid, nullable=False, comment="a person's pseudonym"),
    Column("set_at", DateTime(timezone=True), nullable=False),
    one_of("reading", "public", "granted", "own"),
    UniqueConstraint("tenant_id"),
    audited=True,
)

access_log = tenant_table(
    "access_log",
    Column("id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("operation", Text, nullable=False),
    Column("target", Text, nullable=False, comment="what was reached for; no personal data"),
    Column("code", Text, nullable=False, comment="what it came to: a refusal's code, or personal.read"),
    Column("trace_id", Text, nullable=False),
    Index(None, "tenant_id", "at"),
)

throttles = tenant_table(
    "throttles",
    Column("key", LargeBinary, nullable=False, comment="HMAC-SHA-256 of address and purpose, 32 bytes"),
    Column("window_start", DateTime(timezone=True), nullable=False),
    Column("count", Integer, nullable=False),
    Index(None, "tenant_id", "window_start"),
    key=("key",),
    policies=(),
)

__all__ = [
    "access_log",
    "credentials",
    "erasures",
    "metadata",
    "one_of",
    "people",
    "personal_keys",
    "personal_values",
    "role_assignments",
    "tenant_grants",
    "tenant_table",
    "tenants",
    "throttles",
    "unit_codes",
    "unit_lineages",
    "unit_successions",
    "units",
]
