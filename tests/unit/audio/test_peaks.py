"""The waveform that a web page draws of a recording: where it is loud, and where nobody speaks."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from lcr_asterisk.audio.peaks import make_peaks, peaks_file
from lcr_asterisk.audio.recordings import WebMaker
from lcr_asterisk.audio.wav import header, wav_bytes
from lcr_asterisk.errors import AudioError
from tests.unit.hung_disk import HungDisk

STEREO = struct.pack("<HHIIHH", 1, 2, 8000, 32000, 4, 16)


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    return tmp_path / "0123456789abcdef.wav"


def names_beside(wav: Path) -> list[str]:
    return sorted(path.name for path in wav.parent.iterdir())


def peaks_of(wav: Path) -> list[float]:
    peaks: list[float] = json.loads(make_peaks(wav, mode=0o640).read_text())["peaks"]
    return peaks


def test_speech_between_two_silences_is_seen_where_it_is(wav: Path, make_tone: Callable[..., bytes]) -> None:
    wav.write_bytes(wav_bytes(bytes(16000) + make_tone(2.0, level=16384 / 2**0.5) + bytes(16000)))
    told = json.loads(make_peaks(wav, mode=0o640).read_text())
    assert told["seconds"] == 4.0
    peaks = told["peaks"]
    assert len(peaks) == 400
    assert max(peaks[:100] + peaks[300:]) == 0.0
    assert peaks[100:300] == pytest.approx([0.5] * 200, abs=0.01)


def test_the_loudest_sample_is_1_and_a_word_of_one_sample_is_not_lost(wav: Path) -> None:
    wav.write_bytes(wav_bytes(bytes(20000) + struct.pack("<h", -32768) + bytes(20000)))
    peaks = peaks_of(wav)
    assert max(peaks) == 1.0
    assert sorted(peaks)[-2] == 0.0


def test_of_two_channels_the_louder_is_seen(wav: Path) -> None:
    sound = struct.pack("<4h", 0, 16384, 0, -8192) * 400
    wav.write_bytes(header(STEREO, len(sound)) + sound)
    assert peaks_of(wav) == [0.5] * 400


def test_a_recording_of_a_moment_has_as_many_values_as_samples(wav: Path) -> None:
    wav.write_bytes(wav_bytes(struct.pack("<3h", 0, 8192, 16384)))
    assert peaks_of(wav) == [0.0, 0.25, 0.5]


def test_it_is_as_private_as_the_recording(wav: Path, make_tone: Callable[..., bytes]) -> None:
    wav.write_bytes(wav_bytes(make_tone(1.0)))
    assert make_peaks(wav, mode=0o640).stat().st_mode & 0o777 == 0o640


@pytest.fixture
def spoken(wav: Path, make_tone: Callable[..., bytes]) -> Path:
    wav.write_bytes(wav_bytes(make_tone(1.0)))
    return wav


async def test_the_worker_makes_it_once(spoken: Path) -> None:
    maker = WebMaker()
    first = (await maker.to_peaks(spoken)).stat()
    assert (await maker.to_peaks(spoken)).stat().st_mtime_ns == first.st_mtime_ns
    assert names_beside(spoken) == sorted([spoken.name, peaks_file(spoken).name])


async def test_a_disk_that_hangs_holds_up_no_call(spoken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = HungDisk()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "exists", disk.before(Path.exists))
        await WebMaker().to_peaks(spoken)
    assert disk.held_nothing_up


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (wav_bytes(b""), "holds no sound"),
        (b"nonsense that is no WAV file at all", "not a WAV file"),
        (header(struct.pack("<HHIIHH", 7, 1, 8000, 8000, 1, 8), 4) + b"abcd", "not 16-bit PCM"),
    ],
)
def test_what_cannot_be_drawn_is_named_and_nothing_is_left(wav: Path, content: bytes, complaint: str) -> None:
    wav.write_bytes(content)
    with pytest.raises(AudioError, match=complaint):
        make_peaks(wav, mode=0o640)
    assert names_beside(wav) == [wav.name]
