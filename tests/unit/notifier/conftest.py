"""A deliverer that may reach this machine, and servers that stand in for the services it delivers to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
import pytest_asyncio

from lcr_asterisk.notifier.delivery import Deliverer
from tests.stand_ins import Receiver
from tests.unit import loopback

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))


def now() -> datetime:
    return datetime.now(UTC)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest_asyncio.fixture
async def deliverer(receiver: Receiver) -> AsyncIterator[Deliverer]:
    """Its Slack is the receiver."""
    async with Deliverer(now, allowed=LOOPBACK, slack_api=receiver.url("api")) as deliverer:
        yield deliverer


@pytest.fixture
def unused_tcp_port() -> Iterator[int]:
    with loopback.refusing() as port:
        yield port
