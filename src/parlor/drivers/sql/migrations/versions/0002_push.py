"""The push gateway: what waits for those who are away, and what keys may do."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
