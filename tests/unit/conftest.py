"""What unit tests of more than one folder share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.unit import programs
from tests.unit.programs import Programs


@pytest_asyncio.fixture(scope="session", name="programs")
async def _programs() -> AsyncIterator[Programs]:
    async with programs.programs() as running:
        yield running
