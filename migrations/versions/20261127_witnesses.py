"""What witnesses and time authorities said of a log.

Revision ID: 20261127_witnesses
Revises: 20261127_officer_keys

Literal on purpose, as the revisions before.
"""

revision = "20261127_witnesses"
down_revision = "20261127_officer_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
