"""Personal values under keys of their subjects, first half: the keys, and a place for what is sealed.

Revision ID: 20261124_personal_keys
Revises: 20261124_whole_round

Between this revision and 20261124_sealed the stored values are sealed by `xingji migrate`, which has the vault; a
migration has not. Until then a row holds either value and salt, or what they were sealed to.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_personal_keys"
down_revision = "20261124_whole_round"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN = f"tenant_id = {TENANT}"
GRANTED = "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "personal_keys",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="whose values it opens"),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False, comment="32 bytes under a key of the vault"),
        sa.Column("kek_id", sa.Text(), nullable=False, comment="which key of the vault"),
        sa.PrimaryKeyConstraint("tenant_id", "subject_id", name="pk_personal_keys"),
    )
    op.execute("ALTER TABLE personal_keys ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE personal_keys FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON personal_keys USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(f"CREATE POLICY granted ON personal_keys FOR SELECT USING ({GRANTED})")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON personal_keys TO xingji_app")
    op.add_column(
        "personal_values",
        sa.Column("sealed", sa.LargeBinary(), comment="salt and value under the subject's key"),
    )
    op.alter_column("personal_values", "value", nullable=True)
    op.alter_column("personal_values", "salt", nullable=True)
    op.create_check_constraint(
        "ck_personal_values_sealed",
        "personal_values",
        "(sealed IS NULL) = (value IS NOT NULL) AND (value IS NULL) = (salt IS NULL)",
    )
    op.alter_column("access_log", "code", comment="what it came to: a refusal's code, or personal.read")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.alter_column("access_log", "code", comment="the refusal's code")
    op.drop_constraint("ck_personal_values_sealed", "personal_values", type_="check")
    # What was sealed has no value and no salt: it stands in the way here, and nothing of it is lost.
    op.alter_column("personal_values", "salt", nullable=False)
    op.alter_column("personal_values", "value", nullable=False)
    op.drop_column("personal_values", "sealed")
    op.drop_table("personal_keys")
