"""A call's row as it stands in the database, as a value again."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.store.rows import CallRow
from lcr_asterisk.store.tables import calls


async def call_row(connection: AsyncConnection, call_id: str) -> CallRow:
    """The row of a call that is in the log."""
    return read_call((await connection.execute(sa.select(calls).where(calls.c.id == call_id))).one())


def read_call(row: Row[Any]) -> CallRow:
    fields = {column.name: row._mapping[column.name] for column in calls.columns}
    fields["result"] = Result(row.result) if row.result is not None else None
    fields["reason"] = Reason(row.reason) if row.reason is not None else None
    return CallRow(**fields)
