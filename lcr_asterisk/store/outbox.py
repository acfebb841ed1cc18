"""The outbox: what the notifier has to be told, until it has said that it knows.

Rows get there in the transaction of what they tell of (`journal`, `calllog`); here they are delivered from.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from lcr_asterisk.errors import StoreError
from lcr_asterisk.store.database import Store, unbroken
from lcr_asterisk.store.rows import OutboxRow
from lcr_asterisk.store.tables import outbox

_before = outbox.alias("before")
_WAITS_FOR_ANOTHER = sa.exists().where(
    _before.c.call_id == outbox.c.call_id, _before.c.seq < outbox.c.seq, _before.c.next_at.is_not(None)
)


class Outbox:
    """The outbox of one store. Everything here raises StoreError where the database cannot be used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def claim(self, now: datetime, until: datetime, at_most: int) -> list[OutboxRow]:
        """Rows that are due, the oldest first, each with the attempt counted that is to be made now.

        Nobody else gets them before `until`, and of each call only the first that is neither delivered nor dead: later
        ones wait for it.
        """
        return await unbroken(self._claim(now, until, at_most))

    async def _claim(self, now: datetime, until: datetime, at_most: int) -> list[OutboxRow]:
        due = sa.select(outbox).where(outbox.c.next_at <= now, ~_WAITS_FOR_ANOTHER)
        due = due.order_by(outbox.c.next_at, outbox.c.id)
        async with self._store.writing() as connection:
            rows = (await connection.execute(due.limit(at_most).with_for_update(skip_locked=True))).all()
            ids = [row.id for row in rows]
            if ids:
                claimed = sa.update(outbox).where(outbox.c.id.in_(ids))
                await connection.execute(claimed.values(next_at=until, attempts=outbox.c.attempts + 1))
        return [OutboxRow(**{**row._mapping, "next_at": until, "attempts": row.attempts + 1}) for row in rows]

    async def delivered(self, row_id: str, now: datetime) -> None:
        """The notifier knows. A row stays for a while, so that it is not told anew after a restart."""
        await self._settle(row_id, next_at=None, delivered=now, problem=None)

    async def put_off(self, row_id: str, until: datetime, problem: str) -> None:
        """This attempt failed; the next is not made before `until`."""
        await self._settle(row_id, next_at=until, problem=problem)

    async def bury(self, row_id: str, now: datetime, problem: str) -> None:
        """The notifier refuses it for good. Later rows of the call no longer wait for it."""
        await self._settle(row_id, next_at=None, dead=now, problem=problem)

    async def _settle(self, row_id: str, **values: object) -> None:
        # What was delivered meanwhile, by an attempt that was thought lost, stays so.
        of_row = sa.update(outbox).where(outbox.c.id == row_id, outbox.c.delivered.is_(None))
        await unbroken(self._write(of_row.values(**values)))

    async def replay(self, wanted: str, now: datetime) -> int:
        """Try again, at once: this row, or all of this call; which are dead, or wait for their next attempt.

        How many. StoreError: there is nothing of that name.
        """
        named = sa.or_(outbox.c.id == wanted, outbox.c.call_id == wanted)
        again = sa.update(outbox).where(named, outbox.c.delivered.is_(None))
        changed = await unbroken(self._write(again.values(next_at=now, dead=None, attempts=0)))
        if not changed:
            async with self._store.reading() as connection:
                known = await connection.scalar(sa.select(sa.func.count()).where(named))
            if not known:
                raise StoreError(f"There is nothing named {wanted!r} in the outbox.", remedy="`lcr outbox` lists it.")
        return changed

    async def waiting(self, limit: int) -> list[OutboxRow]:
        """What the notifier does not know yet, the oldest first; dead ones too."""
        query = sa.select(outbox).where(outbox.c.delivered.is_(None)).order_by(outbox.c.at, outbox.c.id).limit(limit)
        async with self._store.reading() as connection:
            return [OutboxRow(**row._mapping) for row in await connection.execute(query)]

    async def next_due(self) -> datetime | None:
        """When the next attempt is due, also where it is due since long; None where nothing waits."""
        async with self._store.reading() as connection:
            first = sa.select(sa.func.min(outbox.c.next_at)).where(outbox.c.next_at.is_not(None), ~_WAITS_FOR_ANOTHER)
            due: datetime | None = await connection.scalar(first)
            return due

    async def forget(self, now: datetime, age: timedelta) -> int:
        """Remove what was delivered longer ago than this. How many."""
        return await unbroken(self._write(sa.delete(outbox).where(outbox.c.delivered < now - age)))

    async def _write(self, statement: sa.Executable) -> int:
        async with self._store.writing() as connection:
            return (await connection.execute(statement)).rowcount
