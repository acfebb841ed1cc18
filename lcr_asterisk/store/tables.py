"""The tables. `migrations/` makes them; a test holds the two together."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time. SQLite keeps no zone, so it is taken off on the way in and put back on the way out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("route", sa.Text, nullable=False),
    sa.Column("route_name", sa.Text, nullable=False),
    sa.Column("team", sa.Text),
    sa.Column("caller", sa.Text, nullable=False),
    sa.Column("caller_name", sa.Text, nullable=False),
    sa.Column("dialled", sa.Text, nullable=False),
    sa.Column("started", UtcDateTime, nullable=False, index=True),
    sa.Column("ended", UtcDateTime, index=True),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("result", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("answered_by", sa.Text),
    sa.Column("answered_by_name", sa.Text),
    sa.Column("wait_seconds", sa.Double),
    sa.Column("talk_seconds", sa.Double),
    sa.Column("label", sa.Text),
    sa.Column("test_person", sa.Text),
    sa.Column("callback_of", sa.Text, index=True),
    sa.Column("page", sa.Text),
)

legs = sa.Table(
    "legs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("phone", sa.Text, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("rang_at", UtcDateTime, nullable=False),
    sa.Column("answered_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("end", sa.Text),
    sa.Column("detail", sa.Text, nullable=False),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
)

recordings = sa.Table(
    "recordings",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("mp3", sa.Text),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("transcript", sa.Text),
    sa.UniqueConstraint("call_id", "kind"),
)

test_modes = sa.Table(
    "test_modes",
    metadata,
    sa.Column("route", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("call_id", sa.Text, nullable=False, index=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("next_at", UtcDateTime, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text),
    sa.Column("delivered", UtcDateTime),
    sa.Column("dead", UtcDateTime),
)

pages = sa.Table(
    "pages",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("team_name", sa.Text, nullable=False),
    sa.Column("route", sa.Text, nullable=False),
    sa.Column("route_name", sa.Text, nullable=False),
    sa.Column("caller", sa.Text, nullable=False),
    sa.Column("caller_name", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("opened", UtcDateTime, nullable=False, index=True),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("level", sa.Integer),
    sa.Column("due", UtcDateTime, index=True),
    sa.Column("joins_until", UtcDateTime, index=True),
    sa.Column("acknowledged", UtcDateTime),
    sa.Column("closed", UtcDateTime),
    sa.Column("by", sa.Text),
    sa.Column("events", sa.Integer, nullable=False),
)

page_events = sa.Table(
    "page_events",
    metadata,
    sa.Column("page_id", sa.Text, sa.ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
)

page_calls = sa.Table(
    "page_calls",
    metadata,
    sa.Column("call_id", sa.Text, primary_key=True),
    sa.Column("page_id", sa.Text, sa.ForeignKey("pages.id", ondelete="CASCADE"), nullable=False),
)

troubles = sa.Table(
    "troubles",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("advice", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime),
    sa.Column("told", UtcDateTime),
    sa.Column("well_since", UtcDateTime),
    sa.Column("over", UtcDateTime),
    sa.Column("extent", sa.Integer, nullable=False),
    sa.Column("again", UtcDateTime),
)

trouble_alerts = sa.Table(
    "trouble_alerts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("alert", sa.Text, nullable=False),
    sa.Column("trouble", sa.Text, nullable=False),
    sa.Column("incident", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("advice", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("next_at", UtcDateTime, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text),
    sa.Column("delivered", UtcDateTime),
)
