"""When nobody who can be reached is on call at a level: each boundary to the second."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lcr_asterisk.oncall.model import OnSchedule, Person, Target
from lcr_asterisk.oncall.uncovered import uncovered
from tests.unit.oncall.oncall_words import BERLIN, instant, layer, override, schedule

DAYS = schedule(BERLIN, layer("alice", "2026-11-02", "1w", "mon-fri 09:00-18:00"))
NIGHTS = schedule(BERLIN, layer("bob", "2026-11-02", "1w", "mon-fri 18:00-08:30"))
OFFICE_WITH_LUNCH = schedule(
    BERLIN,
    layer("alice", "2026-11-02", "1w", "mon-fri 09:00-18:00"),
    overrides=[override("mute", "2026-11-03 12:00", "2026-11-03 12:30")],
)
SCHEDULES = {"days": DAYS, "nights": NIGHTS, "lunch": OFFICE_WITH_LUNCH}
A, B = OnSchedule("days"), OnSchedule("nights")


def shown(targets: list[Target], at: str, hours: float = 1) -> list[str]:
    start = instant(at, BERLIN)
    spans = uncovered(targets, SCHEDULES, start, start + timedelta(hours=hours), lambda person: person != "mute")
    return [f"{begin.astimezone(BERLIN):%H:%M:%S}-{end.astimezone(BERLIN):%H:%M:%S}" for begin, end in spans]


@pytest.mark.parametrize(
    ("targets", "at", "expected"),
    [
        pytest.param([A], "2026-11-03 12:00", [], id="somebody is there"),
        pytest.param([A], "2026-11-03 17:00", [], id="until exactly the end of the hour"),
        pytest.param([A], "2026-11-03 17:00:01", ["18:00:00-18:00:01"], id="a second of the hour"),
        pytest.param([A], "2026-11-03 17:30", ["18:00:00-18:30:00"], id="a part of it"),
        pytest.param([A], "2026-11-03 20:00", ["20:00:00-21:00:00"], id="all of it"),
        pytest.param([A], "2026-11-03 08:30", ["08:30:00-09:00:00"], id="until somebody comes"),
        pytest.param([A, B], "2026-11-03 17:30", [], id="another schedule goes on"),
        pytest.param([A, B], "2026-11-04 08:00", ["08:30:00-09:00:00"], id="the gap between two schedules"),
        pytest.param([A, Person("carol")], "2026-11-03 20:00", [], id="a person is always there"),
        pytest.param([A, Person("mute")], "2026-11-03 20:00", ["20:00:00-21:00:00"], id="but not one without a phone"),
        pytest.param([OnSchedule("gone")], "2026-11-03 12:00", ["12:00:00-13:00:00"], id="a schedule nobody knows"),
        pytest.param([OnSchedule("lunch")], "2026-11-03 11:45", ["12:00:00-12:30:00"], id="on call, without a phone"),
    ],
)
def test_when_nobody_answers(targets: list[Target], at: str, expected: list[str]) -> None:
    assert shown(targets, at) == expected


def test_neighbouring_times_are_one() -> None:
    assert shown([OnSchedule("lunch"), A], "2026-11-03 17:30", 16) == ["18:00:00-09:00:00"]
