"""Tiles and checkpoints of each log, and who may read it.

Revision ID: 20261127_tiles
Revises: 20261126_annual_reviews

Literal on purpose, as the revisions before.
"""

revision = "20261127_tiles"
down_revision = "20261126_annual_reviews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
