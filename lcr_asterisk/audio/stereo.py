"""Both sides of a conversation, recorded apart, as one stereo recording: caller left, responder right."""

from __future__ import annotations

import audioop
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lcr_asterisk.audio.files import make_directory, naming, write_whole
from lcr_asterisk.audio.wav import RATE, STEREO_FORMAT, WIDTH, header, layout
from lcr_asterisk.errors import AudioError

_PIECE = 1 << 18
_MODE = 0o640
_DIRECTORY_MODE = 0o750


@dataclass(frozen=True, slots=True)
class _Side:
    """`length` bytes of sound from `offset` in the file; the first was heard at `began`, in seconds since the epoch."""

    path: Path
    offset: int
    length: int
    began: float


def weave(left: Path, right: Path, target: Path) -> None:
    """Write two recordings, of which one may be missing or empty, to `target`. Blocking: call it in a thread.

    Each began its own length before it was last written to. So one that began late, after a crash, or ended late,
    because nobody was there to end it, still stands beside what was said at the time. Raises AudioError.
    """
    sides = [_side(left), _side(right)]
    began = min((side.began for side in sides if side is not None), default=0.0)
    with naming(target, "written"), ExitStack() as stack:
        tracks = [_Track(side, began, stack) for side in sides]
        make_directory(target.parent, _DIRECTORY_MODE)
        write_whole(target.with_name(f".{target.name}.part"), target, _woven(*tracks), mode=_MODE)


def _side(path: Path) -> _Side | None:
    found = layout(path) if path.exists() else None
    if found is None or not found.length:
        return None
    if not found.telephone:
        raise AudioError(f"{path}: not 8 kHz mono 16-bit PCM.")
    return _Side(path, found.offset, found.length, path.stat().st_mtime - found.seconds)


class _Track:
    """A side from the beginning of the whole, with silence where it has nothing."""

    def __init__(self, side: _Side | None, began: float, stack: ExitStack) -> None:
        self._silence = 0
        self._left = 0
        self._file: BinaryIO | None = None
        if side is not None:
            self._silence = round((side.began - began) * RATE) * WIDTH
            self._left = side.length
            self._file = stack.enter_context(side.path.open("rb"))
            self._file.seek(side.offset)
        self.length = self._silence + self._left

    def read(self, size: int) -> bytes:
        quiet = min(size, self._silence)
        sound = min(size - quiet, self._left)
        self._silence -= quiet
        self._left -= sound
        heard = self._file.read(sound) if self._file is not None else b""
        return (bytes(quiet) + heard).ljust(size, b"\0")


def _woven(left: _Track, right: _Track) -> Iterator[bytes]:
    length = max(left.length, right.length)
    yield header(STEREO_FORMAT, 2 * length)
    for start in range(0, length, _PIECE):
        size = min(_PIECE, length - start)
        on_left = audioop.tostereo(left.read(size), WIDTH, 1, 0)
        yield audioop.add(on_left, audioop.tostereo(right.read(size), WIDTH, 0, 1), WIDTH)
