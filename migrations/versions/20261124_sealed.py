"""Personal values under keys of their subjects, second half: nothing plain is left, and there is no place for it.

Revision ID: 20261124_sealed
Revises: 20261124_personal_keys
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_sealed"
down_revision = "20261124_personal_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Row-level security hides the rows from a question, but not from the constraint.
    op.execute(
        """DO $$ BEGIN
            ALTER TABLE personal_values ALTER COLUMN sealed SET NOT NULL;
        EXCEPTION WHEN not_null_violation THEN
            RAISE EXCEPTION 'personal values are stored in the clear: xingji migrate seals them first';
        END $$"""
    )
    op.drop_constraint("ck_personal_values_sealed", "personal_values", type_="check")
    op.drop_column("personal_values", "value")
    op.drop_column("personal_values", "salt")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("personal_values", sa.Column("value", sa.Text()))
    op.add_column(
        "personal_values",
        sa.Column("salt", sa.LargeBinary(), comment="32 secret bytes, erased with the value"),
    )
    op.alter_column("personal_values", "sealed", nullable=True)
    op.create_check_constraint(
        "ck_personal_values_sealed",
        "personal_values",
        "(sealed IS NULL) = (value IS NOT NULL) AND (value IS NULL) = (salt IS NULL)",
    )
