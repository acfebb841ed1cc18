"""One system for the whole suite; after each test nothing may be left of it in Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lcr_asterisk.pbx.root import AsteriskBinary
from tests.acceptance.hotline import Hotline


@pytest_asyncio.fixture(scope="session")
async def running_hotline(
    tmp_path_factory: pytest.TempPathFactory, asterisk_binary: AsteriskBinary
) -> AsyncIterator[Hotline]:
    async with Hotline(tmp_path_factory.mktemp("hotline"), asterisk_binary) as hotline:
        await hotline.world.softphones_register()
        yield hotline


@pytest_asyncio.fixture
async def hotline(running_hotline: Hotline) -> AsyncIterator[Hotline]:
    """The running system. A test fails that leaves something behind in Asterisk, or rang whom no rehearsal names."""
    await running_hotline.world.starts_afresh()
    running_hotline.output.clear()
    yield running_hotline
    print("\n".join(running_hotline.output))  # shown with a failure
    await running_hotline.nothing_is_left()
    await running_hotline.rang_as_rehearsed()
