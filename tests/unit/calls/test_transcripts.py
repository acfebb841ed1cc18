"""A transcript is in the call log where the configuration wants one, in the language of the route."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lcr_asterisk.audio.wav import wav_bytes
from lcr_asterisk.callflow.events import CallArrived, Caller
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.calls.transcripts import Transcripts
from lcr_asterisk.config.system import TranscriptsSettings
from lcr_asterisk.store.journal import JournalEntry
from lcr_asterisk.store.report import call_story, read_report
from tests.unit.audio.conftest import tone
from tests.unit.callflow.plans import direct
from tests.unit.calls.conftest import ARRIVED, Kept

CALL = "20261121-090012-k7m3q"


@pytest.fixture
async def recording(kept: Kept) -> tuple[str, Path]:
    """A call is over, and its message kept: the id, and the file."""
    arrived = CallArrived(CALL, "1.0", Caller("", ""), "+14155551001", direct())
    kept.journal.append(JournalEntry(CALL, 0, ARRIVED, arrived), step(None, arrived, ARRIVED)[0])
    (kept.spool / "recording" / f"{CALL}-message.wav").write_bytes(wav_bytes(tone(3.0)))
    await kept.keeper.keep_message(CALL)
    (row,) = await kept.log.recordings(CALL)
    return row.id, Path(row.path)


def wanting(*command: str) -> TranscriptsSettings:
    return TranscriptsSettings.model_construct(engine="command", model=None, command=(sys.executable, *command))


async def story(kept: Kept) -> str:
    return call_story(await read_report(kept.log, CALL))


async def test_what_was_said_is_in_the_log_in_the_language_of_the_route(
    kept: Kept, recording: tuple[str, Path]
) -> None:
    says = wanting("-c", "import sys; print('Datenbank steht', sys.argv[1])", "{language}", "{input}")
    transcripts = Transcripts(kept.log, lambda: says, {"production": "de"}.__getitem__)
    await transcripts.add(recording[0], CALL, recording[1])
    (row,) = await kept.log.recordings(CALL)
    assert row.transcript == "Datenbank steht de"
    assert "    “Datenbank steht de”" in (await story(kept)).splitlines()


async def test_where_no_word_was_understood_the_log_says_so(kept: Kept, recording: tuple[str, Path]) -> None:
    await Transcripts(kept.log, lambda: wanting("-c", "", "{input}"), lambda _: "en").add(
        recording[0], CALL, recording[1]
    )
    assert "(no words were understood)" in await story(kept)


async def test_nothing_listens_unless_it_was_asked_to(kept: Kept, recording: tuple[str, Path]) -> None:
    await Transcripts(kept.log, TranscriptsSettings, lambda _: "en").add(recording[0], CALL, recording[1])
    (row,) = await kept.log.recordings(CALL)
    assert row.transcript is None
    assert "“" not in (await story(kept)).partition("Recordings")[2]


async def test_an_edited_configuration_takes_effect_with_the_next_recording(
    kept: Kept, recording: tuple[str, Path]
) -> None:
    wanted = TranscriptsSettings()
    transcripts = Transcripts(kept.log, lambda: wanted, lambda _: "en")
    await transcripts.add(recording[0], CALL, recording[1])
    wanted = wanting("-c", "print('now')", "{input}")
    await transcripts.add(recording[0], CALL, recording[1])
    (row,) = await kept.log.recordings(CALL)
    assert row.transcript == "now"
