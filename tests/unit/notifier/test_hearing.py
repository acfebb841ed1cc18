"""Whoever gets an alert can hear the caller's message by its link, and nothing else, until it expires."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from lcr_asterisk.notifier import hearing
from lcr_asterisk.notifier.links import PATH, RECORDINGS, Acknowledgement, Hearing, hearing_link, link, read
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.rows import CallRow, RecordingKind, RecordingRow
from lcr_asterisk.store.tables import calls, recordings
from tests.unit.notifier.alerts import HOSTILE

NOW = datetime(2026, 11, 21, 8, 0, 30, tzinfo=UTC)
KEY = b"a key that nobody else has"
ID = "r4nd0m"
SOUND = bytes(range(256)) * 40
CALL = CallRow(
    id="20261121-080012-k7m3q",
    channel="1.0",
    route="production",
    route_name="Production",
    team="platform",
    caller="+14155550177",
    caller_name="Acme",
    dialled="+14155551000",
    started=NOW - timedelta(seconds=18),
    ended=NOW,
    stage="over",
    result=None,
    reason=None,
    answered_by=None,
    answered_by_name=None,
    wait_seconds=None,
    talk_seconds=None,
)

Client = TestClient[web.Request, web.Application]


@pytest_asyncio.fixture(name="store")
async def _store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'lcr.db'}") as store:
        yield store


@pytest_asyncio.fixture(name="client")
async def _client(store: Store) -> AsyncIterator[Client]:
    app = web.Application()
    hearing.add_routes(app, CallLog(store), KEY, lambda: NOW, lambda _: ZoneInfo("Europe/Berlin"))
    async with TestClient(TestServer(app)) as client:
        yield client


async def keep(store: Store, tmp_path: Path, mp3: str | None = "m.mp3", **changed: Any) -> None:
    """A message in the database; its WAV is there, and its MP3 where it is named."""
    (tmp_path / "m.wav").write_bytes(b"RIFF")
    if mp3 is not None:
        (tmp_path / mp3).write_bytes(SOUND)
    path = str(tmp_path / mp3) if mp3 is not None else None
    row = RecordingRow(ID, CALL.id, RecordingKind.MESSAGE, str(tmp_path / "m.wav"), path, 12.0, NOW, "It is down.")
    async with store.writing() as connection:
        await connection.execute(sa.insert(calls).values(**asdict(CALL)))
        await connection.execute(sa.insert(recordings).values(**{**asdict(row), **changed}))


def address(recording: str = ID, key: bytes = KEY, expires: datetime = NOW + timedelta(days=7)) -> str:
    return hearing_link("", Hearing(recording, expires), key)


async def test_the_page_says_who_called_and_what_and_plays_it(store: Store, client: Client, tmp_path: Path) -> None:
    await keep(store, tmp_path)
    async with client.get(address()) as answer:
        assert answer.status == 200
        page = await answer.text()
    for words in ("Acme (+14155550177)", "Production", "2026-11-21 09:00:12 CET", "12 s", "It is down."):
        assert words in page
    (source,) = re.findall(r'<audio controls preload="metadata" src="([^"]+)"></audio>', page)
    async with client.get(answer.url.join(URL(source)).path) as sound:
        assert (sound.status, sound.headers["Content-Type"], await sound.read()) == (200, "audio/mpeg", SOUND)


async def test_a_player_gets_the_part_that_it_asks_for(store: Store, client: Client, tmp_path: Path) -> None:
    await keep(store, tmp_path)
    async with client.get(f"{address()}/message", headers={"Range": "bytes=100-199"}) as sound:
        assert (sound.status, await sound.read()) == (206, SOUND[100:200])
        assert sound.headers["Content-Range"] == f"bytes 100-199/{len(SOUND)}"


@pytest.mark.parametrize("mp3", [None, "lost.mp3"])
async def test_where_there_is_no_mp3_the_wav_is_played(
    store: Store, client: Client, tmp_path: Path, mp3: str | None
) -> None:
    await keep(store, tmp_path, mp3)
    if mp3 is not None:
        (tmp_path / mp3).unlink()
    async with client.get(f"{address()}/message") as sound:
        assert (sound.headers["Content-Type"], await sound.read()) == ("audio/wav", b"RIFF")


@pytest.mark.parametrize("part", ["", "/message"])
async def test_a_link_that_was_changed_or_is_another_keys_or_too_old_opens_nothing(
    store: Store, client: Client, tmp_path: Path, part: str
) -> None:
    await keep(store, tmp_path)
    said, _, seal = address().rpartition(".")
    other, _, _ = address("another").rpartition(".")
    for wrong, why in (
        (address(key=b"another key"), "not genuine"),
        (f"{other}.{seal}", "not genuine"),
        (f"{said}.{seal[:-2]}", "not genuine"),
        (RECORDINGS + ID, "not genuine"),
        (RECORDINGS + "..%2F..%2Flcr.db", "not genuine"),
        (address(expires=NOW), "has expired"),
    ):
        async with client.get(wrong + part) as answer:
            assert answer.status == 403, wrong
            assert why in await answer.text()
    async with client.get(address(expires=NOW + timedelta(seconds=1)) + part) as answer:
        assert answer.status == 200


async def test_a_link_to_acknowledge_is_none_to_hear_and_the_other_way_round(client: Client) -> None:
    """Though the same key signs both."""
    acknowledging = link("", Acknowledgement("7", None, NOW + timedelta(days=7)), KEY)
    async with client.get(acknowledging.replace(PATH, RECORDINGS)) as answer:
        assert answer.status == 403
    with pytest.raises(ValueError, match="not genuine"):
        read(address().removeprefix(RECORDINGS), KEY, NOW)


@pytest.mark.parametrize("part", ["", "/message"])
async def test_a_recording_that_was_deleted_is_said_to_be_gone(
    store: Store, client: Client, tmp_path: Path, part: str
) -> None:
    async with client.get(address() + part) as answer:
        assert (answer.status, "no longer there" in await answer.text()) == (404, True)
    await keep(store, tmp_path, None)
    (tmp_path / "m.wav").unlink()
    async with client.get(address() + part) as answer:
        assert (answer.status, "no longer there" in await answer.text()) == (404, True)


async def test_a_database_that_is_away_is_said(store: Store, client: Client) -> None:
    async with store.writing() as connection:
        await connection.execute(sa.text("DROP TABLE recordings"))
    async with client.get(address()) as answer:
        assert (answer.status, "just now" in await answer.text()) == (503, True)


async def test_what_a_caller_said_is_no_markup(store: Store, client: Client, tmp_path: Path) -> None:
    words = f"{HOSTILE} </blockquote><script>alert(1)</script>\x00{{title}}"
    await keep(store, tmp_path, transcript=words)
    async with store.writing() as connection:
        await connection.execute(sa.update(calls).values(caller_name=words, route_name=words))
    async with client.get(address()) as answer:
        page = await answer.text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not re.search(r"<(script|img|!channel|https)", page)
    assert not {"\u202e", "\x00"} & set(page)


@pytest.mark.parametrize("part", ["", "/message"])
async def test_nobody_else_keeps_or_learns_it(store: Store, client: Client, tmp_path: Path, part: str) -> None:
    await keep(store, tmp_path)
    async with client.get(address() + part) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        assert "script-src" not in answer.headers["Content-Security-Policy"]


async def test_what_was_not_understood_is_not_quoted(store: Store, client: Client, tmp_path: Path) -> None:
    await keep(store, tmp_path, transcript="")
    async with client.get(address()) as answer:
        assert "<blockquote>" not in await answer.text()
