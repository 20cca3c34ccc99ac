"""Tables of tenancy and certification, with what guards them.

Revision ID: 20261123_tenancy
Revises:

Literal on purpose: it must do tomorrow what it did the day it was written. Every DDL of row-level security is
a statement of its own. `xingji_app` is the role that serves: it exists before the first migration.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_tenancy"
down_revision = None
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN = f"tenant_id = {TENANT}"
READERS = {
    "granted": "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])",
    "shared": "tenant_id = ANY ((SELECT nullif(current_setting('app.shared', true), '')::int[])::int[])",
    "grantee": f"grantee_tenant_id = {TENANT}",
}
POLICIES: dict[str, tuple[str, ...]] = {
    "access_log": ("granted",),
    "campaigns": ("granted", "shared"),
    "people": ("granted",),
    "personal_values": ("granted",),
    "tenant_grants": ("granted", "grantee"),
    "units": ("granted",),
    "applications": ("granted",),
    "campaign_levels": ("granted", "shared"),
    "campaign_windows": ("granted", "shared"),
    "credentials": (),
    "role_assignments": ("granted",),
    "rosters": ("granted", "shared"),
    "standard_clauses": ("granted", "shared"),
    "unit_codes": ("granted",),
    "unit_lineages": ("granted",),
    "certifications": ("granted",),
    "form_versions": ("granted",),
    "roster_items": ("granted", "shared"),
    "opinions": ("granted",),
}
PRIVILEGES = {"personal_values": ("SELECT", "INSERT", "DELETE"), "access_log": ("SELECT", "INSERT")}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_tables()
    op.execute("GRANT SELECT ON tenants TO xingji_app")
    op.execute("GRANT SELECT ON alembic_version TO xingji_app")
    for name, readers in POLICIES.items():
        guard(name, readers)


def guard(name: str, readers: tuple[str, ...]) -> None:
    """Force row-level security on a table, declare its readers, and say what the app role may do."""
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {name} USING ({OWN}) WITH CHECK ({OWN})")
    for reader in readers:
        op.execute(f"CREATE POLICY {reader} ON {name} FOR SELECT USING ({READERS[reader]})")
    privileges = ", ".join(PRIVILEGES.get(name, ("SELECT", "INSERT", "UPDATE")))
    op.execute(f"GRANT {privileges} ON {name} TO xingji_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in CREATED_LAST_FIRST:
        op.drop_table(name)


CREATED_LAST_FIRST = (
    "opinions",
    "roster_items",
    "form_versions",
    "certifications",
    "unit_lineages",
    "unit_codes",
    "standard_clauses",
    "rosters",
    "role_assignments",
    "credentials",
    "campaign_windows",
    "campaign_levels",
    "applications",
    "units",
    "tenants",
    "tenant_grants",
    "personal_values",
    "people",
    "campaigns",
    "access_log",
)


def create_tables() -> None:
    op.create_table(
        "access_log",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False, comment="what was reached for; no personal data"),
        sa.Column("code", sa.Text(), nullable=False, comment="the refusal's code"),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_access_log"),
    )
    op.create_index("ix_access_log_tenant_id_at", "access_log", ["tenant_id", "at"])
    op.create_table(
        "campaigns",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=False, comment="issuing document"),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False, comment="the programme, canonical JSON"),
        sa.Column("programme_digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of it"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_campaigns"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_campaigns_tenant_id_code"),
    )
    op.create_table(
        "people",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="the pseudonym that entries carry"),
        sa.Column(
            "name_commitment",
            sa.LargeBinary(),
            nullable=True,
            comment="salted; the value is in personal_values",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_people"),
    )
    op.create_table(
        "personal_values",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False, comment="HMAC-SHA-256, 32 bytes"),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="the person or form it speaks of"),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False, comment="32 secret bytes, erased with the value"),
        sa.PrimaryKeyConstraint("tenant_id", "commitment", name="pk_personal_values"),
    )
    op.create_index("ix_personal_values_tenant_id_subject_id", "personal_values", ["tenant_id", "subject_id"])
    op.create_table(
        "tenant_grants",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grantee_tenant_id", sa.Integer(), nullable=False, comment="who may read and act here"),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("scope IN ('oversee', 'audit')", name="ck_tenant_grants_scope"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_tenant_grants"),
    )
    op.create_index(
        "ix_tenant_grants_tenant_id_grantee_tenant_id", "tenant_grants", ["tenant_id", "grantee_tenant_id"]
    )
    op.create_table(
        "tenants",
        sa.Column("id", sa.Integer(), nullable=False, comment="stable number, never reused"),
        sa.Column("code", sa.Text(), nullable=False, comment="six-digit division code in force"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True, comment="the city of a county"),
        sa.Column("unit_id", sa.Uuid(), nullable=False, comment="the unit that the tenant is"),
        sa.Column("origin", sa.Text(), nullable=False, comment="the name of its log, for ever"),
        sa.CheckConstraint("level IN ('city', 'county')", name="ck_tenants_level"),
        sa.PrimaryKeyConstraint("id", name="pk_tenants"),
        sa.UniqueConstraint("code", name="uq_tenants_code"),
        sa.UniqueConstraint("origin", name="uq_tenants_origin"),
    )
    op.create_table(
        "units",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="stable: survives a change of code"),
        sa.Column("parent_id", sa.Uuid(), nullable=True, comment="the unit above, within the tenant"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False, comment="orders units as officers list them"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="exclusive; NULL while it exists"),
        sa.CheckConstraint(
            "kind IN ('city', 'county', 'street', 'community', 'village')", name="ck_units_kind"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"], ["units.tenant_id", "units.id"], name="fk_units_tenant_id_parent_id"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_units"),
    )
    op.create_index("ix_units_tenant_id_parent_id_sort_key", "units", ["tenant_id", "parent_id", "sort_key"])
    op.create_index("ix_units_tenant_id_sort_key_id", "units", ["tenant_id", "sort_key", "id"])
    op.create_table(
        "applications",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_tenant_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("street_id", sa.Uuid(), nullable=False, comment="the street above it when it was filed"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="grows by one with every act"),
        sa.Column("form_version_id", sa.Uuid(), nullable=True, comment="the version in force"),
        sa.Column("filed_by", sa.Uuid(), nullable=False, comment="a person's pseudonym"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level IN ('provincial', 'star')", name="ck_applications_level"),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'street_endorsed', 'county_recommended', "
            "'city_reviewed', 'site_visited', 'publicised', 'reported', 'certified', "
            "'not_certified', 'returned', 'rejected', 'withdrawn', 'lapsed')",
            name="ck_applications_status",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id"],
            ["units.tenant_id", "units.id"],
            name="fk_applications_tenant_id_community_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "street_id"],
            ["units.tenant_id", "units.id"],
            name="fk_applications_tenant_id_street_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_applications"),
    )
    op.create_index("ix_applications_tenant_id_community_id", "applications", ["tenant_id", "community_id"])
    op.create_index(
        "ix_applications_tenant_id_created_at_id", "applications", ["tenant_id", "created_at", "id"]
    )
    op.create_index("ix_applications_tenant_id_street_id", "applications", ["tenant_id", "street_id"])
    op.create_index(
        "uq_applications_live",
        "applications",
        ["tenant_id", "campaign_id", "level", "community_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('rejected', 'withdrawn', 'lapsed', 'not_certified')"),
    )
    op.create_table(
        "campaign_levels",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("city_quota", sa.Integer(), nullable=False),
        sa.Column("county_quota", sa.Integer(), nullable=True, comment="NULL: no cap a county"),
        sa.CheckConstraint("level IN ('provincial', 'star')", name="ck_campaign_levels_level"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "campaign_id"],
            ["campaigns.tenant_id", "campaigns.id"],
            name="fk_campaign_levels_tenant_id_campaign_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "campaign_id", "level", name="pk_campaign_levels"),
    )
    op.create_table(
        "campaign_windows",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False, comment="exclusive"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "campaign_id"],
            ["campaigns.tenant_id", "campaigns.id"],
            name="fk_campaign_windows_tenant_id_campaign_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "campaign_id", "stage", name="pk_campaign_windows"),
    )
    op.create_table(
        "credentials",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "demo", sa.Boolean(), server_default="false", nullable=False, comment="refused outside the demo"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["people.tenant_id", "people.id"],
            name="fk_credentials_tenant_id_person_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name="pk_credentials"),
        sa.UniqueConstraint("tenant_id", "login", name="uq_credentials_tenant_id_login"),
    )
    op.create_table(
        "role_assignments",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False, comment="the unit whose jurisdiction it gives"),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('community_clerk', 'street_officer', 'county_officer', 'city_officer', "
            "'review_team', 'auditor', 'tenant_administrator')",
            name="ck_role_assignments_role",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["people.tenant_id", "people.id"],
            name="fk_role_assignments_tenant_id_person_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["units.tenant_id", "units.id"],
            name="fk_role_assignments_tenant_id_unit_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_role_assignments"),
    )
    op.create_index("ix_role_assignments_tenant_id_person_id", "role_assignments", ["tenant_id", "person_id"])
    op.create_table(
        "rosters",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("previous_id", sa.Uuid(), nullable=True, comment="the roster that it rests on"),
        sa.Column(
            "document_number", sa.Text(), nullable=True, comment="of the report or of the province's decision"
        ),
        sa.Column("document_date", sa.Date(), nullable=True, comment="the day of that document"),
        sa.Column(
            "opens_on", sa.Date(), nullable=True, comment="publicity: the day it is put up; it does not count"
        ),
        sa.Column("closes_on", sa.Date(), nullable=True, comment="publicity: the last counted working day"),
        sa.Column(
            "closed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="publicity: closed without objection",
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('ranking', 'publicity', 'report', 'decision')", name="ck_rosters_kind"),
        sa.CheckConstraint("level IN ('provincial', 'star')", name="ck_rosters_level"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "campaign_id"],
            ["campaigns.tenant_id", "campaigns.id"],
            name="fk_rosters_tenant_id_campaign_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "previous_id"],
            ["rosters.tenant_id", "rosters.id"],
            name="fk_rosters_tenant_id_previous_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_rosters"),
    )
    op.create_index(
        "ix_rosters_tenant_id_campaign_id_level_kind_created_at",
        "rosters",
        ["tenant_id", "campaign_id", "level", "kind", "created_at"],
    )
    op.create_table(
        "standard_clauses",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="stable within the standard, e.g. 1.1"),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="from 1, over all levels"),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.CheckConstraint("level IN ('provincial', 'star')", name="ck_standard_clauses_level"),
        sa.CheckConstraint("part IN ('platform', 'services', 'indicators')", name="ck_standard_clauses_part"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "campaign_id"],
            ["campaigns.tenant_id", "campaigns.id"],
            name="fk_standard_clauses_tenant_id_campaign_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "campaign_id", "position", name="pk_standard_clauses"),
        sa.UniqueConstraint(
            "tenant_id",
            "campaign_id",
            "level",
            "code",
            name="uq_standard_clauses_tenant_id_campaign_id_level_code",
        ),
    )
    op.create_table(
        "unit_codes",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="twelve-digit statistical code"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="exclusive; NULL while in force"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"], ["units.tenant_id", "units.id"], name="fk_unit_codes_tenant_id_unit_id"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "unit_id", "valid_from", name="pk_unit_codes"),
    )
    op.create_index("ix_unit_codes_tenant_id_code", "unit_codes", ["tenant_id", "code"])
    op.create_table(
        "unit_lineages",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False, comment="the successor, of this tenant"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("predecessor_tenant_id", sa.Integer(), nullable=False),
        sa.Column("predecessor_unit_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('moved', 'merged', 'split', 'renamed')", name="ck_unit_lineages_kind"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["units.tenant_id", "units.id"],
            name="fk_unit_lineages_tenant_id_unit_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_unit_lineages"),
    )
    op.create_index("ix_unit_lineages_tenant_id_unit_id", "unit_lineages", ["tenant_id", "unit_id"])
    op.create_table(
        "certifications",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=False),
        sa.Column("certified_on", sa.Date(), nullable=False),
        sa.Column(
            "cited_origin", sa.Text(), nullable=False, comment="the city's entry of the province's decision"
        ),
        sa.Column("cited_seq", sa.BigInteger(), nullable=False),
        sa.Column("cited_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("level IN ('provincial', 'star')", name="ck_certifications_level"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "application_id"],
            ["applications.tenant_id", "applications.id"],
            name="fk_certifications_tenant_id_application_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id"],
            ["units.tenant_id", "units.id"],
            name="fk_certifications_tenant_id_community_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_certifications"),
        sa.UniqueConstraint("tenant_id", "application_id", name="uq_certifications_tenant_id_application_id"),
    )
    op.create_index(
        "ix_certifications_tenant_id_community_id", "certifications", ["tenant_id", "community_id"]
    )
    op.create_table(
        "form_versions",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False, comment="form-2 (附件2) or form-3 (附件3)"),
        sa.Column("situation", sa.Text(), nullable=False, comment="社区基本情况，创建工作情况"),
        sa.Column("narrative", sa.Text(), nullable=False, comment="推荐材料, at most 1500 字"),
        sa.Column("contact_name_commitment", sa.LargeBinary(), nullable=False),
        sa.Column("fixed_phone_commitment", sa.LargeBinary(), nullable=True),
        sa.Column("mobile_phone_commitment", sa.LargeBinary(), nullable=True),
        sa.Column(
            "hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the canonical content, 32 bytes"
        ),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "application_id"],
            ["applications.tenant_id", "applications.id"],
            name="fk_form_versions_tenant_id_application_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_form_versions"),
        sa.UniqueConstraint(
            "tenant_id", "application_id", "version", name="uq_form_versions_tenant_id_application_id_version"
        ),
    )
    op.create_table(
        "roster_items",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("roster_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="from 1"),
        sa.Column("application_tenant_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column(
            "community_name", sa.Text(), nullable=False, comment="市 / 县 / 街道 / 社区, as listed that day"
        ),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cited_origin", sa.Text(), nullable=False, comment="the county entry that it rests on"),
        sa.Column("cited_seq", sa.BigInteger(), nullable=False),
        sa.Column("cited_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('selected', 'not_selected', 'listed', 'certified', 'not_certified')",
            name="ck_roster_items_verdict",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "roster_id"],
            ["rosters.tenant_id", "rosters.id"],
            name="fk_roster_items_tenant_id_roster_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "roster_id", "position", name="pk_roster_items"),
        sa.UniqueConstraint(
            "tenant_id",
            "roster_id",
            "application_tenant_id",
            "application_id",
            name="uq_roster_items_tenant_id_roster_id_application_tenant__1c47",
        ),
    )
    op.create_table(
        "opinions",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("form_version_id", sa.Uuid(), nullable=False),
        sa.Column("form_hash", sa.LargeBinary(), nullable=False, comment="of the version it was given on"),
        sa.Column("author_tenant_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("stage IN ('street', 'county', 'city', 'site_visit')", name="ck_opinions_stage"),
        sa.CheckConstraint("verdict IN ('agree', 'refuse')", name="ck_opinions_verdict"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "application_id"],
            ["applications.tenant_id", "applications.id"],
            name="fk_opinions_tenant_id_application_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "form_version_id"],
            ["form_versions.tenant_id", "form_versions.id"],
            name="fk_opinions_tenant_id_form_version_id",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_opinions"),
    )
    op.create_index(
        "ix_opinions_tenant_id_application_id_given_at_id",
        "opinions",
        ["tenant_id", "application_id", "given_at", "id"],
    )
