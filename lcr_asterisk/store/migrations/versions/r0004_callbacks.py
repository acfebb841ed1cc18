"""Which call's caller was called back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("calls", sa.Column("callback_of", sa.Text))
    op.create_index("ix_calls_callback_of", "calls", ["callback_of"])
