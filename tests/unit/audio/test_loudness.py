"""Prompts are as loud as a telephone likes, and a soft voice is never taken for silence."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from lcr_asterisk.audio.convert import to_telephone
from lcr_asterisk.audio.loudness import (
    SPEECH_LEVEL,
    levelled,
    seconds_of_speech,
    silent,
    trimmed,
    window_levels,
    without_long_pauses,
)
from lcr_asterisk.audio.tts import EspeakNg


def noise(seconds: float, level: float) -> bytes:
    """Line noise with this RMS; the same every time."""
    source = random.Random(1)
    return b"".join(struct.pack("<h", round(source.gauss(0, level))) for _ in range(round(seconds * 8000)))


def mixed(one: bytes, two: bytes) -> bytes:
    pairs = zip(struct.iter_unpack("<h", one), struct.iter_unpack("<h", two), strict=True)
    return b"".join(struct.pack("<h", max(-32768, min(32767, left + right))) for (left,), (right,) in pairs)


@pytest.fixture
async def voice(tmp_path: Path) -> bytes:
    """About three seconds of a speaking voice."""
    await EspeakNg().speak("The database is down, please call me back.", "en", tmp_path / "voice.wav")
    return trimmed(to_telephone(tmp_path / "voice.wav", longest=60))


@pytest.mark.parametrize("level", [3000, 600, 150])
async def test_a_voice_is_heard_however_soft(voice: bytes, level: int) -> None:
    """150 is 46 dB below full scale: someone whispering away from the handset."""
    soft = levelled(voice, level)
    message = mixed(soft + bytes(5 * 16000), noise(len(soft) / 16000 + 5, 8))
    assert seconds_of_speech(message) == pytest.approx(len(soft) / 16000, abs=0.3)


async def test_a_voice_is_heard_over_a_noisy_line(voice: bytes) -> None:
    message = mixed(levelled(voice, 2000) + bytes(5 * 16000), noise(len(voice) / 16000 + 5, 90))
    assert seconds_of_speech(message) == pytest.approx(len(voice) / 16000, abs=0.3)


async def test_a_message_cut_off_in_mid_word_is_whole(voice: bytes) -> None:
    half = voice[: len(voice) // 4 * 2]
    assert seconds_of_speech(levelled(half, 300)) == pytest.approx(len(half) / 16000, abs=0.2)


@pytest.mark.parametrize("level", [0, 5, 15, 60])
def test_line_noise_alone_is_no_message(level: int) -> None:
    assert seconds_of_speech(noise(6.0, level)) == 0.0


def test_a_click_at_the_end_is_no_message(make_tone: Callable[..., bytes]) -> None:
    assert seconds_of_speech(bytes(5 * 16000) + make_tone(0.01) + bytes(100)) == 0.0


def test_steady_sound_is_a_message(make_tone: Callable[..., bytes]) -> None:
    """In doubt it is kept: an alarm held to the telephone says something too."""
    assert seconds_of_speech(make_tone(4.0, level=400)) == pytest.approx(4.0, abs=0.05)


@pytest.mark.parametrize("pcm", [b"", bytes(2), bytes(16000)])
def test_nothing_is_silent(pcm: bytes) -> None:
    assert silent(pcm)
    assert seconds_of_speech(pcm) == 0.0
    assert trimmed(pcm) == pcm
    assert levelled(pcm, SPEECH_LEVEL) == pcm


@pytest.mark.parametrize("level", [100, 1000, 20000])
def test_levelling_reaches_its_target_without_clipping(make_tone: Callable[..., bytes], level: int) -> None:
    pcm = levelled(make_tone(1.0, level=level), SPEECH_LEVEL)
    assert max(window_levels(pcm, 0.02)) == pytest.approx(SPEECH_LEVEL, rel=0.05)


def test_a_spike_is_never_pushed_into_clipping(make_tone: Callable[..., bytes]) -> None:
    spiky = make_tone(1.0, level=100) + struct.pack("<h", 30000) + make_tone(1.0, level=100)
    assert max(abs(sample) for (sample,) in struct.iter_unpack("<h", levelled(spiky, SPEECH_LEVEL))) <= 26100


def test_a_pause_in_music_is_shortened_before_a_caller_takes_the_line_for_dead(make_tone: Callable[..., bytes]) -> None:
    tone, pause = make_tone(1.0), noise(4.0, 8)
    made = without_long_pauses(pause + tone + pause + tone + pause)
    assert len(made) / 16000 == pytest.approx(2 + 3 * 1.0, abs=0.1)
    assert made.count(tone) == 2
    rest = noise(0.9, 8)
    assert without_long_pauses(tone + rest + tone) == tone + rest + tone
