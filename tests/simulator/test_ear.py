"""An ear knows what was played and when, is not fooled by speech or by edges, and forgives a jittery line."""

from __future__ import annotations

import audioop
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lcr_asterisk.simulator.ear import Ear, best_match, read_wav, recognise
from lcr_asterisk.simulator.tones import PACKET_SAMPLES, RATE, TONES, packet, write_tone

SILENCE = bytes(2 * PACKET_SAMPLES)


def listen(
    pcm: bytes,
    *,
    start: float = 100.0,
    jitter: tuple[float, ...] = (0.0,),
    lost: frozenset[int] = frozenset(),
    held_up: range = range(0),
    stamps: Callable[[int], int] = lambda number: number * PACKET_SAMPLES,
) -> Ear:
    """An ear to which these 16-bit samples came, as a phone gets them: in u-law packets of 20 ms.

    Those that were `held_up` came all at once, with the last one of them.
    """
    ear = Ear(lambda: None)
    size = 2 * PACKET_SAMPLES
    packets = [audioop.lin2ulaw(pcm[at : at + size], 2) for at in range(0, len(pcm) - size + 1, size)]
    for number, (data, sound) in enumerate(zip(packets, recognise(packets), strict=True)):
        if number not in lost:
            came = held_up[-1] if number in held_up else number
            ear.take(start + 0.02 * came + jitter[number % len(jitter)], stamps(number), data, sound)
    return ear


def story(ear: Ear) -> list[tuple[str, float, float]]:
    return [(heard.name, round(heard.start - 100, 2), round(heard.end - 100, 2)) for heard in ear.heard]


def speechlike(seconds: float, seed: int) -> NDArray[np.float64]:
    """Voiced sound as a telephone carries it: a wandering pitch with harmonics, in syllables, and breath."""
    random = np.random.default_rng(seed)
    at = np.arange(round(seconds * RATE)) / RATE
    pitch = 120 + 25 * np.sin(2 * np.pi * 0.9 * at + random.uniform(0, 6)) + 15 * np.sin(2 * np.pi * 2.3 * at)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    harmonics = sum(np.sin(n * phase) * random.uniform(0.2, 1) / n for n in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * random.uniform(3, 4) * at + random.uniform(0, 6)), 0.05, 1)
    return np.asarray(0.15 * harmonics * syllables + 0.01 * random.standard_normal(len(at)))


def pcm_of(samples: NDArray[np.float64]) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def test_tones_are_told_with_their_times() -> None:
    ear = listen(SILENCE * 5 + packet("welcome") * 30 + SILENCE * 10 + packet("menu") * 15)
    assert story(ear) == [("welcome", 0.1, 0.7), ("menu", 0.9, 1.2)]


def test_a_tone_that_begins_inside_a_packet_is_timed_to_the_millisecond() -> None:
    ear = listen(SILENCE + bytes(160) + packet("hold") * 10)
    assert ear.heard[0].start == pytest.approx(100.03, abs=0.0015)


def test_two_voices_at_once_are_both_heard() -> None:
    both = audioop.add(audioop.mul(packet("caller-voice"), 2, 0.5), packet("alice-voice"), 2)
    assert {heard.name for heard in listen(both * 20).heard} == {"caller-voice", "alice-voice"}


def test_the_edges_of_a_tone_are_not_taken_for_other_tones() -> None:
    for offset in range(0, 2 * PACKET_SAMPLES, 20):
        for name in TONES:
            ear = listen(bytes(offset) + packet(name) * 6 + SILENCE * 3)
            assert [heard.name for heard in ear.heard] == [name]


def test_speech_is_audible_but_no_tone() -> None:
    ear = listen(pcm_of(speechlike(20, seed=1)))
    assert ear.heard == []
    assert ear.longest_silence(100, 120) < 0.5


def test_a_repeated_prompt_is_heard_twice_and_a_jittery_one_once() -> None:
    prompt = packet("whisper") * 10
    assert len(listen(prompt + SILENCE * 4 + prompt).heard) == 2
    assert len(listen(prompt * 5, jitter=(0, 0.015, -0.005, 0.018), lost=frozenset({7, 23})).heard) == 1


def test_what_was_held_up_on_its_way_is_as_seamless_as_it_was_spoken(tmp_path: Path) -> None:
    """Until then nothing was heard, which is silence all the same."""
    said = tmp_path / "said.wav"
    write_tone(said, "alice-voice", 0.6)
    ear = listen(SILENCE * 5 + packet("alice-voice") * 30 + SILENCE * 5, held_up=range(10, 26))
    assert [(heard.name, heard.packets) for heard in ear.heard] == [("alice-voice", 30)]
    assert ear.contains(said)
    assert ear.longest_silence(100.2, 100.6) == pytest.approx(0.3, abs=0.021)
    # A pause within what was held up is one.
    twice = packet("alice-voice") * 5 + SILENCE * 5 + packet("alice-voice") * 5
    assert len(listen(twice, held_up=range(2, 14)).heard) == 2


@pytest.mark.parametrize(
    "stamps",
    [
        pytest.param(lambda number: number * PACKET_SAMPLES + (number >= 20) * 30 * RATE, id="forwards"),
        pytest.param(lambda number: (number * PACKET_SAMPLES - (number >= 20) * 30 * RATE) % (1 << 32), id="backwards"),
        pytest.param(
            lambda number: ((1 << 32) - 20 * PACKET_SAMPLES + number * PACKET_SAMPLES) % (1 << 32), id="round"
        ),
    ],
)
def test_timestamps_that_jump_are_no_pause(stamps: Callable[[int], int]) -> None:
    assert len(listen(packet("hold") * 40, stamps=stamps).heard) == 1


def test_what_is_heard_in_another_call_is_another_sound() -> None:
    """The line may be the same, and its timestamps go on."""
    for connected, heard in ((False, 1), (True, 2)):
        ear = listen(packet("hold") * 10)
        if connected:
            ear.is_connected()
        for number in range(10, 20):
            data = audioop.lin2ulaw(packet("hold"), 2)
            ear.take(102 + 0.02 * number, number * PACKET_SAMPLES, data, recognise([data])[0])
        assert len(ear.heard) == heard


def test_a_tone_is_over_when_something_else_is_heard_or_nothing_at_all() -> None:
    (going_on,) = (ear := listen(packet("hold") * 20)).heard
    assert not ear.is_over(going_on, now=100.8)
    assert ear.is_over(going_on, now=100.9)
    (over,) = (ear := listen(packet("hold") * 20 + SILENCE * 4)).heard
    assert ear.is_over(over, now=100.48)


def test_the_longest_silence_is_found_at_both_ends_and_between() -> None:
    ear = listen(SILENCE * 20 + packet("welcome") * 10 + SILENCE * 50 + packet("menu") * 10)
    assert ear.longest_silence(100, 101.8) == pytest.approx(1.0, abs=0.021)
    assert ear.longest_silence(100, 100.5) == pytest.approx(0.4, abs=0.021)
    assert ear.longest_silence(100, 105) == pytest.approx(3.2, abs=0.021)
    assert Ear(lambda: None).longest_silence(5, 8) == 3


def test_a_sentence_is_found_in_what_was_heard_whatever_the_line_did(tmp_path: Path) -> None:
    sentence = speechlike(3, seed=2)
    other = tmp_path / "other.wav"
    said = tmp_path / "said.wav"
    for path, samples in ((said, sentence), (other, speechlike(3, seed=3))):
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(pcm_of(samples))
    heard = SILENCE * 50 + pcm_of(0.4 * sentence) + SILENCE * 20
    ear = listen(heard, jitter=(0, 0.012, 0.004))
    assert ear.find(said) == pytest.approx(101, abs=0.02)
    assert not ear.contains(other)
    assert not ear.contains(other, seconds=1)
    # Interrupted in the middle: its beginning is still known.
    cut = listen(heard[: 2 * RATE * 2] + SILENCE * 50)
    assert cut.contains(said, seconds=0.9)
    assert not cut.contains(said)


def test_what_was_heard_can_be_written_down_with_its_gaps(tmp_path: Path) -> None:
    ear = listen(packet("hold") * 5 + SILENCE * 50 + packet("hold") * 5, lost=frozenset(range(5, 55)))
    ear.write_wav(tmp_path / "heard.wav")
    samples = read_wav(tmp_path / "heard.wav")
    assert len(samples) == 60 * PACKET_SAMPLES
    assert not samples[6 * PACKET_SAMPLES : 54 * PACKET_SAMPLES].any()
    assert best_match(samples, read_wav(tmp_path / "heard.wav")) == 0


def test_silence_matches_nothing() -> None:
    assert best_match(np.zeros(1000, np.float32), np.zeros(100, np.float32)) is None
    assert best_match(np.zeros(1000, np.float32), np.ones(100, np.float32)) is None
    assert best_match(np.zeros(10, np.float32), np.ones(100, np.float32)) is None
