"""The tables of certification, in tenancy's metadata.

An application and everything done to it is the county's; campaigns and rosters (名单) are the city's and shared
with its counties. There is no foreign key between tenants: a reference into another tenant names it
(`…_tenant_id`) and is checked by the act that writes it. Columns equal the fields of the dataclass of the same
noun in certification/model.py, in any order.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from tenancy.tables import metadata, one_of, tenant_table

SHARED = ("granted", "shared")
PUBLIC = (*SHARED, "public")
LEVELS = ("provincial", "star")
STATUSES = (
    "draft",
    "submitted",
    "street_endorsed",
    "county_recommended",
    "city_reviewed",
    "site_visited",
    "publicised",
    "reported",
    "certified",
    "not_certified",
    "returned",
    "rejected",
    "withdrawn",
    "lapsed",
)

campaigns = tenant_table(
    "campaigns",
    Column("id", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("document_number", Text, nullable=False, comment="issuing document"),
    Column("issued_on", Date, nullable=False),
    Column("programme", Text, nullable=False, comment="the programme, canonical JSON"),
    Column("programme_digest", LargeBinary, nullable=False, comment="SHA-256 of it"),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("tenant_id", "code"),
    policies=PUBLIC,
    audited=True,
)

campaign_levels = tenant_table(
    "campaign_levels",
    Column("campaign_id", Uuid, nullable=False),
    Column("level", Text, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("city_quota", Integer, nullable=False),
    Column("county_quota", Integer, comment="NULL: no cap a county"),
    ForeignKeyConstraint(["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.id"]),
    one_of("level", *LEVELS),
    key=("campaign_id", "level"),
    policies=PUBLIC,
    audited=True,
)

campaign_windows = tenant_table(
    "campaign_windows",
    Column("campaign_id", Uuid, nullable=False),
    Column("stage", Text, nullable=False),
    Column("opens_at", DateTime(timezone=True), nullable=False),
    Column("closes_at", DateTime(timezone=True), nullable=False, comment="exclusive"),
    ForeignKeyConstraint(["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.id"]),
    key=("campaign_id", "stage"),
    policies=SHARED,
    audited=True,
)

standard_clauses = tenant_table(
    "standard_clauses",
    Column("campaign_id", Uuid, nullable=False),
    Column("level", Text, nullable=False),
    Column("code", Text, nullable=False, comment="stable within the standard, e.g. 1.1"),
    Column("part", Text, nullable=False),
    Column("position", Integer, nullable=False, comment="from 1, over all levels"),
    Column("wording", Text, nullable=False),
    ForeignKeyConstraint(["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.id"]),
    UniqueConstraint("tenant_id", "campaign_id", "level", "code"),
    one_of("level", *LEVELS),
    one_of("part", "platform", "services", "indicators"),
    key=("campaign_id", "position"),
    policies=SHARED,
    audited=True,
)

applications = tenant_table(
    "applications",
    Column("id", Uuid, nullable=False),
    Column("campaign_tenant_id", Integer, nullable=False),
    Column("campaign_id", Uuid, nullable=False),
    Column("level", Text, nullable=False),
    Column("community_id", Uuid, nullable=False),
    Column("street_id", Uuid, nullable=False, comment="the street above it when it was filed"),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False, comment="grows by one with every act"),
    Column("form_version_id", Uuid, comment="the version in force"),
    Column("filed_by", Uuid, nullable=False, comment="a person's pseudonym"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column(
        "community_kind", Text, comment="the unit's kind when it was filed; NULL: kinds were not kept yet"
    ),
    ForeignKeyConstraint(["tenant_id", "community_id"], ["units.tenant_id", "units.id"]),
    ForeignKeyConstraint(["tenant_id", "street_id"], ["units.tenant_id", "units.id"]),
    one_of("level", *LEVELS),
    one_of("status", *STATUSES),
    Index(
        "uq_applications_live",
        "tenant_id",
        "campaign_id",
        "level",
        "community_id",
        unique=True,
        postgresql_where=text("status NOT IN ('rejected', 'withdrawn', 'lapsed', 'not_certified')"),
    ),
    Index(None, "tenant_id", "created_at", "id"),
    Index(None, "tenant_id", "community_id"),
    Index(None, "tenant_id", "street_id"),
    audited=True,
)

form_versions = tenant_table(
    "form_versions",
    Column("id", Uuid, nullable=False),
    Column("application_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("form", Text, nullable=False, comment="form-2 (附件2) or form-3 (附件3)"),
    Column("situation", Text, nullable=False, comment="社区基本情况，创建工作情况"),
    Column("narrative", Text, nullable=False, comment="推荐材料, at most 1500 字"),
    Column("contact_name_commitment", LargeBinary, nullable=False),
    Column("fixed_phone_commitment", LargeBinary),
    Column("mobile_phone_commitment", LargeBinary),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 of the canonical content, 32 bytes"),
    Column("author_id", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("justification", Text, comment="why a village stands beside communities"),
    Column("certified_on", Date, comment="form-3: 省级认定时间, from the ledger"),
    Column("reviews", Text, comment="form-3: 三年复查情况, from the ledger, canonical JSON"),
    ForeignKeyConstraint(["tenant_id", "application_id"], ["applications.tenant_id", "applications.id"]),
    UniqueConstraint("tenant_id", "application_id", "version"),
    audited=True,
)

opinions = tenant_table(
    "opinions",
    Column("id", Uuid, nullable=False),
    Column("application_id", Uuid, nullable=False),
    Column("stage", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("form_version_id", Uuid, nullable=False),
    Column("form_hash", LargeBinary, nullable=False, comment="of the version it was given on"),
    Column("author_tenant_id", Integer, nullable=False),
    Column("author_id", Uuid, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False),
    Column("justification_confirmed", Boolean, comment="the county confirms a village's reason"),
    ForeignKeyConstraint(["tenant_id", "application_id"], ["applications.tenant_id", "applications.id"]),
    ForeignKeyConstraint(["tenant_id", "form_version_id"], ["form_versions.tenant_id", "form_versions.id"]),
    one_of("stage", "street", "county", "city", "site_visit"),
    one_of("verdict", "agree", "refuse", "return"),
    Index(None, "tenant_id", "application_id", "given_at", "id"),
    audited=True,
)

rosters = tenant_table(
    "rosters",
    Column("id", Uuid, nullable=False),
    Column("campaign_id", Uuid, nullable=False),
    Column("level", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("previous_id", Uuid, comment="the roster that it rests on"),
    Column("document_number", Text, comment="of the report or of the province's decision"),
    Column("document_date", Date, comment="the day of that document"),
    Column("opens_on", Date, comment="publicity: the day it is put up; it does not count"),
    Column("closes_on", Date, comment="publicity: the last counted working day"),
    Column("closed_at", DateTime(timezone=True), comment="publicity: closed without objection"),
    Column("reason", Text, nullable=False),
    Column("author_id", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.id"]),
    ForeignKeyConstraint(["tenant_id", "previous_id"], ["rosters.tenant_id", "rosters.id"]),
    one_of("level", *LEVELS),
    one_of("kind", "ranking", "publicity", "report", "decision"),
    Index(None, "tenant_id", "campaign_id", "level", "kind", "created_at"),
    policies=PUBLIC,
    audited=True,
)

roster_items = tenant_table(
    "roster_items",
    Column("roster_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False, comment="from 1"),
    Column("application_tenant_id", Integer, nullable=False),
    Column("application_id", Uuid, nullable=False),
    Column("community_name", Text, nullable=False, comment="市 / 县 / 街道 / 社区, as listed that day"),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("cited_origin", Text, nullable=False, comment="the county entry that it rests on"),
    Column("cited_seq", BigInteger, nullable=False),
    Column("cited_hash", LargeBinary, nullable=False),
    Column("score", Integer, comment="ranking: the comparison's figure, higher is better"),
    Column("tie_reason", Text, comment="ranking: why it stands behind the equal score before it"),
    ForeignKeyConstraint(["tenant_id", "roster_id"], ["rosters.tenant_id", "rosters.id"]),
    UniqueConstraint("tenant_id", "roster_id", "application_tenant_id", "application_id"),
    one_of("verdict", "selected", "not_selected", "listed", "certified", "not_certified"),
    key=("roster_id", "position"),
    policies=PUBLIC,
    audited=True,
)

publicity_corrections = tenant_table(
    "publicity_corrections",
    Column("id", Uuid, nullable=False),
    Column("roster_id", Uuid, nullable=False, comment="the publicity"),
    Column("position", Integer, nullable=False, comment="of the item"),
    Column("community_name", Text, nullable=False, comment="as it should read"),
    Column("reason", Text, nullable=False),
    Column("corrected_on", Date, nullable=False, comment="the day on which the item's count begins anew"),
    Column("author_id", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(
        ["tenant_id", "roster_id", "position"],
        ["roster_items.tenant_id", "roster_items.roster_id", "roster_items.position"],
    ),
    Index(None, "tenant_id", "roster_id", "position"),
    policies=PUBLIC,
    audited=True,
)

objections = tenant_table(
    "objections",
    Column("id", Uuid, nullable=False),
    Column("roster_id", Uuid, nullable=False, comment="the publicity"),
    Column("position", Integer, nullable=False, comment="of the item that it is against"),
    Column("application_tenant_id", Integer, nullable=False),
    Column("application_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("code_digest", LargeBinary, nullable=False, comment="SHA-256 of the follow code, 32 bytes"),
    Column("text_commitment", LargeBinary, nullable=False, comment="salted; the text is in personal_values"),
    Column("name_commitment", LargeBinary, comment="of the objector's name; NULL: anonymous"),
    Column("contact_commitment", LargeBinary, comment="how the objector can be reached"),
    Column("reason_commitment", LargeBinary, comment="of the city's own reasons, which may name persons"),
    Column("public_reason", Text, comment="the city's reasons as everybody may read them"),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("accepted_at", DateTime(timezone=True), comment="when the investigation began"),
    Column("accepted_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("decided_by", Uuid),
    ForeignKeyConstraint(
        ["tenant_id", "roster_id", "position"],
        ["roster_items.tenant_id", "roster_items.roster_id", "roster_items.position"],
    ),
    UniqueConstraint("tenant_id", "code_digest"),
    one_of("status", "received", "accepted", "upheld", "dismissed"),
    Index(None, "tenant_id", "roster_id", "position"),
    Index(None, "tenant_id", "application_tenant_id", "application_id"),
    Index(None, "tenant_id", "received_at", "id"),
    policies=PUBLIC,
    audited=True,
)

certifications = tenant_table(
    "certifications",
    Column("id", Uuid, nullable=False),
    Column("community_id", Uuid, nullable=False),
    Column("level", Text, nullable=False),
    Column("application_id", Uuid, comment="NULL: it is of before the ledger, by legacy_id"),
    Column("document_number", Text, nullable=False),
    Column("certified_on", Date, nullable=False),
    Column("cited_origin", Text, nullable=False, comment="the entry that it rests on"),
    Column("cited_seq", BigInteger, nullable=False),
    Column("cited_hash", LargeBinary, nullable=False),
    Column("legacy_id", Uuid, comment="the legacy record that it is"),
    Column("state", Text, comment="NULL: in force"),
    Column("state_document", Text, comment="the document that suspended, revoked or reinstated it"),
    Column("state_on", Date, comment="the day of that document"),
    ForeignKeyConstraint(["tenant_id", "community_id"], ["units.tenant_id", "units.id"]),
    ForeignKeyConstraint(["tenant_id", "application_id"], ["applications.tenant_id", "applications.id"]),
    one_of("level", *LEVELS),
    one_of("state", "suspended", "revoked"),
    UniqueConstraint("tenant_id", "application_id"),
    UniqueConstraint("tenant_id", "legacy_id"),
    Index(None, "tenant_id", "community_id"),
    audited=True,
)

__all__ = [
    "applications",
    "campaign_levels",
    "campaign_windows",
    "campaigns",
    "certifications",
    "form_versions",
    "metadata",
    "objections",
    "opinions",
    "publicity_corrections",
    "roster_items",
    "rosters",
    "standard_clauses",
]
