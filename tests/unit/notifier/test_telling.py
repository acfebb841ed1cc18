"""An alert says what the log knows about the call, and leads to its message where browsers reach this system."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from lcr_asterisk.callflow.events import CallerHungUp
from lcr_asterisk.config.load import load
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.notifier import links, telling
from lcr_asterisk.notifier.links import Hearing
from lcr_asterisk.notifier.messages import Message
from lcr_asterisk.notifier.telling import Teller
from lcr_asterisk.paging import commands as do
from lcr_asterisk.paging.policy import Cause, Level, Place, Policy, Why
from lcr_asterisk.paging.states import Delivery, Page
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.journal import JournalEntry
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import CallRow, RecordingKind, RecordingRow
from lcr_asterisk.store.tables import calls, recordings
from tests.unit.notifier.test_hearing import CALL, KEY, NOW

YAML = """\
version: 1
people: {alice: {name: Alice Martin, notify: ["ntfy://ntfy.sh/topic"]}}
teams: {platform: {name: Platform, escalation: [{ring: [alice]}]}}
routes: {production: {name: Production, numbers: ["+14155551000"], team: platform}}
"""
POLICY = Policy("platform", "Platform", (Level(60.0),), 0, (Place("ops", "#ops"),), 600.0)
WEEK = timedelta(days=7)


def settings(directory: Path, more: str = "") -> Settings:
    (directory / "lcr.yaml").write_text(YAML + more)
    return load(directory / "lcr.yaml", {}, directory)


async def message(directory: Path, in_force: Settings, kind: RecordingKind = RecordingKind.MESSAGE) -> Message:
    """What the team is told of a call that left a recording of this kind."""
    async with open_store(f"sqlite+aiosqlite:///{directory / 'lcr.db'}") as store:
        await keep(store, kind)
        page, delivery = await opened(Pages(store))
        teller = Teller(CallLog(store), Pages(store), lambda: in_force, KEY)
        first, again = await teller.message(page, delivery), await teller.message(page, replace(delivery, attempts=7))
        assert first == again, "a repetition is one to whoever compares"
        return first


async def keep(store: Store, kind: RecordingKind) -> None:
    row = RecordingRow("r4nd0m", CALL.id, kind, "/kept/m.wav", "/kept/m.mp3", 12.0, NOW, "It is down.")
    async with store.writing() as connection:
        await connection.execute(sa.insert(calls).values(**asdict(CALL)))
        await connection.execute(sa.insert(recordings).values(**asdict(row)))


async def opened(pages: Pages) -> tuple[Page, Delivery]:
    cause = Cause(CALL.id, Why.MESSAGE, NOW, "production", "Production", CALL.caller, CALL.caller_name)
    await pages.report(cause, POLICY, NOW)
    for page, command in (await pages.work([], NOW, 10)).commands:
        if isinstance(command, do.Deliver):
            return page, command.delivery
    raise AssertionError("nobody is told")


async def test_an_alert_has_a_link_to_the_message_that_holds_for_a_week(tmp_path: Path) -> None:
    told = await message(tmp_path, settings(tmp_path, "web: {public_url: https://hotline.example.com}"))
    assert told.recording is not None
    assert (told.recording.seconds, told.recording.file) == (12.0, Path("/kept/m.mp3"))
    assert told.transcript == "It is down."
    assert told.recording.link is not None
    token = told.recording.link.removeprefix(f"https://hotline.example.com{links.RECORDINGS}")
    until = NOW.replace(microsecond=0) + WEEK
    assert links.read_hearing(token, KEY, NOW) == Hearing("r4nd0m", until)


async def test_where_no_browser_reaches_this_system_there_are_no_links(tmp_path: Path) -> None:
    told = await message(tmp_path, settings(tmp_path))
    assert told.recording is not None
    assert (told.recording.link, told.acknowledge_link) == (None, None)


async def test_what_two_people_said_to_each_other_is_told_to_nobody(tmp_path: Path) -> None:
    """Only a caller's message is meant for the team."""
    in_force = settings(tmp_path, "web: {public_url: https://hotline.example.com}")
    told = await message(tmp_path, in_force, RecordingKind.TALK)
    assert (told.recording, told.transcript) == (None, None)


@pytest.mark.parametrize("told_by", ["call_story", "story"])
async def test_a_defect_in_a_story_costs_no_alert(
    told_by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def defect(entries: object) -> None:
        raise KeyError("no such leg")

    monkeypatch.setattr(telling, told_by, defect)
    monkeypatch.setattr(CallLog, "told", told_with_a_journal)
    told = await message(tmp_path, settings(tmp_path))
    assert told.transcript == "It is down."
    assert "says less than it could" in caplog.text
    assert "Traceback" in caplog.text


async def test_nor_does_one_in_reading_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def defect(self: CallLog, call_id: str) -> None:
        raise KeyError("no such leg")

    monkeypatch.setattr(CallLog, "told", defect)
    told = await message(tmp_path, settings(tmp_path))
    assert "a message from" in told.summary
    assert "Traceback" in caplog.text


async def told_with_a_journal(self: CallLog, call_id: str) -> tuple[CallRow, list[JournalEntry], list[RecordingRow]]:
    entry = JournalEntry(call_id, 0, NOW, CallerHungUp())
    return CALL, [entry], await self.recordings(call_id)
