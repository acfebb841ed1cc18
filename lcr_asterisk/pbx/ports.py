"""Is an address free, and if not, who has it: asked before Asterisk starts, which would only log it and go on deaf."""

from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import Literal

from lcr_asterisk.errors import PbxError, PortTaken
from lcr_asterisk.pbx.spec import Address

Protocol = Literal["tcp", "udp"]


def check_free(address: Address, protocol: Protocol, use: str) -> None:
    """PortTaken if another program has it, naming that program where /proc tells; PbxError if it is not ours to use."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if protocol == "tcp":
            # As Asterisk does: connections of the previous run in TIME_WAIT are no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                reason = error.strerror or str(error)
                raise PbxError(f"{use} cannot listen on {protocol} {address}: {reason}.") from error
            holder = who_listens(address.port, protocol)
            raise PortTaken(
                f"{use} cannot listen on {protocol} {address}: {holder or 'another program'} already does.",
                remedy="Stop it, or give this Asterisk another port.",
            ) from error


def free_port(host: str, protocol: Protocol) -> int:
    """A port on which nothing listens just now, for an instance that lives beside others (demo, tests)."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def who_listens(port: int, protocol: Protocol) -> str | None:
    """The program bound to that port on any address, as "name (pid 123)"; None if there is none to be seen."""
    inodes = {inode for table in (protocol, protocol + "6") for inode in _inodes(Path("/proc/net") / table, port)}
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            handles = list((process / "fd").iterdir())
        except OSError:
            continue  # gone meanwhile, or another user's
        if any(_target(handle) in wanted for handle in handles):
            return f"{_program(process)} (pid {process.name})"
    return None


def _inodes(table: Path, port: int) -> set[str]:
    try:
        lines = table.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return set()
    rows = [line.split() for line in lines]
    # proc_net_tcp(5): the local address is hexadecimal, the state 0A is LISTEN and 07 an unconnected UDP socket.
    return {row[9] for row in rows if int(row[1].rpartition(":")[2], 16) == port and row[3] in ("0A", "07")}


def _target(handle: Path) -> str | None:
    try:
        return str(handle.readlink())
    except OSError:
        return None


def _program(process: Path) -> str:
    """The program's name. A private Asterisk is run through its loader, so that comm alone would say "ld-linux-…"."""
    try:
        arguments = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a program that just ended"
    programs = [argument for argument in arguments if argument.endswith("/asterisk")]
    return "asterisk" if programs else name
