"""Run by Alembic for each migration, on the connection that `store.database` opened."""

from __future__ import annotations

from alembic import context

from lcr_asterisk.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
