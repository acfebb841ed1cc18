"""Which Debian mirror this machine already uses, from apt's own list of sources."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from lcr_asterisk.errors import PbxError


def debian_mirror() -> str:
    """The URL of the Debian archive that apt is set up with. PbxError if there is none."""
    try:
        done = subprocess.run(
            ["apt-get", "indextargets", "Created-By: Packages"], capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PbxError("apt-get does not run here.", remedy="Install Asterisk 22.10.1 or newer by hand.") from error
    mirror = parse_mirror(done.stdout)
    if mirror is None:
        raise PbxError(
            "apt has no source for the Debian archive, so there is nowhere to get Asterisk from.",
            remedy="Add a source for Debian main, or install Asterisk 22.10.1 or newer by hand.",
        )
    return mirror


def parse_mirror(indextargets: str) -> str | None:
    """The best archive in the output of `apt-get indextargets`: Debian's own main before a look-alike, or None.

    Security and other side archives do not count: they hold only a few packages and no testing suite.
    """
    best: tuple[int, str] | None = None
    for target in _stanzas(indextargets):
        uri = target.get("Repo-URI", "").rstrip("/")
        if not uri.startswith(("http://", "https://", "file:/")) or target.get("Component") != "main":
            continue
        # Origin and Label come from the Release file, which is not there before the first `apt-get update`.
        if (target.get("Origin"), target.get("Label")) == ("Debian", "Debian"):
            rank = 2
        elif "Origin" not in target and uri.endswith("/debian"):
            rank = 1
        else:
            continue
        if best is None or rank > best[0]:
            best = (rank, uri)
    return best[1] if best else None


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    for block in text.split("\n\n"):
        fields = (line.partition(": ") for line in block.splitlines())
        stanza = {name: value.strip() for name, separator, value in fields if separator}
        if stanza:
            yield stanza
