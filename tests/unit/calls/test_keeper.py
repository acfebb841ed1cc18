"""A recording leaves the spool when it is kept, not before; and what stays there is tried again."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lcr_asterisk.audio.wav import wav_bytes
from lcr_asterisk.callflow.events import CallArrived, Caller
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.calls import keeper as keeper_module
from lcr_asterisk.errors import AudioError
from lcr_asterisk.store.journal import JournalEntry
from tests.unit.audio.conftest import tone
from tests.unit.callflow.plans import direct
from tests.unit.calls.conftest import ARRIVED, Kept

CALL = "20261121-090012-k7m3q"


@pytest.fixture
def message(kept: Kept) -> Path:
    """A call is in the journal, and its message in the spool."""
    arrived = CallArrived(CALL, "1.0", Caller("", ""), "+14155551001", direct())
    kept.journal.append(JournalEntry(CALL, 0, ARRIVED, arrived), step(None, arrived, ARRIVED)[0])
    file = kept.spool / "recording" / f"{CALL}-message.wav"
    file.write_bytes(wav_bytes(tone(3.0)))
    return file


@pytest.fixture
def immovable(message: Path) -> Iterator[Path]:
    """The spool belongs to Asterisk: the message in it can be read and not removed."""
    if subprocess.run(["chattr", "+i", message], capture_output=True, check=False).returncode:
        pytest.skip("this file system cannot make a file immovable")
    yield message
    subprocess.run(["chattr", "-i", message], check=True)


def there(file: Path) -> bool:
    return file.exists()


async def test_a_kept_message_is_out_of_the_spool(kept: Kept, message: Path) -> None:
    recording = await kept.keeper.keep_message(CALL)
    assert [row.id for row in await kept.log.recordings(CALL)] == [recording]
    assert not there(message)


async def test_a_caller_hears_that_a_message_is_kept_also_where_the_spool_cannot_be_cleared(
    kept: Kept, immovable: Path
) -> None:
    recording = await kept.keeper.keep_message(CALL)
    assert [row.id for row in await kept.log.recordings(CALL)] == [recording]
    assert there(immovable)


async def test_a_message_that_cannot_be_read_is_not_one_of_no_length(kept: Kept) -> None:
    with pytest.raises(AudioError):
        await kept.keeper.message_seconds(CALL)


async def test_what_could_not_be_kept_is_kept_as_soon_as_it_can_be(
    kept: Kept, message: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "SWEEP_EVERY", 0.05)
    in_the_way = tmp_path / "recordings"
    in_the_way.write_text("no directory can be made here")
    watch = asyncio.create_task(kept.keeper.watch(frozenset))
    await asyncio.wait([watch], timeout=0.3)
    assert there(message)
    in_the_way.unlink()
    await asyncio.wait([watch], timeout=1.0)
    assert not there(message)
    watch.cancel()
    await asyncio.wait([watch])
    assert len(await kept.log.recordings(CALL)) == 1


async def test_the_recordings_of_a_live_call_are_left_to_it(kept: Kept, message: Path) -> None:
    await kept.keeper.sweep(frozenset({CALL}))
    assert there(message)
    await kept.keeper.sweep(frozenset())
    assert not there(message)


async def test_a_message_of_a_call_that_never_reached_the_log_is_in_it_at_last(kept: Kept) -> None:
    """The database could not be written, and then the engine was killed: the spool is all that is left of the call."""
    (kept.spool / "recording" / f"{CALL}-message.wav").write_bytes(wav_bytes(tone(3.0)))
    await kept.keeper.sweep(frozenset())
    (logged,) = await kept.log.calls(10)
    assert (logged.call.id, logged.call.result, logged.call.reason) == (CALL, Result.VOICEMAIL, Reason.ENGINE_AWAY)
    assert [row.id for row in await kept.log.recordings(CALL)] == [logged.voicemail]
    assert list((kept.spool / "recording").iterdir()) == []


async def test_a_recording_of_nothing_does_not_stay_in_the_spool(kept: Kept) -> None:
    message = kept.spool / "recording" / f"{CALL}-message.wav"
    message.write_bytes(wav_bytes(b""))
    await kept.keeper.sweep(frozenset())
    assert not there(message)
