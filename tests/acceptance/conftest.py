"""One system for all tests of a process; after each nothing may be left of it in Asterisk, and no caller in silence."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lcr_asterisk.pbx.root import AsteriskBinary
from tests.acceptance.hotline import Hotline
from tests.acceptance.paged_hotline import PagedHotline, paged_hotline
from tests.acceptance.silence import LONGEST, silences

LONGEST_SILENCE = "longest silence"  # the name of a property that a test's report has


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


@pytest_asyncio.fixture(scope="session")
async def running_pages(
    tmp_path_factory: pytest.TempPathFactory, asterisk_binary: AsteriskBinary
) -> AsyncIterator[PagedHotline]:
    async with paged_hotline(tmp_path_factory.mktemp("pages"), asterisk_binary) as hotline:
        yield hotline


@pytest_asyncio.fixture
async def paged(running_pages: PagedHotline) -> AsyncIterator[PagedHotline]:
    """The running system with its notifier. A test fails of whose alerts a service had to refuse one."""
    await running_pages.world.starts_afresh()
    running_pages.output.clear()
    yield running_pages
    print("\n".join(running_pages.output))  # shown with a failure
    await running_pages.both_run()
    await running_pages.closes_every_page()
    await running_pages.nothing_is_left()
    assert running_pages.services.refused == []


@pytest_asyncio.fixture(autouse=True)
async def no_caller_is_left_in_silence(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """The 3 s rule, listened for at every caller's phone once the test and its calls are over."""
    yield
    for hotline in (used for used in request.node.funcargs.values() if isinstance(used, Hotline)):
        found = await silences(hotline)
        if found:
            worst = max(found, key=lambda silence: silence.seconds)
            request.node.user_properties.append((LONGEST_SILENCE, worst.seconds))
            told = f"{worst.seconds:.1f} s without a sound:\n{worst.caller}\n{worst.story}"
            assert worst.seconds <= LONGEST, told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell the longest silence of every scenario, the worst first."""
    reports = [one for of_a_kind in terminalreporter.stats.values() for one in of_a_kind]
    ended = [report for report in reports if isinstance(report, pytest.TestReport) and report.when == "teardown"]
    found = [(dict(report.user_properties).get(LONGEST_SILENCE), report.nodeid) for report in ended]
    silent = sorted(((seconds, test) for seconds, test in found if isinstance(seconds, float)), reverse=True)
    if silent:
        terminalreporter.section("longest time that a caller heard nothing")
        for seconds, test in silent:
            terminalreporter.write_line(f"{seconds:5.2f} s  {test}")
