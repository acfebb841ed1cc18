"""The beep and the hold music of our own making."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest

from lcr_asterisk.audio import synth
from lcr_asterisk.audio.loudness import window_levels


def samples(pcm: bytes) -> list[int]:
    return [sample for (sample,) in struct.iter_unpack("<h", pcm)]


@pytest.fixture(scope="module")
def music() -> bytes:
    return synth.music()


def test_the_music_is_long_enough_and_always_the_same(music: bytes) -> None:
    assert len(music) / 16000 >= 30
    assert synth.music() == music


def test_the_music_loops_without_a_click_or_a_gap(music: bytes) -> None:
    wave = samples(music)
    steps = sorted(abs(after - before) for before, after in pairwise(wave))
    assert abs(wave[0] - wave[-1]) <= steps[len(steps) * 9 // 10]
    levels = window_levels(music, 0.5)
    assert min(levels) > max(levels) / 8, "a caller never wonders whether the line is dead"


def test_the_music_is_no_test_tone(music: bytes) -> None:
    """Its pitch moves: counted by how often the wave crosses zero in each half second."""
    wave = samples(music)
    crossings = [
        sum((left < 0) != (right < 0) for left, right in pairwise(part))
        for part in (wave[at : at + 4000] for at in range(0, len(wave), 4000))
    ]
    assert len({crossing // 20 for crossing in crossings}) >= 6


def test_the_music_leaves_room_before_clipping(music: bytes) -> None:
    assert 10000 < max(map(abs, samples(music))) <= 20000


def test_a_sign_of_life_is_softer_than_a_beep_and_comes_before_three_seconds_of_quiet() -> None:
    wave = samples(synth.waiting())
    assert len(wave) / 8000 == synth.WAITING_SECONDS
    sounding = [at for at, sample in enumerate(wave) if abs(sample) > 30]
    first, last = sounding[0] / 8000, sounding[-1] / 8000
    assert first < 2
    assert synth.WAITING_SECONDS - last + first < 3, "from one to the next"
    assert max(map(abs, wave)) < max(map(abs, samples(synth.beep()))) / 2


def test_the_beep_is_short_with_soft_edges() -> None:
    wave = samples(synth.beep())
    assert 0.3 <= len(wave) / 8000 <= 0.5
    assert max(map(abs, wave[:8] + wave[-8:])) < max(map(abs, wave)) / 5
