"""WAV files at the level of bytes: the format everything here is kept in, and headers that were never finished.

Asterisk writes a recording's header with lengths of zero when it opens the file and fills them in when it closes it.
A file whose writer was killed, or that is still being written, is therefore measured by its size.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lcr_asterisk.errors import AudioError

RATE = 8000
WIDTH = 2
BYTES_PER_SECOND = RATE * WIDTH

_PCM = 1
STEREO_FORMAT = struct.pack("<HHIIHH", _PCM, 2, RATE, 2 * BYTES_PER_SECOND, 2 * WIDTH, WIDTH * 8)
_TELEPHONE_FORMAT = struct.pack("<HHIIHH", _PCM, 1, RATE, BYTES_PER_SECOND, WIDTH, WIDTH * 8)


@dataclass(frozen=True, slots=True)
class WavLayout:
    """Where the sound lies in a WAV file: `length` bytes from `offset`; `fmt` is its format chunk as it stands."""

    offset: int
    length: int
    fmt: bytes

    @property
    def bytes_per_second(self) -> int:
        rate: int = struct.unpack_from("<I", self.fmt, 8)[0]
        return rate

    @property
    def frame(self) -> int:
        """Bytes of one sample of all channels."""
        size: int = struct.unpack_from("<H", self.fmt, 12)[0]
        return size

    @property
    def channels(self) -> int:
        number: int = struct.unpack_from("<H", self.fmt, 2)[0]
        return number

    @property
    def seconds(self) -> float:
        return self.length / self.bytes_per_second

    @property
    def telephone(self) -> bool:
        """Whether it is 8 kHz mono 16-bit PCM."""
        return self.fmt[:16] == _TELEPHONE_FORMAT


def layout(path: Path) -> WavLayout | None:
    """Find the sound in a WAV file; None when it ends before its first sample. Raises AudioError: missing, no WAV."""
    try:
        with path.open("rb") as file:
            return _walk_chunks(file, path.stat().st_size, path)
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror}.") from error


def _walk_chunks(file: BinaryIO, size: int, path: Path) -> WavLayout | None:
    head = file.read(12)
    if len(head) < 12 and b"RIFF".startswith(head[:4]):
        return None
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise AudioError(f"{path}: not a WAV file.")
    complete = struct.unpack_from("<I", head, 4)[0] + 8 >= size
    fmt = b""
    while True:
        chunk = file.read(8)
        if len(chunk) < 8:
            return None
        name, length = chunk[:4], struct.unpack_from("<I", chunk, 4)[0]
        if name == b"data":
            break
        body = file.read(length + length % 2)
        if name == b"fmt ":
            fmt = body[:length]
    if len(fmt) < 16 or not struct.unpack_from("<I", fmt, 8)[0] or not struct.unpack_from("<H", fmt, 12)[0]:
        raise AudioError(f"{path}: a WAV file without a usable description of its format.")
    offset = file.tell()
    rest = size - offset
    # A header that does not cover the file was not finished: everything up to the end is sound.
    length = length if complete and 0 < length <= rest else rest
    frame = struct.unpack_from("<H", fmt, 12)[0]
    return WavLayout(offset, length - length % frame, fmt)


def header(fmt: bytes, length: int) -> bytes:
    """A finished WAV header for `length` bytes of sound in the format `fmt`."""
    padded = fmt + b"\0" * (len(fmt) % 2)
    description = b"WAVE" + b"fmt " + struct.pack("<I", len(fmt)) + padded
    data = b"data" + struct.pack("<I", length)
    return b"RIFF" + struct.pack("<I", len(description) + len(data) + length) + description + data


def wav_bytes(pcm: bytes) -> bytes:
    """A WAV file of 8 kHz mono 16-bit samples."""
    return header(_TELEPHONE_FORMAT, len(pcm)) + pcm


def whole_pcm(path: Path) -> bytes | None:
    """The samples of a file exactly as `wav_bytes` made it; None when it is cut short or something else. OSError."""
    content = path.read_bytes()
    size = len(header(_TELEPHONE_FORMAT, 0))
    pcm = content[size:]
    return pcm if pcm and content[:size] == header(_TELEPHONE_FORMAT, len(pcm)) else None


def read_pcm(path: Path) -> bytes:
    """The samples of an 8 kHz mono 16-bit WAV file. Raises AudioError: missing, empty, or another format."""
    found = layout(path)
    if found is None or not found.length:
        raise AudioError(f"{path}: holds no sound.")
    if not found.telephone:
        raise AudioError(f"{path}: not 8 kHz mono 16-bit PCM.")
    try:
        with path.open("rb") as file:
            file.seek(found.offset)
            return file.read(found.length)
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror}.") from error
