"""Passwords that this project makes up itself, each in a file of its own that only this user can read."""

from __future__ import annotations

import os
import re
import secrets as randomness
import tempfile
from pathlib import Path

from lcr_asterisk.errors import PbxError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def secret(data: Path, name: str) -> str:
    """The secret of that name under `<data>/secrets/`, made at the first call (40 characters, URL-safe).

    Two processes that ask at once get the same one. PbxError: it cannot be read or written, or others could read it.
    """
    if not _NAME.fullmatch(name):
        raise PbxError(f"{name!r} cannot be the name of a secret.", remedy="Allowed: letters, digits, _ and -.")
    path = data / "secrets" / name
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        if path.stat().st_mode & 0o077:
            raise PbxError(f"The secret {path} can be read by others.", remedy=f"Run `chmod 600 {path}`.")
        value = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PbxError(f"The secret {path} cannot be read or written: {error}.") from error
    if not value:
        raise PbxError(f"The secret {path} is empty.", remedy="Delete it, and a new one is made.")
    return value


def _create(path: Path) -> None:
    """Write a new secret in full under another name, then give it its name unless somebody was quicker."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # 0600 from the start
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            # hex, not base64: nothing in it means anything to a configuration file or a URL
            file.write(randomness.token_hex(20) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            Path(path).hardlink_to(temporary)
        except FileExistsError:
            return
    finally:
        Path(temporary).unlink()
