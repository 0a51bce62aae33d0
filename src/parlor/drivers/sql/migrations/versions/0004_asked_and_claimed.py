"""Who invited those that wait to be let in, and which scheduled messages are being sent."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (("join_requests", "invited_by"), ("scheduled", "claimed_until")):
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=False, server_default="0"))
