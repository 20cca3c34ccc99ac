"""Time tokens over published checkpoints.

Revision ID: 20261128_timestamps
Revises: 20261127_erasure

Literal on purpose, as the revisions before. The table begins empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261128_timestamps"
down_revision = "20261127_erasure"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN = f"tenant_id = {TENANT}"
GRANTED = "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])"
NAME = "ledger_timestamps"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        NAME,
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "size",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="of the published checkpoint",
        ),
        sa.Column(
            "seq", sa.BigInteger(), autoincrement=False, nullable=False, comment="the entry that recorded it"
        ),
        sa.Column("token", sa.LargeBinary(), nullable=False, comment="RFC 3161, over the checkpoint's note"),
        sa.PrimaryKeyConstraint("tenant_id", "size", name="pk_ledger_timestamps"),
        sa.UniqueConstraint("tenant_id", "seq", name="uq_ledger_timestamps_seq"),
    )
    op.execute(f"ALTER TABLE {NAME} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {NAME} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {NAME} USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(f"CREATE POLICY granted ON {NAME} FOR SELECT USING ({GRANTED})")
    op.execute(f"GRANT SELECT, INSERT ON {NAME} TO xingji_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table(NAME)
