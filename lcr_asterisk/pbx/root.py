"""Finds Asterisk on this machine, or makes a private one under the data directory from Debian's packages.

22.10.1 is the oldest release accepted: the first in which a read-only ARI user cannot write over the WebSocket
(GHSA-wcvv-g26m-wx5c) and without GHSA-vrfp-mg3q-3959. Current Debian stable has no Asterisk, testing has it; so the
private one is an unpacked testing system, run through its own loader and libraries, without chroot and without root.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lcr_asterisk.errors import PbxError
from lcr_asterisk.pbx.mirror import debian_mirror

Version = tuple[int, int, int]

OLDEST: Version = (22, 10, 1)
_SUITE = "forky"
# Measured: 268 MB unpacked, and 110 MB of packages and lists while it is made.
_ROOM = 400_000_000
_OR_INSTALL = f"Or install Asterisk {'.'.join(map(str, OLDEST))} or newer by hand."


@dataclass(frozen=True)
class AsteriskBinary:
    """An Asterisk that can be started. `launcher` is the argument list that runs it, before its own arguments."""

    launcher: tuple[str, ...]
    version: Version
    modules_dir: Path
    data_dir: Path

    def command(self, conf: Path) -> list[str]:
        """The argument list that runs it with this asterisk.conf; more arguments may follow."""
        return [*self.launcher, "-C", str(conf)]

    def __str__(self) -> str:
        return f"Asterisk {'.'.join(map(str, self.version))} ({self.launcher[-1]})"


def parse_version(text: str) -> Version | None:
    """The version in what `asterisk -V` prints, e.g. "Asterisk 22.10.1~dfsg-2" → (22, 10, 1); None if there is none."""
    found = re.search(r"\bAsterisk (?:certified[/-])?(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def find_asterisk(data: Path) -> AsteriskBinary | None:
    """The Asterisk installed on this machine if it is new enough, else the private one under `data`, else None."""
    return _installed() or binary_in(data / "asterisk-root")


def ensure_asterisk(data: Path, say: Callable[[str], None]) -> AsteriskBinary:
    """Like `find_asterisk`, but makes the private one where there is none (about 10 s and 270 MB).

    `say` is given a line of progress at a time. Two processes may call this at once: the second waits for the first.
    PbxError: mmdebstrap is missing, no mirror answers, the disk is full, or what was fetched does not run.
    """
    try:
        found = find_asterisk(data)
        if found is not None:
            return found
        data.mkdir(parents=True, exist_ok=True)
        with _lock(data / "asterisk-root.lock", say) as lock:
            return find_asterisk(data) or _make_root(data / "asterisk-root", say, lock)
    except OSError as error:
        raise PbxError(f"Asterisk cannot be put into {data}: {error.strerror}.") from error


def binary_in(root: Path) -> AsteriskBinary | None:
    """The Asterisk in an unpacked system at `root`, or None if there is none there that runs and is new enough."""
    root = root.absolute()
    program = root / "usr/sbin/asterisk"
    loaders = sorted(root.glob("usr/lib/*/ld-linux*.so.*"))
    if not program.exists() or not loaders:
        return None
    libraries = loaders[0].parent
    # --inhibit-cache: the host's /etc/ld.so.cache names the host's libraries.
    launcher = (str(loaders[0]), "--inhibit-cache", "--library-path", str(libraries), str(program))
    version = _version_of(launcher)
    if version is None or version < OLDEST:
        return None
    return AsteriskBinary(launcher, version, libraries / "asterisk/modules", root / "usr/share/asterisk")


def _installed() -> AsteriskBinary | None:
    program = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    version = _version_of((program,)) if program else None
    if program is None or version is None or version < OLDEST:
        return None
    libraries = [Path("/usr/lib/asterisk/modules"), *sorted(Path("/usr/lib").glob("*/asterisk/modules"))]
    libraries += [Path("/usr/lib64/asterisk/modules"), Path("/usr/local/lib/asterisk/modules")]
    modules = next((path for path in libraries if (path / "chan_pjsip.so").exists()), None)
    # Debian keeps the documentation, which Asterisk reads at start, apart from what changes at run time.
    shares = (Path("/usr/share/asterisk"), Path("/var/lib/asterisk"))
    share = next((path for path in shares if (path / "documentation").is_dir()), shares[-1])
    return AsteriskBinary((program,), version, modules, share) if modules else None


def _version_of(launcher: Sequence[str]) -> Version | None:
    try:
        done = subprocess.run([*launcher, "-V"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(done.stdout)


@contextmanager
def _lock(path: Path, say: Callable[[str], None]) -> Iterator[int]:
    """Hold the lock at `path`; yields its descriptor."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another process is getting Asterisk; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _make_root(root: Path, say: Callable[[str], None], lock: int) -> AsteriskBinary:
    """Unpack Debian packages beside `root` and move them there when they are complete; the caller holds the lock."""
    tool = shutil.which("mmdebstrap")
    if tool is None:
        raise PbxError(
            "There is no Asterisk here, and mmdebstrap, which would get one, is not installed.",
            remedy=f"Run `apt-get install mmdebstrap`. {_OR_INSTALL}",
        )
    room = shutil.disk_usage(root.parent).free
    if room < _ROOM:
        raise _disk_full(root, room)
    mirror = debian_mirror()
    partial = root.with_name(root.name + ".partial")
    for leftover in (partial, root):
        if leftover.exists():
            shutil.rmtree(leftover)
    say(f"Getting Asterisk from {mirror} ({_SUITE}) into {root}: about 270 MB, once.")
    output = _run([tool, *_mmdebstrap_arguments(), _SUITE, str(partial), mirror], say, lock)
    if output is not None:
        shutil.rmtree(partial, ignore_errors=True)
        raise _why_it_failed(output, root, mirror)
    binary = binary_in(partial)
    if binary is None:
        shutil.rmtree(partial, ignore_errors=True)
        raise PbxError(f"The Asterisk from {mirror} ({_SUITE}) does not run here or is too old.", remedy=_OR_INSTALL)
    partial.rename(root)
    moved = binary_in(root)
    assert moved is not None, "it ran a moment ago under its other name"
    say(f"{moved} is ready.")
    return moved


def _mmdebstrap_arguments() -> list[str]:
    arguments = [
        "--variant=extract",  # unpacked, not configured: no package script runs, no service is started
        "--include=asterisk",
        # A mirror that lags has a Release file past its date. Its signature is still checked.
        '--aptopt=Acquire::Check-Valid-Until "false"',
    ]
    # Without root, the mode chosen by default may leave files that this user cannot delete (user namespaces).
    return arguments if os.geteuid() == 0 else ["--mode=chrootless", *arguments]


def _run(command: Sequence[str], say: Callable[[str], None], lock: int) -> str | None:
    """Run it, passing its progress on to `say`; returns None if it succeeded, else all it printed.

    It inherits the lock: if we are killed, the next attempt waits until it too has stopped writing.
    """
    environment = {**os.environ, "LC_ALL": "C"}
    lines = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
        pass_fds=(lock,),
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.startswith("I: "):
                say(line[3:].strip())
    return None if process.returncode == 0 else "".join(lines)


def _why_it_failed(output: str, root: Path, mirror: str) -> PbxError:
    # First the disk: apt reports a full one as a failed fetch too.
    if "No space left on device" in output:
        return _disk_full(root, shutil.disk_usage(root.parent).free)
    if re.search(r"Failed to fetch|Could not (connect|resolve)|Unable to (connect|locate)|404 +Not Found", output):
        reason = next((line.strip() for line in output.splitlines() if line.startswith("E: Failed to fetch")), "")
        return PbxError(
            f"The Debian mirror {mirror} cannot be reached or lacks {_SUITE}. {reason}".rstrip(),
            remedy=f"Check the network and apt's sources. {_OR_INSTALL}",
        )
    last = [line for line in output.splitlines() if line.startswith("E: ")] or output.splitlines() or ["no output"]
    return PbxError(f"mmdebstrap could not unpack Asterisk: {last[0]}", remedy=_OR_INSTALL)


def _disk_full(root: Path, room: int) -> PbxError:
    return PbxError(
        f"There is no room for Asterisk in {root.parent}: {_ROOM // 1_000_000} MB are needed,"
        f" {room // 1_000_000} MB are free.",
        remedy="Free some space, or choose another data directory with LCR_DATA.",
    )
