"""What a caller said is measured truly and never lost."""

from __future__ import annotations

import os
import resource
import shutil
import struct
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lcr_asterisk.audio.files import naming, write_whole
from lcr_asterisk.audio.recordings import keep, measure, measure_message, new_recording_id
from lcr_asterisk.audio.wav import wav_bytes
from lcr_asterisk.errors import AudioError, DiskFull

ID = "0123456789abcdef0123456789abcdef"
TAKEN_AT = datetime(2026, 11, 21, 9, 0, 12, tzinfo=UTC)


def unfinished(pcm: bytes) -> bytes:
    """A WAV file as Asterisk leaves it when it dies: lengths of zero in the header."""
    whole = bytearray(wav_bytes(pcm))
    struct.pack_into("<I", whole, 4, 0)
    struct.pack_into("<I", whole, 40, 0)
    return bytes(whole)


@pytest.fixture
def spooled(tmp_path: Path, make_tone: Callable[..., bytes]) -> Path:
    source = tmp_path / "spool" / "call-message.wav"
    source.parent.mkdir()
    source.write_bytes(wav_bytes(make_tone(3.0)))
    return source


@pytest.fixture
def kept_in(tmp_path: Path) -> Path:
    return tmp_path / "var" / "recordings"


def samples(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        frames: bytes = file.readframes(file.getnframes())
        return frames


# --- measured ---


def test_a_finished_recording_is_measured(spooled: Path) -> None:
    assert measure(spooled) == pytest.approx(3.0)


def test_a_recording_whose_header_was_never_finished_is_measured_by_its_size(
    tmp_path: Path, make_tone: Callable[..., bytes]
) -> None:
    path = tmp_path / "r.wav"
    path.write_bytes(unfinished(make_tone(2.0)) + b"\x01")
    assert measure(path) == pytest.approx(2.0)
    assert measure_message(path) == pytest.approx(2.0, abs=0.05)


def test_a_recording_with_more_chunks_is_measured_by_its_sound(tmp_path: Path, make_tone: Callable[..., bytes]) -> None:
    pcm = make_tone(1.0)
    plain = wav_bytes(pcm)
    note = b"LIST" + struct.pack("<I", 1000) + bytes(1000)
    content = plain[:12] + note + plain[12:] + note
    path = tmp_path / "r.wav"
    path.write_bytes(content[:4] + struct.pack("<I", len(content) - 8) + content[8:])
    assert measure(path) == pytest.approx(1.0)


@pytest.mark.parametrize("length", [0, 3, 12, 30, 44])
def test_a_recording_that_ended_at_once_is_zero_seconds_long(tmp_path: Path, length: int) -> None:
    path = tmp_path / "r.wav"
    path.write_bytes(unfinished(b"")[:length])
    assert measure(path) == 0.0
    assert measure_message(path) == 0.0


@pytest.mark.parametrize("content", [b"ID3 this is something else entirely", b"RIFF\x00\x00\x00\x00AVI ", b"RIFX"])
def test_what_is_no_recording_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"r\.wav: not a WAV file"):
        measure(path)
    with pytest.raises(AudioError, match=r"absent\.wav: cannot be read"):
        measure(tmp_path / "absent.wav")


def test_a_format_of_nonsense_is_named(tmp_path: Path) -> None:
    path = tmp_path / "r.wav"
    path.write_bytes(wav_bytes(bytes(100)).replace(struct.pack("<I", 16000), bytes(4)).replace(b"\x40\x1f", b"\0\0"))
    with pytest.raises(AudioError, match="without a usable description"):
        measure(path)


def test_the_silence_that_ended_a_message_is_not_part_of_it(tmp_path: Path, make_tone: Callable[..., bytes]) -> None:
    path = tmp_path / "r.wav"
    path.write_bytes(wav_bytes(bytes(16000) + make_tone(2.0) + bytes(5 * 16000)))
    assert measure(path) == pytest.approx(8.0)
    assert measure_message(path) == pytest.approx(3.0, abs=0.1)


# --- kept ---


def test_a_message_is_kept_in_its_month(spooled: Path, kept_in: Path) -> None:
    sound = samples(spooled)
    kept = keep(spooled, kept_in, ID, TAKEN_AT)
    assert kept.wav == kept_in / "2026" / "11" / f"{ID}.wav"
    assert kept.mp3 is None
    assert kept.seconds == pytest.approx(3.0)
    assert samples(kept.wav) == sound
    assert spooled.exists(), "the spool has it until the database knows of it"
    assert [path.name for path in kept.wav.parent.iterdir()] == [kept.wav.name]
    assert kept.wav.stat().st_mode & 0o007 == 0, "not for everybody with a login"


def test_a_message_with_an_unfinished_header_is_kept_with_a_true_one(
    spooled: Path, kept_in: Path, make_tone: Callable[..., bytes]
) -> None:
    spooled.write_bytes(unfinished(make_tone(2.0)) + b"\x01")
    kept = keep(spooled, kept_in, ID, TAKEN_AT)
    assert samples(kept.wav) == make_tone(2.0)


def test_keeping_again_after_a_crash_is_harmless(spooled: Path, kept_in: Path) -> None:
    """The crash may have come while writing, before the source was removed, or after everything."""
    copy = spooled.read_bytes()
    month = kept_in / "2026" / "11"
    month.mkdir(parents=True)
    (month / f".{ID}.wav.part").write_bytes(b"half of i")
    first = keep(spooled, kept_in, ID, TAKEN_AT)
    second = keep(spooled, kept_in, ID, TAKEN_AT)
    spooled.unlink()
    third = keep(spooled, kept_in, ID, TAKEN_AT)
    assert first == second == third
    assert first.wav.read_bytes() == copy
    assert list(month.iterdir()) == [first.wav]


def test_a_message_crosses_file_systems(spooled: Path, tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm") / f"recordings-{os.getpid()}"
    if not elsewhere.parent.is_dir() or elsewhere.parent.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has only one file system")
    try:
        sound = samples(spooled)
        assert samples(keep(spooled, elsewhere, ID, TAKEN_AT).wav) == sound
    finally:
        shutil.rmtree(elsewhere, ignore_errors=True)


@contextmanager
def no_room() -> Iterator[None]:
    """The kernel takes no more than 16 KiB for any file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16384, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_without_room_the_message_stays_in_the_spool(spooled: Path, kept_in: Path) -> None:
    before = spooled.read_bytes()
    with no_room(), pytest.raises(DiskFull, match=r"\.wav: cannot be written.*Free some space"):
        keep(spooled, kept_in, ID, TAKEN_AT)
    assert spooled.read_bytes() == before
    assert not [path for path in kept_in.rglob("*") if path.is_file()]


def test_a_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="No space left on device"), naming(tmp_path / "target", "written"):
        write_whole(part, tmp_path / "target", [b"x"], mode=0o600)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"new"
        raise OSError(5, "Input/output error")

    target = tmp_path / "target"
    target.write_bytes(b"old")
    with pytest.raises(AudioError, match="Input/output error"), naming(target, "written"):
        write_whole(tmp_path / "part", target, pieces(), mode=0o600)
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_bytes() == b"old"


def test_a_source_that_is_empty_or_gone_is_named_and_stays(spooled: Path, kept_in: Path) -> None:
    spooled.write_bytes(unfinished(b""))
    with pytest.raises(AudioError, match="holds no sound"):
        keep(spooled, kept_in, ID, TAKEN_AT)
    assert spooled.exists()
    spooled.unlink()
    with pytest.raises(AudioError, match="cannot be read: No such file"):
        keep(spooled, kept_in, ID, TAKEN_AT)


@pytest.mark.parametrize("strange", ["", "../../etc/x", "a/b", "-rf12345678", ".hidden123456", "short", "x" * 65])
def test_an_id_cannot_lead_out_of_the_directory(strange: str, spooled: Path, kept_in: Path) -> None:
    with pytest.raises(AudioError, match="cannot be the id"):
        keep(spooled, kept_in, strange, TAKEN_AT)
    assert spooled.exists()


def test_new_ids_are_accepted_and_never_alike(spooled: Path, kept_in: Path) -> None:
    ids = {new_recording_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert keep(spooled, kept_in, ids.pop(), TAKEN_AT).wav.exists()
