"""Addresses that nobody uses just now, so that a test bench can run beside a live system and beside another bench."""

from __future__ import annotations

import secrets
import socket
from typing import Literal

from lcr_asterisk.pbx.spec import Address

_RTP_PORTS = 1000


def free_address(host: str, protocol: Literal["tcp", "udp"]) -> Address:
    """A port of `host` that is free at this moment."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        return Address(host, probe.getsockname()[1])


def some_rtp_ports() -> tuple[int, int]:
    """A range for sound, below the ports that the system hands out. Asterisk itself passes over ports in use."""
    first = 20000 + _RTP_PORTS * secrets.randbelow(12)
    return first, first + _RTP_PORTS - 1
