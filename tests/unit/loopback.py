"""Ports for what listens only later, or never: on 127.0.0.1 another process may be given them in the meantime.

There the other pytest binds port 0 all the time, and so is given whatever is free just then.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from lcr_asterisk.pbx.ports import Protocol, free_port
from lcr_asterisk.pbx.spec import Address

_uses = count()


def own_address(protocol: Protocol) -> Address:
    """A port that is free everywhere, of a loopback address at which nobody else asks for one: there it stays free."""
    # By the process, which tells apart the workers of pytest-xdist and also two runs beside each other; and by the use.
    process = os.getpid()
    host = f"127.{64 + next(_uses) % 128}.{process >> 8 & 0xFF}.{process & 0xFF}"
    return Address(host, free_port("0.0.0.0", protocol))


@contextmanager
def refusing() -> Iterator[int]:
    """A port of 127.0.0.1 that refuses whoever connects: until the block ends it is taken, and nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
