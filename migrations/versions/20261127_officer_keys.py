"""Officers' keys and which acts need one.

Revision ID: 20261127_officer_keys
Revises: 20261127_tiles

Literal on purpose, as the revisions before.
"""

revision = "20261127_officer_keys"
down_revision = "20261127_tiles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
