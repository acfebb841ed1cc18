"""Listening at a phone: which tones were heard and when, and everything that was heard, to be looked at afterwards.

All times are those of the event loop (seconds). A sound is "heard" when its packet arrived at the phone. Whether there
was a pause before it, RTP timestamps tell, as they tell a real phone: packets that something held up on their way come
late and then all at once, and are as seamless as they were spoken.
"""

from __future__ import annotations

import audioop
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lcr_asterisk.simulator.tones import PACKET_SAMPLES, RATE, TONES

PACKET_SECONDS = PACKET_SAMPLES / RATE

_NAMES = tuple(TONES)
_BINS = np.array([TONES[name] * PACKET_SAMPLES // RATE for name in _NAMES])
_LINEAR = (np.frombuffer(audioop.ulaw2lin(bytes(range(256)), 2), np.int16) / 32768).astype(np.float32)

_AUDIBLE = 1e-6  # mean square: -60 dB
_SHARE = 0.1  # of the power of a packet: below that, a tone is leakage
_PURE = 0.6  # of the power of a packet must be in known tones; speech never is
PAUSE_SECONDS = 3 * PACKET_SECONDS  # ends a tone; a packet or two lost do not
HELD_UP = 0.5  # seconds by which arrival and timestamps may differ; and without any packet, everything is over
_BEST_MATCH = 0.8  # correlation; G.711 alone leaves more than 0.99, a different sentence less than 0.3
_DRIFT = 0.08  # seconds that packets may arrive early or late before it counts as a gap


@dataclass(slots=True)
class Heard:
    """One tone, from `start` to `end`; `end` grows while it is still sounding."""

    name: str
    start: float
    end: float
    packets: int = 1
    until: float = 0.0
    """Where it ends in all that was heard, by the sender's clock: seconds since the first packet."""

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class _Packet:
    """When it arrived, its RTP timestamp, its place in all that was heard (seconds), and its sound."""

    at: float
    stamp: int
    place: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Sound:
    """What one packet sounds like: the tones in it, whether it is audible, and seconds until its first sound."""

    tones: tuple[str, ...]
    audible: bool
    onset: float


def decode(packets: Sequence[bytes]) -> NDArray[np.float32]:
    """G.711 u-law packets of 20 ms as one row of samples each, -1 to 1."""
    codes = np.frombuffer(b"".join(packets), dtype=np.uint8).reshape(len(packets), PACKET_SAMPLES)
    return _LINEAR[codes]


def recognise(packets: Sequence[bytes]) -> list[Sound]:
    """What many packets sound like, at once: one batch of FFTs for all phones is what makes listening cheap."""
    samples = decode(packets)
    total = np.mean(samples**2, axis=1)
    # The mean square of each frequency: of a sine exactly in its place, all of it.
    power = 2 * np.abs(np.fft.rfft(samples, axis=1)[:, _BINS] / PACKET_SAMPLES) ** 2
    present = (power >= _AUDIBLE) & (power >= _SHARE * total[:, None])
    present &= (np.sum(power * present, axis=1) >= _PURE * total)[:, None]
    onset = np.argmax(np.abs(samples) > 0.01, axis=1) / RATE
    return [
        Sound(tuple(_NAMES[index] for index in np.flatnonzero(row)), bool(loud), float(first))
        for row, loud, first in zip(present, total >= _AUDIBLE, onset, strict=True)
    ]


class Ear:
    """What one phone heard. `on_news` is called when a tone begins."""

    def __init__(self, on_news: Callable[[], None]) -> None:
        self._on_news = on_news
        self._packets: list[_Packet] = []
        self._candidates: dict[str, Heard] = {}
        self._heard: list[Heard] = []
        self._sounding: list[tuple[float, float]] = []
        self._elsewhere = False

    @property
    def heard(self) -> list[Heard]:
        """Every tone heard so far, in the order in which they began."""
        return sorted(self._heard, key=lambda heard: heard.start)

    def seconds_of(self, name: str) -> float:
        """How much of this tone was heard in all, however often it was interrupted."""
        return sum(heard.packets for heard in self._heard if heard.name == name) * PACKET_SECONDS

    def is_connected(self) -> None:
        """To another line, whose timestamps are others."""
        self._elsewhere = True

    def take(self, at: float, stamp: int, packet: bytes, sound: Sound) -> None:
        """Note one packet that arrived at this moment with this RTP timestamp."""
        place = self._place(at, stamp)
        self._packets.append(_Packet(at, stamp, place, packet))
        if sound.audible:
            self._note_sound(at, sound.onset)
        for name in sound.tones:
            known = self._candidates.get(name)
            if known is None or place - known.until > PAUSE_SECONDS:
                known = self._candidates[name] = Heard(name, self._beginning(at, sound.onset), at + PACKET_SECONDS)
                known.until = place + PACKET_SECONDS
                continue
            known.end = at + PACKET_SECONDS
            known.until = place + PACKET_SECONDS
            known.packets += 1
            # One packet alone may be the edge of another tone, whose power is smeared.
            if known.packets == 2:
                self._heard.append(known)
                self._on_news()

    def _place(self, at: float, stamp: int) -> float:
        """Where a packet belongs in all that was heard: after the one before it, by the clock of whoever sent both.

        Timestamps also jump, as when the sender plays something else, which says nothing: only those that fit are
        believed, otherwise the arrival.
        """
        if not self._packets:
            return 0.0
        before = self._packets[-1]
        arrived = at - before.at
        if self._elsewhere:
            self._elsewhere = False
            return before.place + arrived
        stamped = ((stamp - before.stamp + (1 << 31)) % (1 << 32) - (1 << 31)) / RATE
        fits = 0 < stamped < arrived + HELD_UP and (arrived < HELD_UP or stamped <= PAUSE_SECONDS)
        return before.place + (stamped if fits else arrived)

    def is_over(self, heard: Heard, now: float) -> bool:
        """Whether a tone has ended: something else was heard since, or nothing at all for longer than a hold-up."""
        last = self._packets[-1]
        return last.place + PACKET_SECONDS - heard.until > PAUSE_SECONDS or now - last.at > HELD_UP

    def _beginning(self, at: float, onset: float) -> float:
        """When a tone began that is first recognised in this packet: in the one before, if the silence ended there."""
        ended = self._sounding[-1][0]
        return ended if at - ended <= PACKET_SECONDS * 1.5 else at + onset

    def _note_sound(self, at: float, onset: float) -> None:
        if self._sounding and at - self._sounding[-1][1] <= PAUSE_SECONDS:
            self._sounding[-1] = (self._sounding[-1][0], at + PACKET_SECONDS)
        else:
            self._sounding.append((at + onset, at + PACKET_SECONDS))

    def longest_silence(self, since: float, until: float) -> float:
        """The longest time in which nothing was audible, in seconds."""
        longest, quiet_from = 0.0, since
        for start, end in self._sounding:
            if end > since and start < until:
                longest = max(longest, start - quiet_from)
                quiet_from = max(quiet_from, end)
        return max(longest, until - quiet_from)

    def samples(self) -> tuple[float, NDArray[np.float32]]:
        """When the first packet came, and everything since then as one stretch of samples with its silences."""
        if not self._packets:
            return 0.0, np.zeros(0, np.float32)
        rows = decode([packet.data for packet in self._packets])
        places, expected = [], 0
        for packet in self._packets:
            by_clock = round(packet.place * RATE)
            # Packets jitter, but their sound is seamless: only a real gap is one in the result too.
            place = by_clock if by_clock - expected > _DRIFT * RATE else expected
            places.append(place)
            expected = place + PACKET_SAMPLES
        result = np.zeros(expected, np.float32)
        for place, row in zip(places, rows, strict=True):
            result[place : place + PACKET_SAMPLES] = row
        return self._packets[0].at, result

    def write_wav(self, path: Path) -> None:
        """Write all that was heard, for people to listen to."""
        _, samples = self.samples()
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((samples * 32767).astype("<i2").tobytes())

    def find(self, wav: Path, seconds: float | None = None) -> float | None:
        """When the sound of a WAV file (8 kHz mono 16-bit) was heard, or None; only its first `seconds`, if given."""
        wanted = read_wav(wav)
        wanted = wanted if seconds is None else wanted[: round(seconds * RATE)]
        began, samples = self.samples()
        found = best_match(samples, wanted)
        return None if found is None else began + found / RATE

    def contains(self, wav: Path, seconds: float | None = None) -> bool:
        """Whether the sound of a WAV file (or its first `seconds`) was heard."""
        return self.find(wav, seconds) is not None


def read_wav(path: Path) -> NDArray[np.float32]:
    """The samples of an 8 kHz mono 16-bit WAV file, -1 to 1."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE), path
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return (samples / 32768).astype(np.float32)


def best_match(samples: NDArray[np.float32], wanted: NDArray[np.float32]) -> int | None:
    """Where `wanted` lies in `samples`, at whatever loudness: the place of the best normalised cross-correlation."""
    length = len(wanted)
    energy = float(np.sum(wanted.astype(np.float64) ** 2))
    if energy == 0 or len(samples) < length:
        return None
    size = 1 << (len(samples) + length - 2).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(wanted, size))
    products = np.fft.irfft(spectrum, size)[: len(samples) - length + 1]
    running = np.concatenate(([0.0], np.cumsum(samples.astype(np.float64) ** 2)))
    energies = running[length:] - running[:-length]
    # Where there is next to nothing, anything would correlate.
    scores = np.where(energies > _AUDIBLE * length, products / np.sqrt(np.maximum(energies, 1e-12) * energy), 0.0)
    best = int(np.argmax(scores))
    return best if scores[best] >= _BEST_MATCH else None
