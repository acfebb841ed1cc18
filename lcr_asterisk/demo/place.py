"""Where a demo lives: a data directory and ports of its own, so that it runs beside a live system and another demo."""

from __future__ import annotations

import fcntl
import itertools
import os
import string
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lcr_asterisk.config.load import load
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import PbxError
from lcr_asterisk.pbx.spec import Address
from lcr_asterisk.simulator.addresses import free_address, some_rtp_ports
from lcr_asterisk.simulator.world import HOST

_CONFIG = Path(__file__).with_name("hotline.yaml")


@dataclass(frozen=True)
class Place:
    """One demo's directory, which is its system's data directory, and its configuration.

    `carrier` is where the simulated world's SIP is to listen; `lock` is an open file whose inheritors keep the place.
    """

    data: Path
    settings: Settings
    carrier: Address
    lock: int

    @property
    def config(self) -> Path:
        return self.data / "lcr.yaml"

    @property
    def engine_log(self) -> Path:
        return self.data / "engine.log"

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program of this system needs to find it."""
        return {**os.environ, "LCR_DATA": str(self.data), "LCR_CONFIG": str(self.config)}


@contextmanager
def demo_place(data: Path) -> Iterator[Place]:
    """`data`/demo, or demo-2 and so on while other demos run, with a configuration for ports that are free now.

    What earlier demos left there stays: rendered prompts, which makes this one quick, recordings and call log.
    Raises PbxError when the directory cannot be used.
    """
    try:
        directory, lock = _claim(data)
    except OSError as error:
        raise PbxError(f"The demo cannot use {data}: {error.strerror}.", remedy="Name another by LCR_DATA.") from error
    try:
        carrier = free_address(HOST, "udp")
        config = directory / "lcr.yaml"
        config.write_text(_configuration(carrier), encoding="utf-8")
        yield Place(directory, load(config, {}, directory), carrier, lock)
    finally:
        os.close(lock)


def _claim(data: Path) -> tuple[Path, int]:
    """The first demo directory that no other demo uses, and the lock that says so until it is closed."""
    for number in itertools.count(1):
        directory = data / ("demo" if number == 1 else f"demo-{number}")
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return directory, lock
    raise AssertionError("unreachable: counting does not end")


def _configuration(carrier: Address) -> str:
    first, last = some_rtp_ports()
    ports = {
        "CARRIER_HOST": carrier.host,
        "CARRIER_PORT": carrier.port,
        "HTTP_PORT": free_address("127.0.0.1", "tcp").port,
        "SIP_PORT": free_address("127.0.0.1", "udp").port,
        "WEB_PORT": free_address("127.0.0.1", "tcp").port,
        "NOTIFIER_PORT": free_address("127.0.0.1", "tcp").port,  # not that of a live system beside this one
        "RTP_PORTS": f"{first}-{last}",
    }
    _, _, text = _CONFIG.read_text(encoding="utf-8").partition("\n")
    return "# Written by `lcr demo`; the ports are new each time.\n" + string.Template(text).substitute(ports)
