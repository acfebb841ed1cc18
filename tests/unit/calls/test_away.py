"""A message left with the dialplan gets into the log once, and is not thrown away before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lcr_asterisk.audio.wav import wav_bytes
from lcr_asterisk.calls import away as away_module
from lcr_asterisk.calls.away import AwayMessages, Sidecar, read_sidecar
from lcr_asterisk.calls.plans import PlanBook
from tests.unit.audio.conftest import tone
from tests.unit.calls.conftest import Kept

EPOCH = 1795251612
STARTED = datetime.fromtimestamp(EPOCH, UTC)
START = f'{{"event":"started","id":"1.0","epoch":{EPOCH},"dialled":"+14155551001","caller":"+14155550199"}}\n'
END = f'{{"event":"ended","epoch":{EPOCH + 9},"status":"HANGUP"}}\n'


class Looking(AwayMessages):
    """It says when it has looked."""

    looked: asyncio.Event

    async def _look(self, now: Callable[[], datetime]) -> None:
        try:
            await super()._look(now)
        finally:
            self.looked.set()


@asynccontextmanager
async def watching(kept: Kept, book: PlanBook, *, now: datetime = STARTED) -> AsyncIterator[asyncio.Task[None]]:
    """The engine looks once; then the block."""
    messages = Looking(kept.spool, kept.keeper, kept.log, lambda: book)
    messages.looked = asyncio.Event()
    watch = asyncio.create_task(messages.watch(lambda: now))
    await messages.looked.wait()
    try:
        yield watch
    finally:
        watch.cancel()
        await asyncio.wait([watch])


def left(kept: Kept, name: str, sidecar: str, wav: bytes | None = None) -> Path:
    file = kept.spool / "away" / f"{name}.jsonl"
    file.write_text(sidecar)
    if wav is not None:
        file.with_suffix(".wav").write_bytes(wav)
    return file


async def test_a_message_is_taken_up_and_nothing_is_left_of_it_in_the_spool(kept: Kept, book: PlanBook) -> None:
    left(kept, "1.0", START + END, wav_bytes(tone(3.0)))
    async with watching(kept, book):
        (logged,) = await kept.log.calls(10)
        assert logged.call.route == "direct"
        assert logged.voicemail is not None
        assert list((kept.spool / "away").iterdir()) == []


async def test_a_message_that_cannot_be_read_now_is_not_thrown_away(kept: Kept, book: PlanBook) -> None:
    sidecar = left(kept, "1.0", START + END, b"not a WAV file, or one on a disk that fails")
    async with watching(kept, book):
        assert sidecar.with_suffix(".wav").exists()
        assert sidecar.exists()


async def test_a_message_that_cannot_be_removed_is_taken_up_once(
    kept: Kept, book: PlanBook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Asterisk's spool may belong to its own user. Each time, an MP3 and a transcript would be made again."""

    def refuses(*paths: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(away_module, "_remove", refuses)
    left(kept, "1.0", START + END, wav_bytes(tone(3.0)))
    messages = AwayMessages(kept.spool, kept.keeper, kept.log, lambda: book)
    for _ in range(3):
        await messages._look(lambda: STARTED)
    assert len(await kept.log.calls(10)) == 1
    assert [work.partition("-")[0] for work in kept.begun] == ["finish"]
    assert caplog.messages.count("1.0.jsonl is taken up, but cannot be removed from the spool: Permission denied") == 1


async def test_a_damaged_file_does_not_end_the_watch_and_the_next_message_is_taken_up(
    kept: Kept, book: PlanBook
) -> None:
    left(kept, "0.9", START.replace('"1.0"', '"\\ud800"') + END)
    left(kept, "1.0", START + END, wav_bytes(tone(3.0)))
    async with watching(kept, book) as watch:
        assert not watch.done()
        assert len(await kept.log.calls(10)) == 1


async def test_a_caller_who_may_still_be_speaking_is_left_alone(kept: Kept, book: PlanBook) -> None:
    left(kept, "1.0", START, wav_bytes(tone(3.0)))
    async with watching(kept, book, now=STARTED + timedelta(minutes=9)):
        assert await kept.log.calls(10) == []
    async with watching(kept, book, now=STARTED + timedelta(minutes=11)):
        assert len(await kept.log.calls(10)) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (START, Sidecar("1.0", "+14155551001", "+14155550199", STARTED, None)),
        (START + END, Sidecar("1.0", "+14155551001", "+14155550199", STARTED, STARTED + timedelta(seconds=9))),
        (START + END[:20], Sidecar("1.0", "+14155551001", "+14155550199", STARTED, None)),
        (START[:30], None),
        (END, None),
        ("", None),
        ('[]\n"x"\nnull\n7\n', None),
        (json.dumps({"event": "started", "id": "1", "dialled": "", "caller": "", "epoch": "9" * 30}), None),
    ],
    ids=["begun", "complete", "end cut off", "start cut off", "no start", "empty", "other JSON", "no such time"],
)
def test_a_sidecar_is_read_as_far_as_it_was_written(text: str, found: Sidecar | None) -> None:
    assert read_sidecar(text) == found
