"""What only a server can do: be away, end connections, hold locks. Calls go on through all of that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from lcr_asterisk.errors import StoreError
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.journal import JournalWriter
from lcr_asterisk.store.tables import calls
from tests.unit.store.conftest import only_postgresql
from tests.unit.store.postgres import Postgres

if TYPE_CHECKING:
    from tests.unit.store.conftest import Alarm, Play

pytestmark = only_postgresql


async def test_a_server_that_is_away_holds_up_no_call_and_loses_nothing(
    server: Postgres, url: str, writer: JournalWriter, call_log: CallLog, play: Play, alarm: Alarm
) -> None:
    async with server.away(url):
        writer.append(*play("one")[0])
        flushed = asyncio.ensure_future(writer.flush())
        await alarm.rang.wait()
        with pytest.raises(StoreError, match=r"cannot be read: .*not currently accepting connections"):
            await call_log.calls(10)
        assert writer.pending == 1
    await flushed
    assert writer.healthy
    assert [logged.call.id for logged in await call_log.calls(10)] == ["one"]


async def test_connections_that_the_server_ended_meanwhile_are_made_again(
    server: Postgres, url: str, call_log: CallLog
) -> None:
    assert await call_log.calls(10) == []
    async with server.away(url):
        pass
    assert await call_log.calls(10) == []


async def test_a_reader_sees_one_state_from_beginning_to_end(
    server: Postgres, store: Store, writer: JournalWriter, play: Play
) -> None:
    count = sa.select(sa.func.count()).select_from(calls)
    async with store.reading() as connection:
        assert await connection.scalar(count) == 0
        writer.append(*play("one")[0])
        await writer.flush()
        assert await connection.scalar(count) == 0
    async with store.reading() as connection:
        assert await connection.scalar(count) == 1


async def test_a_database_or_user_that_is_not_there_is_named_and_no_password_is(server: Postgres) -> None:
    for url, complaint in (
        (server.url("nonsense", password="geheim"), 'cannot be opened: database "nonsense" does not exist.'),
        (server.url("postgres", "nobody", "geheim"), 'cannot be opened: role "nobody" does not exist.'),
    ):
        with pytest.raises(StoreError) as refused:
            async with open_store(url):
                pass
        assert complaint in str(refused.value)
        assert "geheim" not in str(refused.value)
