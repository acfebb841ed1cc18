"""What a caller is known as by their PIN, and test mode."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("calls", sa.Column("label", sa.Text))
    op.add_column("calls", sa.Column("test_person", sa.Text))
    op.create_table(
        "test_modes",
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("route", name="pk_test_modes"),
    )
