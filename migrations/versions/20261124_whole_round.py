"""Columns of the whole round: returns, villages, ties, star forms, and what became of a certification.

Revision ID: 20261124_whole_round
Revises: 20261123_ledger

New columns of audited tables may be NULL: a digest skips NULLs, so the digests of older rows hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_whole_round"
down_revision = "20261123_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    add_columns()
    for table, body in DIGESTS.items():
        replace_digest(table, body)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint("uq_certifications_tenant_id_legacy_id", "certifications")
    op.drop_constraint("ck_opinions_verdict", "opinions")
    op.create_check_constraint("ck_opinions_verdict", "opinions", "verdict IN ('agree', 'refuse')")
    op.alter_column("certifications", "application_id", nullable=False)
    for table, columns in NEW.items():
        for column in columns:
            op.drop_column(table, column)
        lines = DIGESTS[table].split("\n")
        kept = [line for line in lines if not any(f"coalesce('{column}:" in line for column in columns)]
        replace_digest(table, "\n".join(kept))


def add_columns() -> None:
    op.add_column(
        "applications",
        sa.Column(
            "community_kind",
            sa.Text,
            comment="the unit's kind when it was filed; NULL: kinds were not kept yet",
        ),
    )
    op.add_column(
        "form_versions",
        sa.Column("justification", sa.Text, comment="why a village stands beside communities"),
    )
    op.add_column(
        "form_versions", sa.Column("certified_on", sa.Date, comment="form-3: 省级认定时间, from the ledger")
    )
    op.add_column(
        "form_versions",
        sa.Column("reviews", sa.Text, comment="form-3: 三年复查情况, from the ledger, canonical JSON"),
    )
    op.add_column(
        "opinions",
        sa.Column("justification_confirmed", sa.Boolean, comment="the county confirms a village's reason"),
    )
    op.drop_constraint("ck_opinions_verdict", "opinions")
    op.create_check_constraint("ck_opinions_verdict", "opinions", "verdict IN ('agree', 'refuse', 'return')")
    op.add_column(
        "roster_items",
        sa.Column("score", sa.Integer, comment="ranking: the comparison's figure, higher is better"),
    )
    op.add_column(
        "roster_items",
        sa.Column("tie_reason", sa.Text, comment="ranking: why it stands behind the equal score before it"),
    )
    op.alter_column(
        "certifications",
        "application_id",
        nullable=True,
        comment="NULL: it is of before the ledger, by legacy_id",
    )
    op.alter_column("certifications", "cited_origin", comment="the entry that it rests on")
    op.add_column("certifications", sa.Column("legacy_id", sa.Uuid, comment="the legacy record that it is"))
    op.add_column("certifications", sa.Column("state", sa.Text, comment="NULL: in force"))
    op.add_column(
        "certifications",
        sa.Column("state_document", sa.Text, comment="the document that suspended, revoked or reinstated it"),
    )
    op.add_column("certifications", sa.Column("state_on", sa.Date, comment="the day of that document"))
    op.create_check_constraint(
        "ck_certifications_state", "certifications", "state IN ('suspended', 'revoked')"
    )
    op.create_unique_constraint(
        "uq_certifications_tenant_id_legacy_id", "certifications", ["tenant_id", "legacy_id"]
    )


def replace_digest(table: str, body: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION public.xingji_digest_{table}(r public.{table}) RETURNS bytea\n"
        f"LANGUAGE sql STABLE AS $xingji$\n{body}\n$xingji$"
    )


NEW = {
    "applications": ("community_kind",),
    "form_versions": ("justification", "certified_on", "reviews"),
    "opinions": ("justification_confirmed",),
    "roster_items": ("score", "tie_reason"),
    "certifications": ("legacy_id", "state", "state_document", "state_on"),
}
DIGESTS = {
    "applications": r"""SELECT sha256(convert_to(
    'xingji-row 1 applications 1' || E'\n'
    || coalesce('campaign_id:uuid 36 ' || r.campaign_id::text || E'\n', '')
    || coalesce('campaign_tenant_id:int ' || octet_length(r.campaign_tenant_id::text) || ' ' || r.campaign_tenant_id::text || E'\n', '')
    || coalesce('community_id:uuid 36 ' || r.community_id::text || E'\n', '')
    || coalesce('community_kind:text ' || octet_length(r.community_kind::text) || ' ' || r.community_kind::text || E'\n', '')
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\n', '')
    || coalesce('filed_by:uuid 36 ' || r.filed_by::text || E'\n', '')
    || coalesce('form_version_id:uuid 36 ' || r.form_version_id::text || E'\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\n', '')
    || coalesce('level:text ' || octet_length(r.level::text) || ' ' || r.level::text || E'\n', '')
    || coalesce('revision:int ' || octet_length(r.revision::text) || ' ' || r.revision::text || E'\n', '')
    || coalesce('status:text ' || octet_length(r.status::text) || ' ' || r.status::text || E'\n', '')
    || coalesce('street_id:uuid 36 ' || r.street_id::text || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', '')
    || coalesce('updated_at:time 27 ' || CASE WHEN r.updated_at >= '0001-01-01 00:00:00+00' AND r.updated_at < '10000-01-01 00:00:00+00' THEN to_char(r.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.updated_at::text END || E'\n', ''), 'UTF8'))""",
    "form_versions": r"""SELECT sha256(convert_to(
    'xingji-row 1 form_versions 1' || E'\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\n', '')
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\n', '')
    || coalesce('certified_on:date 10 ' || CASE WHEN r.certified_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.certified_on::timestamp, 'YYYY-MM-DD') ELSE r.certified_on::text END || E'\n', '')
    || coalesce('contact_name_commitment:bytes ' || octet_length(encode(r.contact_name_commitment, 'hex')) || ' ' || encode(r.contact_name_commitment, 'hex') || E'\n', '')
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\n', '')
    || coalesce('fixed_phone_commitment:bytes ' || octet_length(encode(r.fixed_phone_commitment, 'hex')) || ' ' || encode(r.fixed_phone_commitment, 'hex') || E'\n', '')
    || coalesce('form:text ' || octet_length(r.form::text) || ' ' || r.form::text || E'\n', '')
    || coalesce('hash:bytes ' || octet_length(encode(r.hash, 'hex')) || ' ' || encode(r.hash, 'hex') || E'\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\n', '')
    || coalesce('justification:text ' || octet_length(r.justification::text) || ' ' || r.justification::text || E'\n', '')
    || coalesce('mobile_phone_commitment:bytes ' || octet_length(encode(r.mobile_phone_commitment, 'hex')) || ' ' || encode(r.mobile_phone_commitment, 'hex') || E'\n', '')
    || coalesce('narrative:text ' || octet_length(r.narrative::text) || ' ' || r.narrative::text || E'\n', '')
    || coalesce('reviews:text ' || octet_length(r.reviews::text) || ' ' || r.reviews::text || E'\n', '')
    || coalesce('situation:text ' || octet_length(r.situation::text) || ' ' || r.situation::text || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', '')
    || coalesce('version:int ' || octet_length(r.version::text) || ' ' || r.version::text || E'\n', ''), 'UTF8'))""",
    "opinions": r"""SELECT sha256(convert_to(
    'xingji-row 1 opinions 1' || E'\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\n', '')
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\n', '')
    || coalesce('author_tenant_id:int ' || octet_length(r.author_tenant_id::text) || ' ' || r.author_tenant_id::text || E'\n', '')
    || coalesce('form_hash:bytes ' || octet_length(encode(r.form_hash, 'hex')) || ' ' || encode(r.form_hash, 'hex') || E'\n', '')
    || coalesce('form_version_id:uuid 36 ' || r.form_version_id::text || E'\n', '')
    || coalesce('given_at:time 27 ' || CASE WHEN r.given_at >= '0001-01-01 00:00:00+00' AND r.given_at < '10000-01-01 00:00:00+00' THEN to_char(r.given_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.given_at::text END || E'\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\n', '')
    || coalesce('justification_confirmed:bool ' || octet_length(r.justification_confirmed::text) || ' ' || r.justification_confirmed::text || E'\n', '')
    || coalesce('stage:text ' || octet_length(r.stage::text) || ' ' || r.stage::text || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', '')
    || coalesce('text:text ' || octet_length(r.text::text) || ' ' || r.text::text || E'\n', '')
    || coalesce('verdict:text ' || octet_length(r.verdict::text) || ' ' || r.verdict::text || E'\n', ''), 'UTF8'))""",
    "roster_items": r"""SELECT sha256(convert_to(
    'xingji-row 1 roster_items 1' || E'\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\n', '')
    || coalesce('application_tenant_id:int ' || octet_length(r.application_tenant_id::text) || ' ' || r.application_tenant_id::text || E'\n', '')
    || coalesce('cited_hash:bytes ' || octet_length(encode(r.cited_hash, 'hex')) || ' ' || encode(r.cited_hash, 'hex') || E'\n', '')
    || coalesce('cited_origin:text ' || octet_length(r.cited_origin::text) || ' ' || r.cited_origin::text || E'\n', '')
    || coalesce('cited_seq:int ' || octet_length(r.cited_seq::text) || ' ' || r.cited_seq::text || E'\n', '')
    || coalesce('community_name:text ' || octet_length(r.community_name::text) || ' ' || r.community_name::text || E'\n', '')
    || coalesce('position:int ' || octet_length(r.position::text) || ' ' || r.position::text || E'\n', '')
    || coalesce('reason:text ' || octet_length(r.reason::text) || ' ' || r.reason::text || E'\n', '')
    || coalesce('roster_id:uuid 36 ' || r.roster_id::text || E'\n', '')
    || coalesce('score:int ' || octet_length(r.score::text) || ' ' || r.score::text || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', '')
    || coalesce('tie_reason:text ' || octet_length(r.tie_reason::text) || ' ' || r.tie_reason::text || E'\n', '')
    || coalesce('verdict:text ' || octet_length(r.verdict::text) || ' ' || r.verdict::text || E'\n', ''), 'UTF8'))""",
    "certifications": r"""SELECT sha256(convert_to(
    'xingji-row 1 certifications 1' || E'\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\n', '')
    || coalesce('certified_on:date 10 ' || CASE WHEN r.certified_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.certified_on::timestamp, 'YYYY-MM-DD') ELSE r.certified_on::text END || E'\n', '')
    || coalesce('cited_hash:bytes ' || octet_length(encode(r.cited_hash, 'hex')) || ' ' || encode(r.cited_hash, 'hex') || E'\n', '')
    || coalesce('cited_origin:text ' || octet_length(r.cited_origin::text) || ' ' || r.cited_origin::text || E'\n', '')
    || coalesce('cited_seq:int ' || octet_length(r.cited_seq::text) || ' ' || r.cited_seq::text || E'\n', '')
    || coalesce('community_id:uuid 36 ' || r.community_id::text || E'\n', '')
    || coalesce('document_number:text ' || octet_length(r.document_number::text) || ' ' || r.document_number::text || E'\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\n', '')
    || coalesce('legacy_id:uuid 36 ' || r.legacy_id::text || E'\n', '')
    || coalesce('level:text ' || octet_length(r.level::text) || ' ' || r.level::text || E'\n', '')
    || coalesce('state:text ' || octet_length(r.state::text) || ' ' || r.state::text || E'\n', '')
    || coalesce('state_document:text ' || octet_length(r.state_document::text) || ' ' || r.state_document::text || E'\n', '')
    || coalesce('state_on:date 10 ' || CASE WHEN r.state_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.state_on::timestamp, 'YYYY-MM-DD') ELSE r.state_on::text END || E'\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\n', ''), 'UTF8'))""",
}
