"""The index of what was said. It fills by itself once a server runs."""

import sqlalchemy as sa
from alembic import op

from parlor.drivers.sql.types import Id, short

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_words",
        sa.Column("conversation_id", Id, primary_key=True, autoincrement=False),
        sa.Column("word", short(24), primary_key=True),
        sa.Column("at_ms", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_positions",
        sa.Column("conversation_id", Id, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
    )
