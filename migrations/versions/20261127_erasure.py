"""Erasure of personal values.

Revision ID: 20261127_erasure
Revises: 20261127_witnesses

Literal on purpose, as the revisions before.
"""

revision = "20261127_erasure"
down_revision = "20261127_witnesses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
