"""The demo hears what people would hear, and does not claim what they would miss."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lcr_asterisk.demo.listening import find_sound
from lcr_asterisk.simulator.tones import PACKET_SAMPLES, RATE

Samples = NDArray[np.float32]

SILENCE = np.zeros(PACKET_SAMPLES, np.float32)


def _speech(seed: int, seconds: float = 2.0) -> Samples:
    """Noise stands for speech: like it, and unlike a tone, it never repeats itself."""
    noise = np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE))
    return noise.astype(np.float32)


PROMPT = _speech(1)
BEFORE = _speech(2, 0.7)


def test_a_sound_is_found_where_it_begins() -> None:
    assert find_sound(np.concatenate([BEFORE, PROMPT, BEFORE]), PROMPT) == len(BEFORE)


@pytest.mark.parametrize("at", [0.3, 1.0, 1.7])
def test_a_packet_of_silence_in_the_middle_does_not_hide_a_sound(at: float) -> None:
    """A mixing bridge puts one in now and then; nobody hears it."""
    cut = round(at * RATE)
    assert find_sound(np.concatenate([BEFORE, PROMPT[:cut], SILENCE, PROMPT[cut:]]), PROMPT) is not None


@pytest.mark.parametrize("at", [0.1, 0.3, 1.0, 1.7])
@pytest.mark.parametrize("seconds", [0.3, 1.0, 1.4])
def test_nor_does_a_machine_that_halts_in_the_middle_of_it(at: float, seconds: float) -> None:
    cut = round(at * RATE)
    halt = np.zeros(round(seconds * RATE), np.float32)
    found = find_sound(np.concatenate([BEFORE, PROMPT[:cut], halt, PROMPT[cut:]]), PROMPT)
    assert found is not None
    assert len(BEFORE) <= found <= len(BEFORE) + len(halt)


@pytest.mark.parametrize(
    "heard",
    [
        pytest.param(np.zeros(0, np.float32), id="nothing"),
        pytest.param(np.tile(SILENCE, 200), id="silence"),
        pytest.param(_speech(3), id="another sound"),
        pytest.param(PROMPT[: len(PROMPT) // 2], id="its first half"),
        pytest.param(
            np.concatenate([PROMPT[len(PROMPT) // 2 :], PROMPT[: len(PROMPT) // 2]]), id="its halves, swapped"
        ),
    ],
)
def test_what_nobody_would_take_for_the_sound_is_not_found(heard: Samples) -> None:
    assert find_sound(heard, PROMPT) is None
