"""What people said: measured, moved from Asterisk's spool to where it is kept, and made small for the web."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from weakref import WeakValueDictionary

from lcr_asterisk.audio.convert import FFMPEG_REMEDY
from lcr_asterisk.audio.files import finish, make_directory, naming, write_whole
from lcr_asterisk.audio.loudness import seconds_of_speech
from lcr_asterisk.audio.peaks import make_peaks, peaks_file
from lcr_asterisk.audio.process import run
from lcr_asterisk.audio.wav import WavLayout, header, layout, read_pcm
from lcr_asterisk.errors import AudioError

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}")
_PIECE = 1 << 20
# Recorded voice is for the members of the operating group, not for everybody with a login.
_FILE_MODE = 0o640
_DIRECTORY_MODE = 0o750

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptRecording:
    """A recording on disk. `mp3` is None until it has been made; `seconds` is the whole length."""

    wav: Path
    mp3: Path | None
    seconds: float


def new_recording_id() -> str:
    """An id that cannot be guessed, says nothing about the call, and is safe in a file name and a URL."""
    return secrets.token_hex(16)


def measure(path: Path) -> float:
    """The length of a WAV recording in seconds, also while it is written or after its writer died.

    0.0 for an empty one. Raises AudioError: missing, or not a WAV file.
    """
    found = layout(path)
    return found.seconds if found else 0.0


def measure_message(path: Path) -> float:
    """The length of a caller's message in seconds without the silence at its end; 0.0 when nothing is said.

    Raises AudioError: missing, or not a WAV file.
    """
    found = layout(path)
    if found is None or not found.length:
        return 0.0
    return seconds_of_speech(read_pcm(path)) if found.telephone else found.seconds


def keep(source: Path, directory: Path, recording_id: str, taken_at: datetime) -> KeptRecording:
    """Copy a finished recording to `directory`/YYYY/MM/<recording_id>.wav. Blocking: call it in a thread.

    `taken_at` names the year and month. When this returns, the file is whole, has a true header and survives a power
    cut; the source may then be removed. Repeated with the same id and time, after a crash at any point, it ends with
    the same file.

    Raises DiskFull when there is no room, AudioError otherwise.
    """
    if not _ID.fullmatch(recording_id):
        raise AudioError(f"{recording_id!r} cannot be the id of a recording.")
    target = directory / f"{taken_at:%Y}" / f"{taken_at:%m}" / f"{recording_id}.wav"
    if not source.exists() and target.exists():
        return _kept(target)
    found = layout(source)
    if found is None or not found.length:
        raise AudioError(f"{source}: holds no sound.")
    with naming(target, "written"):
        make_directory(target.parent, _DIRECTORY_MODE)
        # One fixed name: what a crash leaves behind is overwritten by the repetition.
        part = target.with_name(f".{target.name}.part")
        write_whole(part, target, _repaired(source, found), mode=_FILE_MODE)
    return _kept(target)


def _kept(wav: Path) -> KeptRecording:
    mp3 = wav.with_suffix(".mp3")
    return KeptRecording(wav, mp3 if mp3.exists() else None, measure(wav))


def _repaired(source: Path, found: WavLayout) -> Iterator[bytes]:
    """The recording piece by piece, behind a header that tells its true length."""
    length = found.length
    yield header(found.fmt, length)
    with source.open("rb") as file:
        file.seek(found.offset)
        while length > 0 and (piece := file.read(min(_PIECE, length))):
            length -= len(piece)
            yield piece


async def _there(file: Path) -> bool:
    """In a thread, as all that touches the disk: one that hangs must not hold up the calls. Raises AudioError."""
    with naming(file, "looked for"):
        return await asyncio.to_thread(file.exists)


class WebMaker:
    """Makes what the web plays and shows of kept recordings, `at_once` at a time, so that calls never wait for them.

    `timeout` is in seconds. ffmpeg is run directly: pydub would hold a conversation of hours in memory several times.
    """

    def __init__(self, *, at_once: int = 1, timeout: float = 900.0) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._timeout = timeout
        self._making: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()

    async def to_peaks(self, wav: Path) -> Path:
        """The waveform beside `wav`, made unless it is there (`peaks.make_peaks`). Raises AudioError."""
        made = peaks_file(wav)
        async with self._turn:
            if not await _there(made):
                await asyncio.to_thread(make_peaks, wav, mode=_FILE_MODE)
        return made

    async def to_mp3(self, wav: Path) -> Path:
        """The MP3 beside `wav`, made unless it is there. 8 kHz, 32 kbit/s for mono, 48 kbit/s for stereo.

        Raises AudioError: ffmpeg missing, failed, too slow, no room; the WAV is never touched.
        """
        mp3 = wav.with_suffix(".mp3")
        async with self._making.setdefault(wav, asyncio.Lock()), self._turn:
            if await _there(mp3):
                return mp3
            found = await asyncio.to_thread(layout, wav)
            if found is None or not found.length:
                raise AudioError(f"{wav}: holds no sound.")
            part = mp3.with_name(f".{mp3.name}.part")
            try:
                await self._encode(wav, part, found.channels)
                with naming(mp3, "written"):
                    await asyncio.to_thread(finish, part, mp3, mode=_FILE_MODE)
            finally:
                with contextlib.suppress(OSError):
                    await asyncio.to_thread(part.unlink, missing_ok=True)
        return mp3

    async def _encode(self, wav: Path, part: Path, channels: int) -> None:
        arguments = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-threads", "1"]
        rate = "32k" if channels == 1 else "48k"
        arguments += ["-i", f"file:{wav}", "-ar", "8000", "-codec:a", "libmp3lame", "-b:a", rate]
        arguments += ["-map_metadata", "-1", "-f", "mp3", f"file:{part}"]
        try:
            # Live calls come first on a small machine.
            await run(arguments, stdin=b"", within=self._timeout, remedy=FFMPEG_REMEDY, niceness=10)
        except AudioError as error:
            raise AudioError(f"{wav}: no MP3 made of it: {error.message}", remedy=error.remedy) from error
