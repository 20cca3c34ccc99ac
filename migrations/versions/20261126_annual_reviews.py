"""Annual reviews, draws, divisions' changes and what is folded of them; levels and parts of a standard are the programme's to name.

Revision ID: 20261126_annual_reviews
Revises: 20261125_objections

Literal on purpose, as the revisions before. New columns of audited tables may be NULL: a digest skips NULLs.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_annual_reviews"
down_revision = "20261125_objections"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN = f"tenant_id = {TENANT}"
READERS = {
    "granted": "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])",
    "shared": "tenant_id = ANY ((SELECT nullif(current_setting('app.shared', true), '')::int[])::int[])",
}
POLICIES = {
    "review_cycles": ("granted",),
    "review_teams": ("granted",),
    "review_team_members": ("granted",),
    "annual_reviews": ("granted",),
    "review_verdicts": ("granted",),
    "observations": ("granted",),
    "review_corrections": ("granted",),
    "register_lists": ("granted",),
    "register_numbers": ("granted",),
    "draws": ("granted",),
    "draw_parties": ("granted",),
    "spot_check_answers": ("granted",),
    "unit_changes": ("granted", "shared"),
    "unit_successions": ("granted",),
    "history_facts": ("granted",),
    "standings": ("granted",),
}
GRANTS = {
    "review_cycles": "SELECT, INSERT, UPDATE",
    "review_teams": "SELECT, INSERT, UPDATE",
    "review_team_members": "SELECT, INSERT, UPDATE",
    "annual_reviews": "SELECT, INSERT, UPDATE",
    "review_verdicts": "SELECT, INSERT, UPDATE",
    "observations": "SELECT, INSERT, UPDATE",
    "review_corrections": "SELECT, INSERT, UPDATE",
    "register_lists": "SELECT, INSERT, UPDATE",
    "register_numbers": "SELECT, INSERT",
    "draws": "SELECT, INSERT, UPDATE",
    "draw_parties": "SELECT, INSERT, UPDATE",
    "spot_check_answers": "SELECT, INSERT, UPDATE",
    "unit_changes": "SELECT, INSERT, UPDATE",
    "unit_successions": "SELECT, INSERT, UPDATE",
    "history_facts": "SELECT, INSERT, DELETE",
    "standings": "SELECT, INSERT, UPDATE, DELETE",
}
AUDITED = [
    "review_cycles",
    "review_teams",
    "review_team_members",
    "annual_reviews",
    "review_verdicts",
    "observations",
    "review_corrections",
    "register_lists",
    "draws",
    "draw_parties",
    "spot_check_answers",
    "unit_changes",
    "unit_successions",
]
LEVELLED = [
    "campaign_levels",
    "standard_clauses",
    "applications",
    "rosters",
    "certifications",
    "legacy_records",
    "extensions",
]
NEW = {
    "form_versions": ("figures", "certified_by"),
    "item_assessments": ("score",),
    "evidence": ("received_sha256",),
    "certifications": ("former_tenant_id", "former_id", "former_legacy"),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    widen()
    add_columns()
    for table, body in DIGESTS.items():
        replace_digest(table, body)
    create_tables()
    op.create_index(
        "ix_ledger_entries_facts",
        "ledger_entries",
        ["tenant_id", "seq"],
        postgresql_where=sa.text("strpos(leaf, '\"facts\":[') > 0"),
    )
    for name, readers in POLICIES.items():
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {name} USING ({OWN}) WITH CHECK ({OWN})")
        for reader in readers:
            op.execute(f"CREATE POLICY {reader} ON {name} FOR SELECT USING ({READERS[reader]})")
        op.execute(f"GRANT {GRANTS[name]} ON {name} TO xingji_app")
    for statement in GUARDS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in AUDITED:
        op.execute(f"DROP TRIGGER xingji_kept ON {name}")
        op.execute(f"DROP TRIGGER xingji_recorded ON {name}")
        op.execute(f"DROP FUNCTION xingji_audit_{name}()")
        op.execute(f"DROP FUNCTION xingji_digest_{name}({name})")
    op.drop_index("ix_ledger_entries_facts", "ledger_entries")
    for name in reversed(POLICIES):
        op.drop_table(name)
    for table, columns in NEW.items():
        lines = DIGESTS[table].split("\n")
        for column in columns:
            lines = [line for line in lines if f"coalesce('{column}:" not in line]
        replace_digest(table, "\n".join(lines))
        for column in columns:
            op.drop_column(table, column)
    for table in LEVELLED:
        op.drop_constraint(f"ck_{table}_level", table)
        op.create_check_constraint(f"ck_{table}_level", table, "level IN ('provincial', 'star')")
    op.drop_constraint("ck_standard_clauses_part", "standard_clauses")
    op.create_check_constraint(
        "ck_standard_clauses_part", "standard_clauses", "part IN ('platform', 'services', 'indicators')"
    )


def widen() -> None:
    for table in LEVELLED:
        op.drop_constraint(f"ck_{table}_level", table)
        op.create_check_constraint(f"ck_{table}_level", table, "level ~ '^[a-z][a-z0-9_]{0,39}$'")
    op.drop_constraint("ck_standard_clauses_part", "standard_clauses")
    op.create_check_constraint(
        "ck_standard_clauses_part", "standard_clauses", "part ~ '^[a-z][a-z0-9_]{0,39}$'"
    )


def add_columns() -> None:
    op.add_column(
        "form_versions",
        sa.Column("figures", sa.Text, comment="the indicators as the community states them, canonical JSON"),
    )
    op.add_column(
        "form_versions",
        sa.Column(
            "certified_by", sa.Text, comment="form-3: the entry that certified_on rests on, canonical JSON"
        ),
    )
    op.add_column(
        "item_assessments", sa.Column("score", sa.Integer, comment="points, where the standard gives points")
    )
    op.add_column(
        "evidence",
        sa.Column("received_sha256", sa.LargeBinary, comment="of the file as it was handed in, 32 bytes"),
    )
    for column in (
        sa.Column(
            "former_tenant_id", sa.Integer, comment="whence its community moved; NULL: it was made here"
        ),
        sa.Column("former_id", sa.Uuid, comment="the certification there that it is made anew from"),
        sa.Column("former_legacy", sa.Boolean, comment="that one rests on paper"),
    ):
        op.add_column("certifications", column)
    op.create_index(
        "ix_certifications_tenant_id_former_id", "certifications", ["tenant_id", "former_id"], unique=False
    )


def replace_digest(table: str, body: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION public.xingji_digest_{table}(r public.{table}) RETURNS bytea\n"
        f"LANGUAGE sql STABLE AS $xingji$\n{body}\n$xingji$"
    )


def create_tables() -> None:

    # ### commands auto generated by Alembic - please adjust! ###
    op.create_table(
        "review_cycles",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_tenant_id", sa.Integer(), nullable=False),
        sa.Column(
            "campaign_id", sa.Uuid(), nullable=False, comment="whose programme and standard rule the cycle"
        ),
        sa.Column("year", sa.Integer(), nullable=False, comment="the year that is reviewed"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column(
            "closes_on",
            sa.Date(),
            nullable=False,
            comment="the last day of inspections; extended by the city",
        ),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Uuid(), nullable=True, comment="the draw that assigned the teams"),
        sa.Column("planned_tenant_id", sa.Integer(), nullable=False),
        sa.Column("planned_by", sa.Uuid(), nullable=False),
        sa.Column(
            "extended_by", sa.Uuid(), nullable=True, comment="who last moved its last day, of the city"
        ),
        sa.Column("extend_reason", sa.Text(), nullable=True, comment="why"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('planned', 'assigned')", name=("ck_review_cycles_status")),
        sa.CheckConstraint("opens_on <= closes_on", name=("ck_review_cycles_days")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=("pk_review_cycles")),
        info={"tenant": True, "policies": ("granted",), "audited": True},
    )
    op.create_index(
        ("ix_review_cycles_tenant_id_created_at_id"),
        "review_cycles",
        ["tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        ("ix_review_cycles_tenant_id_year_id"), "review_cycles", ["tenant_id", "year", "id"], unique=False
    )
    op.create_table(
        "review_teams",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="of the cycle's teams, from 1"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "cycle_id"],
            ["review_cycles.tenant_id", "review_cycles.id"],
            name=("fk_review_teams_tenant_id_cycle_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=("pk_review_teams")),
        sa.UniqueConstraint(
            "tenant_id", "cycle_id", "number", name=("uq_review_teams_tenant_id_cycle_id_number")
        ),
        info={"tenant": True, "policies": ("granted",), "audited": True},
    )
    op.create_table(
        "review_team_members",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("person_tenant_id", sa.Integer(), nullable=False, comment="where the inspector signs in"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "barred",
            sa.Text(),
            nullable=False,
            comment="canonical JSON: streets not to review, each with its ground",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "team_id"],
            ["review_teams.tenant_id", "review_teams.id"],
            name=("fk_review_team_members_tenant_id_team_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "team_id", "person_id", name=("pk_review_team_members")),
        info={"tenant": True, "policies": ("granted",), "audited": True},
    )
    op.create_index(
        ("ix_review_team_members_tenant_id_person_id"),
        "review_team_members",
        ["tenant_id", "person_id"],
        unique=False,
    )
    op.create_table(
        "annual_reviews",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("certification_id", sa.Uuid(), nullable=False, comment="what is reviewed"),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("street_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True, comment="NULL until it is assigned"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "round",
            sa.Integer(),
            nullable=False,
            comment="of inspections, from 1; a recheck or a return begins the next",
        ),
        sa.Column(
            "rectified",
            sa.Boolean(),
            nullable=False,
            comment="a rectification was asked for in an earlier round",
        ),
        sa.Column("due_on", sa.Date(), nullable=True, comment="the last day of a rectification or recheck"),
        sa.Column(
            "result",
            sa.Text(),
            nullable=True,
            comment="what the team concluded; it counts once the city has confirmed it",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "confirmed_at", sa.DateTime(timezone=True), nullable=True, comment="from then on it counts"
        ),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True, comment="why it is not reviewed"),
        sa.CheckConstraint("level ~ '^[a-z][a-z0-9_]{0,39}$'", name=("ck_annual_reviews_level")),
        sa.CheckConstraint(
            "result IN ('pass', 'pass_after_rectification', 'fail')", name=("ck_annual_reviews_result")
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'assigned', 'rectifying', 'rechecking', 'inspected', 'county_confirmed', 'confirmed', 'cancelled')",
            name=("ck_annual_reviews_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('inspected', 'county_confirmed', 'confirmed') OR result IS NOT NULL",
            name=("ck_annual_reviews_concluded"),
        ),
        sa.CheckConstraint(
            "status <> 'cancelled' OR cancel_reason IS NOT NULL", name=("ck_annual_reviews_cancelled")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "certification_id"],
            ["certifications.tenant_id", "certifications.id"],
            name=("fk_annual_reviews_tenant_id_certification_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id"],
            ["units.tenant_id", "units.id"],
            name=("fk_annual_reviews_tenant_id_community_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "cycle_id"],
            ["review_cycles.tenant_id", "review_cycles.id"],
            name=("fk_annual_reviews_tenant_id_cycle_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "team_id"],
            ["review_teams.tenant_id", "review_teams.id"],
            name=("fk_annual_reviews_tenant_id_team_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=("pk_annual_reviews")),
        info={"tenant": True, "policies": ("granted",), "audited": True},
    )
    op.create_index(
        ("ix_annual_reviews_tenant_id_created_at_id"),
        "annual_reviews",
        ["tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        ("ix_annual_reviews_tenant_id_cycle_id_status"),
        "annual_reviews",
        ["tenant_id", "cycle_id", "status"],
        unique=False,
    )
    op.create_index(
        ("ix_annual_reviews_tenant_id_team_id"), "annual_reviews", ["tenant_id", "team_id"], unique=False
    )
    op.create_index(
        "uq_annual_reviews_live",
        "annual_reviews",
        ["tenant_id", "community_id", "level", "year"],
        unique=True,
        postgresql_where=sa.text("status <> 'cancelled'"),
    )
    op.create_table(
        "review_verdicts",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=True, comment="canonical JSON: the clauses to put right"),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column(
            "judgement",
            sa.Text(),
            nullable=True,
            comment="canonical JSON: what the standard says of the round's observations",
        ),
        sa.Column(
            "observations",
            sa.LargeBinary(),
            nullable=True,
            comment="digest of the observations that it rests on, 32 bytes",
        ),
        sa.Column("author_tenant_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("stage IN ('inspection', 'county', 'city')", name=("ck_review_verdicts_stage")),
        sa.CheckConstraint(
            "verdict IN ('pass', 'rectify', 'recheck', 'fail', 'agree', 'return')",
            name=("ck_review_verdicts_verdict"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "review_id"],
            ["annual_reviews.tenant_id", "annual_reviews.id"],
            name=("fk_review_verdicts_tenant_id_review_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=("pk_review_verdicts")),
        info={"tenant": True, "policies": ("granted",), "audited": True},
    )
    op.create_index(
        ("ix_review_verdicts_tenant_id_review_id_given_at_id"),
        "review_verdicts",
        ["tenant_id", "review_id", "given_at", "id"],
        unique=False,
    )
    op.create_table(
        "observations",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="made by the device that observed"),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "key", sa.Text(), nullable=False, comment="what was observed: item:1.1, figure:…, note:…, photo:…"
        ),
        sa.Column("value", sa.Text(), nullable=False, comment="canonical JSON"),
        sa.Column(
            "supersedes",
            sa.Text(),
            nullable=True,
            comment="canonical JSON: ids of observations that it takes the place of",
        ),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False, comment="by the device's clock"),
        sa.Column("latitude_e6", sa.Integer(), nullable=True, comment="millionths of a degree, WGS 84"),
        sa.Column("longitude_e6", sa.Integer(), nullable=True),
        sa.Column("accuracy_m", sa.Integer(), nullable=True, comment="metres"),
        sa.Column("author_tenant_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "review_id"],
            ["annual_reviews.tenant_id", "annual_reviews.id"],
            name=("fk_observations_tenant_id_review_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=("pk_observations")),
        info={"tenant": True, "policies": ("granted",), "audited": True},
    )
    op.create_index(
        ("ix_observations_tenant_id_review_id_round_key"),
        "observations",
        ["tenant_id", "review_id", "round", "key"],
        unique=False,
    )
    op.create_table(
        "review_corrections",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "result",
            sa.Text(),
            nullable=False,
            comment="what the year's review is from now on; void: as if there were none",
        ),
        sa.Column("document_number", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True, comment="another person, of the city"),
        sa.Column("confirmed_tenant_id", sa.Integer(), nullable=True),
        sa.Column(
            "confirmed_at", sa.DateTime(timezone=True), nullable=True, comment="from then on it counts"
        ),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("level ~ '^[a-z][a-z0-9_]{0,39}$'", name=("ck_review_corrections_level")),
        sa.CheckConstraint(
            "result IN ('pass', 'pass_after_rectification', 'fail', 'void')",
            name=("ck_review_corrections_result"),
        ),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR declined_at IS NULL", name=("ck_review_corrections_settled")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id"],
            ["units.tenant_id", "units.id"],
            name=("fk_review_corrections_tenant_id_community_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=("pk_review_corrections")),
        info={"tenant": True, "policies": ("granted",), "audited": True},
    )
    op.create_index(
        ("ix_review_corrections_tenant_id_community_id"),
        "review_corrections",
        ["tenant_id", "community_id"],
        unique=False,
    )
    op.create_index(
        ("ix_review_corrections_tenant_id_proposed_at_id"),
        "review_corrections",
        ["tenant_id", "proposed_at", "id"],
        unique=False,
    )
    op.create_table(
        "register_lists",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False, comment="the day whose register it is"),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column(
            "root",
            sa.LargeBinary(),
            nullable=False,
            comment="RFC 6962 root over the numbers' commitments, 32 bytes",
        ),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=("ck_register_lists_size")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id"],
            ["units.tenant_id", "units.id"],
            name=("fk_register_lists_tenant_id_community_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=("pk_register_lists")),
        info={"tenant": True, "policies": ("granted",), "audited": True},
    )
    op.create_index(
        ("ix_register_lists_tenant_id_community_id_created_at_id"),
        "register_lists",
        ["tenant_id", "community_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "register_numbers",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="in the list, from 0"),
        sa.Column("number", sa.Text(), nullable=False, comment="opaque: names nobody"),
        sa.Column("salt", sa.LargeBinary(), nullable=False, comment="of its commitment, 32 bytes"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "list_id"],
            ["register_lists.tenant_id", "register_lists.id"],
            name=("fk_register_numbers_tenant_id_list_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "list_id", "position", name=("pk_register_numbers")),
        info={"tenant": True, "policies": ("granted",), "audited": False},
    )
    op.create_table(
        "draws",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="the cycle, or the register list"),
        sa.Column("review_id", sa.Uuid(), nullable=True, comment="the review that a spot check belongs to"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False, comment="how many there are to draw from"),
        sa.Column("picks", sa.Integer(), nullable=False, comment="how many are drawn"),
        sa.Column(
            "list_value",
            sa.Text(),
            nullable=False,
            comment="canonical JSON: what is drawn from, as it stood at the opening",
        ),
        sa.Column(
            "list_digest",
            sa.LargeBinary(),
            nullable=False,
            comment="what the list was bound to before any secret, 32 bytes",
        ),
        sa.Column(
            "second_party",
            sa.Text(),
            nullable=False,
            comment="who is to commit behind the party that opened it",
        ),
        sa.Column(
            "reveals_first",
            sa.Text(),
            nullable=True,
            comment="the party that kept silent last: the other waits for it",
        ),
        sa.Column("reveal_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True, comment="the void draw in whose place it is"),
        sa.Column("seed", sa.LargeBinary(), nullable=True, comment="32 bytes, once every party has revealed"),
        sa.Column(
            "result",
            sa.Text(),
            nullable=True,
            comment="canonical JSON: positions, or communities with their teams",
        ),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'drawn') = (seed IS NOT NULL AND result IS NOT NULL)", name=("ck_draws_drawn")
        ),
        sa.CheckConstraint("purpose IN ('assignment', 'spot_check')", name=("ck_draws_purpose")),
        sa.CheckConstraint("reveals_first IN ('county', 'city', 'auditor')", name=("ck_draws_reveals_first")),
        sa.CheckConstraint("second_party IN ('county', 'city', 'auditor')", name=("ck_draws_second_party")),
        sa.CheckConstraint("status IN ('open', 'committed', 'drawn', 'void')", name=("ck_draws_status")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=("pk_draws")),
        info={"tenant": True, "policies": ("granted",), "audited": True},
    )
    op.create_index(
        ("ix_draws_tenant_id_opened_at_id"), "draws", ["tenant_id", "opened_at", "id"], unique=False
    )
    op.create_index(("ix_draws_tenant_id_review_id"), "draws", ["tenant_id", "review_id"], unique=False)
    op.create_index(("ix_draws_tenant_id_subject_id"), "draws", ["tenant_id", "subject_id"], unique=False)
    op.create_index(
        "uq_draws_standing",
        "draws",
        ["tenant_id", "subject_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'void'"),
    )
    op.create_table(
        "draw_parties",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False, comment="of its secret, 32 bytes"),
        sa.Column("person_tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True, comment="32 bytes, once revealed"),
        sa.Column("revealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "defaulted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="on record: it did not reveal in time",
        ),
        sa.CheckConstraint("party IN ('county', 'city', 'auditor')", name=("ck_draw_parties_party")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "draw_id"],
            ["draws.tenant_id", "draws.id"],
            name=("fk_draw_parties_tenant_id_draw_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "draw_id", "party", name=("pk_draw_parties")),
        info={"tenant": True, "policies": ("granted",), "audited": True},
    )
    op.create_table(
        "spot_check_answers",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="in the register list, from 0"),
        sa.Column("number", sa.Text(), nullable=False, comment="as the list has it: opaque"),
        sa.Column("salt", sa.LargeBinary(), nullable=False, comment="of its commitment, 32 bytes"),
        sa.Column(
            "path",
            sa.LargeBinary(),
            nullable=False,
            comment="RFC 6962 audit path to the list's root: hashes of 32 bytes",
        ),
        sa.Column("outcome", sa.Text(), nullable=True, comment="NULL until it has been looked up"),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("author_tenant_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('match', 'mismatch', 'not_found')", name=("ck_spot_check_answers_outcome")
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (note IS NULL) AND (outcome IS NULL) = (author_tenant_id IS NULL) AND (outcome IS NULL) = (author_id IS NULL) AND (outcome IS NULL) = (recorded_at IS NULL)",
            name=("ck_spot_check_answers_answered"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "draw_id"],
            ["draws.tenant_id", "draws.id"],
            name=("fk_spot_check_answers_tenant_id_draw_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "draw_id", "position", name=("pk_spot_check_answers")),
        info={"tenant": True, "policies": ("granted",), "audited": True},
    )
    op.create_table(
        "unit_changes",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "details",
            sa.Text(),
            nullable=False,
            comment="canonical JSON: which units, and what becomes of them",
        ),
        sa.Column(
            "document_number", sa.Text(), nullable=False, comment="the document that decides it (批复)"
        ),
        sa.Column("document_date", sa.Date(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True, comment="another person of the city"),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True, comment="from then on it holds"),
        sa.Column("declined_by", sa.Uuid(), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('merge', 'split', 'move', 'rename', 'recode')", name=("ck_unit_changes_kind")
        ),
        sa.CheckConstraint("confirmed_at IS NULL OR declined_at IS NULL", name=("ck_unit_changes_settled")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=("pk_unit_changes")),
        info={"tenant": True, "policies": ("granted", "shared"), "audited": True},
    )
    op.create_index(
        ("ix_unit_changes_tenant_id_proposed_at_id"),
        "unit_changes",
        ["tenant_id", "proposed_at", "id"],
        unique=False,
    )
    op.create_table(
        "unit_successions",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False, comment="the predecessor, of this tenant"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("successor_tenant_id", sa.Integer(), nullable=False),
        sa.Column("successor_unit_id", sa.Uuid(), nullable=False),
        sa.Column("carried", sa.Boolean(), nullable=False, comment="its history goes on there"),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('moved', 'merged', 'split')", name=("ck_unit_successions_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["units.tenant_id", "units.id"],
            name=("fk_unit_successions_tenant_id_unit_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=("pk_unit_successions")),
    )
    op.create_index(
        ("ix_unit_successions_tenant_id_unit_id"), "unit_successions", ["tenant_id", "unit_id"], unique=False
    )
    op.create_table(
        "history_facts",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="of the entry that says it"),
        sa.Column("position", sa.Integer(), nullable=False, comment="among the entry's facts, from 0"),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("valid_on", sa.Date(), nullable=True, comment="the day from which it holds"),
        sa.Column("year", sa.Integer(), nullable=True, comment="the year that was reviewed"),
        sa.Column("result", sa.Text(), nullable=True, comment="of the review; or the certification's state"),
        sa.Column(
            "subject_id",
            sa.Uuid(),
            nullable=False,
            comment="the certification, the review, or the unit before it",
        ),
        sa.Column("legacy", sa.Boolean(), nullable=False),
        sa.Column(
            "cited_origin", sa.Text(), nullable=True, comment="the entry that first said it, of another log"
        ),
        sa.Column("cited_seq", sa.BigInteger(), nullable=True),
        sa.Column("cited_hash", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, comment="the entry's time"),
        sa.CheckConstraint(
            "kind IN ('certified', 'state', 'reviewed', 'succeeded')", name=("ck_history_facts_kind")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "seq", "position", name=("pk_history_facts")),
        info={"tenant": True, "policies": ("granted",), "audited": False},
    )
    op.create_index(
        ("ix_history_facts_tenant_id_community_id"),
        "history_facts",
        ["tenant_id", "community_id"],
        unique=False,
    )
    op.create_index(
        ("ix_history_facts_tenant_id_kind_subject_id"),
        "history_facts",
        ["tenant_id", "kind", "subject_id"],
        unique=False,
    )
    op.create_table(
        "standings",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="how it stands from this day"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="up to the day before"),
        sa.Column(
            "certified_on",
            sa.Date(),
            nullable=False,
            comment="of the certification in force, or that last was",
        ),
        sa.Column("state", sa.Text(), nullable=True, comment="NULL: in force"),
        sa.Column("state_on", sa.Date(), nullable=True),
        sa.Column(
            "since",
            sa.Integer(),
            nullable=True,
            comment="years count after this one; NULL: nothing is in force",
        ),
        sa.Column(
            "since_suspended",
            sa.Integer(),
            nullable=True,
            comment="the same where what is suspended stands",
        ),
        sa.Column("base", sa.Integer(), nullable=False, comment="the year before that of the first mark"),
        sa.Column(
            "marks",
            sa.Text(),
            nullable=False,
            comment="a letter a year: p, r, f, - (certification/standing.py)",
        ),
        sa.Column(
            "facts", sa.Text(), nullable=False, comment="canonical JSON: what a history is folded from"
        ),
        sa.Column("legacy", sa.Boolean(), nullable=False, comment="something of it rests on paper"),
        sa.Column(
            "seq", sa.BigInteger(), nullable=False, comment="of the last entry that it was folded from"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "community_id", "level", "valid_from", name=("pk_standings")),
        info={"tenant": True, "policies": ("granted",), "audited": False},
    )
    op.create_index(
        ("ix_standings_tenant_id_level_certified_on_community_id"),
        "standings",
        ["tenant_id", "level", "certified_on", "community_id"],
        unique=False,
    )
    # ### end Alembic commands ###


DIGESTS = {
    "certifications": """SELECT sha256(convert_to(
    'xingji-row 1 certifications 1' || E'\\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\\n', '')
    || coalesce('certified_on:date 10 ' || CASE WHEN r.certified_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.certified_on::timestamp, 'YYYY-MM-DD') ELSE r.certified_on::text END || E'\\n', '')
    || coalesce('cited_hash:bytes ' || octet_length(encode(r.cited_hash, 'hex')) || ' ' || encode(r.cited_hash, 'hex') || E'\\n', '')
    || coalesce('cited_origin:text ' || octet_length(r.cited_origin::text) || ' ' || r.cited_origin::text || E'\\n', '')
    || coalesce('cited_seq:int ' || octet_length(r.cited_seq::text) || ' ' || r.cited_seq::text || E'\\n', '')
    || coalesce('community_id:uuid 36 ' || r.community_id::text || E'\\n', '')
    || coalesce('document_number:text ' || octet_length(r.document_number::text) || ' ' || r.document_number::text || E'\\n', '')
    || coalesce('former_id:uuid 36 ' || r.former_id::text || E'\\n', '')
    || coalesce('former_legacy:bool ' || octet_length(r.former_legacy::text) || ' ' || r.former_legacy::text || E'\\n', '')
    || coalesce('former_tenant_id:int ' || octet_length(r.former_tenant_id::text) || ' ' || r.former_tenant_id::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('legacy_id:uuid 36 ' || r.legacy_id::text || E'\\n', '')
    || coalesce('level:text ' || octet_length(r.level::text) || ' ' || r.level::text || E'\\n', '')
    || coalesce('state:text ' || octet_length(r.state::text) || ' ' || r.state::text || E'\\n', '')
    || coalesce('state_document:text ' || octet_length(r.state_document::text) || ' ' || r.state_document::text || E'\\n', '')
    || coalesce('state_on:date 10 ' || CASE WHEN r.state_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.state_on::timestamp, 'YYYY-MM-DD') ELSE r.state_on::text END || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))""",
    "form_versions": """SELECT sha256(convert_to(
    'xingji-row 1 form_versions 1' || E'\\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\\n', '')
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\\n', '')
    || coalesce('certified_by:text ' || octet_length(r.certified_by::text) || ' ' || r.certified_by::text || E'\\n', '')
    || coalesce('certified_on:date 10 ' || CASE WHEN r.certified_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.certified_on::timestamp, 'YYYY-MM-DD') ELSE r.certified_on::text END || E'\\n', '')
    || coalesce('contact_name_commitment:bytes ' || octet_length(encode(r.contact_name_commitment, 'hex')) || ' ' || encode(r.contact_name_commitment, 'hex') || E'\\n', '')
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\\n', '')
    || coalesce('figures:text ' || octet_length(r.figures::text) || ' ' || r.figures::text || E'\\n', '')
    || coalesce('fixed_phone_commitment:bytes ' || octet_length(encode(r.fixed_phone_commitment, 'hex')) || ' ' || encode(r.fixed_phone_commitment, 'hex') || E'\\n', '')
    || coalesce('form:text ' || octet_length(r.form::text) || ' ' || r.form::text || E'\\n', '')
    || coalesce('hash:bytes ' || octet_length(encode(r.hash, 'hex')) || ' ' || encode(r.hash, 'hex') || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('justification:text ' || octet_length(r.justification::text) || ' ' || r.justification::text || E'\\n', '')
    || coalesce('mobile_phone_commitment:bytes ' || octet_length(encode(r.mobile_phone_commitment, 'hex')) || ' ' || encode(r.mobile_phone_commitment, 'hex') || E'\\n', '')
    || coalesce('narrative:text ' || octet_length(r.narrative::text) || ' ' || r.narrative::text || E'\\n', '')
    || coalesce('reviews:text ' || octet_length(r.reviews::text) || ' ' || r.reviews::text || E'\\n', '')
    || coalesce('situation:text ' || octet_length(r.situation::text) || ' ' || r.situation::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('version:int ' || octet_length(r.version::text) || ' ' || r.version::text || E'\\n', ''), 'UTF8'))""",
    "item_assessments": """SELECT sha256(convert_to(
    'xingji-row 1 item_assessments 1' || E'\\n'
    || coalesce('application_id:uuid 36 ' || r.application_id::text || E'\\n', '')
    || coalesce('assessed_at:time 27 ' || CASE WHEN r.assessed_at >= '0001-01-01 00:00:00+00' AND r.assessed_at < '10000-01-01 00:00:00+00' THEN to_char(r.assessed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.assessed_at::text END || E'\\n', '')
    || coalesce('assessor_id:uuid 36 ' || r.assessor_id::text || E'\\n', '')
    || coalesce('assessor_tenant_id:int ' || octet_length(r.assessor_tenant_id::text) || ' ' || r.assessor_tenant_id::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('item_code:text ' || octet_length(r.item_code::text) || ' ' || r.item_code::text || E'\\n', '')
    || coalesce('note:text ' || octet_length(r.note::text) || ' ' || r.note::text || E'\\n', '')
    || coalesce('opinion_id:uuid 36 ' || r.opinion_id::text || E'\\n', '')
    || coalesce('score:int ' || octet_length(r.score::text) || ' ' || r.score::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('verdict:text ' || octet_length(r.verdict::text) || ' ' || r.verdict::text || E'\\n', ''), 'UTF8'))""",
    "evidence": """SELECT sha256(convert_to(
    'xingji-row 1 evidence 1' || E'\\n'
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\\n', '')
    || coalesce('author_tenant_id:int ' || octet_length(r.author_tenant_id::text) || ' ' || r.author_tenant_id::text || E'\\n', '')
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('item_code:text ' || octet_length(r.item_code::text) || ' ' || r.item_code::text || E'\\n', '')
    || coalesce('label:text ' || octet_length(r.label::text) || ' ' || r.label::text || E'\\n', '')
    || coalesce('media_type:text ' || octet_length(r.media_type::text) || ' ' || r.media_type::text || E'\\n', '')
    || coalesce('received_sha256:bytes ' || octet_length(encode(r.received_sha256, 'hex')) || ' ' || encode(r.received_sha256, 'hex') || E'\\n', '')
    || coalesce('sha256:bytes ' || octet_length(encode(r.sha256, 'hex')) || ' ' || encode(r.sha256, 'hex') || E'\\n', '')
    || coalesce('size:int ' || octet_length(r.size::text) || ' ' || r.size::text || E'\\n', '')
    || coalesce('subject_id:uuid 36 ' || r.subject_id::text || E'\\n', '')
    || coalesce('subject_type:text ' || octet_length(r.subject_type::text) || ' ' || r.subject_type::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))""",
}
GUARDS = (
    """CREATE FUNCTION public.xingji_digest_review_cycles(r public.review_cycles) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 review_cycles 1' || E'\\n'
    || coalesce('campaign_id:uuid 36 ' || r.campaign_id::text || E'\\n', '')
    || coalesce('campaign_tenant_id:int ' || octet_length(r.campaign_tenant_id::text) || ' ' || r.campaign_tenant_id::text || E'\\n', '')
    || coalesce('closes_on:date 10 ' || CASE WHEN r.closes_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.closes_on::timestamp, 'YYYY-MM-DD') ELSE r.closes_on::text END || E'\\n', '')
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\\n', '')
    || coalesce('draw_id:uuid 36 ' || r.draw_id::text || E'\\n', '')
    || coalesce('extend_reason:text ' || octet_length(r.extend_reason::text) || ' ' || r.extend_reason::text || E'\\n', '')
    || coalesce('extended_by:uuid 36 ' || r.extended_by::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('name:text ' || octet_length(r.name::text) || ' ' || r.name::text || E'\\n', '')
    || coalesce('opens_on:date 10 ' || CASE WHEN r.opens_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.opens_on::timestamp, 'YYYY-MM-DD') ELSE r.opens_on::text END || E'\\n', '')
    || coalesce('planned_by:uuid 36 ' || r.planned_by::text || E'\\n', '')
    || coalesce('planned_tenant_id:int ' || octet_length(r.planned_tenant_id::text) || ' ' || r.planned_tenant_id::text || E'\\n', '')
    || coalesce('revision:int ' || octet_length(r.revision::text) || ' ' || r.revision::text || E'\\n', '')
    || coalesce('status:text ' || octet_length(r.status::text) || ' ' || r.status::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('updated_at:time 27 ' || CASE WHEN r.updated_at >= '0001-01-01 00:00:00+00' AND r.updated_at < '10000-01-01 00:00:00+00' THEN to_char(r.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.updated_at::text END || E'\\n', '')
    || coalesce('year:int ' || octet_length(r.year::text) || ' ' || r.year::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_review_cycles() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table review_cycles is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row review_cycles/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row review_cycles/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_review_cycles(r) FROM public.review_cycles r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'review_cycles' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row review_cycles/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.review_cycles
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_review_cycles()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.review_cycles
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_review_cycles()""",
    """CREATE FUNCTION public.xingji_digest_review_teams(r public.review_teams) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 review_teams 1' || E'\\n'
    || coalesce('cycle_id:uuid 36 ' || r.cycle_id::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('name:text ' || octet_length(r.name::text) || ' ' || r.name::text || E'\\n', '')
    || coalesce('number:int ' || octet_length(r.number::text) || ' ' || r.number::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_review_teams() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table review_teams is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row review_teams/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row review_teams/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_review_teams(r) FROM public.review_teams r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'review_teams' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row review_teams/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.review_teams
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_review_teams()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.review_teams
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_review_teams()""",
    """CREATE FUNCTION public.xingji_digest_review_team_members(r public.review_team_members) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 review_team_members 1' || E'\\n'
    || coalesce('barred:text ' || octet_length(r.barred::text) || ' ' || r.barred::text || E'\\n', '')
    || coalesce('person_id:uuid 36 ' || r.person_id::text || E'\\n', '')
    || coalesce('person_tenant_id:int ' || octet_length(r.person_tenant_id::text) || ' ' || r.person_tenant_id::text || E'\\n', '')
    || coalesce('team_id:uuid 36 ' || r.team_id::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_review_team_members() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table review_team_members is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row review_team_members/% is never deleted', OLD.team_id::text || '/' || OLD.person_id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.team_id <> NEW.team_id OR OLD.person_id <> NEW.person_id) THEN
    RAISE EXCEPTION 'audited row review_team_members/% never changes its key', OLD.team_id::text || '/' || OLD.person_id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_review_team_members(r) FROM public.review_team_members r WHERE r.tenant_id = NEW.tenant_id AND r.team_id = NEW.team_id AND r.person_id = NEW.person_id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'review_team_members' AND l.row_key = NEW.team_id::text || '/' || NEW.person_id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row review_team_members/% has no entry with its digest', NEW.team_id::text || '/' || NEW.person_id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.review_team_members
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_review_team_members()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.review_team_members
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_review_team_members()""",
    """CREATE FUNCTION public.xingji_digest_annual_reviews(r public.annual_reviews) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 annual_reviews 1' || E'\\n'
    || coalesce('cancel_reason:text ' || octet_length(r.cancel_reason::text) || ' ' || r.cancel_reason::text || E'\\n', '')
    || coalesce('cancelled_by:uuid 36 ' || r.cancelled_by::text || E'\\n', '')
    || coalesce('certification_id:uuid 36 ' || r.certification_id::text || E'\\n', '')
    || coalesce('community_id:uuid 36 ' || r.community_id::text || E'\\n', '')
    || coalesce('confirmed_at:time 27 ' || CASE WHEN r.confirmed_at >= '0001-01-01 00:00:00+00' AND r.confirmed_at < '10000-01-01 00:00:00+00' THEN to_char(r.confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.confirmed_at::text END || E'\\n', '')
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\\n', '')
    || coalesce('cycle_id:uuid 36 ' || r.cycle_id::text || E'\\n', '')
    || coalesce('due_on:date 10 ' || CASE WHEN r.due_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.due_on::timestamp, 'YYYY-MM-DD') ELSE r.due_on::text END || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('level:text ' || octet_length(r.level::text) || ' ' || r.level::text || E'\\n', '')
    || coalesce('rectified:bool ' || octet_length(r.rectified::text) || ' ' || r.rectified::text || E'\\n', '')
    || coalesce('result:text ' || octet_length(r.result::text) || ' ' || r.result::text || E'\\n', '')
    || coalesce('revision:int ' || octet_length(r.revision::text) || ' ' || r.revision::text || E'\\n', '')
    || coalesce('round:int ' || octet_length(r.round::text) || ' ' || r.round::text || E'\\n', '')
    || coalesce('status:text ' || octet_length(r.status::text) || ' ' || r.status::text || E'\\n', '')
    || coalesce('street_id:uuid 36 ' || r.street_id::text || E'\\n', '')
    || coalesce('team_id:uuid 36 ' || r.team_id::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('updated_at:time 27 ' || CASE WHEN r.updated_at >= '0001-01-01 00:00:00+00' AND r.updated_at < '10000-01-01 00:00:00+00' THEN to_char(r.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.updated_at::text END || E'\\n', '')
    || coalesce('year:int ' || octet_length(r.year::text) || ' ' || r.year::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_annual_reviews() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table annual_reviews is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row annual_reviews/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row annual_reviews/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_annual_reviews(r) FROM public.annual_reviews r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'annual_reviews' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row annual_reviews/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.annual_reviews
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_annual_reviews()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.annual_reviews
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_annual_reviews()""",
    """CREATE FUNCTION public.xingji_digest_review_verdicts(r public.review_verdicts) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 review_verdicts 1' || E'\\n'
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\\n', '')
    || coalesce('author_tenant_id:int ' || octet_length(r.author_tenant_id::text) || ' ' || r.author_tenant_id::text || E'\\n', '')
    || coalesce('due_on:date 10 ' || CASE WHEN r.due_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.due_on::timestamp, 'YYYY-MM-DD') ELSE r.due_on::text END || E'\\n', '')
    || coalesce('given_at:time 27 ' || CASE WHEN r.given_at >= '0001-01-01 00:00:00+00' AND r.given_at < '10000-01-01 00:00:00+00' THEN to_char(r.given_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.given_at::text END || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('items:text ' || octet_length(r.items::text) || ' ' || r.items::text || E'\\n', '')
    || coalesce('judgement:text ' || octet_length(r.judgement::text) || ' ' || r.judgement::text || E'\\n', '')
    || coalesce('observations:bytes ' || octet_length(encode(r.observations, 'hex')) || ' ' || encode(r.observations, 'hex') || E'\\n', '')
    || coalesce('review_id:uuid 36 ' || r.review_id::text || E'\\n', '')
    || coalesce('round:int ' || octet_length(r.round::text) || ' ' || r.round::text || E'\\n', '')
    || coalesce('stage:text ' || octet_length(r.stage::text) || ' ' || r.stage::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('text:text ' || octet_length(r.text::text) || ' ' || r.text::text || E'\\n', '')
    || coalesce('verdict:text ' || octet_length(r.verdict::text) || ' ' || r.verdict::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_review_verdicts() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table review_verdicts is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row review_verdicts/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row review_verdicts/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_review_verdicts(r) FROM public.review_verdicts r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'review_verdicts' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row review_verdicts/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.review_verdicts
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_review_verdicts()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.review_verdicts
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_review_verdicts()""",
    """CREATE FUNCTION public.xingji_digest_observations(r public.observations) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 observations 1' || E'\\n'
    || coalesce('accuracy_m:int ' || octet_length(r.accuracy_m::text) || ' ' || r.accuracy_m::text || E'\\n', '')
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\\n', '')
    || coalesce('author_tenant_id:int ' || octet_length(r.author_tenant_id::text) || ' ' || r.author_tenant_id::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('key:text ' || octet_length(r.key::text) || ' ' || r.key::text || E'\\n', '')
    || coalesce('latitude_e6:int ' || octet_length(r.latitude_e6::text) || ' ' || r.latitude_e6::text || E'\\n', '')
    || coalesce('longitude_e6:int ' || octet_length(r.longitude_e6::text) || ' ' || r.longitude_e6::text || E'\\n', '')
    || coalesce('observed_at:time 27 ' || CASE WHEN r.observed_at >= '0001-01-01 00:00:00+00' AND r.observed_at < '10000-01-01 00:00:00+00' THEN to_char(r.observed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.observed_at::text END || E'\\n', '')
    || coalesce('recorded_at:time 27 ' || CASE WHEN r.recorded_at >= '0001-01-01 00:00:00+00' AND r.recorded_at < '10000-01-01 00:00:00+00' THEN to_char(r.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.recorded_at::text END || E'\\n', '')
    || coalesce('review_id:uuid 36 ' || r.review_id::text || E'\\n', '')
    || coalesce('round:int ' || octet_length(r.round::text) || ' ' || r.round::text || E'\\n', '')
    || coalesce('supersedes:text ' || octet_length(r.supersedes::text) || ' ' || r.supersedes::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('value:text ' || octet_length(r.value::text) || ' ' || r.value::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_observations() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table observations is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row observations/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row observations/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_observations(r) FROM public.observations r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'observations' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row observations/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.observations
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_observations()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.observations
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_observations()""",
    """CREATE FUNCTION public.xingji_digest_review_corrections(r public.review_corrections) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 review_corrections 1' || E'\\n'
    || coalesce('community_id:uuid 36 ' || r.community_id::text || E'\\n', '')
    || coalesce('confirmed_at:time 27 ' || CASE WHEN r.confirmed_at >= '0001-01-01 00:00:00+00' AND r.confirmed_at < '10000-01-01 00:00:00+00' THEN to_char(r.confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.confirmed_at::text END || E'\\n', '')
    || coalesce('confirmed_by:uuid 36 ' || r.confirmed_by::text || E'\\n', '')
    || coalesce('confirmed_tenant_id:int ' || octet_length(r.confirmed_tenant_id::text) || ' ' || r.confirmed_tenant_id::text || E'\\n', '')
    || coalesce('decline_reason:text ' || octet_length(r.decline_reason::text) || ' ' || r.decline_reason::text || E'\\n', '')
    || coalesce('declined_at:time 27 ' || CASE WHEN r.declined_at >= '0001-01-01 00:00:00+00' AND r.declined_at < '10000-01-01 00:00:00+00' THEN to_char(r.declined_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.declined_at::text END || E'\\n', '')
    || coalesce('document_number:text ' || octet_length(r.document_number::text) || ' ' || r.document_number::text || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('level:text ' || octet_length(r.level::text) || ' ' || r.level::text || E'\\n', '')
    || coalesce('proposed_at:time 27 ' || CASE WHEN r.proposed_at >= '0001-01-01 00:00:00+00' AND r.proposed_at < '10000-01-01 00:00:00+00' THEN to_char(r.proposed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.proposed_at::text END || E'\\n', '')
    || coalesce('proposed_by:uuid 36 ' || r.proposed_by::text || E'\\n', '')
    || coalesce('reason:text ' || octet_length(r.reason::text) || ' ' || r.reason::text || E'\\n', '')
    || coalesce('result:text ' || octet_length(r.result::text) || ' ' || r.result::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('year:int ' || octet_length(r.year::text) || ' ' || r.year::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_review_corrections() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table review_corrections is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row review_corrections/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row review_corrections/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_review_corrections(r) FROM public.review_corrections r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'review_corrections' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row review_corrections/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.review_corrections
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_review_corrections()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.review_corrections
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_review_corrections()""",
    """CREATE FUNCTION public.xingji_digest_register_lists(r public.register_lists) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 register_lists 1' || E'\\n'
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\\n', '')
    || coalesce('community_id:uuid 36 ' || r.community_id::text || E'\\n', '')
    || coalesce('created_at:time 27 ' || CASE WHEN r.created_at >= '0001-01-01 00:00:00+00' AND r.created_at < '10000-01-01 00:00:00+00' THEN to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.created_at::text END || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('root:bytes ' || octet_length(encode(r.root, 'hex')) || ' ' || encode(r.root, 'hex') || E'\\n', '')
    || coalesce('size:int ' || octet_length(r.size::text) || ' ' || r.size::text || E'\\n', '')
    || coalesce('taken_on:date 10 ' || CASE WHEN r.taken_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.taken_on::timestamp, 'YYYY-MM-DD') ELSE r.taken_on::text END || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_register_lists() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table register_lists is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row register_lists/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row register_lists/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_register_lists(r) FROM public.register_lists r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'register_lists' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row register_lists/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.register_lists
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_register_lists()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.register_lists
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_register_lists()""",
    """CREATE FUNCTION public.xingji_digest_draws(r public.draws) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 draws 1' || E'\\n'
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('list_digest:bytes ' || octet_length(encode(r.list_digest, 'hex')) || ' ' || encode(r.list_digest, 'hex') || E'\\n', '')
    || coalesce('list_value:text ' || octet_length(r.list_value::text) || ' ' || r.list_value::text || E'\\n', '')
    || coalesce('opened_at:time 27 ' || CASE WHEN r.opened_at >= '0001-01-01 00:00:00+00' AND r.opened_at < '10000-01-01 00:00:00+00' THEN to_char(r.opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.opened_at::text END || E'\\n', '')
    || coalesce('opened_by:uuid 36 ' || r.opened_by::text || E'\\n', '')
    || coalesce('picks:int ' || octet_length(r.picks::text) || ' ' || r.picks::text || E'\\n', '')
    || coalesce('purpose:text ' || octet_length(r.purpose::text) || ' ' || r.purpose::text || E'\\n', '')
    || coalesce('replaces_id:uuid 36 ' || r.replaces_id::text || E'\\n', '')
    || coalesce('result:text ' || octet_length(r.result::text) || ' ' || r.result::text || E'\\n', '')
    || coalesce('reveal_by:time 27 ' || CASE WHEN r.reveal_by >= '0001-01-01 00:00:00+00' AND r.reveal_by < '10000-01-01 00:00:00+00' THEN to_char(r.reveal_by AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.reveal_by::text END || E'\\n', '')
    || coalesce('reveals_first:text ' || octet_length(r.reveals_first::text) || ' ' || r.reveals_first::text || E'\\n', '')
    || coalesce('review_id:uuid 36 ' || r.review_id::text || E'\\n', '')
    || coalesce('revision:int ' || octet_length(r.revision::text) || ' ' || r.revision::text || E'\\n', '')
    || coalesce('second_party:text ' || octet_length(r.second_party::text) || ' ' || r.second_party::text || E'\\n', '')
    || coalesce('seed:bytes ' || octet_length(encode(r.seed, 'hex')) || ' ' || encode(r.seed, 'hex') || E'\\n', '')
    || coalesce('settled_at:time 27 ' || CASE WHEN r.settled_at >= '0001-01-01 00:00:00+00' AND r.settled_at < '10000-01-01 00:00:00+00' THEN to_char(r.settled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.settled_at::text END || E'\\n', '')
    || coalesce('size:int ' || octet_length(r.size::text) || ' ' || r.size::text || E'\\n', '')
    || coalesce('status:text ' || octet_length(r.status::text) || ' ' || r.status::text || E'\\n', '')
    || coalesce('subject_id:uuid 36 ' || r.subject_id::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_draws() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table draws is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row draws/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row draws/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_draws(r) FROM public.draws r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'draws' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row draws/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.draws
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_draws()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.draws
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_draws()""",
    """CREATE FUNCTION public.xingji_digest_draw_parties(r public.draw_parties) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 draw_parties 1' || E'\\n'
    || coalesce('commitment:bytes ' || octet_length(encode(r.commitment, 'hex')) || ' ' || encode(r.commitment, 'hex') || E'\\n', '')
    || coalesce('committed_at:time 27 ' || CASE WHEN r.committed_at >= '0001-01-01 00:00:00+00' AND r.committed_at < '10000-01-01 00:00:00+00' THEN to_char(r.committed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.committed_at::text END || E'\\n', '')
    || coalesce('defaulted_at:time 27 ' || CASE WHEN r.defaulted_at >= '0001-01-01 00:00:00+00' AND r.defaulted_at < '10000-01-01 00:00:00+00' THEN to_char(r.defaulted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.defaulted_at::text END || E'\\n', '')
    || coalesce('draw_id:uuid 36 ' || r.draw_id::text || E'\\n', '')
    || coalesce('party:text ' || octet_length(r.party::text) || ' ' || r.party::text || E'\\n', '')
    || coalesce('person_id:uuid 36 ' || r.person_id::text || E'\\n', '')
    || coalesce('person_tenant_id:int ' || octet_length(r.person_tenant_id::text) || ' ' || r.person_tenant_id::text || E'\\n', '')
    || coalesce('revealed_at:time 27 ' || CASE WHEN r.revealed_at >= '0001-01-01 00:00:00+00' AND r.revealed_at < '10000-01-01 00:00:00+00' THEN to_char(r.revealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.revealed_at::text END || E'\\n', '')
    || coalesce('secret:bytes ' || octet_length(encode(r.secret, 'hex')) || ' ' || encode(r.secret, 'hex') || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_draw_parties() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table draw_parties is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row draw_parties/% is never deleted', OLD.draw_id::text || '/' || OLD.party::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.draw_id <> NEW.draw_id OR OLD.party <> NEW.party) THEN
    RAISE EXCEPTION 'audited row draw_parties/% never changes its key', OLD.draw_id::text || '/' || OLD.party::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_draw_parties(r) FROM public.draw_parties r WHERE r.tenant_id = NEW.tenant_id AND r.draw_id = NEW.draw_id AND r.party = NEW.party)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'draw_parties' AND l.row_key = NEW.draw_id::text || '/' || NEW.party::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row draw_parties/% has no entry with its digest', NEW.draw_id::text || '/' || NEW.party::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.draw_parties
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_draw_parties()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.draw_parties
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_draw_parties()""",
    """CREATE FUNCTION public.xingji_digest_spot_check_answers(r public.spot_check_answers) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 spot_check_answers 1' || E'\\n'
    || coalesce('author_id:uuid 36 ' || r.author_id::text || E'\\n', '')
    || coalesce('author_tenant_id:int ' || octet_length(r.author_tenant_id::text) || ' ' || r.author_tenant_id::text || E'\\n', '')
    || coalesce('draw_id:uuid 36 ' || r.draw_id::text || E'\\n', '')
    || coalesce('note:text ' || octet_length(r.note::text) || ' ' || r.note::text || E'\\n', '')
    || coalesce('number:text ' || octet_length(r.number::text) || ' ' || r.number::text || E'\\n', '')
    || coalesce('outcome:text ' || octet_length(r.outcome::text) || ' ' || r.outcome::text || E'\\n', '')
    || coalesce('path:bytes ' || octet_length(encode(r.path, 'hex')) || ' ' || encode(r.path, 'hex') || E'\\n', '')
    || coalesce('position:int ' || octet_length(r.position::text) || ' ' || r.position::text || E'\\n', '')
    || coalesce('recorded_at:time 27 ' || CASE WHEN r.recorded_at >= '0001-01-01 00:00:00+00' AND r.recorded_at < '10000-01-01 00:00:00+00' THEN to_char(r.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.recorded_at::text END || E'\\n', '')
    || coalesce('salt:bytes ' || octet_length(encode(r.salt, 'hex')) || ' ' || encode(r.salt, 'hex') || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_spot_check_answers() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table spot_check_answers is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row spot_check_answers/% is never deleted', OLD.draw_id::text || '/' || OLD.position::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.draw_id <> NEW.draw_id OR OLD.position <> NEW.position) THEN
    RAISE EXCEPTION 'audited row spot_check_answers/% never changes its key', OLD.draw_id::text || '/' || OLD.position::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_spot_check_answers(r) FROM public.spot_check_answers r WHERE r.tenant_id = NEW.tenant_id AND r.draw_id = NEW.draw_id AND r.position = NEW.position)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'spot_check_answers' AND l.row_key = NEW.draw_id::text || '/' || NEW.position::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row spot_check_answers/% has no entry with its digest', NEW.draw_id::text || '/' || NEW.position::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.spot_check_answers
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_spot_check_answers()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.spot_check_answers
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_spot_check_answers()""",
    """CREATE FUNCTION public.xingji_digest_unit_changes(r public.unit_changes) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 unit_changes 1' || E'\\n'
    || coalesce('confirmed_at:time 27 ' || CASE WHEN r.confirmed_at >= '0001-01-01 00:00:00+00' AND r.confirmed_at < '10000-01-01 00:00:00+00' THEN to_char(r.confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.confirmed_at::text END || E'\\n', '')
    || coalesce('confirmed_by:uuid 36 ' || r.confirmed_by::text || E'\\n', '')
    || coalesce('decline_reason:text ' || octet_length(r.decline_reason::text) || ' ' || r.decline_reason::text || E'\\n', '')
    || coalesce('declined_at:time 27 ' || CASE WHEN r.declined_at >= '0001-01-01 00:00:00+00' AND r.declined_at < '10000-01-01 00:00:00+00' THEN to_char(r.declined_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.declined_at::text END || E'\\n', '')
    || coalesce('declined_by:uuid 36 ' || r.declined_by::text || E'\\n', '')
    || coalesce('details:text ' || octet_length(r.details::text) || ' ' || r.details::text || E'\\n', '')
    || coalesce('document_date:date 10 ' || CASE WHEN r.document_date BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.document_date::timestamp, 'YYYY-MM-DD') ELSE r.document_date::text END || E'\\n', '')
    || coalesce('document_number:text ' || octet_length(r.document_number::text) || ' ' || r.document_number::text || E'\\n', '')
    || coalesce('effective_on:date 10 ' || CASE WHEN r.effective_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.effective_on::timestamp, 'YYYY-MM-DD') ELSE r.effective_on::text END || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('kind:text ' || octet_length(r.kind::text) || ' ' || r.kind::text || E'\\n', '')
    || coalesce('proposed_at:time 27 ' || CASE WHEN r.proposed_at >= '0001-01-01 00:00:00+00' AND r.proposed_at < '10000-01-01 00:00:00+00' THEN to_char(r.proposed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE r.proposed_at::text END || E'\\n', '')
    || coalesce('proposed_by:uuid 36 ' || r.proposed_by::text || E'\\n', '')
    || coalesce('reason:text ' || octet_length(r.reason::text) || ' ' || r.reason::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_unit_changes() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table unit_changes is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row unit_changes/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row unit_changes/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_unit_changes(r) FROM public.unit_changes r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'unit_changes' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row unit_changes/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.unit_changes
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_unit_changes()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.unit_changes
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_unit_changes()""",
    """CREATE FUNCTION public.xingji_digest_unit_successions(r public.unit_successions) RETURNS bytea
LANGUAGE sql STABLE AS $xingji$
SELECT sha256(convert_to(
    'xingji-row 1 unit_successions 1' || E'\\n'
    || coalesce('carried:bool ' || octet_length(r.carried::text) || ' ' || r.carried::text || E'\\n', '')
    || coalesce('effective_on:date 10 ' || CASE WHEN r.effective_on BETWEEN '0001-01-01' AND '9999-12-31' THEN to_char(r.effective_on::timestamp, 'YYYY-MM-DD') ELSE r.effective_on::text END || E'\\n', '')
    || coalesce('id:uuid 36 ' || r.id::text || E'\\n', '')
    || coalesce('kind:text ' || octet_length(r.kind::text) || ' ' || r.kind::text || E'\\n', '')
    || coalesce('source:text ' || octet_length(r.source::text) || ' ' || r.source::text || E'\\n', '')
    || coalesce('successor_tenant_id:int ' || octet_length(r.successor_tenant_id::text) || ' ' || r.successor_tenant_id::text || E'\\n', '')
    || coalesce('successor_unit_id:uuid 36 ' || r.successor_unit_id::text || E'\\n', '')
    || coalesce('tenant_id:int ' || octet_length(r.tenant_id::text) || ' ' || r.tenant_id::text || E'\\n', '')
    || coalesce('unit_id:uuid 36 ' || r.unit_id::text || E'\\n', ''), 'UTF8'))
$xingji$""",
    """CREATE FUNCTION public.xingji_audit_unit_successions() RETURNS trigger
LANGUAGE plpgsql AS $xingji$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'audited table unit_successions is never truncated' USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'audited row unit_successions/% is never deleted', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.tenant_id <> NEW.tenant_id OR OLD.id <> NEW.id) THEN
    RAISE EXCEPTION 'audited row unit_successions/% never changes its key', OLD.id::text USING ERRCODE = 'XJ002';
  END IF;
  IF ((SELECT public.xingji_digest_unit_successions(r) FROM public.unit_successions r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.id)
     =
     (SELECT l.digest FROM public.ledger_rows l
      WHERE l.tenant_id = NEW.tenant_id AND l.table_name = 'unit_successions' AND l.row_key = NEW.id::text
      ORDER BY l.seq DESC LIMIT 1)) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'row unit_successions/% has no entry with its digest', NEW.id::text USING ERRCODE = 'XJ001';
  END IF;
  RETURN NULL;
END
$xingji$""",
    """CREATE CONSTRAINT TRIGGER xingji_recorded AFTER INSERT OR UPDATE OR DELETE ON public.unit_successions
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.xingji_audit_unit_successions()""",
    """CREATE TRIGGER xingji_kept BEFORE TRUNCATE ON public.unit_successions
FOR EACH STATEMENT EXECUTE FUNCTION public.xingji_audit_unit_successions()""",
)
