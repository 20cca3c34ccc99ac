"""A ledger's head remembers when its last entry was recorded, so that time never steps back.

Revision ID: 20261125_head_times
Revises: 20261125_assessments
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_head_times"
down_revision = "20261125_assessments"
branch_labels = None
depends_on = None

# The owner is under row-level security too, and no one tenant is meant here.
TABLES = ("ledger_heads", "ledger_entries")
FILL = """
UPDATE ledger_heads h SET recorded_at = e.recorded_at
FROM ledger_entries e WHERE e.tenant_id = h.tenant_id AND e.seq = h.size - 1"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    column = sa.Column(
        "recorded_at", sa.DateTime(timezone=True), nullable=True, comment="time of the last entry"
    )
    op.add_column("ledger_heads", column)
    for name in TABLES:
        op.execute(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
    op.execute(FILL)
    for name in TABLES:
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute("GRANT UPDATE (recorded_at) ON ledger_heads TO xingji_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("ledger_heads", "recorded_at")
