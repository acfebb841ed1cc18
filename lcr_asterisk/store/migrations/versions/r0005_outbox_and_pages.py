"""What the notifier is told, and the pages that it works."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("next_at", TIME),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("delivered", TIME),
        sa.Column("dead", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_next_at", "outbox", ["next_at"])
    op.create_index("ix_outbox_call_id", "outbox", ["call_id"])
    op.create_table(
        "pages",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("team_name", sa.Text, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("route_name", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("caller_name", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("opened", TIME, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("level", sa.Integer),
        sa.Column("due", TIME),
        sa.Column("joins_until", TIME),
        sa.Column("acknowledged", TIME),
        sa.Column("closed", TIME),
        sa.Column("by", sa.Text),
        sa.Column("events", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pages"),
    )
    op.create_index("ix_pages_due", "pages", ["due"])
    op.create_index("ix_pages_joins_until", "pages", ["joins_until"])
    op.create_index("ix_pages_opened", "pages", ["opened"])
    op.create_table(
        "page_events",
        sa.Column("page_id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("page_id", "seq", name="pk_page_events"),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name="fk_page_events_page_id", ondelete="CASCADE"),
    )
    op.create_table(
        "page_calls",
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("page_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_page_calls"),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name="fk_page_calls_page_id", ondelete="CASCADE"),
    )
