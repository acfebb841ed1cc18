"""A recording leaves the spool when it is kept, not before; and what stays there is tried again."""

from __future__ import annotations

import asyncio
import audioop
import os
import subprocess
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from lcr_asterisk.audio.room import Room
from lcr_asterisk.audio.stereo import weave
from lcr_asterisk.audio.wav import layout, wav_bytes
from lcr_asterisk.callflow.events import CallArrived, Caller
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.calls import ids
from lcr_asterisk.calls import keeper as keeper_module
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.keeper import RecordingKeeper
from lcr_asterisk.calls.transcripts import Transcripts
from lcr_asterisk.config.system import TranscriptsSettings
from lcr_asterisk.errors import AudioError
from lcr_asterisk.store.journal import JournalEntry
from lcr_asterisk.store.rows import RecordingKind
from tests.unit.audio.conftest import tone
from tests.unit.callflow.plans import direct
from tests.unit.calls.conftest import ARRIVED, Kept

CALL = "20261121-090012-k7m3q"
ENDED = 1_700_000_000.0  # seconds since the epoch: when both sides of a talk were last written to


def in_the_spool(kept: Kept, name: str, seconds: float = 3.0, written: float = ENDED) -> Path:
    """A recording, last written to at this time."""
    file = kept.spool / "recording" / f"{name}.wav"
    file.write_bytes(wav_bytes(tone(seconds) if seconds else b""))
    os.utime(file, (written, written))
    return file


@pytest.fixture
def message(kept: Kept) -> Path:
    """A call is in the journal, and its message in the spool."""
    arrived = CallArrived(CALL, "1.0", Caller("", ""), "+14155551001", direct())
    kept.journal.append(JournalEntry(CALL, 0, ARRIVED, arrived), step(None, arrived, ARRIVED)[0])
    return in_the_spool(kept, ids.message(CALL))


@pytest.fixture
def immovable(message: Path) -> Iterator[Path]:
    """The spool belongs to Asterisk: the message in it can be read and not removed."""
    if subprocess.run(["chattr", "+i", message], capture_output=True, check=False).returncode:
        pytest.skip("this file system cannot make a file immovable")
    yield message
    subprocess.run(["chattr", "-i", message], check=True)


def there(file: Path) -> bool:
    return file.exists()


def files_in(directory: Path) -> list[Path]:
    return list(directory.iterdir())


def pcm_of(file: Path) -> bytes:
    found = layout(file)
    assert found is not None
    return file.read_bytes()[found.offset :]


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
    kept: Kept, message: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keeper_module, "SWEEP_EVERY", 0.05)
    in_the_way = tmp_path / "recordings"
    in_the_way.write_text("no directory can be made here")
    watch = asyncio.create_task(kept.keeper.watch(frozenset))
    async with asyncio.timeout(30):
        while f"{message.name} stays in Asterisk's spool" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert there(message)
        in_the_way.unlink()
        while there(message):  # noqa: ASYNC110 - a spool tells nobody
            await asyncio.sleep(0.01)
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
    in_the_spool(kept, ids.message(CALL))
    await kept.keeper.sweep(frozenset())
    (logged,) = await kept.log.calls(10)
    assert (logged.call.id, logged.call.result, logged.call.reason) == (CALL, Result.VOICEMAIL, Reason.ENGINE_AWAY)
    assert [row.id for row in await kept.log.recordings(CALL)] == [logged.voicemail]
    assert list((kept.spool / "recording").iterdir()) == []


async def test_a_recording_of_nothing_does_not_stay_in_the_spool(kept: Kept) -> None:
    message = in_the_spool(kept, ids.message(CALL), seconds=0.0)
    await kept.keeper.sweep(frozenset())
    assert not there(message)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> float:
    """Whatever was written to from now on is not still before the end of the test."""
    monkeypatch.setattr(keeper_module, "STILL_FOR", 600.0)
    return time.time()


@pytest.mark.parametrize("begun", [0.0, 2.0])
async def test_a_talk_that_goes_on_though_nobody_remembers_its_call_is_kept_whole(
    kept: Kept, now: float, monkeypatch: pytest.MonkeyPatch, begun: float
) -> None:
    """The journal is lost, and Asterisk still records; of the first seconds it may not have written anything."""
    monkeypatch.setattr(keeper_module, "SWEEP_EVERY", 0.01)
    talk = in_the_spool(kept, ids.talk(CALL), seconds=begun, written=now)
    await kept.keeper.sweep(frozenset())
    assert there(talk)
    assert await kept.log.recordings(CALL) == []
    looks = asyncio.Semaphore(0)

    def live() -> frozenset[str]:
        looks.release()
        return frozenset()

    watch = asyncio.create_task(kept.keeper.watch(live))
    async with asyncio.timeout(30):
        for _ in range(4):
            await looks.acquire()
        assert there(talk)
        in_the_spool(kept, ids.talk(CALL), seconds=5.0)
        while there(talk):  # noqa: ASYNC110 - a spool tells nobody
            await asyncio.sleep(0.01)
    watch.cancel()
    await asyncio.wait([watch])
    (row,) = await kept.log.recordings(CALL)
    assert (row.kind, row.seconds) == (RecordingKind.TALK, 5.0)


async def test_a_talk_of_which_one_side_goes_on_is_not_woven_yet(
    kept: Kept, now: float, sides: tuple[Path, ...]
) -> None:
    for file, written in zip(sides, (now - 700.0, now), strict=True):
        os.utime(file, (written, written))
    await kept.keeper.sweep(frozenset())
    assert all(there(file) for file in sides)
    assert not there(kept.spool.parent / "recordings")


async def test_what_was_written_before_the_clock_was_set_back_is_kept(kept: Kept, now: float) -> None:
    message = in_the_spool(kept, ids.message(CALL), written=now + 24 * 3600)
    await kept.keeper.sweep(frozenset())
    assert not there(message)


async def test_of_two_takes_each_row_has_what_was_made_of_its_own(kept: Kept, message: Path, tmp_path: Path) -> None:
    """The engine was killed before the caller's first take was removed: one is the message, the other is not."""
    in_the_spool(kept, ids.message(CALL, 2), seconds=1.0)
    room, transcripts = Room([tmp_path], lambda: 0), Transcripts(kept.log, TranscriptsSettings, lambda _: "en")
    directory = tmp_path / "recordings"
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:

        def spawn(work: Coroutine[Any, Any, None], name: str) -> None:
            tasks.create_task(work, name=name)

        keeper = RecordingKeeper(
            kept.spool, directory, "key", kept.journal, kept.log, Clock(), spawn, room, transcripts
        )
        await keeper.sweep(frozenset())
    (row,) = await kept.log.recordings(CALL)
    assert row.seconds == 3.0
    assert row.mp3 == str(Path(row.path).with_suffix(".mp3"))
    assert list(directory.rglob("*.mp3")) == [Path(row.mp3)]


# --- a talk in two files ---


@pytest.fixture
def sides(kept: Kept, message: Path) -> tuple[Path, ...]:
    """Both sides of a talk are recorded, and ended in the same instant; caller first."""
    message.unlink()
    files = tuple(kept.spool / "recording" / f"{ear}.wav" for ear in ids.ears(CALL))
    for file in files:
        file.write_bytes(wav_bytes(tone(2.0)))
        os.utime(file, (ENDED, ENDED))
    return files


async def test_both_sides_of_a_talk_are_kept_as_one_recording_in_stereo(kept: Kept, sides: tuple[Path, ...]) -> None:
    await kept.keeper.keep_talk(CALL)
    (row,) = await kept.log.recordings(CALL)
    found = layout(Path(row.path))
    assert found is not None
    assert (row.kind, found.channels) == (RecordingKind.TALK, 2)
    assert row.seconds == 2.0
    assert not any(there(file) for file in sides)
    assert not files_in(Path(row.path).parents[2] / "sides")


async def test_sides_that_a_crash_left_behind_are_kept_once(kept: Kept, sides: tuple[Path, ...]) -> None:
    await kept.keeper.sweep(frozenset({CALL}))
    assert all(there(file) for file in sides), "they talk"
    await kept.keeper.sweep(frozenset())
    assert len(await kept.log.recordings(CALL)) == 1
    assert not any(there(file) for file in sides)


async def test_a_crash_between_the_two_removals_costs_no_side(kept: Kept, sides: tuple[Path, ...]) -> None:
    """What was made of both is complete: it is not made again of the one that is left."""
    left, right = sides
    woven = kept.spool.parent / "recordings" / "sides" / f"{ids.talk(CALL)}.wav"
    weave(left, right, woven)
    left.unlink()
    await kept.keeper.sweep(frozenset())
    (row,) = await kept.log.recordings(CALL)
    pcm = pcm_of(Path(row.path))
    assert audioop.rms(audioop.tomono(pcm, 2, 1, 0), 2) > 1000
    assert not there(right)
    assert not there(woven)


async def test_a_talk_is_kept_when_its_second_side_is_over(kept: Kept, sides: tuple[Path, ...]) -> None:
    caller, responder = ids.ears(CALL)
    kept.keeper.one_side_over(caller)
    kept.keeper.one_side_over(caller)
    assert kept.begun == []
    kept.keeper.one_side_over(responder)
    assert kept.begun == [f"keep-{ids.talk(CALL)}"]
