"""The tone of phones that ring: each region's own, and never long without a sound."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from lcr_asterisk.audio.loudness import MUSIC_LEVEL, window_levels
from lcr_asterisk.audio.prompts import PromptLibrary
from lcr_asterisk.audio.ringback import BRITISH, INTERNATIONAL, NORTH_AMERICAN, Ringback, ringback_of, ringing
from lcr_asterisk.audio.tts import EspeakNg
from lcr_asterisk.audio.wav import RATE, whole_pcm


@pytest.mark.parametrize(
    ("region", "tone"),
    [
        ("US", NORTH_AMERICAN),
        ("CA", NORTH_AMERICAN),
        ("JM", NORTH_AMERICAN),
        ("GB", BRITISH),
        ("NZ", BRITISH),
        ("DE", INTERNATIONAL),
        ("FR", INTERNATIONAL),
        ("JP", INTERNATIONAL),
        (None, INTERNATIONAL),
    ],
)
def test_phones_ring_as_in_the_region(region: str | None, tone: Ringback) -> None:
    assert ringback_of(region) is tone


@pytest.mark.parametrize("tone", [NORTH_AMERICAN, BRITISH, INTERNATIONAL], ids=["American", "British", "International"])
def test_the_tone_has_its_frequencies_and_its_cadence(tone: Ringback) -> None:
    pcm = ringing(tone)
    assert len(pcm) == 2 * RATE * sum(tone.cadence)
    first = round(tone.cadence[0] * RATE)
    wave = np.array(struct.unpack(f"<{first}h", pcm[: 2 * first]))
    strength = np.abs(np.fft.rfft(wave * np.hanning(first)))
    loud = np.flatnonzero(strength > strength.max() / 2) * RATE / first
    assert {min(tone.hertz, key=lambda hertz: abs(hertz - found)) for found in loud} == set(tone.hertz)
    assert all(min(abs(found - hertz) for hertz in tone.hertz) < 5 for found in loud)


@pytest.mark.parametrize("region", ["US", "GB", "DE"])
async def test_nobody_is_left_without_a_sound_and_the_tone_waits_behind_speech(tmp_path: Path, region: str) -> None:
    (file,) = (await PromptLibrary(tmp_path, EspeakNg()).ringing(region)).iterdir()
    pcm = whole_pcm(file)
    assert pcm is not None
    levels = window_levels(2 * pcm, 0.02)
    quiet = longest = 0
    for level in levels:
        quiet = quiet + 1 if level < 30 else 0
        longest = max(longest, quiet)
    assert longest * 0.02 <= 2.6
    assert max(levels) < 1.3 * MUSIC_LEVEL
