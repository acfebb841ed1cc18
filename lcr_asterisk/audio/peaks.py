"""The waveform of a recording, in a few numbers that a web page draws without loading the sound."""

from __future__ import annotations

import audioop
import json
import struct
from itertools import pairwise
from pathlib import Path

from lcr_asterisk.audio.files import naming, write_whole
from lcr_asterisk.audio.wav import layout
from lcr_asterisk.errors import AudioError

COUNT = 400
_FULL_SCALE = 32768
_PCM_16_BIT = (1, 16)


def peaks_file(wav: Path) -> Path:
    """Where the waveform of this recording lies."""
    return wav.with_suffix(".peaks.json")


def make_peaks(wav: Path, *, mode: int) -> Path:
    """Write `{"seconds": 3.2, "peaks": [0.0, 0.413, …]}` beside a recording. Blocking: call it in a thread.

    Each of the at most 400 values is the loudest moment of its stretch of time, from 0 to 1, full scale. Read in
    pieces: a conversation of hours is never in memory as a whole. Raises AudioError: missing, no sound, another format.
    """
    found = layout(wav)
    if found is None or not found.length:
        raise AudioError(f"{wav}: holds no sound.")
    code, bits = *struct.unpack_from("<H", found.fmt), *struct.unpack_from("<H", found.fmt, 14)
    if (code, bits) != _PCM_16_BIT:
        raise AudioError(f"{wav}: not 16-bit PCM.")
    moments = found.length // found.frame
    count = min(COUNT, moments)
    edges = [found.frame * (moments * at // count) for at in range(count + 1)]
    with naming(wav, "read"), wav.open("rb") as file:
        file.seek(found.offset)
        loudest = [audioop.max(file.read(end - start), 2) for start, end in pairwise(edges)]
    written = {"seconds": round(found.seconds, 3), "peaks": [round(peak / _FULL_SCALE, 3) for peak in loudest]}
    target = peaks_file(wav)
    part = target.with_name(f".{target.name}.part")
    with naming(target, "written"):
        write_whole(part, target, [json.dumps(written).encode()], mode=mode)
    return target
