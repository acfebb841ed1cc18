"""Any audio file into samples a telephone carries, by pydub and ffmpeg."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from lcr_asterisk.audio.wav import read_pcm
from lcr_asterisk.errors import AudioError

FFMPEG_REMEDY = "Install it: apt-get install ffmpeg."

_LARGEST_FILE = 300_000_000  # bytes; pydub holds a WAV file in memory
# Below 120 Hz a telephone carries only hum. The rate is converted by ffmpeg: pydub's own way has no low-pass filter and
# folds sibilants back into the voice.
_TELEPHONE = ["-ac", "1", "-af", "highpass=f=120", "-ar", "8000", "-acodec", "pcm_s16le", "-map_metadata", "-1"]


def to_telephone(path: Path, *, longest: float) -> bytes:
    """Decode an audio file of any format ffmpeg reads to 8 kHz mono 16-bit samples. Blocking: call it in a thread.

    `longest` is in seconds. Raises AudioError, naming the file: missing, unreadable, empty, no audio, too long; or
    ffmpeg is not installed.
    """
    _check(path, longest)
    for program in ("ffmpeg", "ffprobe"):
        if shutil.which(program) is None:
            raise AudioError(f"{path}: cannot be converted: {program} is not installed.", remedy=FFMPEG_REMEDY)
    # Importing pydub without ffmpeg prints a warning of its own, so it comes after the check.
    from pydub import AudioSegment
    from pydub.exceptions import CouldntDecodeError, CouldntEncodeError

    try:
        with path.open("rb") as file:
            # Asked by what is in it, whatever its name says. A WAV file is given open: pydub does not close it.
            if file.read(4) == b"RIFF":
                file.seek(0)
                sound = AudioSegment.from_file(file, format="wav", duration=longest + 1)
            else:
                sound = AudioSegment.from_file(str(path.resolve()), duration=longest + 1)
        if not len(sound):
            raise AudioError(f"{path}: holds no sound.")
        if sound.duration_seconds > longest:
            raise AudioError(f"{path}: longer than {longest:g} s.", remedy="Use a shorter one.")
        with tempfile.TemporaryDirectory() as directory:
            result = Path(directory) / "telephone.wav"
            sound.export(str(result), format="wav", parameters=_TELEPHONE).close()
            return read_pcm(result)
    # pydub meets a file without an audio stream, or with a lying header, by LookupError, ValueError and the like.
    except (CouldntDecodeError, CouldntEncodeError, LookupError, ValueError, TypeError, OSError) as error:
        raise AudioError(f"{path}: not audio that ffmpeg can read.") from error


def _check(path: Path, longest: float) -> None:
    if not path.exists():
        raise AudioError(f"{path}: no such file.")
    if not path.is_file():
        raise AudioError(f"{path}: not a file.")
    try:
        with path.open("rb") as file:
            first = file.read(1)
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror}.") from error
    if not first:
        raise AudioError(f"{path}: empty.")
    if path.stat().st_size > _LARGEST_FILE:
        raise AudioError(f"{path}: far too large for {longest:g} s of telephone sound.", remedy="Use a shorter one.")
