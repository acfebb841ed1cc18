"""Files that are either whole or not there, also after a power cut."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from lcr_asterisk.errors import AudioError, DiskFull

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextlib.contextmanager
def naming(path: Path, doing: str) -> Iterator[None]:
    """Turn an OSError into a sentence about `path`. Raises DiskFull where room is what is missing, else AudioError."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(f"{path}: cannot be {doing}: {error.strerror}.", remedy="Free some space.") from error
        raise AudioError(f"{path}: cannot be {doing}: {error.strerror}.") from error


def make_directory(directory: Path, mode: int) -> None:
    """Make a directory and its parents, each lasting. An existing one keeps its mode."""
    if directory.is_dir():
        return
    make_directory(directory.parent, mode)
    directory.mkdir(mode=mode, exist_ok=True)
    sync_directory(directory.parent)


def write_whole(part: Path, target: Path, pieces: Iterable[bytes], *, mode: int) -> None:
    """Write `pieces` to `target` by way of `part`, a name in the same directory.

    On return they are on disk; on an error `target` is as it was before and `part` is gone. Raises OSError.
    """
    try:
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        finish(part, target, mode=mode)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def finish(part: Path, target: Path, *, mode: int) -> None:
    """Give a complete file its name, lasting. Raises OSError."""
    with part.open("rb") as file:
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    part.replace(target)
    sync_directory(target.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory last."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
