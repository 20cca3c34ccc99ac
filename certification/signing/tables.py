"""The tables of officers' keys and of what a tenant asks to be signed.

The rule upheld here: they mirror what the log says of keys (audit/officers.py) and are bound to it by their digests; what counts
for a verification is the log. A key of another tenant's officer has a row here once it was admitted. They are seen by the tenant
and by whom it grants; a city's officer acts in a county with the city's row readable beside.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from tenancy.tables import one_of, tenant_table

officer_keys = tenant_table(
    "officer_keys",
    Column("id", Uuid, nullable=False, comment="derived from the key"),
    Column("key", Text, nullable=False, comment="SHA-256 of the public key, in hex"),
    Column("public_key", LargeBinary, nullable=False),
    Column("home_tenant_id", Integer, nullable=False, comment="whose officer"),
    Column("person_id", Uuid, nullable=False),
    Column("enrolled_at", DateTime(timezone=True), nullable=False),
    Column("vouched_by", Uuid),
    Column("vouched_at", DateTime(timezone=True)),
    Column("certified_by", Uuid),
    Column("certified_at", DateTime(timezone=True), comment="in force since"),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_by", Text, comment="what ended it"),
    Column("end_reason", Text),
    CheckConstraint("octet_length(public_key) = 32", name="public_key"),
    one_of("ended_by", "rotated", "revoked", "withdrawn"),
    UniqueConstraint("tenant_id", "key"),
    Index(None, "tenant_id", "person_id", "id"),
    Index(
        "uq_officer_keys_in_force",
        "tenant_id",
        "home_tenant_id",
        "person_id",
        unique=True,
        postgresql_where=text("certified_at IS NOT NULL AND ended_at IS NULL"),
    ),
    audited=True,
)

signing_policies = tenant_table(
    "signing_policies",
    Column("id", Uuid, nullable=False),
    Column("number", Integer, nullable=False, comment="of the tenant's policies, from 1"),
    Column("operations", Text, nullable=False, comment="ascending, with a blank between"),
    Column("proposed_by", Uuid, nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("set_by", Uuid),
    Column("set_at", DateTime(timezone=True), comment="in force since, until the next"),
    UniqueConstraint("tenant_id", "number"),
    Index(None, "tenant_id", "proposed_at", "id"),
    audited=True,
)
