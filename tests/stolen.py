"""Tests that failed while this machine was taken away are run again, and the summary says so.

A virtual machine may be without a processor for seconds ("steal"). Phones send and hear nothing then, and what they
tell of a call is not true: nobody is judged by it. On a machine that is never taken away, nothing is ever run again.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

STAT = Path("/proc/stat")
TICKS = 100.0  # of a processor's second, as the kernel counts them there
LOOK_EVERY = 0.25
WINDOW = 0.5  # seconds
TOO_MUCH = 0.25
"""Of all processors' time in a window. Sound comes in packets of 20 ms; phones bear to be late by a few."""
TIMES = 2
CALM, PATIENCE = 3.0, 30.0
"""Seconds without, before it is run again; and the longest that this is waited for."""
KEPT = 600.0
RUN_AGAIN = "run again"  # the name of a property that a test's report has


class Steal:
    """How much of this machine others took, as it was looked at again and again."""

    def __init__(self) -> None:
        self._looks = deque([(time.monotonic(), stolen_seconds())])

    def look(self) -> None:
        now = time.monotonic()
        self._looks.append((now, stolen_seconds()))
        while self._looks[0][0] < now - KEPT:
            self._looks.popleft()

    def worst(self, since: float) -> float:
        """The greatest part of the machine that was taken during a window of this time."""
        return worst_part([look for look in tuple(self._looks) if look[0] >= since - LOOK_EVERY], PROCESSORS)

    def calm(self) -> bool:
        return self.worst(time.monotonic() - CALM) < TOO_MUCH


def worst_part(looks: Sequence[tuple[float, float]], processors: int) -> float:
    """`looks` are times, and the seconds that had been taken of all processors until then."""
    worst, first = 0.0, 0
    for at, stolen in looks:
        while first + 1 < len(looks) and looks[first + 1][0] <= at - WINDOW:
            first += 1
        begun, before = looks[first]
        if at - begun >= WINDOW:
            worst = max(worst, (stolen - before) / (at - begun) / processors)
    return worst


def stolen_seconds() -> float:
    """Since this machine began; 0 where it is not known."""
    try:
        fields = STAT.read_text().split("\n", 1)[0].split()
        return int(fields[8]) / TICKS
    except (OSError, IndexError, ValueError):
        return 0.0


def _processors() -> int:
    try:
        return max(sum(line.startswith("cpu") for line in STAT.read_text().splitlines()) - 1, 1)
    except OSError:
        return 1


PROCESSORS = _processors()

_steal = Steal()


def _look_on() -> None:
    while True:
        time.sleep(LOOK_EVERY)
        _steal.look()


def pytest_configure() -> None:
    threading.Thread(target=_look_on, name="steal", daemon=True).start()


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in run(item, nextitem, _steal):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def run(item: pytest.Item, nextitem: pytest.Item | None, steal: Steal) -> list[pytest.TestReport]:
    """The reports of the last time that it was run."""
    for time_ in range(TIMES + 1):
        began = time.monotonic()
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        taken = steal.worst(began)
        if time_ == TIMES or taken < TOO_MUCH or not any(report.failed for report in reports):
            break
        item.user_properties.append((RUN_AGAIN, f"{taken:.0%} of this machine was taken away; {_why(reports)}"))
        give_up_at = time.monotonic() + PATIENCE
        while not steal.calm() and time.monotonic() < give_up_at:
            time.sleep(LOOK_EVERY)
    return reports


def _why(reports: list[pytest.TestReport]) -> str:
    failed = next(report for report in reports if report.failed)
    return failed.longreprtext.strip().splitlines()[-1]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [one for of_a_kind in terminalreporter.stats.values() for one in of_a_kind]
    ended = [report for report in reports if isinstance(report, pytest.TestReport) and report.when == "teardown"]
    again = [(report.nodeid, str(why)) for report in ended for name, why in report.user_properties if name == RUN_AGAIN]
    if again:
        terminalreporter.section("run again, because this machine was taken away meanwhile")
        for test, why in again:
            terminalreporter.write_line(f"{test}: {why}")
