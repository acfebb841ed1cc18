"""The MP3 for the web: made beside the WAV, which it never endangers."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lcr_asterisk.audio.recordings import WebMaker
from lcr_asterisk.audio.wav import wav_bytes
from lcr_asterisk.errors import AudioError
from tests.unit.hung_disk import HungDisk


def content_of(wav: Path) -> bytes:
    """What is in it now, and that nothing lies beside it."""
    assert [path.name for path in wav.parent.glob("*") if path.is_file()] == [wav.name]
    return wav.read_bytes()


@pytest.fixture
def wav(tmp_path: Path, make_tone: Callable[..., bytes]) -> Path:
    path = tmp_path / "0123456789abcdef.wav"
    path.write_bytes(wav_bytes(make_tone(3.0)))
    return path


async def test_the_mp3_holds_the_same_telephone_sound(wav: Path) -> None:
    mp3 = await WebMaker().to_mp3(wav)
    assert mp3 == wav.with_suffix(".mp3")
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", str(mp3)]
    probe = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    printed, _ = await probe.communicate()
    about = json.loads(printed)
    (stream,) = about["streams"]
    assert (stream["codec_name"], stream["sample_rate"], stream["channels"]) == ("mp3", "8000", 1)
    assert float(about["format"]["duration"]) == pytest.approx(3.0, abs=0.3)


async def test_asking_twice_makes_one(wav: Path) -> None:
    maker = WebMaker(at_once=2)
    first, second = await asyncio.gather(maker.to_mp3(wav), maker.to_mp3(wav))
    made = first.stat().st_ino, first.stat().st_mtime_ns
    assert first == second == await maker.to_mp3(wav)
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == made
    assert sorted(path.suffix for path in wav.parent.iterdir()) == [".mp3", ".wav"]


@pytest.mark.usefixtures("no_programs")
async def test_without_ffmpeg_the_wav_stays_and_the_remedy_is_said(wav: Path) -> None:
    before = content_of(wav)
    with pytest.raises(AudioError, match=r"no MP3 made of it: ffmpeg is not installed.*apt-get install ffmpeg"):
        await WebMaker().to_mp3(wav)
    assert content_of(wav) == before


@pytest.fixture
def endless_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ffmpeg that begins to write its last argument, and never ends."""
    program = tmp_path / "programs" / "ffmpeg"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nfor made; do :; done\necho half > "${made#file:}"\nexec sleep 600\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("endless_ffmpeg")
async def test_a_slow_conversion_is_given_up_without_a_trace(wav: Path) -> None:
    before = content_of(wav)
    with pytest.raises(AudioError, match=r"ffmpeg did not finish within 0\.2 s"):
        await WebMaker(timeout=0.2).to_mp3(wav)
    assert content_of(wav) == before


@pytest.fixture(params=[b"", b"nonsense that is no WAV file at all", wav_bytes(b"")])
def broken(request: pytest.FixtureRequest, wav: Path) -> Path:
    wav.write_bytes(request.param)
    return wav


async def test_a_broken_wav_is_named_and_left_alone(broken: Path) -> None:
    before = content_of(broken)
    with pytest.raises(AudioError, match=r"0123456789abcdef\.wav: (holds no sound|not a WAV file)"):
        await WebMaker().to_mp3(broken)
    assert content_of(broken) == before


async def test_a_disk_that_hangs_holds_up_no_call(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = HungDisk()
    with monkeypatch.context() as patched:
        for name in ("exists", "unlink"):
            patched.setattr(Path, name, disk.before(getattr(Path, name)))
        await WebMaker().to_mp3(wav)
    assert len(disk.went_on) == 2
    assert disk.held_nothing_up


async def test_an_mp3_that_cannot_be_looked_for_is_named(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: Path) -> bool:
        raise OSError(116, "Stale file handle")

    with monkeypatch.context() as patched, pytest.raises(AudioError, match=r"\.mp3: cannot be looked for: Stale file"):
        patched.setattr(Path, "exists", fails)
        await WebMaker().to_mp3(wav)
