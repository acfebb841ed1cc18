"""The outbox: what the notifier has to be told, until it has said that it knows.

Rows get there in the transaction of what they tell of (`journal`, `calllog`); here they are delivered from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from lcr_asterisk.errors import StoreError
from lcr_asterisk.store.database import Store, unbroken
from lcr_asterisk.store.rows import OutboxRow, Standing, Waiting
from lcr_asterisk.store.tables import outbox

_before = outbox.alias("before")
_WAITS_FOR_ANOTHER = sa.exists().where(
    _before.c.call_id == outbox.c.call_id, _before.c.seq < outbox.c.seq, _before.c.next_at.is_not(None)
)

ANSWERED = "the notifier answers "
"""How the problem of an attempt begins that the notifier did answer, though not with a yes."""
DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of an attempt to tell the notifier of `row`: one of the functions below makes it."""

    row: OutboxRow
    next_at: datetime | None = None
    delivered: datetime | None = None
    dead: datetime | None = None
    problem: str | None = None


def delivered(row: OutboxRow, now: datetime) -> Settled:
    """The notifier knows. A row stays for a while, so that it is not told anew after a restart."""
    return Settled(row, delivered=now)


def put_off(row: OutboxRow, until: datetime, problem: str) -> Settled:
    """This attempt failed; the next is not made before `until`."""
    return Settled(row, next_at=until, problem=problem)


def buried(row: OutboxRow, now: datetime, problem: str) -> Settled:
    """The notifier refuses it for good. Later rows of the call no longer wait for it."""
    return Settled(row, dead=now, problem=problem)


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

    async def begin(self, now: datetime) -> None:
        """Whatever waits is due: what the engine before this one was about to deliver need not wait for its lease."""
        await unbroken(self._write(sa.update(outbox).where(outbox.c.next_at > now).values(next_at=now)))

    async def settle(self, settled: Sequence[Settled]) -> None:
        """What came of these attempts, all of it in one transaction."""
        if settled:
            await unbroken(self._settle(settled))

    async def _settle(self, settled: Sequence[Settled]) -> None:
        # What was delivered meanwhile, by an attempt that was thought lost, stays so.
        of_row = sa.update(outbox).where(outbox.c.id == sa.bindparam("of"), outbox.c.delivered.is_(None))
        fields = ("next_at", "delivered", "dead", "problem")
        each = of_row.values({field: sa.bindparam(f"new_{field}") for field in fields})
        later = sa.update(outbox).where(
            outbox.c.call_id == sa.bindparam("of"),
            outbox.c.seq > sa.bindparam("after"),
            outbox.c.next_at < sa.bindparam("until"),
        )
        # Later rows wait for it anyway; were they due all the time, each look would have to pass them over.
        waits = [dict(of=one.row.call_id, after=one.row.seq, until=one.next_at) for one in settled if one.next_at]
        async with self._store.writing() as connection:
            await connection.execute(
                each, [{"of": one.row.id, **{f"new_{name}": getattr(one, name) for name in fields}} for one in settled]
            )
            if waits:
                await connection.execute(later.values(next_at=sa.bindparam("until")), waits)

    async def replay(self, wanted: str) -> int:
        """Try again, at once: this row, or all of this call; which are dead, or wait for their next attempt.

        How many. StoreError: there is nothing of that name.
        """
        named = sa.or_(outbox.c.id == wanted, outbox.c.call_id == wanted)
        again = sa.update(outbox).where(named, outbox.c.delivered.is_(None))
        # The engine's clock may be behind ours: when it happened is past by both.
        changed = await unbroken(self._write(again.values(next_at=outbox.c.at, dead=None, attempts=0)))
        if not changed:
            await self._must_know(named, wanted)
        return changed

    async def drop(self, row_id: str, now: datetime) -> OutboxRow | None:
        """Never tell the notifier of this row; the row as it was. None: it knows already. StoreError: no such row."""
        named = outbox.c.id == row_id
        undelivered = sa.select(outbox).where(named, outbox.c.delivered.is_(None))
        async with self._store.reading() as connection:
            row = (await connection.execute(undelivered)).one_or_none()
        if row is None:
            await self._must_know(named, row_id)
            return None
        # It stays for a while, as what was delivered does, so that it does not come anew after a restart.
        gone = sa.update(outbox).where(named, outbox.c.delivered.is_(None))
        await unbroken(self._write(gone.values(next_at=None, dead=None, delivered=now, problem=DROPPED)))
        return OutboxRow(**row._mapping)

    async def _must_know(self, named: sa.ColumnElement[bool], wanted: str) -> None:
        async with self._store.reading() as connection:
            known = await connection.scalar(sa.select(sa.func.count()).where(named))
        if not known:
            raise StoreError(f"There is nothing named {wanted!r} in the outbox.", remedy="`lcr outbox` lists it.")

    async def waiting(self, limit: int) -> list[OutboxRow]:
        """What the notifier does not know yet, the oldest first; dead ones too."""
        query = sa.select(outbox).where(outbox.c.delivered.is_(None)).order_by(outbox.c.at, outbox.c.id).limit(limit)
        async with self._store.reading() as connection:
            return [OutboxRow(**row._mapping) for row in await connection.execute(query)]

    async def standing(self) -> Standing:
        """How the outbox stands."""
        counted = sa.select(
            sa.func.count(outbox.c.next_at),
            sa.func.min(outbox.c.at).filter(outbox.c.next_at.is_not(None)),
            sa.func.count(outbox.c.dead),
            sa.func.max(outbox.c.delivered).filter(outbox.c.problem.is_(None)),
        )
        answered = sa.func.coalesce(outbox.c.problem, "").startswith(ANSWERED)
        async with self._store.reading() as connection:
            waiting, oldest, refused, last = (await connection.execute(counted)).one()
            unheard, held_up = None, None
            if waiting:
                unheard = await self._first(connection, ~answered)
                held_up = await self._first(connection, answered)
        return Standing(waiting, oldest, refused, last, unheard, held_up)

    async def _first(self, connection: AsyncConnection, which: sa.ColumnElement[bool]) -> Waiting | None:
        heads = sa.select(outbox.c.id, outbox.c.at, outbox.c.problem).where(
            outbox.c.next_at.is_not(None), which, ~_WAITS_FOR_ANOTHER
        )
        row = (await connection.execute(heads.order_by(outbox.c.at).limit(1))).one_or_none()
        return Waiting(*row) if row is not None else None

    async def next_due(self) -> datetime | None:
        """When the next attempt is due, also where it is due since long; None where nothing waits."""
        async with self._store.reading() as connection:
            # Along the index, up to the first that waits for no other: however many wait, that is one of the first.
            first = sa.select(outbox.c.next_at).where(outbox.c.next_at.is_not(None), ~_WAITS_FOR_ANOTHER)
            due: datetime | None = await connection.scalar(first.order_by(outbox.c.next_at).limit(1))
            return due

    async def forget(self, now: datetime, age: timedelta) -> int:
        """Remove what was delivered longer ago than this. How many."""
        return await unbroken(self._write(sa.delete(outbox).where(outbox.c.delivered < now - age)))

    async def _write(self, statement: sa.Executable) -> int:
        async with self._store.writing() as connection:
            return (await connection.execute(statement)).rowcount
