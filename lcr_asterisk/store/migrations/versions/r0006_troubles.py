"""What is wrong with the hotline itself, and what operators are told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "troubles",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("advice", sa.Text, nullable=False),
        sa.Column("since", TIME),
        sa.Column("told", TIME),
        sa.Column("well_since", TIME),
        sa.Column("over", TIME),
        sa.Column("extent", sa.Integer, nullable=False),
        sa.Column("again", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_troubles"),
    )
    op.create_table(
        "trouble_alerts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("alert", sa.Text, nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("advice", sa.Text, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME),
        sa.Column("at", TIME, nullable=False),
        sa.Column("next_at", TIME),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("delivered", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_trouble_alerts"),
    )
    op.create_index("ix_trouble_alerts_next_at", "trouble_alerts", ["next_at"])
