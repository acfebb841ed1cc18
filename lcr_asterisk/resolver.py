"""Names looked up in threads of their own: one that takes long must not hold up other work in threads.

asyncio's own threads are few, and callers' messages are kept in them; while a name server is away, each look-up holds
one for half a minute.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

LOOK_UPS = 16  # at once; only those of names that do not answer take long


class Resolver(AbstractResolver):
    """For an `aiohttp.TCPConnector`, which does not close it: several may share one."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOK_UPS, "look-up")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads,
            # Only addresses of kinds that this machine has itself: others would but fail, and hide why.
            lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG),
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
