"""What a city's log recorded of its counties' logs.

Revision ID: 20261127_witnesses
Revises: 20261127_officer_keys

Literal on purpose, as the revisions before. The table begins empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_witnesses"
down_revision = "20261127_officer_keys"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN = f"tenant_id = {TENANT}"
GRANTED = "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])"
TABLES = ("ledger_witnessed",)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "ledger_witnessed",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False, comment="the city"),
        sa.Column("origin", sa.Text(), nullable=False, comment="the county's log"),
        sa.Column(
            "seq", sa.BigInteger(), autoincrement=False, nullable=False, comment="the entry that recorded it"
        ),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "origin", "seq", name="pk_ledger_witnessed"),
    )
    for name in TABLES:
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {name} USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"CREATE POLICY granted ON {name} FOR SELECT USING ({GRANTED})")
        op.execute(f"GRANT SELECT, INSERT ON {name} TO xingji_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in reversed(TABLES):
        op.drop_table(name)
